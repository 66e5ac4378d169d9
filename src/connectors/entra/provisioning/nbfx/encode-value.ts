import type { ByteWriter } from './byte-writer.ts';
import { LAST_TICK, letterPlace, RECORD, ZONES } from './records.ts';
import { staticNumber } from './static-strings.ts';
import { uuidBytes } from './uuid-bytes.ts';
import {
  BinaryXmlError,
  type XmlDateTime,
  type XmlDecimal,
  type XmlList,
  type XmlNumber,
  type XmlQName,
  type XmlUuid,
  type XmlValue,
} from './xml-tree.ts';

/** Writes one text record. `ends`: 1 when it also ends its element, else 0. */
export function encodeValue(writer: ByteWriter, value: XmlValue, ends: 0 | 1): void {
  if (typeof value === 'string') encodeText(writer, value, ends);
  else if (typeof value === 'boolean') writer.byte((value ? RECORD.true : RECORD.false) + ends);
  else if (typeof value === 'bigint') encodeInteger(writer, value, ends);
  else if (value instanceof Uint8Array) encodeSized(writer, BYTES, value, ends);
  else encodeTyped(writer, value, ends);
}

type Typed = Exclude<XmlValue, string | boolean | bigint | Uint8Array>;

function encodeTyped(writer: ByteWriter, value: Typed, ends: 0 | 1): void {
  if (value.type === 'utf8') encodeSized(writer, CHARS, value.bytes, ends);
  else if (value.type === 'float' || value.type === 'double') encodeNumber(writer, value, ends);
  else if (value.type === 'decimal') encodeDecimal(writer, value, ends);
  else if (value.type === 'dateTime') encodeDateTime(writer, value, ends);
  else if (value.type === 'timeSpan') encodeInt64(writer, RECORD.timeSpan + ends, value.ticks);
  else if (value.type === 'qName') encodeQName(writer, value, ends);
  else if (value.type === 'list') encodeList(writer, value, ends);
  else if (value.type === 'uuid' || value.type === 'uniqueId') encodeUuid(writer, value, ends);
}

type Sizes = readonly [number, number, number];
const CHARS: Sizes = [RECORD.chars8, RECORD.chars16, RECORD.chars32];
const BYTES: Sizes = [RECORD.bytes8, RECORD.bytes16, RECORD.bytes32];

function encodeText(writer: ByteWriter, text: string, ends: 0 | 1): void {
  if (text === '') {
    writer.byte(RECORD.empty + ends);
    return;
  }
  if (!text.isWellFormed()) throw new BinaryXmlError('a text holds half a character (a lone surrogate)');
  encodeSize(writer, CHARS, Buffer.byteLength(text, 'utf8'), ends);
  writer.utf8(text);
}

function encodeSized(writer: ByteWriter, sizes: Sizes, bytes: Uint8Array, ends: 0 | 1): void {
  encodeSize(writer, sizes, bytes.length, ends);
  writer.bytes(bytes);
}

function encodeSize(writer: ByteWriter, [small, middle, big]: Sizes, length: number, ends: 0 | 1): void {
  if (length <= 0xff) {
    writer.byte(small + ends);
    writer.byte(length);
  } else if (length <= 0xffff) {
    writer.byte(middle + ends);
    writer.number(2, (bytes, at) => bytes.writeUInt16LE(length, at));
  } else {
    writer.byte(big + ends);
    writer.number(4, (bytes, at) => bytes.writeInt32LE(length, at));
  }
}

/** The smallest record that holds it, as [MC-NBFX] 2.2.3 recommends; beyond 63 bits UInt64. */
function encodeInteger(writer: ByteWriter, value: bigint, ends: 0 | 1): void {
  if (value === 0n || value === 1n) writer.byte((value === 0n ? RECORD.zero : RECORD.one) + ends);
  else if (fits(value, 8)) encodeSmall(writer, RECORD.int8 + ends, 1, value);
  else if (fits(value, 16)) encodeSmall(writer, RECORD.int16 + ends, 2, value);
  else if (fits(value, 32)) encodeSmall(writer, RECORD.int32 + ends, 4, value);
  else if (fits(value, 64)) encodeInt64(writer, RECORD.int64 + ends, value);
  else encodeUnsigned(writer, value, ends);
}

function fits(value: bigint, bits: number): boolean {
  return BigInt.asIntN(bits, value) === value;
}

function encodeSmall(writer: ByteWriter, code: number, length: 1 | 2 | 4, value: bigint): void {
  writer.byte(code);
  writer.number(length, (bytes, at) => bytes.writeIntLE(Number(value), at, length));
}

function encodeInt64(writer: ByteWriter, code: number, value: bigint): void {
  if (!fits(value, 64)) throw new BinaryXmlError('a number does not fit into 64 bits');
  writer.byte(code);
  writer.number(8, (bytes, at) => bytes.writeBigInt64LE(value, at));
}

function encodeUnsigned(writer: ByteWriter, value: bigint, ends: 0 | 1): void {
  if (BigInt.asUintN(64, value) !== value) throw new BinaryXmlError('a number does not fit into 64 bits');
  writer.byte(RECORD.uint64 + ends);
  writer.number(8, (bytes, at) => bytes.writeBigUInt64LE(value, at));
}

function encodeNumber(writer: ByteWriter, { type, value }: XmlNumber, ends: 0 | 1): void {
  if (type === 'float') {
    writer.byte(RECORD.float + ends);
    writer.number(4, (bytes, at) => bytes.writeFloatLE(value, at));
  } else {
    writer.byte(RECORD.double + ends);
    writer.number(8, (bytes, at) => bytes.writeDoubleLE(value, at));
  }
}

/** Two bytes unused, scale, sign, the upper 32 bits, the lower 64 ([MS-OAUT] 2.2.26). */
function encodeDecimal(writer: ByteWriter, { scale, isNegative, magnitude }: XmlDecimal, ends: 0 | 1): void {
  if (BigInt.asUintN(96, magnitude) !== magnitude || scale < 0 || scale > 28)
    throw new BinaryXmlError('a decimal number has more than 96 bits or 28 places');
  writer.byte(RECORD.decimal + ends);
  writer.number(16, (bytes, at) => {
    bytes.writeUInt16LE(0, at);
    bytes.writeUInt8(scale, at + 2);
    bytes.writeUInt8(isNegative ? 0x80 : 0, at + 3);
    bytes.writeUInt32LE(Number(magnitude >> 64n), at + 4);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, magnitude), at + 8);
  });
}

function encodeDateTime(writer: ByteWriter, { ticks, zone }: XmlDateTime, ends: 0 | 1): void {
  if (ticks < 0n || ticks > LAST_TICK) throw new BinaryXmlError('a time lies beyond the year 9999');
  writer.byte(RECORD.dateTime + ends);
  const kind = BigInt(ZONES.indexOf(zone));
  writer.number(8, (bytes, at) => bytes.writeBigUInt64LE((kind << 62n) | ticks, at));
}

function encodeUuid(writer: ByteWriter, { type, uuid }: XmlUuid, ends: 0 | 1): void {
  const bytes = uuidBytes(uuid);
  if (bytes === null) throw new BinaryXmlError(`${uuid} is no UUID`);
  writer.byte((type === 'uuid' ? RECORD.uuid : RECORD.uniqueId) + ends);
  writer.bytes(bytes);
}

function encodeQName(writer: ByteWriter, { prefix, name }: XmlQName, ends: 0 | 1): void {
  const place = letterPlace(prefix);
  const number = staticNumber(name);
  if (place < 0 || number === undefined) throw new BinaryXmlError(`${prefix}:${name} has no record of its own`);
  writer.byte(RECORD.qNameDictionary + ends);
  writer.byte(place);
  writer.multiByteInt31(number);
}

function encodeList(writer: ByteWriter, { items }: XmlList, ends: 0 | 1): void {
  writer.byte(RECORD.startList);
  for (const item of items) {
    if (typeof item === 'object' && 'type' in item && item.type === 'list')
      throw new BinaryXmlError('a list holds a list');
    encodeValue(writer, item, 0);
  }
  writer.byte(RECORD.endList + ends);
}
