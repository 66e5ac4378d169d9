import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';
import { decodeXml } from './decode-xml.ts';
import { encodeXml } from './encode-xml.ts';
import { LAST_TICK } from './records.ts';
import { STATIC_STRINGS, staticNumber, staticString } from './static-strings.ts';
import { attribute, element, namespace, nilElement } from './xml-building.ts';
import { childrenOf } from './xml-reading.ts';
import { BinaryXmlError, type XmlElement, type XmlNode, type XmlValue } from './xml-tree.ts';

function encode(root: XmlElement): Uint8Array {
  const writer = new ByteWriter();
  encodeXml(writer, root);
  return Uint8Array.from(writer.written());
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function hex(of: Uint8Array): string {
  return Buffer.from(of).toString('hex');
}

function text(value: XmlValue): XmlNode {
  return { kind: 'text', value };
}

describe('the static table', () => {
  test('is that of [MC-NBFS], string for string', () => {
    const all = Array.from({ length: STATIC_STRINGS }, (_, at) => staticString(at * 2));
    expect(STATIC_STRINGS).toBe(473);
    // SHA-256 of the published strings in their order, one a line.
    expect(createHash('sha256').update(all.join('\n')).digest('hex')).toBe(
      '53abe75810aeca6da0ed0f6583a2a22324f090c44ffb95d7de13e7b3539590df',
    );
  });

  test('finds numbers by strings, and has no odd ones', () => {
    expect([staticNumber('Envelope'), staticNumber('nil'), staticNumber('gDay'), staticNumber('')]).toEqual([
      2, 886, 944, 162,
    ]);
    expect([staticString(3), staticString(946), staticNumber('AzureADSyncObject')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

/** Whole documents, byte for byte, worked out by hand from [MC-NBFX] 2.2: what we write, and read. */
const WRITTEN: readonly (readonly [string, XmlElement, string])[] = [
  ['a short element', element('doc', []), '40 03 646f63 01'],
  ['an element with a prefix', element('pre:doc', []), '41 03 707265 03 646f63 01'],
  ['an element of the table', element('Envelope', []), '42 02 01'],
  ['an element of the table with a prefix', element('str:Envelope', []), '43 03 737472 02 01'],
  ['an element of the table with a letter', element('s:Envelope', []), '56 02 01'],
  ['an element with a letter', element('z:doc', []), '77 03 646f63 01'],
  ['a name of the table beyond 127', element('i:nil', []), '4c f606 01'],
  [
    'attributes',
    element('d', [], {
      attributes: [
        attribute('y', 'x'),
        attribute('pre:y', true),
        attribute('role', false),
        attribute('pre:role', 0n),
        attribute('b:role', 1n),
        attribute('k:y', ''),
      ],
    }),
    '40 01 64 04 01 79 98 01 78 05 03 707265 01 79 86 06 8a01 84 07 03 707265 8a01 80 0d 8a01 82 30 01 79 a8 01',
  ],
  [
    'namespaces',
    element('d', [], {
      namespaces: [
        namespace('', 'urn:x'),
        namespace('p', 'urn:x'),
        namespace('', 'http://www.w3.org/2005/08/addressing'),
        namespace('a', 'http://www.w3.org/2005/08/addressing'),
      ],
    }),
    '40 01 64 08 05 75726e3a78 09 01 70 05 75726e3a78 0a 06 0b 01 61 06 01',
  ],
  ['no value', nilElement('d'), '40 01 64 14 f606 98 04 74727565 01'],
  ['a comment', element('d', [{ kind: 'comment', text: 'hi' }]), '40 01 64 02 02 6869 01'],
  ['text before an element', element('d', [text('x'), element('f', [])]), '40 01 64 98 01 78 40 01 66 01 01'],
];

/** Values as the last thing in `<d>`, so that their record ends it. */
const VALUES: readonly (readonly [string, XmlValue, string])[] = [
  ['zero', 0n, '81'],
  ['one', 1n, '83'],
  ['false', false, '85'],
  ['true', true, '87'],
  ['8 bits', -128n, '89 80'],
  ['16 bits', 128n, '8b 8000'],
  ['32 bits', -32769n, '8d ff7fffff'],
  ['64 bits', 2147483648n, '8f 0000008000000000'],
  ['64 bits without a sign', 2n ** 64n - 1n, 'b3 ffffffffffffffff'],
  ['a float', { type: 'float', value: 1.5 }, '91 0000c03f'],
  ['a double', { type: 'double', value: -1.5 }, '93 000000000000f8bf'],
  [
    'a decimal',
    { type: 'decimal', isNegative: true, scale: 2, magnitude: (1n << 64n) + 5n },
    '95 0000 02 80 01000000 0500000000000000',
  ],
  ['a time', { type: 'dateTime', ticks: 1n, zone: 'utc' }, '97 0100000000000040'],
  ['characters', 'aé', '99 03 61c3a9'],
  ['characters that are bytes', { type: 'utf8', bytes: bytes('6162') }, '99 02 6162'],
  ['bytes', bytes('000102'), '9f 03 000102'],
  ['no characters', '', 'a9'],
  ['a list', { type: 'list', items: [1n, 'a', true] }, 'a4 82 98 01 61 86 a7'],
  [
    'a unique id',
    { type: 'uniqueId', uuid: '00112233-4455-6677-8899-aabbccddeeff' },
    'ad 33221100 5544 7766 8899aabbccddeeff',
  ],
  ['a span of time', { type: 'timeSpan', ticks: -1n }, 'af ffffffffffffffff'],
  ['a UUID', { type: 'uuid', uuid: '00112233-4455-6677-8899-aabbccddeeff' }, 'b1 33221100 5544 7766 8899aabbccddeeff'],
  ['a name', { type: 'qName', prefix: 'b', name: 'type' }, 'bd 01 f806'],
];

describe('the encoder writes the records of [MC-NBFX]', () => {
  test.each(WRITTEN)('%s', (_, root, expected) => {
    expect(hex(encode(root))).toBe(hex(bytes(expected)));
    expect(decodeXml(bytes(expected))).toEqual(root);
  });

  test.each(VALUES)('%s', (_, value, expected) => {
    expect(hex(encode(element('d', value)))).toBe(hex(bytes(`400164 ${expected}`)));
  });

  test.each([
    [255, '99ff'],
    [256, '9b0001'],
    [65_535, '9bffff'],
    [65_536, '9d00000100'],
  ])('%i characters', (length, head) => {
    expect(hex(encode(element('d', 'x'.repeat(length)))).slice(6, 6 + head.length)).toBe(head);
  });

  test.each([
    [255, '9fff'],
    [256, 'a10001'],
    [65_536, 'a300000100'],
  ])('%i bytes', (length, head) => {
    expect(hex(encode(element('d', new Uint8Array(length)))).slice(6, 6 + head.length)).toBe(head);
  });
});

describe('the decoder reads records that we do not write', () => {
  const only = (records: string): XmlNode | undefined => decodeXml(bytes(`400164 ${records}`)).children[0];

  test.each<readonly [string, string, XmlValue]>([
    ['a number in more bytes than it needs', '8f 0100000000000000', 1n],
    ['a number of 64 bits without a sign', 'b2 0500000000000000 01', 5n],
    ['a flag as a byte', 'b5 01', true],
    ['a string of the table', 'ab 02', 'Envelope'],
    ['characters of UTF-16', 'b7 04 6100e900', 'aé'],
    ['many characters of UTF-16', 'b9 0200 6100', 'a'],
    ['very many characters of UTF-16', 'bb 02000000 6100', 'a'],
    ['a text that its element outlives', '98 01 78 01', 'x'],
    ['a list that its element outlives', 'a4 80 a6 01', { type: 'list', items: [0n] }],
  ])('%s', (_, records, value) => {
    expect(only(records)).toEqual(text(value));
  });

  test('an array, as the elements that it stands for', () => {
    const root = decodeXml(bytes('40 01 64 03 40 01 65 04 01 61 86 01 8b 02 0100 0200 01'));
    const attributes = [attribute('a', true)];
    expect(root.children).toEqual([element('e', 1n, { attributes }), element('e', 2n, { attributes })]);
  });

  test.each([
    ['flags', 'b5', '01', true],
    ['32 bits', '8d', '05000000', 5n],
    ['64 bits', '8f', '0500000000000000', 5n],
    ['floats', '91', '0000c03f', { type: 'float', value: 1.5 }],
    ['doubles', '93', '000000000000f83f', { type: 'double', value: 1.5 }],
    ['spans', 'af', '0100000000000000', { type: 'timeSpan', ticks: 1n }],
    ['times', '97', '0100000000000000', { type: 'dateTime', ticks: 1n, zone: 'none' }],
  ] as const)('an array of %s', (_, type, value, expected) => {
    expect(decodeXml(bytes(`400164 03 400165 01 ${type} 01 ${value} 01`)).children).toEqual([element('e', expected)]);
  });

  test('comments around the document', () => {
    expect(decodeXml(bytes('02 01 78 40 01 64 01 02 00'))).toEqual(element('d', []));
  });
});

describe('the decoder refuses', () => {
  test.each([
    ['nothing', ''],
    ['a document that is cut', '40 01 64'],
    ['two documents', '40 01 64 01 40 01 64 01'],
    ['text without an element', '98 01 78'],
    ['a reserved record', '40 01 64 be 01'],
    ['the reserved end of a list', '40 01 64 a5 a7'],
    ['an end too many', '01'],
    ['a string of a session', '42 01 01'],
    ['a string beyond the table', '42 b207 01'],
    ['more text than there is', '40 01 64 9b ffff 78'],
    ['a negative length', '40 01 64 9d ffffffff'],
    ['a number of more than 31 bits', '40 ffffffff0f'],
    ['a number without an end', '40 ffffffffffff'],
    ['text that is no UTF-8', '40 01 64 99 01 ff'],
    ['half a character of UTF-16', '40 01 64 b7 01 61'],
    ['half a pair of UTF-16', '40 01 64 b7 02 00d8'],
    ['an attribute that ends its element', '40 01 64 04 01 61 87'],
    ['a list in a list', '40 01 64 a4 a4 a6 a7'],
    ['an array of texts', '40 01 64 03 40 01 65 01 99 01 01 78 01'],
    ['an array with more values than bytes', '40 01 64 03 40 01 65 01 b5 ffffffff07 01 01'],
    ['an array whose element has content', '40 01 64 03 40 01 65 98 01 78 01 b5 01 01 01'],
    ['a time after the end of time', '40 01 64 97 ffffffffffffff3f'],
    ['a time of a fourth clock', '40 01 64 97 01000000000000c0'],
    ['a flag that is neither', '40 01 64 b5 02'],
    ['a decimal with 29 places', '40 01 64 95 0000 1d 00 00000000 0000000000000000'],
    ['a name whose prefix is no letter', '40 01 64 bd 1a 02'],
  ])('%s', (_, records) => {
    expect(() => decodeXml(bytes(records))).toThrow(BinaryXmlError);
  });

  test('elements that lie too deep', () => {
    expect(() => decodeXml(bytes('42 02'.repeat(65) + '01'.repeat(65)))).toThrow(/64 deep/);
    expect(decodeXml(bytes('42 02'.repeat(64) + '01'.repeat(64))).name).toBe('Envelope');
  });

  test('a list without an end', () => {
    expect(() => decodeXml(bytes(`400164 a4 ${'80'.repeat(10_001)} a7`))).toThrow(/more than 10000 values/);
  });

  test('no page of groups that is as large as those of a large company', () => {
    const member = '6206737472696e67 9929'.replace(' ', '');
    const name = Buffer.from('User_11111111-2222-3333-4444-555555555555').toString('hex');
    const members = Buffer.from(`${member}${name}`, 'hex');
    const group = Buffer.concat([bytes('400164'), Buffer.alloc(50_000 * members.length, members), bytes('01')]);
    const page = decodeXml(Buffer.concat([bytes('400164'), ...Array.from({ length: 12 }, () => group), bytes('01')]));
    expect(childrenOf(childrenOf(page)[11]).length).toBe(50_000);
  });

  test('more parts than it was told to take, also from an array', () => {
    expect(() => decodeXml(bytes(`400164 ${'42 02 01'.repeat(11)} 01`), 10)).toThrow(/more than 10 parts/);
    expect(() => decodeXml(bytes(`400164 03 400165 01 b5 0b ${'01'.repeat(11)} 01`), 10)).toThrow(/more than 10 parts/);
  });
});

describe('the encoder refuses', () => {
  const nested = (depth: number): XmlElement => element('d', depth === 1 ? [] : [nested(depth - 1)]);
  test.each<readonly [string, XmlElement]>([
    ['half a character', element('d', '\ud800')],
    ['a name of half a character', element('\udc00', [])],
    ['a number of 65 bits', element('d', 2n ** 64n)],
    ['a number far below zero', element('d', -(2n ** 63n) - 1n)],
    ['a time before all time', element('d', { type: 'dateTime', ticks: -1n, zone: 'utc' })],
    ['a decimal of 97 bits', element('d', { type: 'decimal', isNegative: false, scale: 0, magnitude: 1n << 96n })],
    ['a UUID that is none', element('d', { type: 'uuid', uuid: 'x' })],
    ['a name that is not of the table', element('d', { type: 'qName', prefix: 'a', name: 'mine' })],
    ['a list in a list', element('d', { type: 'list', items: [{ type: 'list', items: [] }] })],
    ['elements that lie too deep', nested(65)],
  ])('%s', (_, root) => {
    expect(() => encode(root)).toThrow(BinaryXmlError);
  });
});

const name = fc.oneof(
  fc.constantFrom('Envelope', 'nil', 'type', 'Body', 'Reason'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
);
const prefix = fc.oneof(fc.constantFrom('', 's', 'a', 'z'), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }));
const uuid = fc.uuid();
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const simpleValue: fc.Arbitrary<XmlValue> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', minLength: 200, maxLength: 400 }),
  fc.boolean(),
  int64,
  fc.bigInt({ min: 2n ** 63n, max: 2n ** 64n - 1n }),
  fc.integer({ min: -40_000, max: 40_000 }).map(BigInt),
  fc.uint8Array({ maxLength: 600 }),
  fc.float().map((value) => ({ type: 'float' as const, value })),
  fc.double().map((value) => ({ type: 'double' as const, value })),
  fc.record({
    type: fc.constant('decimal' as const),
    isNegative: fc.boolean(),
    scale: fc.integer({ min: 0, max: 28 }),
    magnitude: fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }),
  }),
  fc.record({
    type: fc.constant('dateTime' as const),
    ticks: fc.bigInt({ min: 0n, max: LAST_TICK }),
    zone: fc.constantFrom('none' as const, 'utc' as const, 'local' as const),
  }),
  int64.map((ticks) => ({ type: 'timeSpan' as const, ticks })),
  uuid.map((one) => ({ type: 'uuid' as const, uuid: one })),
  uuid.map((one) => ({ type: 'uniqueId' as const, uuid: one })),
  fc.record({
    type: fc.constant('qName' as const),
    prefix: fc.constantFrom('a', 'm', 'z'),
    name: fc.constantFrom('type', 'nil', 'Envelope'),
  }),
);
const value: fc.Arbitrary<XmlValue> = fc.oneof(
  { weight: 9, arbitrary: simpleValue },
  {
    weight: 1,
    arbitrary: fc.array(simpleValue, { maxLength: 4 }).map((items) => ({ type: 'list' as const, items })),
  },
);
const start = {
  prefix,
  name,
  namespaces: fc.array(fc.record({ prefix, uri: name }), { maxLength: 3 }),
  attributes: fc.array(fc.record({ prefix, name, value }), { maxLength: 3 }),
};
const { tree } = fc.letrec<{ tree: XmlElement; node: XmlNode }>((tie) => ({
  tree: fc.record({
    kind: fc.constant('element' as const),
    ...start,
    children: fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'xml' }),
  }),
  node: fc.oneof(
    { depthIdentifier: 'xml', maxDepth: 5, withCrossShrink: true },
    value.map(text),
    fc.string({ unit: 'binary', maxLength: 9 }).map((one) => ({ kind: 'comment' as const, text: one })),
    tie('tree'),
  ),
}));

describe('for all documents', () => {
  test('what is decoded is what was encoded', () => {
    fc.assert(
      fc.property(tree, (root) => {
        expect(decodeXml(encode(root))).toEqual(root);
      }),
      { numRuns: 500 },
    );
  });

  test('a document that is cut or changed in the middle ends in a document or in our error', () => {
    const broken = fc.tuple(tree, fc.nat(), fc.nat(255), fc.boolean()).map(([root, place, byte, isCut]) => {
      const whole = encode(root);
      const at = place % whole.length;
      if (isCut) return whole.subarray(0, at);
      whole[at] = byte;
      return whole;
    });
    fc.assert(fc.property(broken, endsWell), { numRuns: 1000 });
  });

  test('any bytes end in a document or in our error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), endsWell), { numRuns: 2000 });
    const records = fc.uint8Array({ max: 0xbd, maxLength: 300 }).map((tail) => Uint8Array.from([0x42, 0x02, ...tail]));
    fc.assert(fc.property(records, endsWell), { numRuns: 2000 });
  });
});

/** Whatever decodes can be encoded and comes back as itself; whatever does not is refused in our words. */
function endsWell(input: Uint8Array): void {
  let root: XmlElement;
  try {
    root = decodeXml(input);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BinaryXmlError);
    return;
  }
  expect(decodeXml(encode(root))).toEqual(root);
}

test('what was written is gone from memory after wiping, also from what was outgrown', () => {
  const writer = new ByteWriter();
  writer.utf8('secret');
  const outgrown = writer.written();
  writer.bytes(new Uint8Array(10_000));
  const last = writer.written();
  expect(Buffer.from(last).toString('latin1').startsWith('secret')).toBe(true);
  expect(Buffer.from(outgrown).toString('hex')).toBe('000000000000');
  writer.wipe();
  expect(last.every((byte) => byte === 0)).toBe(true);
});
