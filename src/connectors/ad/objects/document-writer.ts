import type { Value } from '../../../model/value.ts';
import { encodeAttributes } from '../../../model/value.ts';
import type { BerCursor } from '../ldap/ber-cursor.ts';
import type { Column } from './attribute-columns.ts';
import { plainDn } from './extended-dn.ts';

const OCTETS = 0x04;
const VALUES = 0x31;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const START_SIZE = 16_384;
/** The most bytes that one byte of a value becomes: a control character, `\u0001`. */
const MOST_GROWTH = 6;
/** Longer values are left to the runtime, which copies faster than we do. */
const SHORT = 512;

const ESCAPES = listEscapes();
const INTEGER_START = Buffer.from('{"i":"');
const INTEGER_END = Buffer.from('"}');
const BYTES_START = Buffer.from('{"b":"');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const LDAP_TRUE = Buffer.from('TRUE');

/**
 * Writes the document of an object straight from the bytes that came over the wire: what `encodeAttributes` would write of the decoded values, byte
 * for byte, without making a text and a key of each of them. The columns have to come in the order of their names.
 */
export class DocumentWriter {
  #out = Buffer.allocUnsafe(START_SIZE);
  #at = 0;
  /** All bytes so far in one number: below 0x80 the text needs no decoding. */
  #mix = 0;

  begin(): void {
    this.#at = 0;
    this.#mix = 0;
  }

  /**
   * The cursor stands on the set of values of an attribute; nothing is written for an empty one. `key`: the name as JSON writes it, with the colon.
   * Answers false for a value that is not of its kind.
   */
  write(column: Column, key: Buffer, cursor: BerCursor): boolean {
    const end = cursor.enter(VALUES);
    if (cursor.at >= end) return true;
    this.#reserve(key.length + 3);
    this.#out[this.#at] = this.#at === 0 ? OPEN_OBJECT : COMMA;
    this.#at++;
    this.#put(key);
    if (column.isSingle) return this.#writeScalar(column.kind, cursor);
    this.#out[this.#at++] = OPEN_LIST;
    while (this.#writeScalar(column.kind, cursor)) {
      this.#reserve(2);
      this.#out[this.#at++] = cursor.at < end ? COMMA : CLOSE_LIST;
      if (cursor.at >= end) return true;
    }
    return false;
  }

  end(): string {
    if (this.#at === 0) return '{}';
    this.#reserve(1);
    this.#out[this.#at++] = CLOSE_OBJECT;
    return this.#out.toString(this.#mix < 0x80 ? 'latin1' : 'utf8', 0, this.#at);
  }

  #writeScalar(kind: Column['kind'], cursor: BerCursor): boolean {
    const { bytes } = cursor;
    const end = cursor.enter(OCTETS);
    const start = cursor.at;
    cursor.at = end;
    switch (kind) {
      case 'text':
        this.#writeText(bytes, start, end);
        return true;
      case 'integer':
        return this.#writeInteger(bytes, start, end);
      case 'boolean':
        this.#put(bytes.compare(LDAP_TRUE, 0, 4, start, end) === 0 ? TRUE : FALSE);
        return true;
      case 'bytes': {
        const text = bytes.toString('base64', start, end);
        this.#reserve(text.length + BYTES_START.length + INTEGER_END.length + 2);
        this.#put(BYTES_START);
        this.#at += this.#out.write(text, this.#at, 'latin1');
        this.#put(INTEGER_END);
        return true;
      }
      case 'dn':
        this.#writeMade(plainDn(bytes.toString('utf8', start, end)));
        return true;
    }
  }

  #writeText(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > SHORT) {
      this.#writeMade(bytes.toString('utf8', start, end));
      return;
    }
    this.#reserve(length * MOST_GROWTH + 4);
    const out = this.#out;
    let at = this.#at;
    let mix = this.#mix;
    out[at++] = QUOTE;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      mix |= byte;
      if (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH) out[at++] = byte;
      else for (const one of ESCAPES[byte] ?? []) out[at++] = one;
    }
    out[at++] = QUOTE;
    this.#at = at;
    this.#mix = mix;
  }

  /** As BigInt reads and prints it: what it would print otherwise, or not read, is left to it. */
  #writeInteger(bytes: Buffer, start: number, end: number): boolean {
    const digits = bytes[start] === 0x2d ? start + 1 : start;
    const first = bytes[digits] ?? 0;
    if (digits >= end || end - start > 32 || (first === 0x30 && end - start > 1)) return false;
    for (let from = digits; from < end; from++) {
      const byte = bytes[from] ?? 0;
      if (byte < 0x30 || byte > 0x39) return false;
    }
    this.#reserve(64);
    this.#put(INTEGER_START);
    this.#at += bytes.copy(this.#out, this.#at, start, end);
    this.#put(INTEGER_END);
    return true;
  }

  #writeMade(value: Value): void {
    const document = encodeAttributes({ v: value });
    const text = document.slice('{"v":'.length, -1);
    this.#reserve(text.length * 3 + 2);
    this.#at += this.#out.write(text, this.#at, 'utf8');
    this.#mix |= 0x80;
  }

  #put(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; from++) this.#out[this.#at++] = bytes[from] ?? 0;
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#at + more));
    this.#out.copy(larger, 0, 0, this.#at);
    this.#out = larger;
  }
}

/** How JSON writes the characters that must not stand in a text as they are. */
function listEscapes(): readonly (readonly number[])[] {
  const escapes: number[][] = [];
  for (const code of [...Array(FIRST_PRINTABLE).keys(), QUOTE, BACKSLASH])
    escapes[code] = [...Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1))];
  return escapes;
}
