import { STATIC_STRINGS } from './static-strings.ts';

/** Text as the data contracts of WCF write it: each type in its own record. */
export type Content = string | boolean | number | Buffer | readonly Node[];

/** An element to be written. A colon in `name` splits a prefix, which an element around it or itself declares. */
export interface Node {
  readonly name: string;
  readonly content: Content;
  /** Prefix, or '' for the default, to namespace. */
  readonly namespaces?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function node(name: string, content: Content, more: Omit<Node, 'name' | 'content'> = {}): Node {
  return { name, content, ...more };
}

/** An element without a value. `i` must be declared around it. */
export function nil(name: string): Node {
  return { name, content: '', attributes: { 'i:nil': 'true' } };
}

const DICTIONARY: ReadonlyMap<string, number> = new Map(STATIC_STRINGS.map((text, place) => [text, 2 * place]));

/** Writes one message of content type application/soap+msbin1 ([MC-NBFX] with the table of [MC-NBFS]). */
export function encodeMessage(root: Node): Buffer {
  const writer = new MessageWriter();
  writer.element(root);
  return writer.finish();
}

class MessageWriter {
  readonly #pieces: Buffer[] = [];

  finish(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  element(element: Node): void {
    const [prefix, local] = splitName(element.name);
    this.#name(prefix, local, { plain: 0x40, prefixed: 0x41, letter: 0x5e, letterDictionary: 0x44 });
    for (const [name, value] of Object.entries(element.attributes ?? {})) this.#attribute(name, value);
    for (const [declared, namespace] of Object.entries(element.namespaces ?? {})) this.#xmlns(declared, namespace);
    if (Array.isArray(element.content)) {
      for (const child of element.content as readonly Node[]) this.element(child);
      this.#byte(0x01);
    } else this.#text(element.content as Exclude<Content, readonly Node[]>, 1);
  }

  #attribute(name: string, value: string): void {
    const [prefix, local] = splitName(name);
    this.#name(prefix, local, { plain: 0x04, prefixed: 0x05, letter: 0x26, letterDictionary: 0x0c });
    if (value === 'true') this.#byte(0x86);
    else this.#text(value, 0);
  }

  #xmlns(prefix: string, namespace: string): void {
    const id = DICTIONARY.get(namespace);
    this.#byte((prefix === '' ? 0x08 : 0x09) + (id === undefined ? 0 : 2));
    if (prefix !== '') this.#string(prefix);
    if (id === undefined) this.#string(namespace);
    else this.#int31(id);
  }

  /** The shortest record for a name: by a letter, by the table, or spelled out. */
  #name(prefix: string, local: string, records: NameRecords): void {
    const id = DICTIONARY.get(local);
    const isLetter = /^[a-z]$/.test(prefix);
    const base = isLetter
      ? (id === undefined ? records.letter : records.letterDictionary) + prefix.charCodeAt(0) - 0x61
      : (prefix === '' ? records.plain : records.prefixed) + (id === undefined ? 0 : 2);
    this.#byte(base);
    if (prefix !== '' && !isLetter) this.#string(prefix);
    if (id === undefined) this.#string(local);
    else this.#int31(id);
  }

  /** `end` is 1 where the record also ends its element. */
  #text(value: Exclude<Content, readonly Node[]>, end: 0 | 1): void {
    if (typeof value === 'boolean') this.#byte((value ? 0x86 : 0x84) + end);
    else if (typeof value === 'number') this.#number(value, end);
    else if (typeof value === 'string') this.#chars(value, end);
    else this.#sized(value, 0x9e, end);
  }

  #number(value: number, end: 0 | 1): void {
    const bytes = Buffer.alloc(8);
    if (value === 0 || value === 1) this.#byte((value === 0 ? 0x80 : 0x82) + end);
    else if (value === (value << 24) >> 24) this.#bytes(0x88 + end, bytes.subarray(0, bytes.writeInt8(value)));
    else if (value === (value << 16) >> 16) this.#bytes(0x8a + end, bytes.subarray(0, bytes.writeInt16LE(value)));
    else if (value === (value | 0)) this.#bytes(0x8c + end, bytes.subarray(0, bytes.writeInt32LE(value)));
    else this.#bytes(0x8e + end, bytes.subarray(0, bytes.writeBigInt64LE(BigInt(value))));
  }

  #chars(value: string, end: 0 | 1): void {
    const id = DICTIONARY.get(value);
    if (value === '') this.#byte(0xa8 + end);
    else if (id !== undefined) {
      this.#byte(0xaa + end);
      this.#int31(id);
    } else this.#sized(Buffer.from(value, 'utf8'), 0x98, end);
  }

  /** Text and bytes come in three records, for lengths of 8, 16 and 32 bits. */
  #sized(bytes: Buffer, first: number, end: 0 | 1): void {
    const length = Buffer.alloc(4);
    if (bytes.length < 0x100) this.#bytes(first + end, length.subarray(0, length.writeUInt8(bytes.length)));
    else if (bytes.length < 0x10000)
      this.#bytes(first + 2 + end, length.subarray(0, length.writeUInt16LE(bytes.length)));
    else this.#bytes(first + 4 + end, length.subarray(0, length.writeInt32LE(bytes.length)));
    this.#pieces.push(bytes);
  }

  #bytes(type: number, bytes: Buffer): void {
    this.#byte(type);
    this.#pieces.push(bytes);
  }

  #byte(value: number): void {
    this.#pieces.push(Buffer.of(value));
  }

  #string(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.#int31(bytes.length);
    this.#pieces.push(bytes);
  }

  #int31(value: number): void {
    const bytes: number[] = [];
    for (let rest = value; ; rest >>>= 7) {
      if (rest < 0x80) {
        bytes.push(rest);
        break;
      }
      bytes.push((rest & 0x7f) | 0x80);
    }
    this.#pieces.push(Buffer.from(bytes));
  }
}

interface NameRecords {
  readonly plain: number;
  readonly prefixed: number;
  readonly letter: number;
  readonly letterDictionary: number;
}

function splitName(name: string): readonly [string, string] {
  const at = name.indexOf(':');
  return at < 0 ? ['', name] : [name.slice(0, at), name.slice(at + 1)];
}
