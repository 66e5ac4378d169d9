import type { Driver } from '../driver.ts';
import type { HandLink, Match, MatchStore, MatchWay, MetaverseObject } from '../store.ts';
import { type MetaverseRow, metaverseColumns, toMetaverseObject } from './rows.ts';

interface MatchRow {
  readonly mv: number;
  readonly candidate: number;
  readonly way: MatchWay;
  readonly value: string;
  readonly refused: string | null;
}

export class SqlMatchStore implements MatchStore {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async note({ mv, candidate, way, value, refused }: Match): Promise<void> {
    await this.#driver.run(
      `insert into tenant_match (mv, candidate, way, value, refused) values (?, ?, ?, ?, ?)
       on conflict (mv) do update set candidate = excluded.candidate, way = excluded.way, value = excluded.value, refused = excluded.refused`,
      mv,
      candidate,
      way,
      value,
      refused,
    );
  }

  async forget(mv: number): Promise<void> {
    await this.#driver.run('delete from tenant_match where mv = ?', mv);
  }

  async of(mv: number): Promise<Match | null> {
    const row = await this.#driver.get<MatchRow>(
      'select mv, candidate, way, value, refused from tenant_match where mv = ?',
      mv,
    );
    return row ?? null;
  }

  async all(): Promise<readonly Match[]> {
    return this.#driver.all<MatchRow>('select mv, candidate, way, value, refused from tenant_match order by mv');
  }

  async touchedWithoutTenant(after: number, limit: number): Promise<readonly MetaverseObject[]> {
    const rows = await this.#driver.all<MetaverseRow>(
      `select ${metaverseColumns('m')} from touched t join metaverse m on m.id = t.mv
       where t.mv > ? and m.tenant is null and m.anchor is not null order by t.mv limit ?`,
      after,
      limit,
    );
    return rows.map(toMetaverseObject);
  }

  async handLinks(): Promise<readonly HandLink[]> {
    return this.#driver.all<HandLink>('select anchor, target, who, at from hand_link order by anchor');
  }

  async setHandLink({ anchor, target, who, at }: HandLink): Promise<void> {
    await this.#driver.run(
      `insert into hand_link (anchor, target, who, at) values (?, ?, ?, ?)
       on conflict (anchor) do update set target = excluded.target, who = excluded.who, at = excluded.at`,
      anchor,
      target,
      who,
      at,
    );
  }
}
