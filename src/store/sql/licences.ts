import type { Licence } from '../../model/licence.ts';
import type { Driver } from '../driver.ts';
import { type LicenceStore, type LicensedUser, OBJECT_STATES, type OwedLicences } from '../store.ts';

interface OwedRow {
  readonly target_id: string;
  readonly anchor: string;
  readonly name: string;
  readonly mv: number | null;
  readonly since: string;
}

/** What is kept and neither owed nor given back is that of a user who is deleted, as far as we know. */
const IS_OWED = 'sent_at is not null and given_at is null';

export class SqlLicenceStore implements LicenceStore {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async keep(
    user: LicensedUser,
    held: readonly Licence[] | null,
    { at, heldSince }: { readonly at: string; readonly heldSince: string },
  ): Promise<void> {
    const { targetId } = user;
    if (held !== null)
      await this.#driver.run(
        `delete from kept_licence where target_id = ? and held_at < ? and not (${IS_OWED})`,
        targetId,
        heldSince,
      );
    await this.#driver.run(
      'update kept_licence set sent_at = null, given_at = null where target_id = ? and given_at >= ?',
      targetId,
      heldSince,
    );
    await this.#driver.runMany(
      `insert into kept_licence (target_id, licence, anchor, name, body, held_at) values (?, ?, ?, ?, ?, ?)
       on conflict (target_id, licence) do update
       set anchor = excluded.anchor, name = excluded.name, body = excluded.body, held_at = excluded.held_at, given_at = null`,
      (held ?? []).map((licence) => [targetId, licence.id, user.anchor, user.name, JSON.stringify(licence), at]),
    );
  }

  async noteReturn(
    targetId: string,
    name: string,
    { at, heldSince }: { readonly at: string; readonly heldSince: string },
  ): Promise<void> {
    await this.#driver.run(
      `update kept_licence set sent_at = ?, given_at = null, name = ?
       where target_id = ? and (given_at is null or given_at >= ?)`,
      at,
      name,
      targetId,
      heldSince,
    );
  }

  async noteAway(targetId: string): Promise<void> {
    await this.#driver.run('update kept_licence set sent_at = null where target_id = ? and given_at is null', targetId);
  }

  async kept(targetId: string, heldSince: string): Promise<readonly Licence[]> {
    const rows = await this.#driver.all<{ readonly body: string }>(
      'select body from kept_licence where target_id = ? and (given_at is null or given_at >= ?) order by licence',
      targetId,
      heldSince,
    );
    return rows.map(({ body }) => JSON.parse(body) as Licence);
  }

  async owed(space: number, after: string, limit: number): Promise<readonly OwedLicences[]> {
    const rows = await this.#driver.all<OwedRow>(
      `select k.target_id, max(k.anchor) as anchor, max(k.name) as name, max(o.mv) as mv, min(k.sent_at) as since
       from kept_licence k join object o on o.space = ? and o.anchor = k.target_id and o.state = ${OBJECT_STATES.live}
       where ${IS_OWED} and k.target_id > ? group by k.target_id order by k.target_id limit ?`,
      space,
      after,
      limit,
    );
    return Promise.all(rows.map((row) => this.#owedBy(row)));
  }

  async #owedBy({ target_id: targetId, anchor, name, mv, since }: OwedRow): Promise<OwedLicences> {
    const rows = await this.#driver.all<{ readonly body: string }>(
      `select body from kept_licence where target_id = ? and ${IS_OWED} order by licence`,
      targetId,
    );
    return { targetId, anchor, name, mv, since, licences: rows.map(({ body }) => JSON.parse(body) as Licence) };
  }

  async noteGiven(targetId: string, licences: readonly string[], at: string): Promise<void> {
    await this.#driver.runMany(
      'update kept_licence set given_at = ?, held_at = ? where target_id = ? and licence = ?',
      licences.map((licence) => [at, at, targetId, licence]),
    );
  }

  async forget(targetId: string, licences: readonly string[]): Promise<void> {
    await this.#driver.runMany(
      'delete from kept_licence where target_id = ? and licence = ?',
      licences.map((licence) => [targetId, licence]),
    );
  }

  async forgetBefore(times: {
    readonly held: string;
    readonly returned: string;
    readonly given: string;
  }): Promise<void> {
    await this.#driver.run(
      `delete from kept_licence where (sent_at is null and held_at < ?) or (${IS_OWED} and sent_at < ?) or given_at < ?`,
      times.held,
      times.returned,
      times.given,
    );
  }
}
