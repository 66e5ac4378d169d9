import type { Driver, SqlValue } from '../../src/store/driver.ts';

/** A driver that counts statements and rows, and keeps what was asked, so that tests can look how the database would answer it. */
export class CountingDriver implements Driver {
  readonly #inner: Driver;
  readonly asked = new Map<string, readonly SqlValue[]>();
  statements = 0;
  rows = 0;
  changed = 0;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  reset(): void {
    this.asked.clear();
    this.statements = 0;
    this.rows = 0;
    this.changed = 0;
  }

  /** The steps of the database for each statement asked since the last reset, as `statement: SCAN table`. */
  async explain(): Promise<readonly { readonly sql: string; readonly step: string }[]> {
    const steps: { sql: string; step: string }[] = [];
    for (const [sql, values] of this.asked) {
      const rows = await this.#inner.all<{ readonly detail: string }>(`explain query plan ${sql}`, ...values);
      steps.push(...rows.map((row) => ({ sql, step: row.detail })));
    }
    return steps;
  }

  #count(sql: string, values: readonly SqlValue[], rows: number): void {
    this.statements++;
    this.rows += rows;
    this.asked.set(sql, values);
  }

  async all<Row>(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    const rows = await this.#inner.all<Row>(sql, ...values);
    this.#count(sql, values, rows.length);
    return rows;
  }

  async get<Row>(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    const row = await this.#inner.get<Row>(sql, ...values);
    this.#count(sql, values, row === undefined ? 0 : 1);
    return row;
  }

  async run(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    const changed = await this.#inner.run(sql, ...values);
    this.#count(sql, values, 0);
    this.changed += changed;
    return changed;
  }

  async runMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    let changes = 0;
    for (const row of rows) changes += await this.run(sql, ...row);
    return changes;
  }

  async insert(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    const id = await this.#inner.insert(sql, ...values);
    this.#count(sql, values, 0);
    this.changed++;
    return id;
  }

  async *pages<Row>(sql: string, ...values: readonly SqlValue[]): AsyncIterable<readonly Row[]> {
    this.#count(sql, values, 0);
    for await (const page of this.#inner.pages<Row>(sql, ...values)) {
      this.rows += page.length;
      yield page;
    }
  }

  transaction<T>(work: () => Promise<T>, undone?: () => void): Promise<T> {
    return this.#inner.transaction(work, undone);
  }

  copyTo(file: string): Promise<void> {
    return this.#inner.copyTo(file);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
