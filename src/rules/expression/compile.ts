import { isReferenceAttribute } from '../reference-attributes.ts';
import type { RuleSource } from '../rule.ts';
import { beginDraws, drawGuid, drawNumber } from './draws.ts';
import { parseMoment } from './functions/dates.ts';
import type { ScalarFunction, WholeFunction } from './functions/definition.ts';
import { FUNCTIONS } from './functions/table.ts';
import { negate, OPERATIONS } from './operators.ts';
import type { Call, Chain, Expression, Literal } from './syntax.ts';
import {
  AUTHORITATIVE_NULL,
  charge,
  EvaluationError,
  IGNORE_THIS_FLOW,
  type Item,
  isList,
  itemsOf,
  type Result,
  resetWork,
  toInteger,
  toTruth,
} from './values.ts';

/** A variable of Select, Where or With. */
interface Frame {
  readonly name: string;
  readonly value: Result;
  readonly outer: Frame | null;
}

type Evaluate = (source: RuleSource, frame: Frame | null) => Result;

/** The parameter that carries the start of the run as an ISO 8601 time; Now() gives it. */
const RUN_STARTED_AT = 'Run.StartedAt';

/** What one round of a loop counts for, besides what happens in it. */
const WORK_OF_ROUND = 50;
/** What one value of a list counts for: it takes memory as well. */
const WORK_OF_VALUE = 4;

/**
 * Turns an expression into a function, once; the function throws EvaluationError and nothing else. `place`: what the result is for, e.g. the
 * attribute it flows to; Guid and RandomNum give each place of an object something else.
 */
export function compileExpression(expression: Expression, place = ''): (source: RuleSource) => Result {
  const evaluate = compile(expression);
  return (source) => {
    resetWork();
    beginDraws(place);
    return evaluate(source, null);
  };
}

const LITERAL_VALUES: Readonly<Record<Literal, Item>> = {
  True: true,
  False: false,
  NULL: null,
  AuthoritativeNull: AUTHORITATIVE_NULL,
  IgnoreThisFlow: IGNORE_THIS_FLOW,
  CRLF: '\r\n',
};

function compile(expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'attribute':
      return readAttribute(expression.name);
    case 'parameter':
      return readParameter(expression.name);
    case 'variable':
      return readVariable(expression.name);
    case 'text':
    case 'integer':
      return constant(expression.value);
    case 'decimal':
      return constant(Number(expression.digits));
    case 'literal':
      return constant(LITERAL_VALUES[expression.word]);
    case 'option':
      return constant(expression.word);
    case 'negation':
      return compileNegation(compile(expression.operand));
    case 'chain':
      return compileChain(expression);
    case 'call':
      return compileCall(expression);
  }
}

function constant(item: Item): Evaluate {
  return () => item;
}

function readAttribute(name: string): Evaluate {
  return (source) => source.get(name) ?? null;
}

function readParameter(name: string): Evaluate {
  return (source) => source.parameter(name) ?? null;
}

function readVariable(name: string): Evaluate {
  return (_source, frame) => {
    let at = frame;
    while (at !== null && at.name !== name) at = at.outer;
    return at === null ? null : at.value;
  };
}

function compileNegation(operand: Evaluate): Evaluate {
  return (source, frame) => mapItems(operand(source, frame), negate);
}

/** A list of values, counted as work before something is done with each of them. */
function charged(list: readonly Item[]): readonly Item[] {
  charge(list.length * WORK_OF_VALUE);
  return list;
}

function mapItems(result: Result, map: (item: Item) => Item): Result {
  return isList(result) ? charged(result).map(map) : map(result);
}

/** Value by value: lists of the same length run in parallel, a single value goes with each value of a list. */
function combine(a: Result, b: Result, operation: (a: Item, b: Item) => Item): Result {
  if (!isList(a)) return isList(b) ? charged(b).map((item) => operation(a, item)) : operation(a, b);
  if (!isList(b)) return charged(a).map((item) => operation(item, b));
  checkParallel(a.length, b.length);
  return charged(a).map((item, index) => operation(item, b[index] ?? null));
}

function checkParallel(a: number, b: number): void {
  if (a !== b) throw new EvaluationError(`Attributes with ${a} and ${b} values cannot be combined value by value.`);
}

function compileChain(chain: Chain): Evaluate {
  const first = compile(chain.first);
  const rest = chain.rest.map(({ operator, operand }) => ({ operator, operand: compile(operand) }));
  if (chain.level < 2) return compileLogic(chain.level === 0, [first, ...rest.map(({ operand }) => operand)]);
  const steps = rest.map(({ operator, operand }) => {
    if (operator === '||' || operator === '&&') throw new EvaluationError(`${operator} stands in a wrong place.`);
    return { operation: OPERATIONS[operator], operand };
  });
  const [only, ...more] = steps;
  if (only && more.length === 0) {
    const { operation, operand } = only;
    return (source, frame) => combine(first(source, frame), operand(source, frame), operation);
  }
  return (source, frame) => {
    let result = first(source, frame);
    for (const { operation, operand } of steps) result = combine(result, operand(source, frame), operation);
    return result;
  };
}

/** `||` (any) and `&&` (all): what decides ends the evaluation. A condition on several values is decided for each of them. */
function compileLogic(any: boolean, operands: readonly Evaluate[]): Evaluate {
  const sign = any ? '||' : '&&';
  const truth = (item: Item): boolean => toTruth(item, sign);
  const unite = (a: Item, b: Item): boolean => (any ? truth(a) || truth(b) : truth(a) && truth(b));
  return (source, frame) => {
    let result: Result = !any;
    for (const operand of operands) {
      const next = operand(source, frame);
      result = isList(result) || isList(next) ? combine(result, next, unite) : truth(next);
      if (isList(result) ? charged(result).every((item) => item === any) : result === any) return result;
    }
    return result;
  };
}

function compileCall(call: Call): Evaluate {
  const special = SPECIAL[call.name];
  if (special) return special(call.args);
  const counted = compileReferenceTest(call);
  if (counted) return counted;
  const definition = FUNCTIONS.get(call.name);
  const args = call.args.map(compile);
  if (definition?.form === 'whole') return compileWhole(definition, args);
  if (definition?.form === 'scalar') return compileScalar(definition, args);
  throw new EvaluationError(`There is no function ${call.name}.`);
}

/** Numbers of arguments are checked by the parser; one and two are by far the most frequent. */
function compileScalar({ apply }: ScalarFunction, args: readonly Evaluate[]): Evaluate {
  const [first, second] = args;
  if (!first) return () => apply();
  if (!second)
    return (source, frame) => {
      const result = first(source, frame);
      return isList(result) ? charged(result).map((item) => apply(item)) : apply(result);
    };
  if (args.length === 2) return (source, frame) => combine(first(source, frame), second(source, frame), apply);
  return (source, frame) =>
    applyToAll(
      args.map((argument) => argument(source, frame)),
      apply,
    );
}

function applyToAll(values: readonly Result[], apply: (...items: Item[]) => Item): Result {
  let length: number | null = null;
  for (const value of values) {
    if (!isList(value)) continue;
    if (length !== null) checkParallel(length, value.length);
    length = value.length;
  }
  const pick = (index: number): Item[] => values.map((value) => (isList(value) ? (value[index] ?? null) : value));
  if (length === null) return apply(...pick(0));
  charge(length * values.length);
  return Array.from({ length }, (_empty, index) => apply(...pick(index)));
}

function compileWhole({ apply }: WholeFunction, args: readonly Evaluate[]): Evaluate {
  const take = (argument: Evaluate, source: RuleSource, frame: Frame | null): Result => {
    const result = argument(source, frame);
    return isList(result) ? charged(result) : result;
  };
  const [first] = args;
  if (first && args.length === 1) return (source, frame) => apply(take(first, source, frame));
  return (source, frame) => apply(...args.map((argument) => take(argument, source, frame)));
}

/** Functions that only ask whether there is a value. */
export const PRESENCE_TESTS: readonly string[] = ['IsPresent', 'IsNull', 'IsNullOrEmpty'];

const COUNT_TESTS: Readonly<Record<string, (count: number) => Item>> = {
  IsPresent: (count) => count > 0,
  IsNull: (count) => count === 0,
  IsNullOrEmpty: (count) => count === 0,
  Count: (count) => BigInt(count),
};

/** The values of a reference attribute are no attribute of the object, but they can be counted. */
function compileReferenceTest({ name, args }: Call): Evaluate | null {
  const test = COUNT_TESTS[name];
  const [argument] = args;
  if (!test || argument?.kind !== 'attribute' || !isReferenceAttribute(argument.name)) return null;
  const attribute = argument.name;
  return (source) => test(source.countReferences(attribute));
}

type CompileSpecial = (args: readonly Expression[]) => Evaluate;

const SPECIAL: Readonly<Record<string, CompileSpecial | undefined>> = {
  IIF: compileIif,
  Switch: compileSwitch,
  ImportedValue: (args) => readAttribute(nameIn(args)),
  Now: () => readRunTime,
  Guid: () => drawGuid,
  RandomNum: compileRandomNum,
  ValueCount: compileValueCount,
  Select: (args) => compileLoop(args, (result) => result),
  Where: (args) => compileLoop(args, (result, item) => (toTruth(single(result), 'Where') ? item : null)),
  With: compileWith,
};

function single(result: Result): Item {
  return isList(result) ? (itemsOf(result)[0] ?? null) : result;
}

/** The attribute in quotes, or the variable, that the first argument names. */
function nameIn(args: readonly Expression[]): string {
  const [first] = args;
  if (first?.kind === 'text') return first.value;
  return first?.kind === 'variable' ? first.name : '';
}

function compileAll(args: readonly Expression[]): readonly [Evaluate, Evaluate, Evaluate] {
  const [first = constant(null), second = constant(null), third = constant(null)] = args.map(compile);
  return [first, second, third];
}

function compileIif(args: readonly Expression[]): Evaluate {
  const [condition, yes, no] = compileAll(args);
  return (source, frame) => {
    const chosen = condition(source, frame);
    if (!isList(chosen)) return toTruth(chosen, 'IIF') ? yes(source, frame) : no(source, frame);
    const truths = charged(chosen).map((item) => toTruth(item, 'IIF'));
    const ifTrue = truths.includes(true) ? yes(source, frame) : null;
    const ifFalse = truths.includes(false) ? no(source, frame) : null;
    for (const branch of [ifTrue, ifFalse]) if (isList(branch)) checkParallel(truths.length, branch.length);
    return truths.map((truth, index) => {
      const branch = truth ? ifTrue : ifFalse;
      return isList(branch) ? (branch[index] ?? null) : branch;
    });
  };
}

function compileSwitch(args: readonly Expression[]): Evaluate {
  const pairs: { condition: Evaluate; value: Evaluate }[] = [];
  for (let at = 0; at + 1 < args.length; at += 2) {
    const [condition, value] = compileAll(args.slice(at, at + 2));
    pairs.push({ condition, value });
  }
  return (source, frame) => {
    for (const { condition, value } of pairs) {
      const result = condition(source, frame);
      const isTrue = isList(result)
        ? charged(result).some((item) => toTruth(item, 'Switch'))
        : toTruth(result, 'Switch');
      if (isTrue) return value(source, frame);
    }
    return null;
  };
}

/** The clock is the run's, not the machine's: the same input must give the same plan. */
function readRunTime(source: RuleSource): Result {
  const started = source.parameter(RUN_STARTED_AT);
  const moment = started === undefined ? null : parseMoment(started);
  if (!moment) throw new EvaluationError('Now: the time of the run is not known here.');
  return moment;
}

function compileRandomNum(args: readonly Expression[]): Evaluate {
  const [start, end] = compileAll(args);
  return (source, frame) =>
    combine(start(source, frame), end(source, frame), (from, to) => {
      const [first, last] = [toInteger(from, 'RandomNum'), toInteger(to, 'RandomNum')];
      return first === null || last === null ? null : drawNumber(source, first, last);
    });
}

function compileValueCount(args: readonly Expression[]): Evaluate {
  const name = nameIn(args);
  if (isReferenceAttribute(name)) return (source) => BigInt(source.countReferences(name));
  return (source) => BigInt(itemsOf(source.get(name) ?? null).length);
}

/** Select and Where: the third argument for each value of the second, with the variable standing for it. */
function compileLoop(args: readonly Expression[], take: (result: Result, item: Item) => Result): Evaluate {
  const name = nameIn(args);
  const [, list, body] = compileAll(args);
  return (source, frame) => {
    const out: Item[] = [];
    for (const item of itemsOf(list(source, frame))) {
      charge(WORK_OF_ROUND);
      const taken = take(body(source, { name, value: item, outer: frame }), item);
      // Not push(...taken): a spread of very many values exhausts the stack.
      if (isList(taken)) for (const one of charged(taken)) out.push(one);
      else out.push(taken);
    }
    return out.length === 0 ? null : out;
  };
}

function compileWith(args: readonly Expression[]): Evaluate {
  const name = nameIn(args);
  const [, value, body] = compileAll(args);
  return (source, frame) => body(source, { name, value: value(source, frame), outer: frame });
}

/** Names of the attributes that an expression reads, sorted. */
export function attributesIn(expression: Expression): readonly string[] {
  const names = new Set<string>();
  collect(expression, names);
  return [...names].sort();
}

function collect(expression: Expression, names: Set<string>): void {
  if (expression.kind === 'attribute') names.add(expression.name);
  if (expression.kind === 'negation') collect(expression.operand, names);
  if (expression.kind === 'chain') {
    collect(expression.first, names);
    for (const { operand } of expression.rest) collect(operand, names);
  }
  if (expression.kind !== 'call') return;
  if (expression.name === 'ImportedValue' || expression.name === 'ValueCount') names.add(nameIn(expression.args));
  for (const argument of expression.args) collect(argument, names);
}
