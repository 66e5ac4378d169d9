import type { NotUndone } from '../../model/plan.ts';
import type { Driver } from '../driver.ts';
import { type ChangeLogEntry, type LastWrite, TOUCH, type UndoneReference, type UndoStore } from '../store.ts';
import type { AttributeNames } from './names.ts';

export interface LogRow extends Omit<ChangeLogEntry, 'run' | 'plan' | 'targetId'> {
  readonly run: number;
  readonly plan: number;
  readonly target_id: string;
}

export const LOG_COLUMNS = 'run, plan, at, mv, type, anchor, name, target_id, action, body';

export function toLogEntry({ target_id, run, plan, ...row }: LogRow): ChangeLogEntry {
  return { ...row, run: String(run), plan: String(plan), targetId: target_id };
}

const PAGE = 1000;

export class SqlUndoStore implements UndoStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;

  constructor(driver: Driver, names: AttributeNames) {
    this.#driver = driver;
    this.#names = names;
  }

  async *changesOfRun(run: string): AsyncIterable<readonly ChangeLogEntry[]> {
    let after = 0;
    for (;;) {
      const rows = await this.#driver.all<LogRow & { readonly id: number }>(
        `select id, ${LOG_COLUMNS} from change_log where run = ? and id > ? order by id limit ?`,
        Number(run) || -1,
        after,
        PAGE,
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.id;
      yield rows.map(({ id: _, ...row }) => toLogEntry(row));
    }
  }

  async lastWrite(): Promise<LastWrite | null> {
    const [written, intended] = await Promise.all([
      this.#driver.get<{ readonly at: string; readonly run: number }>(
        'select at, run from change_log order by id desc limit 1',
      ),
      this.#driver.get<{ readonly at: string; readonly run: number }>(
        `select sent_at as at, (select run from plan where plan.id = intent.plan) as run from intent order by id desc limit 1`,
      ),
    ]);
    const last = intended !== undefined && intended.at > (written?.at ?? '') ? intended : written;
    return last === undefined ? null : { at: last.at, run: String(last.run) };
  }

  async returningReferences(
    object: number,
  ): Promise<readonly { readonly source: number; readonly attribute: string; readonly target: number }[]> {
    return this.#driver.all(
      `select r.source as source, n.name as attribute, r.target as target
       from returning_reference r cross join attribute_name n
       where (r.source = ? or r.target = ?) and n.id = r.attribute order by r.source, r.attribute, r.target`,
      object,
      object,
    );
  }

  async addReferences(plan: number, references: readonly UndoneReference[]): Promise<void> {
    for (const { mv, attribute, target, adds } of references) {
      await this.#driver.run(
        'insert into operation_reference (plan, mv, attribute, target, adds, late, state) values (?, ?, ?, ?, ?, 0, 0) on conflict do nothing',
        plan,
        mv,
        await this.#names.id(attribute),
        target,
        adds ? 1 : 0,
      );
    }
  }

  async setUndoes(plan: number, run: string, left: readonly NotUndone[]): Promise<void> {
    await this.#driver.run('insert into undo_plan (plan, run) values (?, ?)', plan, Number(run));
    await this.#driver.runMany(
      'insert into not_undone (plan, number, body) values (?, ?, ?)',
      left.map((one, index) => [plan, index, JSON.stringify(one)]),
    );
  }

  async notUndone(plan: string, offset: number, limit: number): Promise<readonly NotUndone[]> {
    const rows = await this.#driver.all<{ readonly body: string }>(
      'select body from not_undone where plan = ? and number >= ? order by number limit ?',
      Number(plan),
      offset,
      limit,
    );
    return rows.map((row) => JSON.parse(row.body) as NotUndone);
  }

  async countNotUndone(plan: string): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>(
      'select count(*) as n from not_undone where plan = ?',
      Number(plan),
    );
    return row?.n ?? 0;
  }

  async touchPlan(plan: string): Promise<void> {
    await this.#driver.run(
      `insert into touched (mv, flags) select distinct mv, ${TOUCH.attributes | TOUCH.references} from operation where plan = ?
       on conflict (mv) do update set flags = touched.flags | excluded.flags`,
      Number(plan),
    );
  }
}
