/** XML as the binary form carries it: values keep their types, so that what is decoded says the same when it is encoded again. */

/** Characters that are there as bytes already. They are never made a string; decoded they come back as one. */
export interface XmlUtf8 {
  readonly type: 'utf8';
  readonly bytes: Uint8Array;
}

/** [MC-NBFX] 2.2.3.12: 96 bits and a power of ten (System.Decimal). */
export interface XmlDecimal {
  readonly type: 'decimal';
  readonly isNegative: boolean;
  readonly scale: number;
  readonly magnitude: bigint;
}

/** Ticks of 100 ns since the year 1; what clock they are of. */
export interface XmlDateTime {
  readonly type: 'dateTime';
  readonly ticks: bigint;
  readonly zone: 'none' | 'utc' | 'local';
}

export interface XmlNumber {
  readonly type: 'float' | 'double';
  readonly value: number;
}

/** `uniqueId` reads `urn:uuid:…`. The UUID is in its text form, in lower case. */
export interface XmlUuid {
  readonly type: 'uuid' | 'uniqueId';
  readonly uuid: string;
}

export interface XmlTimeSpan {
  readonly type: 'timeSpan';
  readonly ticks: bigint;
}

/** A name of the static table with a prefix of one letter. */
export interface XmlQName {
  readonly type: 'qName';
  readonly prefix: string;
  readonly name: string;
}

/** Values with blanks between. A list holds no lists. */
export interface XmlList {
  readonly type: 'list';
  readonly items: readonly XmlValue[];
}

/** Whole numbers are bigint, whatever record carries them. */
export type XmlValue =
  | string
  | boolean
  | bigint
  | Uint8Array
  | XmlUtf8
  | XmlDecimal
  | XmlDateTime
  | XmlNumber
  | XmlUuid
  | XmlTimeSpan
  | XmlQName
  | XmlList;

export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: XmlValue;
}

/** A declaration; the empty prefix is the default namespace. */
export interface XmlNamespace {
  readonly prefix: string;
  readonly uri: string;
}

export interface XmlElement {
  readonly kind: 'element';
  readonly prefix: string;
  readonly name: string;
  readonly namespaces: readonly XmlNamespace[];
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
}

export interface XmlText {
  readonly kind: 'text';
  readonly value: XmlValue;
}

export interface XmlComment {
  readonly kind: 'comment';
  readonly text: string;
}

export type XmlNode = XmlElement | XmlText | XmlComment;

/** What cannot be encoded, or is not of the form that [MC-NBFX] and [MC-NBFS] demand. */
export class BinaryXmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BinaryXmlError';
  }
}
