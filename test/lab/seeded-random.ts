/** A small generator of pseudo-random numbers: the same seed and stream give the same numbers on every machine. */
export class SeededRandom {
  #state: number;

  /** Streams of one seed are independent: one for each object keeps an object the same when others are added. */
  constructor(seed: number, stream = 0) {
    this.#state = mix(mix(seed | 0) ^ Math.imul(stream | 0, 0x9e3779b1));
  }

  /** A whole number from 0 to 2^32 - 1. A Weyl sequence, its steps scrambled. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state) >>> 0;
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 4294967296) * limit);
  }

  isLikely(probability: number): boolean {
    return this.next() < probability * 4294967296;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
