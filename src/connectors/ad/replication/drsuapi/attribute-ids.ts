import { MalformedAnswer } from '../malformed-answer.ts';
import type { NdrReader } from '../ndr/ndr-reader.ts';
import type { NdrWriter } from '../ndr/ndr-writer.ts';

/** The attributes that are read, with their object identifiers ([MS-ADA1] to [MS-ADA3]). */
export const REPLICATED_ATTRIBUTES = {
  unicodePwd: '1.2.840.113556.1.4.90',
  pwdLastSet: '1.2.840.113556.1.4.96',
  userAccountControl: '1.2.840.113556.1.4.8',
  accountExpires: '1.2.840.113556.1.4.159',
  isDeleted: '1.2.840.113556.1.2.48',
} as const;
export type ReplicatedAttribute = keyof typeof REPLICATED_ATTRIBUTES;

/** From the number that stands for a prefix to the prefix ([MS-DRSR] 5.16.4): the beginning of an object identifier in BER. */
export type PrefixTable = ReadonlyMap<number, string>;

/** The table that goes with our requests: 1.2.840.113556.1.2 and 1.2.840.113556.1.4, with the numbers that every directory gives them. */
const PREFIXES = [
  { index: 2, prefix: Buffer.from('2a864886f7140102', 'hex') },
  { index: 9, prefix: Buffer.from('2a864886f7140104', 'hex') },
] as const;

/** The version of a schema, which ends the tables that domain controllers send each other ([MS-DRSR] 5.16.4). Ours says nothing. */
const SCHEMA_VERSION = { index: 0, prefix: Buffer.concat([Buffer.from([0xff]), Buffer.alloc(20)]) } as const;

/** Samba 4.17 refuses a table that does not end with the version of a schema (error 87); nobody else asks a client without a schema for it. */
export type TableForm = 'plain' | 'with-schema-version';

function entriesOf(form: TableForm) {
  return form === 'plain' ? PREFIXES : [...PREFIXES, SCHEMA_VERSION];
}

const MOST_PREFIXES = 1_048_576;
const MOST_PREFIX_BYTES = 10_000;

/** Written with the pointer to its entries; `writePrefixes` is the referent. */
export function writePrefixTableHead(writer: NdrWriter, form: TableForm): void {
  writer.u32(entriesOf(form).length).pointer();
}

export function writePrefixes(writer: NdrWriter, form: TableForm): void {
  const entries = entriesOf(form);
  writer.u32(entries.length);
  for (const { index, prefix } of entries) writer.u32(index).u32(prefix.length).pointer();
  for (const { prefix } of entries) writer.u32(prefix.length).bytes(prefix).align(4);
}

export interface PrefixTableHead {
  readonly count: number;
  readonly isThere: boolean;
}

export function readPrefixTableHead(reader: NdrReader): PrefixTableHead {
  return { count: reader.count(MOST_PREFIXES, 0), isThere: reader.pointer() };
}

export function readPrefixes(reader: NdrReader, { count, isThere }: PrefixTableHead): PrefixTable {
  if (!isThere) return new Map();
  reader.conformance(count, 12);
  const heads = Array.from({ length: count }, () => {
    const index = reader.u32();
    return { index, length: reader.count(MOST_PREFIX_BYTES, 0), hasBytes: reader.pointer() };
  });
  const table = new Map<number, string>();
  for (const { index, length, hasBytes } of heads) {
    if (!hasBytes) continue;
    reader.conformance(length, 1);
    table.set(index, reader.bytes(length).toString('hex'));
  }
  return table;
}

/** The numbers of our attributes by the table of the one who sent them. Attributes that it does not know are left out. */
export function mapAttributes(table: PrefixTable): ReadonlyMap<number, ReplicatedAttribute> {
  const indexes = new Map([...table].map(([index, prefix]) => [prefix, index]));
  const numbers = new Map<number, ReplicatedAttribute>();
  for (const name of ATTRIBUTE_NAMES) {
    const { prefix, lower } = splitIdentifier(REPLICATED_ATTRIBUTES[name]);
    const index = indexes.get(prefix.toString('hex'));
    if (index !== undefined) numbers.set(index * 0x10000 + lower, name);
  }
  if (table.size > 0 && numbers.size < ATTRIBUTE_NAMES.length)
    throw new MalformedAnswer('DRSGetNCChanges: the table of prefixes lacks that of passwords');
  return numbers;
}

const ATTRIBUTE_NAMES = Object.keys(REPLICATED_ATTRIBUTES).filter(
  (name): name is ReplicatedAttribute => name in REPLICATED_ATTRIBUTES,
);

/** The number of an attribute by our own table. */
export function attributeNumber(name: ReplicatedAttribute): number {
  const { prefix, lower } = splitIdentifier(REPLICATED_ATTRIBUTES[name]);
  const found = PREFIXES.find((other) => other.prefix.equals(prefix));
  if (!found) throw new RangeError(`the table of prefixes lacks that of ${name}`);
  return found.index * 0x10000 + lower;
}

/** MakeAttid ([MS-DRSR] 5.16.4): the last number below 128 takes one byte, otherwise two, and is no part of the prefix. */
function splitIdentifier(identifier: string): { readonly prefix: Buffer; readonly lower: number } {
  const [first = 0, second = 0, ...rest] = identifier.split('.').map(Number);
  const last = rest.pop() ?? 0;
  const prefix = Buffer.from([first * 40 + second, ...rest.flatMap(toBase128)]);
  return { prefix, lower: last % 0x4000 };
}

/** X.690 8.19.2. */
function toBase128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}
