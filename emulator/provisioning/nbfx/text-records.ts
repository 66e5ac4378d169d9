import type { ByteSource } from './byte-source.ts';

/** What a text record holds. */
export interface TextValue {
  readonly text: string;
  readonly bytes?: Buffer;
}

export const FIRST_TEXT = 0x80;
const LARGEST_LIST = 1000;

type Reader = (source: ByteSource) => TextValue;

function of(text: string): TextValue {
  return { text };
}

function binary(bytes: Buffer): TextValue {
  return { text: bytes.toString('base64'), bytes };
}

function decimalOf(source: ByteSource): TextValue {
  // 16 bytes of an OLE DECIMAL ([MS-OAUT] 2.2.26): reserved, scale, sign, then the high and the low part.
  const bytes = source.take(16);
  const scale = bytes.readUInt8(2);
  const sign = bytes.readUInt8(3);
  if (scale > 28 || (sign & 0x7f) !== 0) throw source.refuse('a decimal that is none');
  const digits = ((BigInt(bytes.readUInt32LE(4)) << 64n) | bytes.readBigUInt64LE(8))
    .toString()
    .padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return of(sign === 0 ? text : `-${text}`);
}

const TICKS_OF_1970 = 621_355_968_000_000_000n;
const MOST_TICKS = 3_155_378_975_999_999_999n;

/** 62 bits of ticks and two of the kind: 0 unspecified, 1 UTC, 2 local. */
function dateTimeOf(source: ByteSource): TextValue {
  const raw = source.take(8).readBigUInt64LE();
  const ticks = raw & 0x3fff_ffff_ffff_ffffn;
  const kind = Number(raw >> 62n);
  if (ticks > MOST_TICKS || kind > 2) throw source.refuse('a time that is none');
  const sinceEpoch = ticks - TICKS_OF_1970;
  const fraction = ((ticks % 10_000_000n) + 10_000_000n).toString().slice(1).replace(/0+$/, '');
  const whole = new Date(Number((sinceEpoch - (ticks % 10_000_000n)) / 10_000n)).toISOString().slice(0, 19);
  return of(`${whole}${fraction === '' ? '' : `.${fraction}`}${kind === 1 ? 'Z' : ''}`);
}

function durationOf(source: ByteSource): TextValue {
  const ticks = source.take(8).readBigInt64LE();
  const size = ticks < 0n ? -ticks : ticks;
  const seconds = `${size / 10_000_000n}.${(size % 10_000_000n).toString().padStart(7, '0')}`.replace(/\.?0+$/, '');
  return of(`${ticks < 0n ? '-' : ''}PT${seconds === '' ? '0' : seconds}S`);
}

function uuidOf(source: ByteSource): string {
  const bytes = source.take(16);
  const first = bytes.readUInt32LE(0).toString(16).padStart(8, '0');
  const second = bytes.readUInt16LE(4).toString(16).padStart(4, '0');
  const third = bytes.readUInt16LE(6).toString(16).padStart(4, '0');
  const rest = bytes.toString('hex', 8);
  return `${first}-${second}-${third}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

function utf16Of(source: ByteSource, length: number): TextValue {
  if (length % 2 !== 0) throw source.refuse('UTF-16 text of an odd length');
  return of(source.take(length).toString('utf16le'));
}

function length32(source: ByteSource): number {
  const length = source.take(4).readInt32LE();
  if (length < 0) throw source.refuse('a negative length');
  return length;
}

function listOf(source: ByteSource): TextValue {
  const parts: string[] = [];
  for (;;) {
    const type = source.byte();
    if (type === 0xa6) return of(parts.join(' '));
    if (type === 0xa4) throw source.refuse('a list within a list');
    if (parts.length >= LARGEST_LIST) throw source.refuse('a list of too many values');
    parts.push(readText(source, type).text);
  }
}

/** [MC-NBFX] 2.2.3: text records by their type without the bit for the end of the element. */
const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [0x80, () => of('0')],
  [0x82, () => of('1')],
  [0x84, () => of('false')],
  [0x86, () => of('true')],
  [0x88, (source) => of(String(source.take(1).readInt8()))],
  [0x8a, (source) => of(String(source.take(2).readInt16LE()))],
  [0x8c, (source) => of(String(source.take(4).readInt32LE()))],
  [0x8e, (source) => of(String(source.take(8).readBigInt64LE()))],
  [0x90, (source) => of(String(source.take(4).readFloatLE()))],
  [0x92, (source) => of(String(source.take(8).readDoubleLE()))],
  [0x94, decimalOf],
  [0x96, dateTimeOf],
  [0x98, (source) => of(source.utf8(source.byte()))],
  [0x9a, (source) => of(source.utf8(source.take(2).readUInt16LE()))],
  [0x9c, (source) => of(source.utf8(length32(source)))],
  [0x9e, (source) => binary(source.take(source.byte()))],
  [0xa0, (source) => binary(source.take(source.take(2).readUInt16LE()))],
  [0xa2, (source) => binary(source.take(length32(source)))],
  [0xa4, listOf],
  [0xa8, () => of('')],
  [0xaa, (source) => of(source.dictionaryString())],
  [0xac, (source) => of(`urn:uuid:${uuidOf(source)}`)],
  [0xae, durationOf],
  [0xb0, (source) => of(uuidOf(source))],
  [0xb2, (source) => of(String(source.take(8).readBigUInt64LE()))],
  [0xb4, (source) => of(booleanOf(source))],
  [0xb6, (source) => utf16Of(source, source.byte())],
  [0xb8, (source) => utf16Of(source, source.take(2).readUInt16LE())],
  [0xba, (source) => utf16Of(source, length32(source))],
  [0xbc, (source) => of(`${prefixOf(source)}:${source.dictionaryString()}`)],
]);

function booleanOf(source: ByteSource): string {
  const byte = source.byte();
  if (byte > 1) throw source.refuse('a boolean that is neither 0 nor 1');
  return byte === 1 ? 'true' : 'false';
}

function prefixOf(source: ByteSource): string {
  const letter = source.byte();
  if (letter > 25) throw source.refuse('a prefix beyond the letter z');
  return String.fromCharCode(0x61 + letter);
}

/** The value of a text record whose type was read. `type` may carry the bit for the end of the element only where the caller allows it. */
export function readText(source: ByteSource, type: number): TextValue {
  const reader = READERS.get(type);
  if (!reader) throw source.refuse(`record type 0x${type.toString(16)}, which is no text`);
  return reader(source);
}
