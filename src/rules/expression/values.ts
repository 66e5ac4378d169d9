import { createHash } from 'node:crypto';
import { normalizeDn } from '../../model/dn.ts';
import type { Scalar } from '../../model/value.ts';

/** What an expression cannot do: a type error, `Error("...")`, an index out of range. The message is for the administrator. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}

/** A point in time in UTC, in steps of 100 ns since 1601-01-01 (FILETIME, MS-DTYP 2.3.3): exact where a JavaScript Date is not. */
export class Moment {
  readonly ticks: bigint;

  constructor(ticks: bigint) {
    this.ticks = ticks;
  }
}

/** A distinguished name that stands for an object (`CRef`). */
export class Reference {
  readonly dn: string;

  constructor(dn: string) {
    this.dn = dn;
  }
}

/** A result that says how the flow goes on instead of giving a value. */
export class Directive {
  readonly kind: 'authoritative-null' | 'ignore';

  constructor(kind: 'authoritative-null' | 'ignore') {
    this.kind = kind;
  }
}

export const AUTHORITATIVE_NULL = new Directive('authoritative-null');
export const IGNORE_THIS_FLOW = new Directive('ignore');

/** One value while an expression is worked out; null is "absent". Decimal fractions are numbers, integers are 64-bit bigints. */
export type Item = Scalar | null | number | Moment | Reference | Directive;

/** A list keeps its absent values until it is used as a whole, so that lists made from one attribute stay parallel. */
export type Result = Item | readonly Item[];

export function isList(result: Result): result is readonly Item[] {
  return Array.isArray(result);
}

/** The values of a result as a list: none for null, one for a single value, without the absent ones. */
export function itemsOf(result: Result): readonly NonNullable<Item>[] {
  if (result === null) return [];
  if (!isList(result)) return [result];
  return result.filter((item): item is NonNullable<Item> => item !== null);
}

/**
 * What one evaluation may cost, in characters looked at or made. Far beyond any rule that works on values of a directory; it ends hostile
 * nesting of loops, Replace or PadLeft before it takes noticeable time or memory. An evaluation is synchronous, so one counter is enough.
 */
const MAX_WORK = 50_000_000;
let work = 0;

/** Starts the count for a new evaluation. */
export function resetWork(): void {
  work = 0;
}

/** Counts work; throws EvaluationError when there was too much. */
export function charge(units: number): void {
  work += units;
  if (work > MAX_WORK) throw new EvaluationError('The expression takes too much work on this object and is stopped.');
}

/** Counts the search for one text in another: a hostile pair is compared at every place nearly to its end. */
export function chargeSearch(text: string, wanted: string): void {
  charge(Math.ceil((text.length * wanted.length) / 16));
}

/** The text itself, counted as work done. */
export function limitText(text: string): string {
  charge(text.length);
  return text;
}

const LONGEST_QUOTE = 40;

/** How an error message calls a value. */
export function describe(result: Result): string {
  if (result === null) return 'no value';
  if (isList(result)) return `${result.length} values`;
  if (typeof result === 'string') return `the text ${quote(result)}`;
  if (typeof result === 'bigint' || typeof result === 'number') return `the number ${result}`;
  if (typeof result === 'boolean') return result ? 'True' : 'False';
  if (result instanceof Uint8Array) return `${result.length} bytes`;
  if (result instanceof Moment) return 'a time';
  if (result instanceof Reference) return `the reference ${result.dn}`;
  return result.kind === 'ignore' ? 'IgnoreThisFlow' : 'AuthoritativeNull';
}

/** What could not be read, as a message shows it. */
export function quote(text: string): string {
  return `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text}"`;
}

function wrongType(asker: string, wanted: string, item: Item, advice = ''): EvaluationError {
  return new EvaluationError(`${asker} needs ${wanted}, not ${describe(item)}${advice}.`);
}

/** Text for a function that works on texts; null stays null. Numbers and flags are not turned into texts silently. */
export function toText(item: Item, asker: string): string | null {
  if (item === null) return null;
  if (typeof item === 'string') return limitText(item);
  if (item instanceof Reference) return limitText(item.dn);
  const convertible = typeof item === 'bigint' || typeof item === 'number' || typeof item === 'boolean';
  throw wrongType(asker, 'a text', item, convertible ? '; CStr makes a text of it' : '');
}

/** No text that is longer is looked at, so that this costs next to nothing. */
const LONGEST_NUMBER = 100;
const INTEGER_TEXT = /^\s*[+-]?[0-9]{1,40}\s*$/;
const DECIMAL_TEXT = /^\s*[+-]?[0-9]{1,40}\.[0-9]{1,40}\s*$/;

/** The number a text spells, null when it spells none. Sources without a schema (CSV) deliver numbers as texts. */
export function parseNumber(text: string): bigint | number | null {
  if (text.length > LONGEST_NUMBER) return null;
  if (INTEGER_TEXT.test(text)) return BigInt(text.trim().replace(/^\+/, ''));
  return DECIMAL_TEXT.test(text) ? Number(text) : null;
}

/** A number; null stays null. A text that spells one is taken. */
export function toNumber(item: Item, asker: string): bigint | number | null {
  if (typeof item === 'bigint' || typeof item === 'number' || item === null) return item;
  const number = typeof item === 'string' ? parseNumber(item) : null;
  if (number === null) throw wrongType(asker, 'a number', item);
  return number;
}

/** A whole number; null stays null. */
export function toInteger(item: Item, asker: string): bigint | null {
  const number = toNumber(item, asker);
  if (typeof number !== 'number') return number;
  if (!Number.isSafeInteger(number)) throw wrongType(asker, 'a whole number', item);
  return BigInt(number);
}

/** A position or a count in a text or list, at most about nine thousand million million; null stays null. */
export function toCount(item: Item, asker: string): number | null {
  const integer = toInteger(item, asker);
  if (integer === null) return null;
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(integer > limit ? limit : integer < -limit ? -limit : integer);
}

/** What a condition says: absent is False, a number other than 0 is True, also where a text spells it; the texts True and False are taken in any case. */
export function toTruth(item: Item, asker: string): boolean {
  if (typeof item === 'boolean') return item;
  if (item === null) return false;
  if (typeof item === 'bigint') return item !== 0n;
  if (typeof item === 'number') return item !== 0;
  const flag = typeof item === 'string' ? flagIn(item) : null;
  if (flag === null) throw wrongType(asker, 'True or False', item);
  return flag;
}

function flagIn(text: string): boolean | null {
  const number = parseNumber(text);
  return number === null ? parseFlag(text) : Number(number) !== 0;
}

/** The flag a text spells, null when it spells none. Active Directory writes TRUE and FALSE. */
export function parseFlag(text: string): boolean | null {
  if (text.length < 4 || text.length > 5) return null;
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  return lower === 'false' ? false : null;
}

export function toBytes(item: Item, asker: string): Uint8Array | null {
  if (item === null) return null;
  if (!(item instanceof Uint8Array)) throw wrongType(asker, 'binary data', item);
  charge(item.length);
  return item;
}

export function toMoment(item: Item, asker: string): Moment | null {
  if (item instanceof Moment || item === null) return item;
  throw wrongType(asker, 'a time', item, '; CDate and DateFromNum make one');
}

export function toReference(item: Item, asker: string): Reference | null {
  if (item instanceof Reference || item === null) return item;
  if (typeof item === 'string') return new Reference(item);
  throw wrongType(asker, 'a reference', item);
}

/** `=`: texts by case; a number equals the text that spells it, a flag the text True or False; nothing equals nothing. */
export function isEqual(a: Item, b: Item): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'string') return isTextEqual(a, b);
  if (typeof b === 'string') return isTextEqual(b, a);
  if (a instanceof Uint8Array) {
    charge(a.length);
    return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  if (a instanceof Moment) return b instanceof Moment && a.ticks === b.ticks;
  if (a instanceof Reference) return b instanceof Reference && isDnEqual(a.dn, b.dn);
  return isNumeric(a) && isNumeric(b) ? isNumberEqual(a, b) : a === b;
}

/** A decimal fraction may equal an integer. Integers stay exact: as JavaScript numbers two large ones could look alike. */
function isNumberEqual(a: bigint | number, b: bigint | number): boolean {
  if (typeof a === typeof b) return a === b;
  return Number.isInteger(Number(a)) && Number.isInteger(Number(b)) && BigInt(a) === BigInt(b);
}

function isDnEqual(a: string, b: string): boolean {
  charge(a.length + b.length);
  return normalizeDn(a) === normalizeDn(b);
}

function isNumeric(item: Item): item is bigint | number {
  return typeof item === 'bigint' || typeof item === 'number';
}

function isTextEqual(text: string, other: NonNullable<Item>): boolean {
  charge(text.length);
  if (typeof other === 'string') return text === other;
  if (isNumeric(other)) {
    const number = parseNumber(text);
    return number !== null && isEqual(number, other);
  }
  if (typeof other === 'boolean') return parseFlag(text) === other;
  return other instanceof Reference && isDnEqual(text, other.dn);
}

/** Less than 0, 0, more than 0; null when one side is absent. Numbers by size, times by age, texts by code unit. */
export function compareItems(a: Item, b: Item, operator: string): number | null {
  if (a === null || b === null) return null;
  if (a instanceof Moment && b instanceof Moment) return order(a.ticks, b.ticks);
  if (isNumeric(a) || isNumeric(b)) {
    const left = toNumber(a, operator);
    const right = toNumber(b, operator);
    return left === null || right === null ? null : order(left, right);
  }
  if (typeof a === 'string' && typeof b === 'string') {
    charge(a.length);
    return order(a, b);
  }
  throw new EvaluationError(`${describe(a)} and ${describe(b)} cannot be compared by ${operator}.`);
}

function order<T extends bigint | number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text that is equal for equal items, for sets. */
export function keyOf(item: NonNullable<Item>): string {
  if (typeof item === 'string') return `s${limitText(item)}`;
  if (item instanceof Uint8Array) return `b${createHash('sha256').update(item).digest('hex')}`;
  if (item instanceof Reference) return `r${normalizeDn(item.dn)}`;
  if (item instanceof Moment) return `t${item.ticks}`;
  return item instanceof Directive ? `d${item.kind}` : `${typeof item}${item}`;
}
