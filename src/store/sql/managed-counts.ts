import type { TargetType } from '../../model/change.ts';
import type { Driver } from '../driver.ts';

const KEY = 'managed';

/**
 * How many live objects of the tenant are joined, by type. Counting them costs the size of the tenant, so the counts are kept until something
 * that they depend on changes: a cycle without a change does not count.
 */
export class ManagedCounts {
  readonly #driver: Driver;
  #isInvalid = false;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** To be called, inside the same transaction, before an object of the tenant is joined, comes or goes. */
  async invalidate(): Promise<void> {
    if (this.#isInvalid) return;
    await this.#driver.run('delete from meta where key = ?', KEY);
    this.#isInvalid = true;
  }

  /** After a rollback the kept counts may be there again. */
  forget(): void {
    this.#isInvalid = false;
  }

  async read(): Promise<Readonly<Partial<Record<TargetType, number>>>> {
    const kept = await this.#driver.get<{ readonly value: string }>('select value from meta where key = ?', KEY);
    if (kept !== undefined) return JSON.parse(kept.value) as Partial<Record<TargetType, number>>;
    const rows = await this.#driver.all<{ readonly type: TargetType; readonly n: number }>(
      `select o.type as type, count(*) as n from object o
       where o.space = (select id from space where name = 'tenant') and o.state = 0 and o.mv is not null
       group by o.type order by o.type`,
    );
    return Object.fromEntries(rows.map((row) => [row.type, row.n]));
  }

  /** Counts and keeps the result. */
  async keep(): Promise<void> {
    const counts = await this.read();
    await this.#driver.run(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
      KEY,
      JSON.stringify(counts),
    );
    this.#isInvalid = false;
  }
}
