import type { TargetType } from '../../model/change.ts';
import type { Action, AttributeChange, Cause } from '../../model/plan.ts';
import type { Driver } from '../driver.ts';
import type {
  DepartureKind,
  Departures,
  GuardStore,
  LeavingObject,
  MembershipLoss,
  PrivilegedChange,
} from '../store.ts';
import type { AttributeNames } from './names.ts';
import { DISABLES } from './operations.ts';
import { objectDocument } from './rows.ts';

const TENANT_SPACE = `(select id from space where name = 'tenant')`;
const NAME_OF_TENANT_OBJECT = (object: string): string =>
  `coalesce(json_extract(${objectDocument(object)}, '$.userPrincipalName'), json_extract(${objectDocument(object)}, '$.displayName'), ${object}.anchor)`;

interface LeavingRow {
  readonly type: TargetType;
  readonly name: string;
  readonly cause: string;
}

interface LossRow {
  readonly mv: number;
  readonly name: string;
  readonly lost: number;
  readonly held: number;
}

export class SqlGuardStore implements GuardStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;

  constructor(driver: Driver, names: AttributeNames) {
    this.#driver = driver;
    this.#names = names;
  }

  async departuresSince(at: string): Promise<readonly Departures[]> {
    return this.#driver.all<Departures>(
      'select kind, type, sum(n) as count from departure where at > ? group by kind, type order by kind, type',
      at,
    );
  }

  async membershipsLostSince(at: string): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#driver.all<{ readonly mv: number; readonly n: number }>(
      `select mv, sum(n) as n from departure where at > ? and kind = 'member' group by mv`,
      at,
    );
    return new Map(rows.map((row) => [row.mv, row.n]));
  }

  async noteDeparture(plan: string, kind: DepartureKind, type: TargetType, at: string): Promise<void> {
    await this.#note(plan, kind, 0, type, 1, at);
  }

  async noteMembershipLoss(plan: string, group: number, count: number, at: string): Promise<void> {
    if (count > 0) await this.#note(plan, 'member', group, 'group', count, at);
  }

  async noteMembershipsOf(plan: string, object: number, at: string): Promise<void> {
    const groups = await this.#driver.all<{ readonly mv: number }>(
      `select g.mv as mv from reference r cross join object g
       where r.target = ? and r.attribute = ? and g.id = r.source and g.mv is not null`,
      object,
      await this.#names.id('member'),
    );
    for (const { mv } of groups) await this.#note(plan, 'member', mv, 'group', 1, at);
  }

  async #note(
    plan: string,
    kind: DepartureKind,
    mv: number,
    type: TargetType,
    count: number,
    at: string,
  ): Promise<void> {
    await this.#driver.run(
      `insert into departure (kind, mv, type, plan, at, n) values (?, ?, ?, ?, ?, ?)
       on conflict (kind, mv, type, plan) do update set n = departure.n + excluded.n, at = excluded.at`,
      kind,
      mv,
      type,
      Number(plan),
      at,
      count,
    );
  }

  async forgetDepartures(before: string): Promise<void> {
    await this.#driver.run('delete from departure where at <= ?', before);
  }

  async names(
    plan: number,
    kind: 'delete' | 'disable',
    type: TargetType | null,
    limit: number,
  ): Promise<readonly string[]> {
    const which = kind === 'delete' ? `o.action = 'delete'` : `o.action = 'update' and ${DISABLES}`;
    const rows = await this.#driver.all<{ readonly name: string }>(
      `select o.name as name from operation o where o.plan = ? and o.late = 0 and ${which}${type === null ? '' : ' and o.type = ?'} order by o.name, o.id limit ?`,
      plan,
      ...(type === null ? [] : [type]),
      limit,
    );
    return rows.map((row) => row.name);
  }

  async *leavingObjects(plan: number): AsyncIterable<readonly LeavingObject[]> {
    const pages = this.#driver.pages<LeavingRow>(
      `select o.type as type, o.name as name, o.cause as cause from operation o
       where o.plan = ? and o.action = 'delete' and not exists (select 1 from leaving l where l.mv = o.mv)
       union all
       select type, name, cause from leaving where settled = 0`,
      plan,
    );
    for await (const rows of pages)
      yield rows.map(({ type, name, cause }) => ({ type, name, cause: JSON.parse(cause) as Cause }));
  }

  async *membershipLosses(plan: number): AsyncIterable<readonly MembershipLoss[]> {
    const member = await this.#names.id('member');
    const deleted = `exists (select 1 from operation d where d.plan = ? and d.mv = g.mv and d.action = 'delete')`;
    const lost = this.#driver.pages<LossRow>(
      `select g.mv as mv, ${NAME_OF_TENANT_OBJECT('g')} as name, lost.n as lost, coalesce(c.count, lost.n) as held
       from (
         select source, count(*) as n from (
           select h.source as source, h.target as target
           from operation_reference r
           cross join metaverse gm
           cross join metaverse tm
           cross join reference h
           where r.plan = ? and r.attribute = ? and r.adds = 0 and gm.id = r.mv and tm.id = r.target
             and h.source = gm.tenant and h.attribute = r.attribute and h.target = tm.tenant
           union
           select h.source, h.target from operation o cross join reference h
           where o.plan = ? and o.action = 'delete' and h.target = o.object and h.attribute = ?
         ) pair group by source
       ) lost
       cross join object g
       left join reference_count c on c.source = g.id and c.attribute = ?
       where g.id = lost.source and g.mv is not null and not ${deleted}
       order by name, g.id`,
      plan,
      member,
      plan,
      member,
      member,
      plan,
    );
    for await (const rows of lost) yield rows.map((row) => ({ ...row, isDeleted: false }));
    const gone = this.#driver.pages<LossRow>(
      `select o.mv as mv, o.name as name, c.count as lost, c.count as held from operation o cross join reference_count c
       where o.plan = ? and o.action = 'delete' and o.type = 'group' and c.source = o.object and c.attribute = ? and c.count > 0
       order by o.name, o.id`,
      plan,
      member,
    );
    for await (const rows of gone) yield rows.map((row) => ({ ...row, isDeleted: true }));
  }

  async countMemberships(): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number | null }>(
      `select sum(c.count) as n from object g cross join reference_count c
       where g.space = ${TENANT_SPACE} and g.type = 'group' and g.state = 0 and g.mv is not null and c.source = g.id and c.attribute = ?`,
      await this.#names.id('member'),
    );
    return row?.n ?? 0;
  }

  async referenceChanges(
    plan: number,
    attribute: string,
    type: TargetType,
    limit: number,
  ): Promise<{ readonly count: number; readonly names: readonly string[] }> {
    const from = `from operation o cross join operation_reference r
      where o.plan = ? and o.action = 'update' and o.late = 0 and o.type = ? and r.plan = o.plan and r.mv = o.mv and r.attribute = ? and r.adds = 0`;
    const id = await this.#names.id(attribute);
    const row = await this.#driver.get<{ readonly n: number }>(
      `select count(distinct o.mv) as n ${from}`,
      plan,
      type,
      id,
    );
    const rows = await this.#driver.all<{ readonly name: string }>(
      `select distinct o.name as name ${from} order by o.name limit ?`,
      plan,
      type,
      id,
      limit,
    );
    return { count: row?.n ?? 0, names: rows.map((one) => one.name) };
  }

  async countManagedBelow(container: number, limit: number): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>(
      `with recursive below (id, mv, state) as (
         select id, mv, state from object where parent = ?
         union all
         select o.id, o.mv, o.state from object o join below b on o.parent = b.id
       )
       select count(*) as n from (select 1 from below where mv is not null and state = 0 limit ?) some`,
      container,
      limit,
    );
    return row?.n ?? 0;
  }

  async replaceRoleHolders(
    holders: readonly { readonly id: string; readonly roles: readonly string[] }[],
  ): Promise<void> {
    await this.#driver.run('delete from role_holder');
    await this.#driver.runMany(
      'insert into role_holder (anchor, roles) values (?, ?)',
      holders.map(({ id, roles }) => [id, JSON.stringify(roles)]),
    );
  }

  async roleHolders(): Promise<readonly string[]> {
    const rows = await this.#driver.all<{ readonly anchor: string }>(
      `select anchor from role_holder
       union
       select o.anchor from role_holder h cross join object g cross join reference r cross join object o
       where g.space = ${TENANT_SPACE} and g.anchor = h.anchor and g.type = 'group' and r.source = g.id and r.attribute = ? and o.id = r.target
       order by anchor`,
      await this.#names.id('member'),
    );
    return rows.map((row) => row.anchor);
  }

  async privilegedChanges(plan: number): Promise<readonly PrivilegedChange[]> {
    // Holders are few: they come first, so the plan is asked for each of them by index.
    const rows = await this.#driver.all<{
      readonly name: string;
      readonly type: TargetType;
      readonly action: Action;
      readonly changes: string;
      readonly roles: string;
    }>(
      `select distinct p.name as name, p.type as type, p.action as action, p.changes as changes, holder.roles as roles
       from (
         select o.mv as mv, h.roles as roles from role_holder h cross join object o
         where o.space = ${TENANT_SPACE} and o.anchor = h.anchor and o.mv is not null
         union
         select o.mv, h.roles from role_holder h cross join object g cross join reference r cross join object o
         where g.space = ${TENANT_SPACE} and g.anchor = h.anchor and g.type = 'group' and r.source = g.id and r.attribute = ?
           and o.id = r.target and o.mv is not null
       ) holder
       cross join operation p
       where p.plan = ? and p.mv = holder.mv
         and (p.action in ('delete', 'link') or p.changes like '%"native":"userPrincipalName"%'
           or ${DISABLES.replace('o.', 'p.')}
           or p.type = 'group' and exists (select 1 from operation_reference r where r.plan = p.plan and r.mv = p.mv))
       order by p.name, p.id`,
      await this.#names.id('member'),
      plan,
    );
    return rows.map((row) => ({
      ...row,
      changes: JSON.parse(row.changes) as AttributeChange[],
      roles: JSON.parse(row.roles) as string[],
    }));
  }
}
