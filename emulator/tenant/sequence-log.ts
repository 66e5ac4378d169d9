/**
 * Things in the order of their last change, by ever-growing sequence numbers. Reading what came after a number costs
 * only what came after it. An entry is current while `isCurrent` says so; others are dropped when they outnumber the rest.
 */
export class SequenceLog<T> {
  #seqs: number[] = [];
  #items: T[] = [];
  readonly #isCurrent: (item: T, seq: number) => boolean;
  #compactAt = 4096;

  constructor(isCurrent: (item: T, seq: number) => boolean) {
    this.#isCurrent = isCurrent;
  }

  append(item: T, seq: number): void {
    this.#seqs.push(seq);
    this.#items.push(item);
    if (this.#seqs.length >= this.#compactAt) this.#compact();
  }

  /** Current entries with a number greater than `seq`, oldest first. */
  *after(seq: number): Generator<readonly [T, number]> {
    for (let at = this.#firstAfter(seq); at < this.#seqs.length; at++) {
      const item = this.#items[at] as T;
      const number = this.#seqs[at] as number;
      if (this.#isCurrent(item, number)) yield [item, number];
    }
  }

  #firstAfter(seq: number): number {
    let low = 0;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seqs[middle] as number) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #compact(): void {
    const seqs: number[] = [];
    const items: T[] = [];
    for (const [item, seq] of this.after(0)) {
      seqs.push(seq);
      items.push(item);
    }
    this.#seqs = seqs;
    this.#items = items;
    this.#compactAt = Math.max(4096, seqs.length * 2);
  }
}
