import { guidToBytes } from '../../../../model/anchor.ts';

const FIRST_SIZE = 256;
/** Any numbers that differ do ([C706] 14.3.10); Windows begins here. */
const FIRST_REFERENT = 0x00020000;

/** Writes NDR 2.0, little-endian ([C706] chapter 14, [MS-RPCE] 2.2.5). Referents of embedded pointers are the caller's to write in their order. */
export class NdrWriter {
  #bytes = Buffer.alloc(FIRST_SIZE);
  #at = 0;
  #referent = FIRST_REFERENT;

  align(size: number): this {
    this.#reserve((size - (this.#at % size)) % size);
    return this;
  }

  u8(value: number): this {
    // The buffer may become another one while room is made.
    const at = this.#reserve(1);
    this.#bytes.writeUInt8(value, at);
    return this;
  }

  u16(value: number): this {
    this.align(2);
    const at = this.#reserve(2);
    this.#bytes.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    this.align(4);
    const at = this.#reserve(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
    return this;
  }

  u64(value: bigint): this {
    this.align(8);
    const at = this.#reserve(8);
    this.#bytes.writeBigUInt64LE(value, at);
    return this;
  }

  guid(text: string): this {
    const bytes = guidToBytes(text);
    if (!bytes) throw new RangeError(`${text} is no GUID`);
    return this.align(4).bytes(bytes);
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** A pointer; its referent is to be written where NDR wants it. */
  pointer(isPresent = true): this {
    if (!isPresent) return this.u32(0);
    this.#referent += 4;
    return this.u32(this.#referent);
  }

  /** A conformant varying string of 16-bit characters with a zero at its end ([C706] 14.3.4). */
  wideString(text: string): this {
    const count = text.length + 1;
    return this.u32(count)
      .u32(0)
      .u32(count)
      .bytes(Buffer.from(`${text}\0`, 'utf16le'));
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** Answers where the reserved bytes start; they are zero. */
  #reserve(length: number): number {
    const start = this.#at;
    this.#at = start + length;
    if (this.#at > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#at, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}
