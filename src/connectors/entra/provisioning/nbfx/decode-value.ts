import type { ByteReader } from './byte-reader.ts';
import { LAST_TICK, letterAt, MOST_ITEMS, RECORD, ZONES } from './records.ts';
import { staticString } from './static-strings.ts';
import { uuidText } from './uuid-bytes.ts';
import type { XmlDateTime, XmlDecimal, XmlValue } from './xml-tree.ts';

type Read = (reader: ByteReader) => XmlValue;

/** How each text record is read, by its even number ([MC-NBFX] 2.2.3). */
const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [RECORD.zero, () => 0n],
  [RECORD.one, () => 1n],
  [RECORD.false, () => false],
  [RECORD.true, () => true],
  [RECORD.int8, (reader) => BigInt(reader.take(1).readInt8())],
  [RECORD.int16, (reader) => BigInt(reader.take(2).readInt16LE())],
  [RECORD.int32, (reader) => BigInt(reader.take(4).readInt32LE())],
  [RECORD.int64, (reader) => reader.take(8).readBigInt64LE()],
  [RECORD.uint64, (reader) => reader.take(8).readBigUInt64LE()],
  [RECORD.float, (reader) => ({ type: 'float', value: reader.take(4).readFloatLE() })],
  [RECORD.double, (reader) => ({ type: 'double', value: reader.take(8).readDoubleLE() })],
  [RECORD.decimal, readDecimal],
  [RECORD.dateTime, readDateTime],
  [RECORD.chars8, (reader) => reader.utf8(reader.byte())],
  [RECORD.chars16, (reader) => reader.utf8(reader.take(2).readUInt16LE())],
  [RECORD.chars32, (reader) => reader.utf8(readLength(reader))],
  [RECORD.bytes8, (reader) => Uint8Array.from(reader.take(reader.byte()))],
  [RECORD.bytes16, (reader) => Uint8Array.from(reader.take(reader.take(2).readUInt16LE()))],
  [RECORD.bytes32, (reader) => Uint8Array.from(reader.take(readLength(reader)))],
  [RECORD.empty, () => ''],
  [RECORD.dictionary, readDictionaryString],
  [RECORD.uniqueId, (reader) => ({ type: 'uniqueId', uuid: uuidText(reader.take(16)) })],
  [RECORD.timeSpan, (reader) => ({ type: 'timeSpan', ticks: reader.take(8).readBigInt64LE() })],
  [RECORD.uuid, (reader) => ({ type: 'uuid', uuid: uuidText(reader.take(16)) })],
  [RECORD.bool, readBool],
  [RECORD.unicodeChars8, (reader) => reader.utf16(reader.byte())],
  [RECORD.unicodeChars16, (reader) => reader.utf16(reader.take(2).readUInt16LE())],
  [RECORD.unicodeChars32, (reader) => reader.utf16(readLength(reader))],
  [RECORD.qNameDictionary, readQName],
]);

/** Whether text records begin with this number (also those that end their element). */
export function isText(code: number): boolean {
  return code === RECORD.startList || READERS.has(code & ~1);
}

/** The value of a text record whose number was read. `ends`: whether it ended its element. */
export function decodeValue(reader: ByteReader, code: number): { readonly value: XmlValue; readonly ends: boolean } {
  if (code === RECORD.startList) return readList(reader);
  return { value: decodeSimple(reader, code & ~1), ends: code % 2 === 1 };
}

/** The value of a text record of an even number that is no list. */
export function decodeSimple(reader: ByteReader, code: number): XmlValue {
  const read = READERS.get(code);
  return read ? read(reader) : reader.fail(`0x${code.toString(16)} is no text record`);
}

/** Chars32 and Bytes32 carry a signed length, of which only the positive half means anything. */
function readLength(reader: ByteReader): number {
  const length = reader.take(4).readInt32LE();
  return length < 0 ? reader.fail('a length is negative') : length;
}

/** A string by its number in the static table. */
export function readDictionaryString(reader: ByteReader): string {
  const number = reader.multiByteInt31();
  return staticString(number) ?? reader.fail(`no string has the number ${number}`);
}

function readBool(reader: ByteReader): boolean {
  const byte = reader.byte();
  return byte > 1 ? reader.fail(`${byte} is neither true nor false`) : byte === 1;
}

function readDecimal(reader: ByteReader): XmlDecimal {
  const bytes = reader.take(16);
  const scale = bytes.readUInt8(2);
  const sign = bytes.readUInt8(3);
  if (scale > 28 || (sign & 0x7f) !== 0) reader.fail('a decimal number is malformed');
  const magnitude = (BigInt(bytes.readUInt32LE(4)) << 64n) | bytes.readBigUInt64LE(8);
  return { type: 'decimal', isNegative: sign === 0x80, scale, magnitude };
}

/** 62 bits of ticks, the two above say of which clock ([MC-NBFX] 2.2.3.13). */
function readDateTime(reader: ByteReader): XmlDateTime {
  const bits = reader.take(8).readBigUInt64LE();
  const zone = ZONES[Number(bits >> 62n)];
  const ticks = BigInt.asUintN(62, bits);
  if (zone === undefined || ticks > LAST_TICK) return reader.fail('a time is malformed');
  return { type: 'dateTime', ticks, zone };
}

function readQName(reader: ByteReader): XmlValue {
  const prefix = letterAt(reader.byte());
  if (prefix === undefined) return reader.fail('the prefix of a name is no letter');
  return { type: 'qName', prefix, name: readDictionaryString(reader) };
}

/** Values up to the end of the list; only that may end an element ([MC-NBFX] 2.2.3.20, 2.2.3.21). */
function readList(reader: ByteReader): { readonly value: XmlValue; readonly ends: boolean } {
  const items: XmlValue[] = [];
  for (;;) {
    const code = reader.byte();
    if ((code & ~1) === RECORD.endList) return { value: { type: 'list', items }, ends: code % 2 === 1 };
    if (items.length === MOST_ITEMS) reader.fail(`a list holds more than ${MOST_ITEMS} values`);
    items.push(decodeSimple(reader, code));
  }
}
