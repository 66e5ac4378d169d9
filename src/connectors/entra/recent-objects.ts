/** Ids to which this process has done something a short while ago that a replica may not know yet (Graph, "eventually consistent"). */
export class RecentObjects {
  readonly #since = new Map<string, number>();
  readonly #keptFor: number;

  /** `keptFor`: milliseconds. */
  constructor(keptFor: number) {
    this.#keptFor = keptFor;
  }

  add(id: string, now: number): void {
    for (const [old, at] of this.#since) {
      if (now - at <= this.#keptFor) break;
      this.#since.delete(old);
    }
    this.#since.delete(id);
    this.#since.set(id, now);
  }

  remove(id: string): void {
    this.#since.delete(id);
  }

  has(id: string, now: number): boolean {
    return now - (this.#since.get(id) ?? Number.NEGATIVE_INFINITY) <= this.#keptFor;
  }
}
