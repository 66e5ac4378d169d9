/** Ids that this process has made or restored a short while ago: a replica may not know them yet (Graph, "eventually consistent"). */
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

  hasAny(ids: readonly string[], now: number): boolean {
    return ids.some((id) => now - (this.#since.get(id) ?? Number.NEGATIVE_INFINITY) <= this.#keptFor);
  }
}
