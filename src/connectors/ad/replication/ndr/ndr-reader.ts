import { guidToText } from '../../../../model/anchor.ts';
import { MalformedAnswer } from '../malformed-answer.ts';

/**
 * Reads NDR 2.0, little-endian ([C706] chapter 14, [MS-RPCE] 2.2.5). Every count is compared with the bytes that are left before anything is made of it, so
 * that an answer costs memory in proportion to its length only. Throws MalformedAnswer.
 */
export class NdrReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** `what` names the answer in messages. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** [C706] 14.2.2: a value starts at a multiple of its size. */
  align(size: number): void {
    const gap = (size - (this.#at % size)) % size;
    this.#take(gap);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    this.align(2);
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    this.align(4);
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u64(): bigint {
    this.align(8);
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  i64(): bigint {
    this.align(8);
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  guid(): string {
    this.align(4);
    return guidToText(this.bytes(16));
  }

  /** Not copied. */
  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A unique pointer: whether its referent follows ([C706] 14.3.10). */
  pointer(): boolean {
    return this.u32() !== 0;
  }

  /** A count of elements of which each takes at least so many bytes. */
  count(most: number, elementSize: number): number {
    const count = this.u32();
    this.requireRoom(count, most, elementSize);
    return count;
  }

  /** The maximum count before a conformant array ([C706] 14.3.3.2), which has to be the count that was told in the structure. */
  conformance(told: number, elementSize: number): void {
    const count = this.u32();
    if (count !== told) this.refuse(`an array of ${count} elements where ${told} were announced`);
    this.requireRoom(count, count, elementSize);
  }

  requireRoom(count: number, most: number, elementSize: number): void {
    if (count > most) this.refuse(`${count} elements where at most ${most} are allowed`);
    if (count * elementSize > this.left) this.refuse(`${count} elements announced, and ${this.left} bytes left`);
  }

  /** A conformant varying string of 16-bit characters with a zero at its end ([C706] 14.3.4). */
  wideString(): string {
    const most = this.u32();
    const offset = this.u32();
    const count = this.u32();
    if (offset !== 0 || count > most) this.refuse('a string with wrong bounds');
    this.requireRoom(count, MOST_CHARACTERS, 2);
    const text = this.bytes(count * 2).toString('utf16le');
    return text.endsWith('\0') ? text.slice(0, -1) : text;
  }

  refuse(reason: string): never {
    throw new MalformedAnswer(`${this.#what}: ${reason} (at byte ${this.#at} of ${this.#bytes.length})`);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) this.refuse(`it ends in the middle: ${length} more bytes were expected`);
    this.#at = start + length;
    return start;
  }
}

/** Longer than any name of a directory. */
const MOST_CHARACTERS = 65_536;
