import type { Driver, SqlValue } from '../../src/store/driver.ts';

/** A driver whose process dies: after so many statements nothing works any more, and what was not committed is gone. */
export class BreakingDriver implements Driver {
  readonly #inner: Driver;
  #left = Number.POSITIVE_INFINITY;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  breakAfter(statements: number): void {
    this.#left = statements;
  }

  /** As a new process finds it. */
  mend(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  #step(): void {
    if (this.#left <= 0) throw new Error('killed');
    this.#left--;
  }

  async all<Row>(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#step();
    return this.#inner.all<Row>(sql, ...values);
  }

  async get<Row>(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    this.#step();
    return this.#inner.get<Row>(sql, ...values);
  }

  async run(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#step();
    return this.#inner.run(sql, ...values);
  }

  async runMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    let changes = 0;
    for (const row of rows) changes += await this.run(sql, ...row);
    return changes;
  }

  async insert(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#step();
    return this.#inner.insert(sql, ...values);
  }

  async *pages<Row>(sql: string, ...values: readonly SqlValue[]): AsyncIterable<readonly Row[]> {
    this.#step();
    yield* this.#inner.pages<Row>(sql, ...values);
  }

  transaction<T>(work: () => Promise<T>, undone?: () => void): Promise<T> {
    return this.#inner.transaction(async () => {
      const result = await work();
      this.#step();
      return result;
    }, undone);
  }

  copyTo(file: string): Promise<void> {
    return this.#inner.copyTo(file);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
