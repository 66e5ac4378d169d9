import { createHash } from 'node:crypto';
import { guidToBytes } from '../../model/anchor.ts';
import type { Scalar, Value } from '../../model/value.ts';
import type { AttributeType, RawValue } from './record.ts';
import { decodeText } from './text-encoding.ts';

/** A value that is not what its attribute is to hold. */
export class UnfitValue extends Error {
  readonly attribute: string;
  readonly value: string | null;

  constructor(attribute: string, value: string | null, reason: string) {
    super(reason);
    this.name = 'UnfitValue';
    this.attribute = attribute;
    this.value = value;
  }
}

const INTEGER = /^[+-]?\d{1,19}$/;
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
  ['yes', true],
  ['no', false],
]);

/** The value of an attribute from what the file holds for it. Throws UnfitValue. `raw` is never empty. */
export function convertValue(
  attribute: string,
  type: AttributeType,
  raw: readonly RawValue[],
  rdn: string | null,
): Value {
  switch (type) {
    case 'texts':
      return raw.map((one) => toText(attribute, one));
    case 'byte-strings':
      return raw.map((one) => (typeof one === 'string' ? new TextEncoder().encode(one) : plainBytes(one)));
    case 'integer':
      return toInteger(attribute, first(raw));
    case 'flag':
      return toFlag(attribute, first(raw));
    case 'bytes':
      return toBytes(attribute, first(raw));
    case 'text':
      return toSingleText(attribute, raw, rdn);
    case 'unknown': {
      const values = raw.map(toTextOrBytes);
      const [only] = values;
      return values.length === 1 && only !== undefined ? only : values;
    }
  }
}

function first(raw: readonly RawValue[]): RawValue {
  return raw[0] ?? '';
}

function toText(attribute: string, raw: RawValue): string {
  const text = decodeText(raw);
  if (text === null) throw new UnfitValue(attribute, null, `${attribute}: the value is not UTF-8`);
  return text;
}

/** Other directories keep several values where Active Directory has one: the one that names the entry counts, else the first. */
function toSingleText(attribute: string, raw: readonly RawValue[], rdn: string | null): string {
  const texts = raw.map((one) => toText(attribute, one));
  const named = texts.find((text) => rdn !== null && rdn.toLowerCase() === `${attribute}=${text}`.toLowerCase());
  return named ?? texts[0] ?? '';
}

function toTextOrBytes(raw: RawValue): Scalar {
  return decodeText(raw) ?? plainBytes(raw as Uint8Array);
}

/** A Uint8Array that is no Buffer, so that values compare and print alike wherever they come from. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function toInteger(attribute: string, raw: RawValue): bigint {
  const text = toText(attribute, raw).trim();
  if (!INTEGER.test(text)) throw new UnfitValue(attribute, text, `${attribute} must be a whole number`);
  const number = BigInt(text);
  if (BigInt.asIntN(64, number) !== number)
    throw new UnfitValue(attribute, text, `${attribute} does not fit in 64 bits`);
  return number;
}

function toFlag(attribute: string, raw: RawValue): boolean {
  const text = toText(attribute, raw).trim();
  const flag = FLAGS.get(text.toLowerCase());
  if (flag === undefined) throw new UnfitValue(attribute, text, `${attribute} must be TRUE or FALSE`);
  return flag;
}

/** Bytes as they are; a text is a GUID, a SID, or base64 (that is how CSV carries bytes). */
function toBytes(attribute: string, raw: RawValue): Uint8Array {
  if (typeof raw !== 'string') return plainBytes(raw);
  const text = raw.trim();
  const bytes = guidToBytes(text) ?? sidToBytes(text) ?? base64ToBytes(text);
  if (bytes === null) throw new UnfitValue(attribute, text, `${attribute} must be a GUID, a SID or base64`);
  return bytes;
}

const SID = /^S-1-(\d{1,15})((?:-\d{1,10}){1,15})$/i;

/** The inverse of `sidToText` (MS-DTYP 2.4.2); null when the text is no SID. */
function sidToBytes(text: string): Uint8Array | null {
  const match = SID.exec(text);
  if (!match) return null;
  const parts = (match[2] ?? '').split('-').slice(1).map(Number);
  const authority = Number(match[1]);
  if (authority >= 2 ** 48 || parts.some((part) => part >= 2 ** 32)) return null;
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes[0] = 1;
  bytes[1] = parts.length;
  bytes.writeUIntBE(authority, 2, 6);
  parts.forEach((part, index) => {
    bytes.writeUInt32LE(part, 8 + 4 * index);
  });
  return plainBytes(bytes);
}

function base64ToBytes(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? plainBytes(bytes) : null;
}

/**
 * 16 bytes in the place of the objectGUID that an object of a file does not have: a UUID of version 8 (RFC 9562 §5.8) from the SHA-256 of
 * the source's name and the anchor. The same object always gives the same bytes; the name of the source keeps two files apart that
 * both number their people from 1.
 */
export function deriveGuid(source: string, anchor: string): Uint8Array {
  const hex = createHash('sha256').update(`${source}\n${anchor}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return guidToBytes(text) ?? new Uint8Array(16);
}
