import fc from 'fast-check';
import { BerWriter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { encodeAttributes } from '../../../model/value.ts';
import { BerCursor } from '../ldap/ber-cursor.ts';
import { decodeEntry } from '../ldap/ldap-entry.ts';
import { writeEntry } from '../trial/write-entry.ts';
import type { Column, Columns } from './attribute-columns.ts';
import { ObjectDecoder } from './directory-object.ts';
import { DocumentDecoder } from './document-decoder.ts';
import { VALUE_KINDS } from './known-attributes.ts';

const GUID = '0fa1b2c3-0001-4000-8000-0123456789ab';

function column(name: string, kind: Column['kind'], isSingle: boolean, isReference = false): [string, Column] {
  return [name.toLowerCase(), { name, kind, isSingle, isReference, backLink: null }];
}

const COLUMNS: Columns = new Map([
  ...VALUE_KINDS.map((kind) => column(`${kind}One`, kind, true)),
  ...VALUE_KINDS.map((kind) => column(`Many${kind}`, kind, false)),
  column('member', 'dn', false, true),
  column('manager', 'dn', true, true),
]);
const NAMES = [...COLUMNS.values()].map(({ name }) => name);

type Sent = readonly (readonly [name: string, values: readonly Uint8Array[]])[];

function messageOf(sent: Sent): Buffer {
  const writer = new BerWriter();
  writeEntry(writer, 'CN=x,OU=Ä,DC=y', sent);
  return Buffer.from(writer.buffer);
}

/** The two ways to the same object, with what is stored of it. */
function decodeBothWays(sent: Sent) {
  const message = messageOf(sent);
  const {
    attributes,
    document: _none,
    ...plain
  } = new ObjectDecoder(COLUMNS, 'positions').decode(decodeEntry(new BerCursor(message)));
  const { attributes: left, document, ...quick } = new DocumentDecoder(COLUMNS).decode(new BerCursor(message));
  const isQuick = document !== null;
  return { plain, quick, isQuick, stored: encodeAttributes(attributes), document: document ?? encodeAttributes(left) };
}

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

const anyValue = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map(text),
  fc.string({ unit: 'grapheme', minLength: 500, maxLength: 700 }).map(text),
  fc.bigInt().map((value) => text(String(value))),
  fc
    .constantFrom('TRUE', 'FALSE', '', '0', '-0', '007', '-5', '+5', ' 7', '0x10', `<GUID=${GUID}>;CN=a,DC=y`)
    .map(text),
);
const anySent: fc.Arbitrary<Sent> = fc.uniqueArray(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(...NAMES, ...NAMES.map((name) => name.toUpperCase())),
      fc.constantFrom('objectClass', 'unasked', 'member;range=0-*', 'member;range=0-1499', 'Manytext;range=0-1'),
    ),
    fc.array(anyValue, { maxLength: 4 }),
  ),
  { maxLength: 14, selector: ([name]) => name.toLowerCase().replace(/;.*/, '') },
);

describe('an entry of a full read', () => {
  it('becomes the document that its values would become, whatever they are and in whatever order they come', () => {
    fc.assert(
      fc.property(anySent, (sent) => {
        const { stored, document } = decodeBothWays(sent);
        expect(document).toBe(stored);
      }),
      { numRuns: 2000 },
    );
  });

  it('says the same of everything else: class, references, what was cut, what could not be decoded', () => {
    fc.assert(
      fc.property(anySent, (sent) => {
        const { plain, quick } = decodeBothWays(sent);
        // What was sent empty matters for changes only.
        expect({ ...quick, cleared: [] }).toEqual({ ...plain, cleared: [] });
      }),
      { numRuns: 1000 },
    );
  });

  it('with a value of a megabyte is as whole as any other', () => {
    const long = `${'"\\\n'.repeat(200_000)}ü€😀${'x'.repeat(500_000)}`;
    const { stored, document, isQuick } = decodeBothWays([
      ['textOne', [text(long)]],
      ['Manybytes', [new Uint8Array(1_000_000).fill(0xe4), text('')]],
    ]);
    expect(document).toBe(stored);
    expect(isQuick).toBe(true);
    expect(JSON.parse(document)).toMatchObject({ textOne: long });
  });

  it('that is cut is refused instead of read in part', () => {
    const message = messageOf([['textOne', [text('a name')]]]);
    const decode = () => new DocumentDecoder(COLUMNS).decode(new BerCursor(message.subarray(0, message.length - 3)));
    expect(decode).toThrow(RangeError);
  });
});
