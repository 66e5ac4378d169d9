import type { Run } from '../../model/run.ts';
import type { Driver } from '../driver.ts';
import type {
  ChangeLogEntry,
  NumberedChange,
  PeerDeparture,
  PeerLeaving,
  PeerLicence,
  PeerRun,
  PeerStore,
  StoredOperation,
} from '../store.ts';
import { OPERATION_COLUMNS, type OperationRow, toStoredOperation } from './operations.ts';
import { LOG_COLUMNS, type LogRow, toLogEntry } from './undo.ts';

/** The plan under which departures through another server are counted: no plan of ours has this number. */
const ELSEWHERE = 0;

/** The metaverse object of a source anchor, by the value that the tenant's objects join by. */
const MV_OF_ANCHOR = `select m.id as id from metaverse_value v cross join metaverse m
  where v.attribute = 'sourceAnchor' and v.key = lower(?) and m.id = v.mv and m.anchor = ?`;

interface RunRow {
  readonly id: number;
  readonly command: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: Run['outcome'];
  readonly message: string | null;
  readonly done: string;
  readonly failed: number;
}

/** The last that is known of a kept licence. */
function newest(row: string): string {
  const [held, sent, given] = ['held_at', 'sent_at', 'given_at'].map((column) => `coalesce(${row}.${column}, '')`);
  return `case when ${given} >= ${sent} and ${given} >= ${held} then ${given} when ${sent} >= ${held} then ${sent} else ${held} end`;
}

export class SqlPeerStore implements PeerStore {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async ownChanges(after: number, since: string, limit: number): Promise<readonly NumberedChange[]> {
    const rows = await this.#driver.all<LogRow & { readonly id: number }>(
      `select id, ${LOG_COLUMNS} from change_log c where id > ? and at >= ?
       and exists (select 1 from run r where r.id = c.run and r.server is null) order by id limit ?`,
      after,
      since,
      limit,
    );
    return rows.map(({ id, ...row }) => ({ id, ...toLogEntry(row) }));
  }

  async ownRun(run: string): Promise<PeerRun | null> {
    const row = await this.#driver.get<RunRow>(
      `select id, command, started_at, ended_at, outcome, message, done, failed from run where id = ?`,
      Number(run) || -1,
    );
    if (row === undefined) return null;
    const { id, command, started_at: startedAt, ended_at: endedAt, outcome, message, done, failed } = row;
    return { run: String(id), command, startedAt, endedAt, outcome, message, done: JSON.parse(done), failed };
  }

  async adoptRun(server: string, run: PeerRun): Promise<string> {
    const known = await this.#driver.get<{ readonly id: number }>(
      'select id from run where server = ? and server_run = ? and started_at = ?',
      server,
      Number(run.run),
      run.startedAt,
    );
    if (known !== undefined) {
      await this.#driver.run(
        'update run set ended_at = ?, outcome = ?, message = ?, done = ?, failed = ? where id = ?',
        run.endedAt,
        run.outcome,
        run.message,
        JSON.stringify(run.done),
        run.failed,
        known.id,
      );
      return String(known.id);
    }
    const id = await this.#driver.insert(
      `insert into run (command, started_at, ended_at, outcome, message, done, failed, server, server_run)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
      `${run.command} (run ${run.run} of ${server})`,
      run.startedAt,
      run.endedAt,
      run.outcome,
      run.message,
      JSON.stringify(run.done),
      run.failed,
      server,
      Number(run.run),
    );
    return String(id);
  }

  async adoptChange(run: string, change: Omit<ChangeLogEntry, 'run' | 'plan' | 'mv'>): Promise<boolean> {
    const { at, type, anchor, name, targetId, action, body } = change;
    const known = await this.#driver.get(
      'select 1 from change_log where anchor = ? and at = ? and target_id = ? and action = ? and body = ?',
      anchor,
      at,
      targetId,
      action,
      body,
    );
    if (known !== undefined) return false;
    const mv = (await this.metaverseOf(anchor)) ?? 0;
    const id = await this.#driver.insert(
      `insert into change_log (${LOG_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
      Number(run),
      ELSEWHERE,
      at,
      mv,
      type,
      anchor,
      name,
      targetId,
      action,
      body,
    );
    await this.#putInOrder(anchor, at, id);
    return true;
  }

  /** The log of an object is read by number: what comes late changes places with all that is newer. */
  async #putInOrder(anchor: string, at: string, id: number): Promise<void> {
    const newer = await this.#driver.all<LogRow & { readonly id: number }>(
      `select id, ${LOG_COLUMNS} from change_log where anchor = ? and at > ? and id < ? order by id`,
      anchor,
      at,
      id,
    );
    if (newer.length === 0) return;
    const [own] = await this.#driver.all<LogRow>(`select ${LOG_COLUMNS} from change_log where id = ?`, id);
    const contents = [...(own === undefined ? [] : [own]), ...newer];
    for (const [index, place] of [...newer.map((row) => row.id), id].entries()) {
      const row = contents[index];
      if (row === undefined) continue;
      await this.#driver.run(
        `update change_log set run = ?, plan = ?, at = ?, mv = ?, type = ?, anchor = ?, name = ?, target_id = ?, action = ?, body = ? where id = ?`,
        row.run,
        row.plan,
        row.at,
        row.mv,
        row.type,
        row.anchor,
        row.name,
        row.target_id,
        row.action,
        row.body,
        place,
      );
    }
  }

  async changesOfServer(server: string, anchor: string, limit: number): Promise<readonly ChangeLogEntry[]> {
    const rows = await this.#driver.all<LogRow>(
      `select ${LOG_COLUMNS} from change_log c where anchor = ?
       and exists (select 1 from run r where r.id = c.run and r.server = ?) order by at desc, id desc limit ?`,
      anchor,
      server,
      limit,
    );
    return rows.map(toLogEntry);
  }

  async countChanges(server: string, since: string): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>(
      `select count(*) as n from run r cross join change_log c
       where r.server = ? and coalesce(r.ended_at, r.started_at) >= ? and c.run = r.id and c.at >= ? and c.action <> 'held'`,
      server,
      since,
      since,
    );
    return row?.n ?? 0;
  }

  async leaving(): Promise<readonly PeerLeaving[]> {
    const rows = await this.#driver.all<{
      readonly anchor: string;
      readonly since: string;
      readonly settled: number;
    }>(
      `select m.anchor as anchor, l.since as since, l.settled as settled from leaving l cross join metaverse m
       where m.id = l.mv and m.anchor is not null order by m.anchor`,
    );
    return rows.map(({ anchor, since, settled }) => ({ anchor, since, isSettled: settled === 1 }));
  }

  async adoptLeaving({ anchor, since, isSettled }: PeerLeaving): Promise<void> {
    const mv = await this.metaverseOf(anchor);
    if (mv === null) return;
    await this.#driver.run('update leaving set since = ?, settled = ? where mv = ?', since, isSettled ? 1 : 0, mv);
  }

  async departures(since: string): Promise<readonly PeerDeparture[]> {
    return this.#driver.all<PeerDeparture>(
      `select d.kind as kind, d.type as type, coalesce(m.anchor, '') as anchor, max(d.at) as at, sum(d.n) as count
       from departure d left join metaverse m on m.id = d.mv where d.at > ? and d.plan <> ?
       group by d.kind, d.type, d.mv order by d.kind, d.type, d.mv`,
      since,
      ELSEWHERE,
    );
  }

  async adoptDepartures(departures: readonly PeerDeparture[]): Promise<void> {
    await this.#driver.run('delete from departure where plan = ?', ELSEWHERE);
    for (const { kind, type, anchor, at, count } of departures)
      await this.#driver.run(
        `insert into departure (kind, mv, type, plan, at, n) values (?, ?, ?, ?, ?, ?)
         on conflict (kind, mv, type, plan) do update set n = departure.n + excluded.n, at = case when departure.at > excluded.at then departure.at else excluded.at end`,
        kind,
        anchor === '' ? 0 : ((await this.metaverseOf(anchor)) ?? 0),
        type,
        ELSEWHERE,
        at,
        count,
      );
  }

  async licences(): Promise<readonly PeerLicence[]> {
    return this.#driver.all<PeerLicence>(
      `select target_id as "targetId", licence, anchor, name, body, held_at as "heldAt", sent_at as "sentAt", given_at as "givenAt"
       from kept_licence order by target_id, licence`,
    );
  }

  async adoptLicences(licences: readonly PeerLicence[]): Promise<void> {
    await this.#driver.runMany(
      `insert into kept_licence (target_id, licence, anchor, name, body, held_at, sent_at, given_at) values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (target_id, licence) do update
       set anchor = excluded.anchor, name = excluded.name, body = excluded.body, held_at = excluded.held_at, sent_at = excluded.sent_at, given_at = excluded.given_at
       where ${newest('excluded')} > ${newest('kept_licence')}`,
      licences.map((one) => [
        one.targetId,
        one.licence,
        one.anchor,
        one.name,
        one.body,
        one.heldAt,
        one.sentAt,
        one.givenAt,
      ]),
    );
  }

  async metaverseOf(anchor: string): Promise<number | null> {
    const row = await this.#driver.get<{ readonly id: number }>(MV_OF_ANCHOR, anchor, anchor);
    return row?.id ?? null;
  }

  async planBefore(at: string): Promise<string | null> {
    const row = await this.#driver.get<{ readonly id: number }>(
      `select id from plan where hash <> '' and created_at < ? order by id desc limit 1`,
      at,
    );
    return row === undefined ? null : String(row.id);
  }

  async operationOf(plan: string, anchor: string): Promise<StoredOperation | null> {
    const mv = await this.metaverseOf(anchor);
    if (mv === null) return null;
    const row = await this.#driver.get<OperationRow>(
      `select ${OPERATION_COLUMNS} from operation where plan = ? and mv = ? and late = 0`,
      Number(plan),
      mv,
    );
    return row === undefined ? null : toStoredOperation(row);
  }
}
