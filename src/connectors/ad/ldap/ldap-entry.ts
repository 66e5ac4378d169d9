import type { BerCursor } from './ber-cursor.ts';
import { NameTable } from './name-table.ts';

/** One attribute of an entry as it was sent. An attribute sent without values is here, one that was not sent is not. */
export interface LdapAttribute {
  /** With its options, e.g. `member;range=1-1`. */
  readonly name: string;
  /** Start and end of each value in the bytes of the entry. */
  readonly spans: readonly number[];
}

/** An entry with its values still encoded: they are decoded once, by who knows their syntax. */
export interface LdapEntry {
  readonly dn: string;
  readonly bytes: Buffer;
  readonly attributes: readonly LdapAttribute[];
}

const NO_SPANS: readonly number[] = [];

const NAMES = new NameTable((name) => name);

/** Decodes a SearchResultEntry (RFC 4511 §4.5.2) whose content starts at the cursor. */
export function decodeEntry(cursor: BerCursor): LdapEntry {
  const { bytes } = cursor;
  const dn = cursor.readText();
  const attributes: LdapAttribute[] = [];
  const end = cursor.enter(0x30);
  while (cursor.at < end) {
    const attributeEnd = cursor.enter(0x30);
    const nameEnd = cursor.enter(0x04);
    const name = NAMES.read(bytes, cursor.at, nameEnd);
    cursor.at = nameEnd;
    attributes.push({ name, spans: readSpans(cursor, attributeEnd) });
  }
  return { dn, bytes, attributes };
}

/** Start and end of each value of the set that the cursor stands on. */
export function readSpans(cursor: BerCursor, end: number): readonly number[] {
  if (cursor.at >= end) return NO_SPANS;
  const valuesEnd = cursor.enter(0x31);
  if (cursor.at >= valuesEnd) return NO_SPANS;
  const firstEnd = cursor.enter(0x04);
  // Nearly all attributes have one value: an array that grows would be ten times as large.
  const spans = [cursor.at, firstEnd];
  cursor.at = firstEnd;
  while (cursor.at < valuesEnd) {
    const valueEnd = cursor.enter(0x04);
    spans.push(cursor.at, valueEnd);
    cursor.at = valueEnd;
  }
  return spans;
}

/** The attribute of that name, ignoring case; undefined when it was not sent. */
export function findAttribute(entry: LdapEntry, name: string): LdapAttribute | undefined {
  const wanted = name.toLowerCase();
  return entry.attributes.find((one) => one.name.toLowerCase() === wanted);
}

/** All values of an attribute as text; empty when it was not sent. */
export function readTexts(entry: LdapEntry, name: string): readonly string[] {
  const found = findAttribute(entry, name);
  return found ? spanTexts(entry, found) : [];
}

/** The first value of an attribute as text; undefined when there is none. */
export function readText(entry: LdapEntry, name: string): string | undefined {
  return readTexts(entry, name)[0];
}

/** The first value of an attribute, not copied; undefined when there is none. */
export function readBytes(entry: LdapEntry, name: string): Buffer | undefined {
  const [start, end] = findAttribute(entry, name)?.spans ?? [];
  return start === undefined ? undefined : entry.bytes.subarray(start, end);
}

export function spanTexts(entry: LdapEntry, attribute: LdapAttribute): string[] {
  const texts: string[] = [];
  const { spans } = attribute;
  for (let index = 0; index < spans.length; index += 2) {
    texts.push(entry.bytes.toString('utf8', spans[index], spans[index + 1]));
  }
  return texts;
}
