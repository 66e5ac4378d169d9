import {
  BYTES,
  CONDITION,
  DIRECTIVE,
  describeKinds,
  FLAG,
  FLAG_TEXT,
  isRefused,
  type KindSet,
  NO_KIND,
  NUMBER,
  NUMERIC,
  REFERENCE,
  TEXT,
  TIME,
} from './kinds.ts';
import type { Operator } from './syntax.ts';

/** Two kinds that can be equal, or have an order. */
type Pairs = readonly (readonly [KindSet, KindSet])[];

const ORDERED: Pairs = [
  [TEXT, TEXT],
  [NUMERIC, NUMBER],
  [TIME, TIME],
];
const EQUAL: Pairs = [
  ...ORDERED,
  [FLAG | FLAG_TEXT, FLAG],
  [BYTES, BYTES],
  [REFERENCE | TEXT, REFERENCE],
  [DIRECTIVE, DIRECTIVE],
];
/** What `&` puts together. */
const SPELLED = TEXT | NUMBER | FLAG | REFERENCE;
const JOINED: Pairs = [
  [SPELLED, SPELLED],
  [BYTES, BYTES],
];
const ADDED: Pairs = [
  [TEXT, TEXT],
  [NUMERIC, NUMERIC],
];

function canPair(pairs: Pairs, left: KindSet, right: KindSet): boolean {
  return pairs.some(([a, b]) => ((left & a) !== 0 && (right & b) !== 0) || ((left & b) !== 0 && (right & a) !== 0));
}

/** `side`: the operand that is wrong; when they only do not go together, the right one. */
export interface OperandFault {
  readonly side: 'left' | 'right';
  readonly reason: string;
}

/** Why an operator certainly cannot work on these operands, null when it may. An absent operand is never wrong. */
export function faultOfOperands(operator: Operator, left: KindSet, right: KindSet): OperandFault | null {
  switch (operator) {
    case '||':
    case '&&':
      return faultOfEach(operator, 'True or False', CONDITION, left, right);
    case '-':
    case '*':
      return faultOfEach(operator, 'a number', NUMERIC, left, right);
    case '&':
      return (
        faultOfEach(operator, 'texts or binary data', SPELLED | BYTES, left, right) ??
        faultOfPair(JOINED, left, right, (a, b) => `& puts texts together, or binary data, not ${a} and ${b}.`)
      );
    case '+':
      return faultOfPair(ADDED, left, right, (a, b) => `+ adds numbers, or texts, not ${a} and ${b}.`);
    case '=':
    case '<>':
      return faultOfPair(EQUAL, left, right, (a, b) => `${a} and ${b} are never equal.`);
    default:
      return faultOfPair(ORDERED, left, right, (a, b) => `${a} and ${b} cannot be compared by ${operator}.`);
  }
}

function faultOfEach(
  operator: string,
  wanted: string,
  taken: KindSet,
  left: KindSet,
  right: KindSet,
): OperandFault | null {
  const reason = (kinds: KindSet): string => `${operator} needs ${wanted}, not ${describeKinds(kinds)}.`;
  if (isRefused(left, taken)) return { side: 'left', reason: reason(left) };
  return isRefused(right, taken) ? { side: 'right', reason: reason(right) } : null;
}

function faultOfPair(
  pairs: Pairs,
  left: KindSet,
  right: KindSet,
  tell: (left: string, right: string) => string,
): OperandFault | null {
  if (left === NO_KIND || right === NO_KIND || canPair(pairs, left, right)) return null;
  const reason = tell(describeKinds(left), describeKinds(right));
  return { side: 'right', reason: reason.charAt(0).toUpperCase() + reason.slice(1) };
}

/** What an operator gives. */
export function kindsOfOperation(operator: Operator, left: KindSet, right: KindSet): KindSet {
  const both = (kinds: KindSet): boolean => (left & kinds) !== 0 && (right & kinds) !== 0;
  switch (operator) {
    case '-':
    case '*':
      return NUMBER;
    case '+':
      return (both(TEXT) ? TEXT : NO_KIND) | (both(NUMERIC) ? NUMBER : NO_KIND);
    case '&':
      // Either side may be absent: then the other one is the result.
      return (((left | right) & SPELLED) !== 0 ? TEXT : NO_KIND) | ((left | right) & BYTES);
    default:
      return FLAG;
  }
}
