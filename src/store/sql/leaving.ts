import type { Driver } from '../driver.ts';
import { type Leaving, type LeavingObject, type LeavingStore, TOUCH } from '../store.ts';

interface LeavingRow {
  readonly mv: number;
  readonly since: string;
  readonly settled: number;
}

export class SqlLeavingStore implements LeavingStore {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async all(): Promise<readonly Leaving[]> {
    const rows = await this.#driver.all<LeavingRow>('select mv, since, settled from leaving order by mv');
    return rows.map(toLeaving);
  }

  async of(mv: number): Promise<Leaving | null> {
    const row = await this.#driver.get<LeavingRow>('select mv, since, settled from leaving where mv = ?', mv);
    return row === undefined ? null : toLeaving(row);
  }

  async summary(): Promise<{ readonly count: number; readonly since: string | null }> {
    const row = await this.#driver.get<{ readonly n: number; readonly since: string | null }>(
      'select count(*) as n, min(since) as since from leaving',
    );
    return { count: row?.n ?? 0, since: row?.since ?? null };
  }

  async add(mv: number, { type, name, cause }: LeavingObject, since: string): Promise<void> {
    await this.#driver.run(
      'insert into leaving (mv, since, settled, type, name, cause) values (?, ?, 0, ?, ?, ?) on conflict do nothing',
      mv,
      since,
      type,
      name,
      JSON.stringify(cause),
    );
  }

  async remove(mv: number): Promise<void> {
    await this.#driver.run('delete from leaving where mv = ?', mv);
  }

  async touchSince(at: string | null): Promise<void> {
    const [which, values] = at === null ? ['true', []] : ['settled = 1 and since <= ?', [at]];
    await this.#driver.run(
      `insert into touched (mv, flags) select mv, ${TOUCH.attributes} from leaving where ${which}
       on conflict (mv) do update set flags = touched.flags | excluded.flags`,
      ...values,
    );
  }

  async settle(at: string, plan?: string): Promise<void> {
    if (plan === undefined) {
      await this.#driver.run('update leaving set settled = 1, since = ? where settled = 0', at);
      return;
    }
    await this.#driver.run(
      `update leaving set settled = 1, since = ? where settled = 0
       and not exists (select 1 from operation o where o.plan = ? and o.mv = leaving.mv and o.state <> 'done')`,
      at,
      Number(plan),
    );
  }
}

function toLeaving({ mv, since, settled }: LeavingRow): Leaving {
  return { mv, since, isSettled: settled === 1 };
}
