import { normalizeDn } from '../model/dn.ts';
import type { Scalar, Value } from '../model/value.ts';
import type { RuleSource } from './rule.ts';

/** The comparison operators of scope clauses, spelled as Entra Connect does. ISBITNOTSET is the spelling of its exports, too. */
export const SCOPE_OPERATORS = [
  'EQUAL',
  'NOTEQUAL',
  'LESSTHAN',
  'LESSTHAN_OR_EQUAL',
  'GREATERTHAN',
  'GREATERTHAN_OR_EQUAL',
  'CONTAINS',
  'NOTCONTAINS',
  'STARTSWITH',
  'NOTSTARTSWITH',
  'ENDSWITH',
  'NOTENDSWITH',
  'ISNULL',
  'ISNOTNULL',
  'ISIN',
  'ISNOTIN',
  'ISBITSET',
  'ISBITNOTSET',
  'ISMEMBEROF',
  'ISNOTMEMBEROF',
] as const;
export type ScopeOperator = (typeof SCOPE_OPERATORS)[number];

/** Operators that only look whether there is a value. */
export const UNARY_OPERATORS: readonly ScopeOperator[] = ['ISNULL', 'ISNOTNULL'];
/** Operators whose value is the DN of a group; they look at no attribute. */
export const MEMBERSHIP_OPERATORS: readonly ScopeOperator[] = ['ISMEMBEROF', 'ISNOTMEMBEROF'];
/** Operators whose value must be a whole number. */
export const BIT_OPERATORS: readonly ScopeOperator[] = ['ISBITSET', 'ISBITNOTSET'];

export interface ScopeClause {
  readonly attribute: string;
  readonly operator: ScopeOperator;
  /** A text, `%Parameter%`, (ISIN, ISNOTIN) several texts separated by semicolons, (ISMEMBEROF, ISNOTMEMBEROF) a DN. Empty for ISNULL and ISNOTNULL. */
  readonly value: string;
}

type Test = (source: RuleSource) => boolean;

/** True when all clauses of at least one group hold, or when there is no group. */
export function compileScope(groups: readonly (readonly ScopeClause[])[]): Test {
  if (groups.length === 0) return () => true;
  const tests = groups.map((clauses) => clauses.map(compileClause));
  return (source) => tests.some((group) => group.every((test) => test(source)));
}

/** The positive operator behind each negative one. "Not" is also true for an object without the attribute: it equals nothing. */
const NEGATIONS: Readonly<Partial<Record<ScopeOperator, ScopeOperator>>> = {
  NOTEQUAL: 'EQUAL',
  NOTCONTAINS: 'CONTAINS',
  NOTSTARTSWITH: 'STARTSWITH',
  NOTENDSWITH: 'ENDSWITH',
  ISNOTIN: 'ISIN',
  ISBITNOTSET: 'ISBITSET',
  ISNOTMEMBEROF: 'ISMEMBEROF',
  ISNULL: 'ISNOTNULL',
};

/** One clause as a function. Of several values one that matches is enough; texts compare without regard to case. */
export function compileClause(clause: ScopeClause): Test {
  const positive = NEGATIONS[clause.operator];
  if (positive) {
    const test = compileClause({ ...clause, operator: positive });
    return (source) => !test(source);
  }
  const { attribute, operator } = clause;
  if (operator === 'ISMEMBEROF') {
    const group = normalizeDn(clause.value);
    return (source) => source.isMemberOf(group);
  }
  if (operator === 'ISNOTNULL') return (source) => isPresent(source, attribute);
  const parameter = /^%([^%]+)%$/.exec(clause.value)?.[1];
  if (parameter === undefined) {
    const matches = matcher(operator, clause.value);
    return (source) => some(source.get(attribute), matches);
  }
  return (source) => {
    // An empty text in its place would be contained in everything.
    const given = source.parameter(parameter);
    return given !== undefined && some(source.get(attribute), matcher(operator, given));
  };
}

function isPresent(source: RuleSource, attribute: string): boolean {
  const value = source.get(attribute);
  return value === undefined ? source.countReferences(attribute) > 0 : value !== '';
}

function some(value: Value | undefined, matches: (scalar: Scalar) => boolean): boolean {
  if (value === undefined) return false;
  return Array.isArray(value) ? value.some(matches) : matches(value as Scalar);
}

function matcher(operator: ScopeOperator, value: string): (scalar: Scalar) => boolean {
  const wanted = value.toLowerCase();
  switch (operator) {
    case 'EQUAL':
      return (scalar) => isEqual(scalar, wanted);
    case 'CONTAINS':
      return (scalar) => spell(scalar).includes(wanted);
    case 'STARTSWITH':
      return (scalar) => spell(scalar).startsWith(wanted);
    case 'ENDSWITH':
      return (scalar) => spell(scalar).endsWith(wanted);
    case 'ISIN': {
      const list = new Set(wanted.split(';').map((one) => one.trim()));
      return (scalar) => list.has(spell(scalar));
    }
    case 'ISBITSET':
      return (scalar) => hasBits(scalar, wanted);
    case 'LESSTHAN':
      return (scalar) => compare(scalar, wanted) < 0;
    case 'LESSTHAN_OR_EQUAL':
      return (scalar) => compare(scalar, wanted) <= 0;
    case 'GREATERTHAN':
      return (scalar) => compare(scalar, wanted) > 0;
    case 'GREATERTHAN_OR_EQUAL':
      return (scalar) => compare(scalar, wanted) >= 0;
    default:
      return () => false;
  }
}

/** A value as the text it is compared as: in lower case, bytes in base64 (whose case cannot be told apart here). */
function spell(scalar: Scalar): string {
  if (typeof scalar === 'string') return scalar.toLowerCase();
  if (scalar instanceof Uint8Array) return Buffer.from(scalar).toString('base64').toLowerCase();
  return String(scalar);
}

function isEqual(scalar: Scalar, wanted: string): boolean {
  const number = numberIn(wanted);
  return typeof scalar === 'bigint' && number !== null ? scalar === number : spell(scalar) === wanted;
}

/** The whole number that a text spells, in decimal or as &H with hexadecimal digits; null when it is none. */
export function numberIn(text: string): bigint | null {
  const trimmed = text.trim();
  if (/^[+-]?[0-9]{1,30}$/.test(trimmed)) return BigInt(trimmed.replace('+', ''));
  const hex = /^&h([0-9a-f]{1,16})$/i.exec(trimmed);
  return hex ? BigInt(`0x${hex[1]}`) : null;
}

function hasBits(scalar: Scalar, wanted: string): boolean {
  const value = typeof scalar === 'bigint' ? scalar : numberIn(spell(scalar));
  const mask = numberIn(wanted);
  return value !== null && mask !== null && (value & mask) === mask;
}

/** Numbers by size when both sides are numbers, else texts. */
function compare(scalar: Scalar, wanted: string): number {
  const left = typeof scalar === 'bigint' ? scalar : numberIn(spell(scalar));
  const right = numberIn(wanted);
  if (left !== null && right !== null) return left < right ? -1 : left > right ? 1 : 0;
  const text = spell(scalar);
  return text < wanted ? -1 : text > wanted ? 1 : 0;
}
