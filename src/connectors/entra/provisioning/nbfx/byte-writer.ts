import { BinaryXmlError } from './xml-tree.ts';

const FIRST = 4096;

/**
 * Bytes that grow as they are written. What is outgrown is overwritten, and so is all of it with `wipe`: messages carry tokens and credentials.
 */
export class ByteWriter {
  #bytes: Buffer = Buffer.alloc(FIRST);
  #length = 0;

  /** What was written so far, not copied: it is good until `wipe`. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  byte(value: number): void {
    const at = this.#claim(1);
    this.#bytes[at] = value;
  }

  bytes(value: Uint8Array): void {
    const at = this.#claim(value.length);
    this.#bytes.set(value, at);
  }

  /** Seven bits a byte, the lowest first ([MC-NBFX] 2.1.2). */
  multiByteInt31(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** UTF-8 with its length before it ([MC-NBFX] 2.1.1). */
  string(value: string): void {
    this.multiByteInt31(utf8Length(value));
    this.utf8(value);
  }

  utf8(value: string): void {
    const length = utf8Length(value);
    const at = this.#claim(length);
    this.#bytes.write(value, at, length, 'utf8');
  }

  /** A place for `length` bytes, for a number to be written to it. */
  number(length: number, write: (bytes: Buffer, at: number) => void): void {
    const at = this.#claim(length);
    write(this.#bytes, at);
  }

  #claim(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return at;
  }

  #grow(needed: number): void {
    // Never from the pool: what shares memory with others cannot be overwritten whole.
    const grown = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes.fill(0);
    this.#bytes = grown;
  }
}

/** A string with half a surrogate pair has no UTF-8: it would arrive as something else. */
function utf8Length(value: string): number {
  if (!value.isWellFormed()) throw new BinaryXmlError('a text holds half a character (a lone surrogate)');
  return Buffer.byteLength(value, 'utf8');
}
