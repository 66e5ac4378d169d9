import { isAscii } from 'node:buffer';
import { BinaryXmlError } from './xml-tree.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF16 = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });

/** Walks through bytes of somebody else. Every length is held against what is there before anything is made of it. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  get at(): number {
    return this.#at;
  }

  fail(reason: string): never {
    throw new BinaryXmlError(`${reason} (byte ${this.#at} of ${this.#bytes.length})`);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#step(1));
  }

  /** The next byte, which stays; -1 at the end. */
  peek(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  /** A view of so many bytes. */
  take(length: number): Buffer {
    const at = this.#step(length);
    return this.#bytes.subarray(at, at + length);
  }

  multiByteInt31(): number {
    let value = 0;
    for (let place = 0; place < 5; place++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value <= 0x7fffffff ? value : this.fail('a number is beyond 31 bits');
    }
    return this.fail('a number does not end');
  }

  string(): string {
    return this.utf8(this.multiByteInt31());
  }

  utf8(length: number): string {
    const bytes = this.take(length);
    // Nearly all texts, several times faster: there are a million in a page of large groups.
    if (isAscii(bytes)) return bytes.toString('latin1');
    try {
      return UTF8.decode(bytes);
    } catch {
      return this.fail('a text is no UTF-8');
    }
  }

  utf16(length: number): string {
    if (length % 2 !== 0) this.fail('a text of UTF-16 has an odd length');
    const bytes = this.take(length);
    try {
      return UTF16.decode(bytes);
    } catch {
      return this.fail('a text is no UTF-16');
    }
  }

  #step(length: number): number {
    if (length > this.left) this.fail(`${length} bytes are announced and ${this.left} are there`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
