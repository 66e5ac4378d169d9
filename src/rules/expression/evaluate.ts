import { DirbridgeError } from '../../errors.ts';
import type { Scalar } from '../../model/value.ts';
import type { FlowResult, RuleSource } from '../rule.ts';
import { attributesIn, compileExpression } from './compile.ts';
import { printIsoTime, printMoment } from './functions/dates.ts';
import { isWithin64Bits } from './operators.ts';
import { parseExpression } from './parse.ts';
import { Directive, EvaluationError, type Item, isList, itemsOf, Moment, Reference, type Result } from './values.ts';

const NULL_RESULT: FlowResult = { kind: 'null' };
const AUTHORITATIVE_NULL_RESULT: FlowResult = { kind: 'authoritative-null' };
const IGNORE_RESULT: FlowResult = { kind: 'ignore' };

/** What a result means for the attribute it flows to. Absent values of a list are dropped; a list of nothing else is no value. */
export function toFlowResult(result: Result): FlowResult {
  if (result === null) return NULL_RESULT;
  if (typeof result === 'string') return { kind: 'value', value: result };
  if (!isList(result))
    return result instanceof Directive ? directiveResult(result) : { kind: 'value', value: toScalar(result) };
  const values: Scalar[] = [];
  let directive: FlowResult = NULL_RESULT;
  for (const item of result) {
    if (item instanceof Directive) {
      if (directive.kind !== 'authoritative-null') directive = directiveResult(item);
    } else if (item !== null) values.push(toScalar(item));
  }
  return values.length > 0 ? { kind: 'value', value: values } : directive;
}

function directiveResult(directive: Directive): FlowResult {
  return directive.kind === 'ignore' ? IGNORE_RESULT : AUTHORITATIVE_NULL_RESULT;
}

/** Times become GeneralizedTime, references their DN, decimal fractions texts: attributes know only these kinds of values. */
function toScalar(item: Exclude<Item, null | Directive>): Scalar {
  if (item instanceof Moment) return printMoment(item);
  if (item instanceof Reference) return item.dn;
  if (typeof item === 'bigint' && !isWithin64Bits(item)) throw new EvaluationError('A number grew beyond 64 bits.');
  if (typeof item === 'number') return Number.isSafeInteger(item) ? BigInt(item) : String(item);
  return item;
}

/**
 * Evaluates one expression on an object, without any rule around it. Throws DirbridgeError `rules-invalid`: with a caret when the text
 * cannot be read, with the reason when it cannot be worked out on this object. Unlike a flow it gives an empty text as a value.
 */
export function evaluateExpression(text: string, source: RuleSource): FlowResult {
  return workOut(text, source, toFlowResult);
}

/** A value as JSON has it: numbers that JSON cannot hold exactly are texts, so is binary data (base64); times are ISO 8601. */
export type TriedValue = string | number | boolean | null | readonly (string | number | boolean)[];

export interface TriedExpression {
  readonly value: TriedValue;
  /** What it would mean for a flow: a value, none, or one of the two words that say how the flow goes on. */
  readonly result: FlowResult['kind'];
}

/** Evaluates one expression on an object for people. Throws as `evaluateExpression`. */
export function tryExpression(text: string, source: RuleSource): TriedExpression {
  return workOut(text, source, (result) => {
    const { kind } = toFlowResult(result);
    if (kind !== 'value') return { value: null, result: kind };
    const values = itemsOf(result).flatMap((item) => (item instanceof Directive ? [] : [printItem(item)]));
    return { value: isList(result) ? values : (values[0] ?? null), result: kind };
  });
}

/** Names of the attributes, references included, that an expression reads. Throws `rules-invalid`. */
export function attributesOfExpression(text: string): readonly string[] {
  return attributesIn(parseExpression(text));
}

function workOut<T>(text: string, source: RuleSource, use: (result: Result) => T): T {
  const evaluate = compileExpression(readAlone(text));
  try {
    return use(evaluate(source));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new DirbridgeError('rules-invalid', `The expression cannot be worked out on this object: ${error.message}`, {
      cause: error,
      remedy: 'Correct the expression, or the attribute of the object that it reads.',
    });
  }
}

/** It stands in no rule that a remedy could name. */
function readAlone(text: string): ReturnType<typeof parseExpression> {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof DirbridgeError)) throw error;
    throw new DirbridgeError(error.code, error.message, {
      cause: error,
      remedy: 'Correct the expression where the caret points; docs/reference/functions.md tells every function.',
    });
  }
}

function printItem(item: Exclude<Item, null | Directive>): string | number | boolean {
  if (item instanceof Moment) return printIsoTime(item);
  if (typeof item === 'number') return item;
  const scalar = toScalar(item);
  if (typeof scalar === 'string' || typeof scalar === 'boolean') return scalar;
  if (scalar instanceof Uint8Array) return Buffer.from(scalar).toString('base64');
  const number = Number(scalar);
  return Number.isSafeInteger(number) ? number : scalar.toString();
}
