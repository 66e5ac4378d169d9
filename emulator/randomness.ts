import { randomBytes } from 'node:crypto';

/** Source of identifiers and chances: cryptographic without a seed, reproducible with one. */
export class Randomness {
  readonly #seeded: (() => number) | undefined;
  #pool: Buffer = Buffer.alloc(0);
  #used = 0;

  constructor(seed?: number) {
    this.#seeded = seed === undefined ? undefined : seededNumbers(seed);
  }

  bytes(count: number): Buffer {
    if (this.#seeded) {
      const next = this.#seeded;
      return Buffer.from(Array.from({ length: count }, () => next() & 0xff));
    }
    if (this.#pool.length - this.#used < count) {
      this.#pool = randomBytes(Math.max(8192, count));
      this.#used = 0;
    }
    this.#used += count;
    return this.#pool.subarray(this.#used - count, this.#used);
  }

  /** A version 4 UUID (RFC 9562 section 5.4). */
  guid(): string {
    const bytes = Buffer.from(this.bytes(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number {
    return this.bytes(4).readUInt32LE(0) % limit;
  }

  text(count: number): string {
    return this.bytes(count).toString('base64url').slice(0, count);
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const held = shuffled[last] as T;
      shuffled[last] = shuffled[other] as T;
      shuffled[other] = held;
    }
    return shuffled;
  }
}

/** A 32-bit linear congruential sequence whose high byte is used: good enough for test data, never for secrets. */
function seededNumbers(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
