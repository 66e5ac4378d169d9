/** One value: text, flag, 64-bit integer, or bytes. Times stay what the directory calls them: FILETIME a bigint, GeneralizedTime a text. */
export type Scalar = string | boolean | bigint | Uint8Array;

/** The value of an attribute: one scalar, or the list of a multi-valued attribute (never empty: an attribute without value is absent). */
export type Value = Scalar | readonly Scalar[];

/** Attribute name, spelled as the rules ask for it, to value. References are not in here: they are rows of their own. */
export type Attributes = Readonly<Record<string, Value>>;

/** The scalars of a value, one by one; none of an absent one. */
export function scalarsOf(value: Value | undefined): readonly Scalar[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
}

type StoredScalar = string | boolean | { readonly i: string } | { readonly b: string };
type StoredValue = StoredScalar | readonly StoredScalar[];

/** The names of attributes as JSON writes them before a value: they come by the million and are few. */
const KEYS = new Map<string, string>();

function keyText(name: string): string {
  let text = KEYS.get(name);
  if (text === undefined) {
    text = `${JSON.stringify(name)}:`;
    KEYS.set(name, text);
  }
  return text;
}

/** One value as it stands in a document: no two values have the same text. */
export function scalarText(value: Scalar): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `{"i":"${value}"}`;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return `{"b":"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"}`;
}

/** Objects of one kind name their attributes in few orders: each order is sorted once, and then found again. */
const ORDERS = new Map<string, readonly string[]>();
const MOST_ORDERS = 10_000;

function sortedNames(attributes: Attributes): readonly string[] {
  const names = Object.keys(attributes);
  const order = names.join(' ');
  const known = ORDERS.get(order);
  if (known !== undefined) return known;
  names.sort();
  if (ORDERS.size < MOST_ORDERS) ORDERS.set(order, names);
  return names;
}

/** The document of a set of attributes: JSON with sorted names, so that equal attributes give equal texts. */
export function encodeAttributes(attributes: Attributes): string {
  let text = '';
  for (const name of sortedNames(attributes)) {
    const value = attributes[name];
    if (value === undefined) continue;
    const list = Array.isArray(value) ? (value as readonly Scalar[]) : null;
    text += `${text === '' ? '{' : ','}${keyText(name)}${list === null ? scalarText(value as Scalar) : `[${list.map(scalarText).join(',')}]`}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function fromStored(stored: StoredValue): Value {
  if (typeof stored !== 'object') return stored;
  if (Array.isArray(stored)) return stored.map((one) => fromStored(one as StoredScalar) as Scalar);
  if ('i' in stored) return BigInt(stored.i);
  return new Uint8Array(Buffer.from((stored as { readonly b: string }).b, 'base64'));
}

/** The inverse of `encodeAttributes`. */
export function decodeAttributes(document: string): Attributes {
  const parsed = JSON.parse(document) as Record<string, StoredValue>;
  for (const name in parsed) {
    const stored = parsed[name];
    if (typeof stored === 'object') (parsed as Record<string, unknown>)[name] = fromStored(stored);
  }
  return parsed as unknown as Attributes;
}

function isSameScalar(a: Scalar, b: Scalar): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  return a === b;
}

/** Whether two values are equal; lists compare in order. */
export function isSameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const aList = Array.isArray(a);
  if (aList !== Array.isArray(b)) return false;
  if (!aList) return isSameScalar(a as Scalar, b as Scalar);
  const left = a as readonly Scalar[];
  const right = b as readonly Scalar[];
  return left.length === right.length && left.every((one, index) => isSameScalar(one, right[index] as Scalar));
}

/** A value as a person or JSON reads it: bytes in base64, integers in decimal. */
export function printValue(value: Value): string | boolean | readonly (string | boolean)[] {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value.map((one) => printValue(one) as string | boolean);
}
