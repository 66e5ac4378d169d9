/** The types of records of [MC-NBFX] 2.2. A text record with an odd number also ends its element ([MC-NBFX] 2.2.3). */
export const RECORD = {
  endElement: 0x01,
  comment: 0x02,
  array: 0x03,

  shortAttribute: 0x04,
  attribute: 0x05,
  shortDictionaryAttribute: 0x06,
  dictionaryAttribute: 0x07,
  shortXmlns: 0x08,
  xmlns: 0x09,
  shortDictionaryXmlns: 0x0a,
  dictionaryXmlns: 0x0b,
  prefixDictionaryAttributeA: 0x0c,
  prefixAttributeA: 0x26,

  shortElement: 0x40,
  element: 0x41,
  shortDictionaryElement: 0x42,
  dictionaryElement: 0x43,
  prefixDictionaryElementA: 0x44,
  prefixElementA: 0x5e,

  zero: 0x80,
  one: 0x82,
  false: 0x84,
  true: 0x86,
  int8: 0x88,
  int16: 0x8a,
  int32: 0x8c,
  int64: 0x8e,
  float: 0x90,
  double: 0x92,
  decimal: 0x94,
  dateTime: 0x96,
  chars8: 0x98,
  chars16: 0x9a,
  chars32: 0x9c,
  bytes8: 0x9e,
  bytes16: 0xa0,
  bytes32: 0xa2,
  startList: 0xa4,
  endList: 0xa6,
  empty: 0xa8,
  dictionary: 0xaa,
  uniqueId: 0xac,
  timeSpan: 0xae,
  uuid: 0xb0,
  uint64: 0xb2,
  bool: 0xb4,
  unicodeChars8: 0xb6,
  unicodeChars16: 0xb8,
  unicodeChars32: 0xba,
  qNameDictionary: 0xbc,
} as const;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
export const LETTER_COUNT = LETTERS.length;

/** The place of a prefix of one small letter, else -1: such prefixes are part of the record's type. */
export function letterPlace(prefix: string): number {
  return prefix.length === 1 ? LETTERS.indexOf(prefix) : -1;
}

/** The letter of a place; undefined beyond `z`. */
export function letterAt(place: number): string | undefined {
  return LETTERS[place];
}

/** [MC-NBFX] 2.2.3.13: the latest moment that there is, the end of the year 9999. */
export const LAST_TICK = 3_155_378_975_999_999_999n;
export const ZONES = ['none', 'utc', 'local'] as const;

/** Elements within elements; more than any message of the service has. */
export const MOST_DEPTH = 64;
/** Values of one list; the service sends none at all. */
export const MOST_ITEMS = 10_000;

/** The types of records that begin with a name, by how prefix and name are written. */
export interface NameRecords {
  readonly plain: number;
  readonly prefixed: number;
  readonly dictionary: number;
  readonly prefixedDictionary: number;
  readonly letter: number;
  readonly letterDictionary: number;
}

export const ELEMENT_RECORDS: NameRecords = {
  plain: RECORD.shortElement,
  prefixed: RECORD.element,
  dictionary: RECORD.shortDictionaryElement,
  prefixedDictionary: RECORD.dictionaryElement,
  letter: RECORD.prefixElementA,
  letterDictionary: RECORD.prefixDictionaryElementA,
};
export const ATTRIBUTE_RECORDS: NameRecords = {
  plain: RECORD.shortAttribute,
  prefixed: RECORD.attribute,
  dictionary: RECORD.shortDictionaryAttribute,
  prefixedDictionary: RECORD.dictionaryAttribute,
  letter: RECORD.prefixAttributeA,
  letterDictionary: RECORD.prefixDictionaryAttributeA,
};
