import type { TargetType } from '../../model/change.ts';
import type { Action, ActionCounts, AttributeChange, PlanCounts } from '../../model/plan.ts';
import type { Driver, SqlValue } from '../driver.ts';
import {
  type Conflict,
  type LookupValue,
  type NewOperation,
  type PlanStore,
  type PlanSummary,
  type ReferenceFlow,
  type SpaceObject,
  type StoredOperation,
  TOUCH,
  type TouchedObject,
} from '../store.ts';
import { readGiven, writeGiven } from './given-values.ts';
import type { ManagedCounts } from './managed-counts.ts';
import type { AttributeNames } from './names.ts';
import { OPERATION_COLUMNS, type OperationRow, toStoredOperation } from './operations.ts';
import { type NumberedFlow, planReferenceDifferences, touchReferencesTo } from './reference-plan.ts';
import {
  type MetaverseRow,
  metaverseColumns,
  OBJECT_COLUMNS,
  type ObjectRow,
  objectColumns,
  toMetaverseObject,
  toSpaceObject,
} from './rows.ts';

interface OperationCount {
  readonly type: TargetType;
  readonly action: Action;
  readonly disables: number;
  readonly n: number;
}

const POSITIONS_AT_ONCE = 1000;

interface TouchedRow extends MetaverseRow {
  readonly flags: number;
}

export class SqlPlanStore implements PlanStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #managed: ManagedCounts;

  constructor(driver: Driver, names: AttributeNames, managed: ManagedCounts) {
    this.#driver = driver;
    this.#names = names;
    this.#managed = managed;
  }

  async createPlan(run: string, at: string): Promise<number> {
    const version = await this.#driver.get<{ readonly value: string }>(`select value from meta where key = 'version'`);
    return this.#driver.insert(
      `insert into plan (run, created_at, state, version, hash, counts, guards, operations) values (?, ?, 'ready', ?, '', '{}', '[]', 0) returning id`,
      Number(run),
      at,
      Number(version?.value ?? 0),
    );
  }

  async touchedObjects(after: number, limit: number): Promise<readonly TouchedObject[]> {
    const rows = await this.#driver.all<TouchedRow>(
      `select ${metaverseColumns('m')}, t.flags as flags
       from touched t join metaverse m on m.id = t.mv where t.mv > ? order by t.mv limit ?`,
      after,
      limit,
    );
    return Promise.all(rows.map((row) => this.#toTouched(row)));
  }

  async countTouched(): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>('select count(*) as n from touched');
    return row?.n ?? 0;
  }

  async #toTouched(row: TouchedRow): Promise<TouchedObject> {
    return { mv: toMetaverseObject(row), flags: row.flags, tenant: await this.#tenantObject(row.tenant) };
  }

  async #tenantObject(id: number | null): Promise<SpaceObject | null> {
    if (id === null) return null;
    const row = await this.#driver.get<ObjectRow>(`select ${OBJECT_COLUMNS} from object where id = ?`, id);
    return row === undefined ? null : toSpaceObject(row);
  }

  async sourceOf(mv: number): Promise<{
    readonly id: number;
    readonly space: number;
    readonly parent: number | null;
    readonly rdn: string | null;
  } | null> {
    const row = await this.#driver.get<{
      readonly id: number;
      readonly space: number;
      readonly parent: number | null;
      readonly rdn: string | null;
    }>(
      `select id, space, parent, rdn from object where mv = ? and state <> 1 and space <> (select id from space where name = 'tenant') order by space, anchor limit 1`,
      mv,
    );
    return row ?? null;
  }

  async setWanted(mv: number, wanted: boolean): Promise<void> {
    const changed = await this.#driver.run(
      wanted ? 'insert into wanted (mv) values (?) on conflict do nothing' : 'delete from wanted where mv = ?',
      mv,
    );
    if (changed === 0) return;
    await this.#driver.run(
      'insert into touched (mv, flags) values (?, ?) on conflict (mv) do update set flags = touched.flags | excluded.flags',
      mv,
      TOUCH.references | TOUCH.referred,
    );
  }

  async givenValues(mv: number): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return readGiven(this.#driver, mv);
  }

  async setGivenValues(mv: number, attribute: string, keys: ReadonlySet<string>): Promise<void> {
    await writeGiven(this.#driver, mv, attribute, keys);
  }

  async addOperation(plan: number, operation: NewOperation): Promise<number> {
    const id = await this.#driver.insert(
      `insert into operation (plan, level, action, type, mv, object, anchor, name, late, changes, waits, cause, state)
       values (?, 0, ?, ?, ?, ?, ?, ?, 0, ?, '[]', ?, 'planned') returning id`,
      plan,
      operation.action,
      operation.type,
      operation.mv,
      operation.object,
      operation.anchor,
      operation.name,
      JSON.stringify(operation.changes),
      JSON.stringify(operation.cause),
    );
    await this.#driver.runMany(
      'insert into claim (plan, kind, key, operation) values (?, ?, ?, ?) on conflict do nothing',
      operation.claims.map(({ kind, key }) => [plan, kind, key, id]),
    );
    return id;
  }

  async operation(id: number): Promise<StoredOperation | null> {
    return this.#oneOperation('id = ?', id);
  }

  async operationOf(plan: number, mv: number): Promise<StoredOperation | null> {
    return this.#oneOperation('plan = ? and mv = ? and late = 0', plan, mv);
  }

  async #oneOperation(where: string, ...values: readonly SqlValue[]): Promise<StoredOperation | null> {
    const row = await this.#driver.get<OperationRow>(
      `select ${OPERATION_COLUMNS} from operation where ${where}`,
      ...values,
    );
    return row === undefined ? null : toStoredOperation(row);
  }

  async updateOperation(
    id: number,
    change: {
      readonly changes?: readonly AttributeChange[];
      readonly waits?: readonly number[];
      readonly level?: number;
    },
  ): Promise<void> {
    if (change.changes)
      await this.#driver.run('update operation set changes = ? where id = ?', JSON.stringify(change.changes), id);
    if (change.waits)
      await this.#driver.run('update operation set waits = ? where id = ?', JSON.stringify(change.waits), id);
    if (change.level !== undefined)
      await this.#driver.run('update operation set level = ? where id = ?', change.level, id);
  }

  async removeOperation(id: number): Promise<void> {
    await this.#driver.run('delete from claim where operation = ?', id);
    await this.#driver.run('delete from operation where id = ?', id);
  }

  async addFollowUp(
    operation: number,
    changes: readonly AttributeChange[],
    waits: readonly number[],
    level: number,
  ): Promise<number> {
    return this.#driver.insert(
      `insert into operation (plan, level, action, type, mv, object, anchor, name, late, changes, waits, cause, state)
       select plan, ?, 'update', type, mv, object, anchor, name, 1, ?, ?, cause, 'planned' from operation where id = ? returning id`,
      level,
      JSON.stringify(changes),
      JSON.stringify(waits),
      operation,
    );
  }

  async addClaim(plan: number, operation: number, { kind, key }: LookupValue): Promise<void> {
    await this.#driver.run(
      'insert into claim (plan, kind, key, operation) values (?, ?, ?, ?) on conflict do nothing',
      plan,
      kind,
      key,
      operation,
    );
  }

  async isClaimed(plan: number, { kind, key }: LookupValue): Promise<boolean> {
    const row = await this.#driver.get(
      'select 1 from claim where plan = ? and kind = ? and key = ? limit 1',
      plan,
      kind,
      key,
    );
    return row !== undefined;
  }

  async dropClaim(plan: number, operation: number, value: LookupValue): Promise<void> {
    await this.#driver.run(
      'delete from claim where plan = ? and kind = ? and key = ? and operation = ?',
      plan,
      value.kind,
      value.key,
      operation,
    );
  }

  async conflicts(plan: number): Promise<readonly Conflict[]> {
    const rows = await this.#driver.all<
      ObjectRow & { readonly operation: number; readonly kind: string; readonly key: string }
    >(
      `select ${objectColumns('h')},
              c.operation as operation, c.kind as kind, c.key as key
       from claim c
       cross join operation op
       cross join space_value v
       cross join object h
       where c.plan = ? and op.id = c.operation
         and v.space = (select id from space where name = 'tenant') and v.kind = c.kind and v.key = c.key
         and h.id = v.object and (op.object is null or op.object <> h.id)
         and (h.state = 0 or h.state = 3 and exists (
           select 1 from operation r where r.plan = c.plan and r.mv = h.mv and r.object = h.id and r.action = 'restore'))
       order by op.anchor, c.kind, c.key, h.anchor`,
      plan,
    );
    return rows.map((row) => ({
      operation: row.operation,
      value: { kind: row.kind, key: row.key },
      holder: toSpaceObject(row),
    }));
  }

  async doubleClaims(
    plan: number,
  ): Promise<readonly { readonly value: LookupValue; readonly operations: readonly number[] }[]> {
    const values = await this.#driver.all<LookupValue>(
      'select kind, key from claim where plan = ? group by kind, key having count(*) > 1 order by kind, key',
      plan,
    );
    const result: { value: LookupValue; operations: number[] }[] = [];
    for (const value of values) {
      const rows = await this.#driver.all<{ readonly operation: number }>(
        `select c.operation from claim c join operation o on o.id = c.operation
         where c.plan = ? and c.kind = ? and c.key = ? order by o.type, o.anchor`,
        plan,
        value.kind,
        value.key,
      );
      result.push({ value: { kind: value.kind, key: value.key }, operations: rows.map((row) => row.operation) });
    }
    return result;
  }

  async planReferences(plan: number, flows: readonly ReferenceFlow[]): Promise<void> {
    const numbered: NumberedFlow[] = [];
    for (const flow of flows) {
      const attributeId = await this.#names.id(flow.attribute);
      numbered.push({ ...flow, attributeId, targetAttributeId: await this.#names.id(flow.targetAttribute) });
    }
    await touchReferencesTo(this.#driver, plan, numbered);
    for (const flow of numbered) await planReferenceDifferences(this.#driver, plan, flow);
  }

  async referencesWithoutOperation(plan: number): Promise<readonly TouchedObject[]> {
    const rows = await this.#driver.all<TouchedRow>(
      `select distinct ${metaverseColumns('m')}, 0 as flags
       from operation_reference r join metaverse m on m.id = r.mv
       where r.plan = ? and not exists (select 1 from operation o where o.plan = r.plan and o.mv = r.mv)
       order by m.id`,
      plan,
    );
    return Promise.all(rows.map((row) => this.#toTouched(row)));
  }

  async dropReferences(plan: number, mv: number): Promise<void> {
    await this.#driver.run('delete from operation_reference where plan = ? and mv = ?', plan, mv);
  }

  async *referencesOutside(
    flows: readonly ReferenceFlow[],
  ): AsyncIterable<{ readonly mv: number; readonly attribute: string; readonly target: SpaceObject }> {
    for (const flow of flows) {
      if (!flow.single) continue;
      const pages = this.#driver.pages<ObjectRow & { readonly source_mv: number }>(
        `select ${objectColumns('o')}, t.mv as source_mv
         from touched t
         cross join metaverse m
         cross join wanted ws
         cross join contributor c
         cross join reference r
         cross join object o
         where t.flags & 6 <> 0 and m.id = t.mv and m.type = ? and ws.mv = t.mv and c.mv = t.mv and c.attribute = ?
           and r.source = c.object and r.attribute = c.object_attribute and o.id = r.target and not exists (select 1 from wanted w where w.mv = o.mv)
         order by t.mv, o.anchor`,
        flow.metaverseType,
        await this.#names.id(flow.attribute),
      );
      for await (const rows of pages) {
        for (const row of rows) yield { mv: row.source_mv, attribute: flow.attribute, target: toSpaceObject(row) };
      }
    }
  }

  async *outsideChecked(): AsyncIterable<readonly number[]> {
    const pages = this.#driver.pages<{ readonly mv: number }>(
      'select mv from touched where flags & 6 <> 0 order by mv',
    );
    for await (const rows of pages) yield rows.map((row) => row.mv);
  }

  async *referencesAmongCreated(
    plan: number,
  ): AsyncIterable<readonly { readonly from: number; readonly to: number }[]> {
    yield* this.#driver.pages<{ readonly from: number; readonly to: number }>(
      `select f.id as "from", t.id as "to"
       from operation f
       cross join operation_reference r
       cross join operation t
       where f.plan = ? and f.late = 0
         and r.plan = f.plan and r.mv = f.mv and r.adds = 1 and r.target <> f.mv
         and t.plan = f.plan and t.mv = r.target and t.late = 0 and t.action in ('create', 'restore')
         and (t.level > 0 or (f.type = t.type and f.action in ('create', 'restore')) or (f.action in ('restore', 'link') and t.action = 'create'))
       order by f.anchor, t.anchor`,
      plan,
    );
  }

  async makeLate(plan: number, from: number, to: number): Promise<void> {
    await this.#driver.run(
      `update operation_reference set late = 1 where plan = ?
       and mv = (select mv from operation where id = ?) and target = (select mv from operation where id = ?)`,
      plan,
      from,
      to,
    );
    const late = await this.#driver.get<{ readonly id: number }>(
      'select id from operation where plan = ? and late = 1 and mv = (select mv from operation where id = ?)',
      plan,
      from,
    );
    if (late !== undefined) return;
    const first = await this.operation(from);
    await this.addFollowUp(from, [], [from], (first?.level ?? 0) + 1);
  }

  async *operationOrder(
    plan: number,
    late: boolean,
  ): AsyncIterable<readonly { readonly id: number; readonly level: number }[]> {
    yield* this.#driver.pages<{ readonly id: number; readonly level: number }>(
      `select id, level from operation where plan = ? and late = ?
       order by level,
         case action when 'delete' then 0 when 'restore' then 1 when 'link' then 2 when 'create' then 3 else 4 end,
         case type when 'user' then 0 when 'contact' then 1 when 'device' then 2 else 3 end, anchor, id`,
      plan,
      late ? 1 : 0,
    );
  }

  async setPositions(order: Iterable<number>): Promise<void> {
    let position = 0;
    let rows: [number, number][] = [];
    const store = () => this.#driver.runMany('update operation set position = ? where id = ?', rows);
    for (const id of order) {
      position++;
      rows.push([position, id]);
      if (rows.length < POSITIONS_AT_ONCE) continue;
      await store();
      rows = [];
    }
    await store();
  }

  async countPlan(plan: number): Promise<{ readonly counts: PlanCounts; readonly operations: number }> {
    await this.#managed.keep();
    const rows = await this.#countOperations(plan);
    const busy = await this.#driver.all<{ readonly type: TargetType; readonly n: number }>(
      `select type, count(distinct mv) as n from operation where plan = ? and action in ('update', 'link', 'delete') group by type`,
      plan,
    );
    const managed = await this.managedCounts();
    const types: Partial<Record<TargetType, ActionCounts>> = {};
    for (const type of new Set([...rows.map((row) => row.type), ...(Object.keys(managed) as TargetType[])])) {
      const of = (action: Action): number => sum(rows.filter((row) => row.type === type && row.action === action));
      types[type] = {
        create: of('create'),
        update: of('update'),
        delete: of('delete'),
        restore: of('restore'),
        link: of('link'),
        disable: sum(rows.filter((row) => row.type === type && row.disables === 1 && row.action !== 'create')),
        unchanged: Math.max(0, (managed[type] ?? 0) - (busy.find((row) => row.type === type)?.n ?? 0)),
      };
    }
    const memberships = await this.#countMemberships(plan);
    const total = await this.#driver.get<{ readonly n: number }>(
      'select count(*) as n from operation where plan = ?',
      plan,
    );
    return { counts: { types, memberships }, operations: total?.n ?? 0 };
  }

  /** Operations are long, most of them creations: those are counted by an index alone. */
  async #countOperations(plan: number): Promise<readonly OperationCount[]> {
    const plain = await this.#driver.all<OperationCount>(
      `select type, action, 0 as disables, count(*) as n from operation
       where plan = ? and late = 0 and action not in ('update', 'link') group by type, action`,
      plan,
    );
    const read = await this.#driver.all<OperationCount>(
      `select type, action, count(*) as n,
              case when changes like '%"native":"accountEnabled","from":true,"to":false%' then 1 else 0 end as disables
       from operation where plan = ? and (late = 1 and changes <> '[]' or late = 0 and action in ('update', 'link')) group by type, action, disables`,
      plan,
    );
    return [...plain, ...read];
  }

  async #countMemberships(plan: number): Promise<{ readonly add: number; readonly remove: number }> {
    const rows = await this.#driver.all<{ readonly adds: number; readonly n: number }>(
      'select adds, count(*) as n from operation_reference where plan = ? and attribute = ? group by adds',
      plan,
      await this.#names.id('member'),
    );
    return { add: rows.find((row) => row.adds === 1)?.n ?? 0, remove: rows.find((row) => row.adds === 0)?.n ?? 0 };
  }

  async *planTexts(plan: number): AsyncIterable<readonly string[]> {
    const operations = this.#driver.pages<{ readonly text: string }>(
      `select position || '|' || action || '|' || type || '|' || anchor || '|' || name || '|' || changes as text
       from operation where plan = ? order by position`,
      plan,
    );
    for await (const rows of operations) yield rows.map((row) => row.text);
    // One text for all references of one attribute of one operation, in the order of their anchors.
    const references = this.#driver.pages<{ readonly text: string }>(
      `select o.position || '|' || n.name || '|' || r.adds || '|' || group_concat(t.anchor, ',' order by t.anchor) as text
       from operation o
       cross join operation_reference r
       cross join attribute_name n
       cross join metaverse t
       where o.plan = ? and r.plan = o.plan and r.mv = o.mv and r.late = o.late and n.id = r.attribute and t.id = r.target
       group by o.position, n.name, r.adds
       order by o.position, n.name, r.adds`,
      plan,
    );
    for await (const rows of references) yield rows.map((row) => row.text);
  }

  async finishPlan(plan: number, summary: PlanSummary): Promise<void> {
    await this.#driver.run(
      'update plan set hash = ?, counts = ?, guards = ?, operations = ?, state = ?, detailed = ? where id = ?',
      summary.hash,
      JSON.stringify(summary.counts),
      JSON.stringify(summary.guards),
      summary.operations,
      summary.state,
      summary.operations > 0 ? 1 : 0,
      plan,
    );
    await this.#driver.run('delete from claim where plan = ?', plan);
  }

  async clearSettled(plan: number): Promise<void> {
    await this.#driver.run(
      'delete from touched where not exists (select 1 from operation o where o.plan = ? and o.mv = touched.mv)',
      plan,
    );
    await this.#driver.run(
      `delete from touched_reference where not exists (
         select 1 from operation_reference r where r.plan = ? and r.mv = touched_reference.source and r.target = touched_reference.target)`,
      plan,
    );
  }

  async managedCounts(): Promise<Readonly<Partial<Record<TargetType, number>>>> {
    return this.#managed.read();
  }

  async prunePlans(keep: number): Promise<void> {
    const rows = await this.#driver.all<{ readonly id: number }>(
      `select id from plan where detailed = 1 and state <> 'applying' order by id desc limit -1 offset ?`,
      keep,
    );
    for (const { id } of rows) {
      await this.#driver.run('delete from operation_reference where plan = ?', id);
      await this.#driver.run('delete from operation where plan = ?', id);
      await this.#driver.run('delete from claim where plan = ?', id);
      await this.#driver.run('delete from not_undone where plan = ?', id);
      await this.#driver.run(
        `update plan set detailed = 0, state = case when state = 'applied' then state else 'stale' end where id = ?`,
        id,
      );
    }
  }
}

function sum(rows: readonly { readonly n: number }[]): number {
  return rows.reduce((total, row) => total + row.n, 0);
}
