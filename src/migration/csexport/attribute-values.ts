import { guidToBytes, guidToText, sidToText } from '../../model/anchor.ts';
import { normalizeDn } from '../../model/dn.ts';
import { printValue, type Scalar } from '../../model/value.ts';
import type { RawValue } from './raw-object.ts';

/** One value in the form in which equal ones are equal, and as people read it. */
export interface ComparedValue {
  readonly key: string;
  readonly shown: string;
}

/** The directory's name of an object, where only a text is known. */
const DN_ATTRIBUTES = ['onPremisesDistinguishedName'];
const LONGEST_SHOWN = 200;

/** The kind of values by which an attribute is compared: what ours are where that says more than the type that the file gives. */
export function typeToCompare(type: string, ours: Scalar | undefined): string {
  if (typeof ours === 'boolean') return 'boolean';
  if (typeof ours === 'bigint') return 'integer';
  if (ours instanceof Uint8Array && type === '') return 'binary';
  return type === 'number' ? 'integer' : type;
}

/** A value of Connect's: binary in base64, integers in hexadecimal or decimal, booleans in either case. */
export function connectValue(attribute: string, type: string, { text, isBase64 }: RawValue): ComparedValue {
  if (isBase64 || type === 'binary') return bytesValue(Buffer.from(text, 'base64'));
  return plainValue(attribute, type, text);
}

/** Ours, in the form that Connect's type asks for, as far as it can be. */
export function ourValue(attribute: string, type: string, value: Scalar): ComparedValue {
  if (value instanceof Uint8Array) return type === 'string' ? bytesAsText(value) : bytesValue(value);
  const text = String(printValue(value));
  return type === 'binary' ? binaryText(text) : plainValue(attribute, type, text);
}

function plainValue(attribute: string, type: string, text: string): ComparedValue {
  if (type === 'boolean' && /^\s*(?:true|false|0|1|0x[01])\s*$/i.test(text))
    return { key: `b:${isTrue(text)}`, shown: String(isTrue(text)) };
  const number = type === 'integer' ? integerOf(text) : null;
  return number === null ? textValue(attribute, text) : { key: `i:${number}`, shown: String(number) };
}

function isTrue(text: string): boolean {
  return /^(?:true|1|0x0*1)$/i.test(text.trim());
}

/** `0x200`, `512`, `-1`; the hexadecimal form of a negative number has its 64 bits. */
function integerOf(text: string): bigint | null {
  const trimmed = text.trim();
  if (!/^-?\d+$|^0x[0-9a-f]+$/i.test(trimmed)) return null;
  return BigInt.asIntN(64, BigInt(trimmed));
}

function bytesValue(bytes: Uint8Array): ComparedValue {
  const base64 = Buffer.from(bytes).toString('base64');
  return { key: `x:${base64}`, shown: shorten(base64) };
}

/** GUIDs and SIDs are bytes in Connect's space and may be texts here. */
function binaryText(text: string): ComparedValue {
  const guid = guidToBytes(text);
  if (guid !== null) return { ...bytesValue(guid), shown: text };
  const sid = sidToBytes(text);
  if (sid !== null) return { ...bytesValue(sid), shown: text };
  return bytesValue(Buffer.from(text, 'base64'));
}

function bytesAsText(bytes: Uint8Array): ComparedValue {
  const base64 = Buffer.from(bytes).toString('base64');
  return { key: `s:${base64}`, shown: shorten(base64) };
}

function textValue(attribute: string, text: string): ComparedValue {
  const guid = guidToBytes(text);
  if (guid !== null) return { key: `s:${guidToText(guid)}`, shown: text };
  if (DN_ATTRIBUTES.includes(attribute)) return { key: `s:${normalizeDn(text)}`, shown: shorten(text) };
  // The end of a line is one character in XML, and two in many an address.
  return { key: `s:${text.replace(/\r\n?/g, '\n')}`, shown: shorten(text) };
}

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
}

/** The inverse of `sidToText`; null when the text is no SID. */
function sidToBytes(text: string): Uint8Array | null {
  const match = /^S-(\d+)-(\d+)((?:-\d+)*)$/.exec(text);
  if (match === null) return null;
  const [, revision = '', authority = '', rest = ''] = match;
  const parts = rest.split('-').slice(1).map(Number);
  if (Number(authority) >= 2 ** 48 || parts.length > 15 || parts.some((part) => part > 0xff_ff_ff_ff)) return null;
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes.writeUInt8(Number(revision) & 0xff, 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(Number(authority), 2, 6);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + 4 * index);
  return sidToText(bytes) === text ? bytes : null;
}
