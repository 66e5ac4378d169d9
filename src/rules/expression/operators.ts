import type { Operator } from './syntax.ts';
import {
  charge,
  compareItems,
  describe,
  EvaluationError,
  type Item,
  isEqual,
  limitText,
  Moment,
  Reference,
  toNumber,
} from './values.ts';

/** Everything between the smallest signed and the largest unsigned 64-bit integer; directories hold no other. */
export function isWithin64Bits(value: bigint): boolean {
  return value >= -0x8000_0000_0000_0000n && value <= 0xffff_ffff_ffff_ffffn;
}

function checkRange(value: bigint): bigint {
  if (!isWithin64Bits(value)) throw new EvaluationError('A number grew beyond 64 bits.');
  return value;
}

/** Absent operands make the result absent, integers stay exact, a decimal fraction makes the result one. */
function arithmetic(
  operator: string,
  whole: (a: bigint, b: bigint) => bigint,
  decimal: (a: number, b: number) => number,
): (a: Item, b: Item) => Item {
  return (a, b) => {
    const left = toNumber(a, operator);
    const right = toNumber(b, operator);
    if (left === null || right === null) return null;
    if (typeof left === 'bigint' && typeof right === 'bigint') return checkRange(whole(left, right));
    const result = decimal(Number(left), Number(right));
    if (!Number.isFinite(result)) throw new EvaluationError('A number grew too large.');
    return result;
  };
}

const addNumbers = arithmetic(
  '+',
  (a, b) => a + b,
  (a, b) => a + b,
);

function add(a: Item, b: Item): Item {
  if (a === null || b === null) return null;
  const areTexts = typeof a === 'string' && typeof b === 'string';
  return areTexts ? limitText(a + b) : addNumbers(a, b);
}

/** `&` puts texts (or bytes) together; numbers and flags become texts, an absent side adds nothing. */
function concatenate(a: Item, b: Item): Item {
  if (typeof a === 'string' && typeof b === 'string') return limitText(a + b);
  if (a === null || b === null) return joinAlone(a ?? b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    charge(a.length + b.length);
    return new Uint8Array(Buffer.concat([a, b]));
  }
  return limitText(spell(a) + spell(b));
}

/** One side of `&` when the other one is absent. */
function joinAlone(item: Item): Item {
  return item === null || item instanceof Uint8Array ? item : spell(item);
}

function spell(item: NonNullable<Item>): string {
  if (typeof item === 'string') return item;
  if (typeof item === 'boolean') return item ? 'True' : 'False';
  if (typeof item === 'bigint' || typeof item === 'number') return item.toString();
  if (item instanceof Reference) return item.dn;
  const advice = item instanceof Moment ? '; FormatDateTime makes a text of it' : '';
  throw new EvaluationError(`& puts texts together, not ${describe(item)}${advice}.`);
}

function comparison(operator: string, decide: (order: number) => boolean): (a: Item, b: Item) => Item {
  return (a, b) => {
    const order = compareItems(a, b, operator);
    return order !== null && decide(order);
  };
}

/** What each operator does with one value on each side; `||` and `&&` are not here because they may skip their right side. */
export const OPERATIONS: Readonly<Record<Exclude<Operator, '||' | '&&'>, (a: Item, b: Item) => Item>> = {
  '=': isEqual,
  '<>': (a, b) => !isEqual(a, b),
  '<': comparison('<', (order) => order < 0),
  '<=': comparison('<=', (order) => order <= 0),
  '>': comparison('>', (order) => order > 0),
  '>=': comparison('>=', (order) => order >= 0),
  '+': add,
  '-': arithmetic(
    '-',
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  '*': arithmetic(
    '*',
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '&': concatenate,
};

export function negate(item: Item): Item {
  const number = toNumber(item, '-');
  return typeof number === 'bigint' ? checkRange(-number) : number === null ? null : -number;
}
