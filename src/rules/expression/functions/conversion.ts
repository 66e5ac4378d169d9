import { createHash } from 'node:crypto';
import { guidToBytes, guidToText, sidToText } from '../../../model/anchor.ts';
import {
  EvaluationError,
  type Item,
  limitText,
  Moment,
  parseNumber,
  quote,
  Reference,
  toBytes,
  toCount,
  toInteger,
  toReference,
  toText,
  toTruth,
} from '../values.ts';
import { printMoment } from './dates.ts';
import type { ScalarFunction } from './definition.ts';

const ENCODINGS: ReadonlyMap<string, BufferEncoding> = new Map([
  ['Unicode', 'utf16le'],
  ['ASCII', 'latin1'],
  ['UTF8', 'utf8'],
]);

function convertFromBase64(item: Item = null, option: Item = 'Unicode'): Item {
  const text = toText(item, 'ConvertFromBase64');
  const encoding = ENCODINGS.get(toText(option, 'ConvertFromBase64') ?? 'Unicode');
  if (!encoding) throw new EvaluationError('ConvertFromBase64 knows Unicode, ASCII and UTF8.');
  if (text === null) return null;
  const digits = text.replace(/\s/g, '');
  // As .NET: half a text would otherwise be decoded to something that nobody wrote.
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits))
    throw new EvaluationError(`ConvertFromBase64 needs a base64 text, not ${quote(text)}.`);
  const decoded = Buffer.from(text, 'base64').toString(encoding);
  // ASCII has 7 bits; what is beyond becomes a question mark, as with .NET.
  return encoding === 'latin1' ? decoded.replace(/[^\0-\x7f]/g, '?') : decoded;
}

function convertToBase64(item: Item = null): Item {
  if (item instanceof Uint8Array) return Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('base64');
  const text = toText(item, 'ConvertToBase64');
  return text === null ? null : limitText(Buffer.from(text, 'utf16le').toString('base64'));
}

function convertFromUtf8Hex(item: Item = null): Item {
  const text = toText(item, 'ConvertFromUTF8Hex');
  if (text === null) return null;
  if (!/^([0-9A-Fa-f]{2})*$/.test(text))
    throw new EvaluationError('ConvertFromUTF8Hex needs pairs of hexadecimal digits.');
  return Buffer.from(text, 'hex').toString('utf8');
}

function convertToUtf8Hex(item: Item = null): Item {
  const text = toText(item, 'ConvertToUTF8Hex');
  return text === null ? null : limitText(Buffer.from(text, 'utf8').toString('hex').toUpperCase());
}

function cNum(item: Item = null): Item {
  if (typeof item === 'bigint' || typeof item === 'number' || item === null) return item;
  if (item instanceof Uint8Array) return littleEndian(item);
  if (typeof item === 'boolean') return item ? 1n : 0n;
  const text = toText(item, 'CNum') ?? '';
  const number = parseNumber(text);
  if (number === null) throw new EvaluationError(`CNum cannot make a number of ${quote(text)}.`);
  return number;
}

function littleEndian(bytes: Uint8Array): bigint {
  if (bytes.length > 8) throw new EvaluationError(`CNum takes at most 8 bytes, not ${bytes.length}.`);
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function cBin(item: Item = null, length: Item = null): Item {
  const number = toInteger(item, 'CBin');
  const size = toCount(length, 'CBin');
  if (number === null || size === null) return null;
  if (size < 1 || size > 8) throw new EvaluationError('CBin makes 1 to 8 bytes.');
  const out = new Uint8Array(size);
  for (let at = 0; at < size; at++) out[at] = Number((number >> BigInt(8 * at)) & 0xffn);
  return out;
}

function cStr(item: Item = null): Item {
  if (typeof item === 'string' || item === null) return item;
  if (typeof item === 'bigint' || typeof item === 'number') return item.toString();
  if (typeof item === 'boolean') return item ? 'True' : 'False';
  if (item instanceof Moment) return printMoment(item);
  return toText(item, 'CStr');
}

function cGuid(item: Item = null): Item {
  const text = toText(item, 'CGuid');
  if (text === null) return null;
  const bytes = guidToBytes(text);
  if (!bytes) throw new EvaluationError(`CGuid cannot make a GUID of ${quote(text)}.`);
  return bytes;
}

/** Calls a reader of binary identifiers and gives its complaint the right form. */
function readBytes(name: string, read: (bytes: Uint8Array) => string): (item?: Item) => Item {
  return (item = null) => {
    const bytes = toBytes(item, name);
    if (bytes === null) return null;
    try {
      return read(bytes);
    } catch (error) {
      throw new EvaluationError(
        `${name}: ${error instanceof RangeError ? error.message : 'these bytes cannot be read'}.`,
      );
    }
  };
}

export const CONVERSION_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'CBool',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['flag'] }],
    gives: { types: ['flag'] },
    meaning: 'True for every number but 0, also a negative one; False for an absent value.',
    reading: 'A number counts as True when it is not 0, a text when it spells such a number or True.',
    example: 'CBool(BitAnd(-2147483646, -2147483648))',
    result: 'True',
    apply: (item = null) => toTruth(item, 'CBool'),
  },
  {
    name: 'CGuid',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['bytes'] },
    meaning: 'The 16 bytes of a GUID as Active Directory stores them.',
    example: 'StringFromGuid(CGuid("{0102a304-0506-0708-090A-0b0c0d0e0f10}"))',
    result: '"0102a304-0506-0708-090a-0b0c0d0e0f10"',
    apply: cGuid,
  },
  {
    name: 'ConvertFromBase64',
    group: 'Conversion',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'encoding', types: ['text'], optional: true, choices: ['Unicode', 'ASCII', 'UTF8'] },
    ],
    gives: { types: ['text'] },
    meaning: 'The text that base64 holds; encoding is Unicode (UTF-16, the default), ASCII or UTF8.',
    example: 'ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")',
    result: '"Hello world!"',
    apply: convertFromBase64,
  },
  {
    name: 'ConvertToBase64',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['text', 'bytes'] }],
    gives: { types: ['text'] },
    meaning: 'Base64 of the bytes of binary data, or of the UTF-16 form of a text.',
    reading: 'Binary data as they are; the documentation speaks of texts only.',
    example: 'ConvertToBase64("Hello world!")',
    result: '"SABlAGwAbABvACAAdwBvAHIAbABkACEA"',
    apply: convertToBase64,
  },
  {
    name: 'ConvertFromUTF8Hex',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text whose UTF-8 bytes are given in hexadecimal.',
    example: 'ConvertFromUTF8Hex("48656C6C6F20776F726C6421")',
    result: '"Hello world!"',
    apply: convertFromUtf8Hex,
  },
  {
    name: 'ConvertToUTF8Hex',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The UTF-8 bytes of a text in hexadecimal, upper case.',
    example: 'ConvertToUTF8Hex("Hello world!")',
    result: '"48656C6C6F20776F726C6421"',
    apply: convertToUtf8Hex,
  },
  {
    name: 'CNum',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['text', 'number', 'flag', 'bytes'] }],
    gives: { types: ['number'] },
    meaning: 'The number that a text spells, or that up to 8 bytes hold, the lowest first.',
    reading: 'Bytes are taken as well, as the shipped rules of Connect need it; True is 1.',
    example: 'CNum("123") + 1',
    result: '124',
    apply: cNum,
  },
  {
    name: 'CBin',
    group: 'Conversion',
    form: 'scalar',
    parameters: [
      { name: 'number', types: ['number'] },
      { name: 'length', types: ['number'] },
    ],
    gives: { types: ['bytes'] },
    meaning: 'A number as bytes, the lowest first.',
    reading: 'Not documented, but used by the rules of Connect: its name and use give this meaning.',
    example: 'CNum(CBin(513, 2))',
    result: '513',
    apply: cBin,
  },
  {
    name: 'CRef',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'dn', types: ['text'] }],
    gives: { types: ['reference'] },
    meaning: 'A reference to the object of that distinguished name.',
    example: 'DNComponent(CRef("cn=Joe,ou=Sales"), 1)',
    result: '"Joe"',
    apply: (item = null) => (item instanceof Reference ? item : toReference(toText(item, 'CRef'), 'CRef')),
  },
  {
    name: 'CStr',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['text', 'number', 'flag', 'time', 'reference'] }],
    gives: { types: ['text'] },
    meaning: 'A number, flag, time or reference as text.',
    example: 'CStr(42) & CStr(True)',
    result: '"42True"',
    apply: cStr,
  },
  {
    name: 'StringFromGuid',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'bytes', types: ['bytes'] }],
    gives: { types: ['text'] },
    meaning: 'The readable form of a binary GUID.',
    example: 'StringFromGuid(CGuid("00000000-0000-0000-0000-0000000000ff"))',
    result: '"00000000-0000-0000-0000-0000000000ff"',
    apply: readBytes('StringFromGuid', guidToText),
  },
  {
    name: 'StringFromSid',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'bytes', types: ['bytes'] }],
    gives: { types: ['text'] },
    meaning: 'The readable form S-1-... of a binary SID.',
    // Revision 1, one part, authority 5 (big-endian), part 18: the local system.
    example: 'StringFromSid(CBin(257, 6) & CBin(1280, 2) & CBin(18, 4))',
    result: '"S-1-5-18"',
    apply: readBytes('StringFromSid', sidToText),
  },
  {
    name: 'Thumbprint',
    group: 'Conversion',
    form: 'scalar',
    parameters: [{ name: 'bytes', types: ['bytes'] }],
    gives: { types: ['bytes'] },
    meaning: 'The SHA-256 hash of binary data.',
    reading:
      'Not documented, but used by the rules of Connect: SHA-256, as the key hash of a key credential (MS-ADTS).',
    example: 'Len(Thumbprint(CBin(1, 1)))',
    result: '32',
    apply: (item = null) => {
      const bytes = toBytes(item, 'Thumbprint');
      return bytes === null ? null : new Uint8Array(createHash('sha256').update(bytes).digest());
    },
  },
];
