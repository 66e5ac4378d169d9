/** An element as both directions of the codec see it: names with their namespaces, text as a typed value. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Text of an element without children; '' when it is empty. */
  readonly text: string;
  /** The bytes, where the text came as bytes. */
  readonly bytes?: Buffer;
  /** Prefixes in force, for values that are qualified names (`i:type="d:string"`). */
  readonly prefixes: ReadonlyMap<string, string>;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** A message that is not what [MC-NBFX] and [MC-NBFS] allow, with the place of the byte that is wrong. */
export class MalformedMessage extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(`${message} (byte ${offset})`);
    this.offset = offset;
  }
}
