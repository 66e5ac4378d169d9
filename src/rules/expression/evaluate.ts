import { DirbridgeError } from '../../errors.ts';
import type { Scalar } from '../../model/value.ts';
import type { FlowResult, RuleSource } from '../rule.ts';
import { compileExpression } from './compile.ts';
import { printMoment } from './functions/dates.ts';
import { isWithin64Bits } from './operators.ts';
import { parseExpression } from './parse.ts';
import { Directive, EvaluationError, type Item, isList, Moment, Reference, type Result } from './values.ts';

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
  const evaluate = compileExpression(parseExpression(text));
  try {
    return toFlowResult(evaluate(source));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new DirbridgeError('rules-invalid', `The expression cannot be worked out on this object: ${error.message}`, {
      cause: error,
      remedy: 'Correct the expression, or the attribute of the object that it reads.',
    });
  }
}
