/** What the emulator was asked, for GET /emulator/stats. */
export class Stats {
  readonly #requests = new Map<string, { method: string; path: string; status: number; count: number }>();
  #writes = 0;
  #throttled = 0;
  readonly #faults = new Map<string, number>();
  #batches = 0;
  #underWay = 0;
  #mostAtOnce = 0;

  begin(): void {
    this.#underWay++;
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#underWay);
  }

  end(): void {
    this.#underWay--;
  }

  /** One operation; items of a batch count each, the batch itself besides. */
  count(method: string, path: string, status: number): void {
    const key = `${method} ${path} ${status}`;
    const row = this.#requests.get(key);
    if (row) row.count++;
    else this.#requests.set(key, { method, path, status, count: 1 });
  }

  /** One accepted write of the directory. */
  countWrite(): void {
    this.#writes++;
  }

  countThrottled(): void {
    this.#throttled++;
  }

  /** One request that a fault of this kind has struck. */
  countFault(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  countBatch(): void {
    this.#batches++;
  }

  clear(): void {
    this.#requests.clear();
    this.#writes = 0;
    this.#throttled = 0;
    this.#faults.clear();
    this.#batches = 0;
    this.#mostAtOnce = this.#underWay;
  }

  describe(): Record<string, unknown> {
    const requests = [...this.#requests.values()].sort(
      (a, b) => compare(a.path, b.path) || compare(a.method, b.method) || a.status - b.status,
    );
    return {
      requests,
      total: requests.reduce((sum, row) => sum + row.count, 0),
      batches: this.#batches,
      directoryWrites: this.#writes,
      throttled: this.#throttled,
      faults: [...this.#faults.values()].reduce((sum, count) => sum + count, 0),
      struck: Object.fromEntries(this.#faults),
      mostAtOnce: this.#mostAtOnce,
    };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
