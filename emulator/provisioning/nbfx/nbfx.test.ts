import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage, type Node, node } from './encode-message.ts';
import { STATIC_STRINGS } from './static-strings.ts';
import { MalformedMessage, type XmlElement } from './xml-element.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the static table', () => {
  test.each([
    [0, 'mustUnderstand'],
    [2, 'Envelope'],
    [4, 'http://www.w3.org/2003/05/soap-envelope'],
    [6, 'http://www.w3.org/2005/08/addressing'],
    [10, 'Action'],
    [14, 'Body'],
  ])('has under %i what the first headers of every message of WCF need', (id, text) => {
    expect(STATIC_STRINGS[id / 2]).toBe(text);
  });
});

test('the beginning of an envelope as WCF writes it is read', () => {
  const root = decodeMessage(hex('56 02 0b 01 73 04 0b 01 61 06 56 08 44 0a 1e 00 82 99 03 75 72 6e 01 56 0e 01 01'));
  expect([root.name, root.namespace]).toEqual(['Envelope', 'http://www.w3.org/2003/05/soap-envelope']);
  const action = root.children[0]?.children[0];
  expect(action).toMatchObject({ name: 'Action', namespace: 'http://www.w3.org/2005/08/addressing', text: 'urn' });
  expect(action?.attributes).toEqual([{ namespace: root.namespace, name: 'mustUnderstand', value: '1' }]);
  expect(root.children[1]).toMatchObject({ name: 'Body', children: [], text: '' });
});

/** `<a>` around one text record with the end of the element ([MC-NBFX] 2.2.3). */
const inElement = (record: string): Buffer => hex(`40 01 61 ${record}`);

test.each([
  ['ZeroText', '81', '0'],
  ['OneText', '83', '1'],
  ['FalseText', '85', 'false'],
  ['TrueText', '87', 'true'],
  ['Int8Text', '89 de', '-34'],
  ['Int16Text', '8b 00 80', '-32768'],
  ['Int32Text', '8d 15 cd 5b 07', '123456789'],
  ['Int64Text', '8f 00 00 00 80 00 00 00 00', '2147483648'],
  ['DecimalText', '95 00 00 06 00 00 00 00 00 80 2d 4e 00 00 00 00 00', '5.123456'],
  ['DateTimeText', '97 ff 3f 37 f4 75 28 ca 2b', '9999-12-31T23:59:59.9999999'],
  ['Chars8Text', '99 05 68 65 6c 6c 6f', 'hello'],
  ['Chars16Text', '9b 05 00 68 65 6c 6c 6f', 'hello'],
  ['Chars32Text', '9d 05 00 00 00 68 65 6c 6c 6f', 'hello'],
  ['Bytes8Text', '9f 03 01 02 03', 'AQID'],
  ['EmptyText', 'a9', ''],
  ['DictionaryText', 'ab 02', 'Envelope'],
  [
    'UniqueIdText',
    'ad 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff',
    'urn:uuid:33221100-5544-7766-8899-aabbccddeeff',
  ],
  ['UuidText', 'b1 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff', '33221100-5544-7766-8899-aabbccddeeff'],
  ['UInt64Text', 'b3 ff ff ff ff ff ff ff ff', '18446744073709551615'],
  ['BoolText', 'b5 01', 'true'],
  ['UnicodeChars8Text', 'b7 04 e4 00 62 00', 'äb'],
  ['ListText', 'a4 88 7b 86 a6 01', '123 true'],
])('%s is read', (_, record, text) => {
  expect(decodeMessage(inElement(record)).text).toBe(text);
});

test.each([
  ['nothing', ''],
  ['a string of a session', '42 03 01'],
  ['a string that is not in the table', '42 fe 0f 01'],
  ['a prefix without a declaration', '44 02 01'],
  ['an attribute that comes twice', '40 01 61 04 01 62 86 04 01 62 86 01'],
  ['a prefix declared twice', '40 01 61 09 01 62 01 63 09 01 62 01 63 01'],
  ['a comment', '40 01 61 02 01 63 01'],
  ['an array', '03 40 01 61 01 8b 01 00 00'],
  ['a name that is none', '40 01 20 01'],
  ['text that is not UTF-8', '40 01 61 99 01 ff'],
  ['text beside an element', '40 01 61 98 01 78 40 01 62 01 01'],
  ['a length beyond the end', '40 01 61 9d ff ff ff 7f'],
  ['a negative length', '40 01 61 9d ff ff ff ff'],
  ['a length over 31 bits', '40 ff ff ff ff 0f'],
  ['something behind the end', '40 01 61 01 00'],
  ['an end that is missing', '40 01 61'],
  ['elements that are too deep', `${'40 01 61 '.repeat(33)}${'01 '.repeat(33)}`],
])('%s is refused', (_, bytes) => {
  expect(() => decodeMessage(hex(bytes))).toThrow(MalformedMessage);
});

test('whatever bytes come, the answer is a message or a MalformedMessage', () => {
  const beginning = encodeMessage(node('s:Envelope', [node('s:Body', 'text')], { namespaces: { s: 'urn:s' } }));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(beginning.length - 1), fc.nat(255)).map(([at, value]) => {
      const changed = Uint8Array.from(beginning);
      changed[at] = value;
      return changed;
    }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      try {
        decodeMessage(Buffer.from(given));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
    { numRuns: 2000 },
  );
});

const name = fc.constantFrom('Envelope', 'Body', 'Fault', 'value', 'Anything', 's:Header', 'long:Name', 'a:Action');
const content = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => text.isWellFormed()),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc
    .tuple(name, fc.oneof({ depthSize: 'small' }, content, fc.array(tie('tree'), { maxLength: 4 })))
    .map(([of, inside]) => node(of, inside, { attributes: { 's:role': 'x' } })),
}));

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(tree, (inner) => {
      const namespaces = { '': 'urn:default', s: 'http://www.w3.org/2003/05/soap-envelope', a: 'urn:a', long: 'urn:l' };
      const whole = node('root', [inner], { namespaces });
      const read = decodeMessage(encodeMessage(whole));
      expect(textsOf(read.children[0])).toEqual(written(inner));
    }),
  );
});

interface Shape {
  readonly name: string;
  readonly inside: string | readonly Shape[];
}

function written({ name: of, content: inside }: Node): Shape {
  const local = of.slice(of.indexOf(':') + 1);
  if (Buffer.isBuffer(inside)) return { name: local, inside: inside.toString('base64') };
  if (typeof inside === 'object') return { name: local, inside: inside.length === 0 ? '' : inside.map(written) };
  return { name: local, inside: String(inside) };
}

function textsOf(element: XmlElement | undefined): Shape {
  const children = element?.children ?? [];
  return { name: element?.name ?? '', inside: children.length === 0 ? (element?.text ?? '') : children.map(textsOf) };
}
