import type { Driver } from '../driver.ts';
import type {
  PasswordAccount,
  PasswordCount,
  PasswordGiver,
  PasswordReason,
  PasswordState,
  PasswordStore,
} from '../password-store.ts';
import { OBJECT_STATES } from '../store.ts';

interface AccountRow {
  readonly space: number;
  readonly anchor: string;
  readonly state: PasswordState;
  readonly reason: PasswordReason | null;
  readonly version: number | null;
  readonly changed_at: string | null;
  readonly expires_at: string | null;
  readonly waiting_since: string | null;
  readonly attempts: number;
  readonly next_at: string | null;
  readonly failure: string | null;
  readonly judged: string | null;
  readonly sent_version: number | null;
  readonly sent_changed_at: string | null;
  readonly sent_target: string | null;
  readonly sent_since: number | null;
  readonly sent_at: string | null;
  readonly sent_force: number;
  readonly sent_block: number;
}

type GiverRow = Omit<AccountRow, 'state'> & {
  readonly state: PasswordState | null;
  readonly mv: number;
  readonly object: number;
  readonly parent: number | null;
  readonly since: number;
  readonly target_id: string | null;
  readonly source_anchor: string | null;
  readonly is_first: number;
};

const COLUMNS = [
  'state',
  'reason',
  'version',
  'changed_at',
  'expires_at',
  'waiting_since',
  'attempts',
  'next_at',
  'failure',
  'judged',
  'sent_version',
  'sent_changed_at',
  'sent_target',
  'sent_since',
  'sent_at',
  'sent_force',
  'sent_block',
] as const;

const ALL_COLUMNS = `space, anchor, ${COLUMNS.join(', ')}`;

/**
 * Beside each chosen account what the tenant has of its person: a live object that carries the source anchor, so that it is taken over, and of which no match is left
 * to be approved.
 */
const GIVERS = `select m.id as mv, o.id as object, o.space as space, o.anchor as anchor, o.parent as parent, m.password_since as since,
    m.anchor as source_anchor, t.anchor as target_id,
    (select count(*) from first_password f where f.target = t.anchor) as is_first, ${COLUMNS.map((name) => `p.${name} as ${name}`).join(', ')}
  from metaverse m
  join object o on o.id = m.password_source and o.mv = m.id and o.state = ${OBJECT_STATES.live}
  left join object t on t.id = m.tenant and t.state = ${OBJECT_STATES.live} and t.type = 'user'
    and exists (select 1 from space_value v where v.space = t.space and v.kind = 'sourceAnchor' and v.key = m.anchor and v.object = t.id)
    and not exists (select 1 from tenant_match x where x.mv = m.id)
  left join password_account p on p.space = o.space and p.anchor = o.anchor`;

/** Written out once: the driver finds a statement by its text, and a text that is put together anew has to be read through each time. */
const GIVER_BY_ANCHOR = `${GIVERS} where o.space = ? and o.anchor = ?`;
const SAVE = `insert into password_account (${ALL_COLUMNS}) values (${['?', '?', ...COLUMNS.map(() => '?')].join(', ')})
  on conflict (space, anchor) do update set ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** The index of those that are not synchronized, which are few, is gone by only where nothing else is asked for: else the whole table is read through every two minutes. */
const AMONG_OPEN = `space = ? and anchor in (select anchor from password_account where space = ? and state <> 'synchronized')`;

const IS_OPEN = `(p.anchor is null or p.state <> 'synchronized' or t.anchor is null or p.sent_target is null
  or p.sent_target <> t.anchor or p.sent_since <> m.password_since)`;

export class SqlPasswordStore implements PasswordStore {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** What sync changes raises the version; what apply writes is logged with it; and plan finds that nothing is left to be taken over. */
  async stateOfPersons(): Promise<string> {
    const row = await this.#driver.get<{
      readonly version: string | null;
      readonly logged: number;
      readonly matches: number;
    }>(
      `select (select value from meta where key = 'version') as version,
         (select coalesce(max(id), 0) from change_log) as logged, (select count(*) from tenant_match) as matches`,
    );
    return [row?.version ?? '0', row?.logged ?? 0, row?.matches ?? 0].join('/');
  }

  async givers(space: number, anchors: readonly string[]): Promise<readonly PasswordGiver[]> {
    const found: PasswordGiver[] = [];
    for (const anchor of anchors) {
      const row = await this.#driver.get<GiverRow>(GIVER_BY_ANCHOR, space, anchor);
      if (row !== undefined) found.push(toGiver(row));
    }
    return found;
  }

  async giversAfter(mv: number, limit: number, isOpen: boolean): Promise<readonly PasswordGiver[]> {
    const filter = isOpen ? `and ${IS_OPEN}` : '';
    const rows = await this.#driver.all<GiverRow>(
      `${GIVERS} where m.id > ? ${filter} order by m.id limit ?`,
      mv,
      limit,
    );
    return rows.map(toGiver);
  }

  async save(accounts: readonly PasswordAccount[]): Promise<void> {
    await this.#driver.runMany(
      SAVE,
      accounts.map((one) => [
        one.space,
        one.anchor,
        one.state,
        one.reason,
        one.version,
        one.changedAt,
        one.expiresAt,
        one.waitingSince,
        one.attempts,
        one.nextAt,
        one.failure,
        one.judged,
        one.sent?.version ?? null,
        one.sent?.changedAt ?? null,
        one.sent?.target ?? null,
        one.sent?.since ?? null,
        one.sent?.at ?? null,
        one.sent?.forced === true ? 1 : 0,
        one.sent?.isBlocked === true ? 1 : 0,
      ]),
    );
  }

  async awaitFirst(targetIds: readonly string[]): Promise<void> {
    const rows = targetIds.map((id) => [id]);
    await this.#driver.runMany('insert into first_password (target) values (?) on conflict do nothing', rows);
  }

  async beginFirst(targetIds: readonly string[]): Promise<void> {
    const rows = targetIds.map((id) => [id]);
    await this.#driver.runMany('delete from first_password where target = ?', rows);
  }

  async distrustSent(): Promise<void> {
    // No version of the store has that number.
    await this.#driver.run('update password_account set sent_since = -1 where sent_target is not null');
    await this.#driver.run('delete from first_password');
  }

  async forgetOthers(): Promise<number> {
    return this.#driver.run(
      `delete from password_account where not exists (
         select 1 from object o join metaverse m on m.id = o.mv
         where o.space = password_account.space and o.anchor = password_account.anchor
           and m.password_source = o.id and o.state = ${OBJECT_STATES.live})`,
    );
  }

  async due(space: number, at: string, limit: number): Promise<readonly PasswordAccount[]> {
    const rows = await this.#driver.all<AccountRow>(
      `select ${ALL_COLUMNS} from password_account
       where ${AMONG_OPEN} and (((state = 'failing' or (state = 'waiting' and reason in ('to-send', 'not-shown')))
           and (next_at is null or next_at <= ?))
         or (state = 'excluded' and reason = 'no-password' and next_at <= ?))
       order by coalesce(changed_at, ''), anchor limit ?`,
      space,
      space,
      at,
      at,
      limit,
    );
    return rows.map(toAccount);
  }

  async waiting(space: number, reason: PasswordReason, limit: number): Promise<readonly PasswordAccount[]> {
    const rows = await this.#driver.all<AccountRow>(
      `select ${ALL_COLUMNS} from password_account where ${AMONG_OPEN} and state = 'waiting' and reason = ? order by anchor limit ?`,
      space,
      space,
      reason,
      limit,
    );
    return rows.map(toAccount);
  }

  async expired(space: number, at: string, limit: number): Promise<readonly PasswordAccount[]> {
    const rows = await this.#driver.all<AccountRow>(
      `select ${ALL_COLUMNS} from password_account
       where space = ? and expires_at is not null and expires_at <= ?
         and (state = 'synchronized' or (state = 'waiting' and reason = 'temporary'))
       order by expires_at, anchor limit ?`,
      space,
      at,
      limit,
    );
    return rows.map(toAccount);
  }

  async counts(): Promise<readonly PasswordCount[]> {
    const rows = await this.#driver.all<{
      readonly state: PasswordState;
      readonly reason: PasswordReason | null;
      readonly n: number;
      readonly since: string | null;
    }>(
      'select state, reason, count(*) as n, min(waiting_since) as since from password_account group by state, reason order by state, reason',
    );
    return rows.map(({ state, reason, n, since }) => ({ state, reason, count: n, waitingSince: since }));
  }

  async countWithout(): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>(
      `select count(*) as n from metaverse m join object t on t.id = m.tenant
       where m.password_source is null and m.rules <> '' and t.state = ${OBJECT_STATES.live} and t.type = 'user'`,
    );
    return row?.n ?? 0;
  }

  async open(limit: number, offset: number): Promise<readonly PasswordAccount[]> {
    const rows = await this.#driver.all<AccountRow>(
      `select ${ALL_COLUMNS} from password_account where state in ('waiting', 'failing')
       order by coalesce(waiting_since, ''), space, anchor limit ? offset ?`,
      limit,
      offset,
    );
    return rows.map(toAccount);
  }
}

/**
 * Whatever was sent to this object of the tenant counts no more: it is gone from there, and may come back. An account that is not the one of the person any more needs no
 * word: when it is again, it is chosen anew.
 */
export async function forgetSent(driver: Driver, object: number): Promise<void> {
  const account = await driver.get<{ readonly space: number; readonly anchor: string; readonly target: string }>(
    `select o.space as space, o.anchor as anchor, t.anchor as target
     from object t join metaverse m on m.id = t.mv join object o on o.id = m.password_source where t.id = ?`,
    object,
  );
  if (account === undefined) return;
  await sendAtOnce(driver, account);
  await driver.run(
    `update password_account set sent_version = null, sent_changed_at = null, sent_target = null, sent_since = null, sent_at = null, sent_force = 0, sent_block = 0
     where space = ? and anchor = ? and sent_target = ?`,
    account.space,
    account.anchor,
    account.target,
  );
}

/** Something has happened to the person: what was refused or not shown before says nothing any more of what becomes of it now. */
export async function sendAtOnce(
  driver: Driver,
  { space, anchor }: { readonly space: number; readonly anchor: string },
): Promise<void> {
  await driver.run(
    `update password_account set attempts = 0, next_at = null
     where space = ? and anchor = ? and (state = 'failing' or (state = 'waiting' and reason = 'not-shown'))`,
    space,
    anchor,
  );
}

function toGiver(row: GiverRow): PasswordGiver {
  return {
    mv: row.mv,
    object: row.object,
    space: row.space,
    anchor: row.anchor,
    parent: row.parent,
    since: row.since,
    targetId: row.target_id,
    sourceAnchor: row.source_anchor,
    isFirst: row.is_first === 1,
    account: isKnown(row) ? toAccount(row) : null,
  };
}

function isKnown(row: GiverRow): row is GiverRow & AccountRow {
  return row.state !== null;
}

function toAccount(row: AccountRow): PasswordAccount {
  const { sent_version: version, sent_target: target, sent_since: since, sent_at: at } = row;
  const isSent = version !== null && target !== null && since !== null && at !== null;
  const changedAt = row.sent_changed_at;
  return {
    space: row.space,
    anchor: row.anchor,
    state: row.state,
    reason: row.reason,
    version: row.version,
    changedAt: row.changed_at,
    expiresAt: row.expires_at,
    waitingSince: row.waiting_since,
    attempts: row.attempts,
    nextAt: row.next_at,
    failure: row.failure,
    judged: row.judged,
    sent: isSent
      ? { version, changedAt, target, since, at, forced: row.sent_force === 1, isBlocked: row.sent_block === 1 }
      : null,
  };
}
