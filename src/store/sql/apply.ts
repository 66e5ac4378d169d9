import type {
  AttributeChange,
  GuardVerdict,
  MemberName,
  Operation,
  OperationState,
  PlanCounts,
  PlanHead,
  PlanState,
} from '../../model/plan.ts';
import { type Attributes, encodeAttributes } from '../../model/value.ts';
import type { Driver, SqlValue } from '../driver.ts';
import {
  type ApplyStore,
  type ChangeLogEntry,
  type HeldReference,
  type Intent,
  type LookupValue,
  OBJECT_STATES,
  PENDING,
  type PlanPart,
  type ReferenceStep,
  type StoredOperation,
} from '../store.ts';
import { forgetMetaverse } from './forget-metaverse.ts';
import { forgetNotHeld } from './given-values.ts';
import type { ManagedCounts } from './managed-counts.ts';
import { countLive, countReferences, markPending } from './marks.ts';
import type { AttributeNames } from './names.ts';
import { DISABLES, type OperationRow, toStoredOperation } from './operations.ts';
import { forgetSent } from './passwords.ts';
import { forgetReturning, keepReferencesTo } from './returning-references.ts';
import { metaverseDocument, objectDocument, storeDocument } from './rows.ts';
import { LOG_COLUMNS, type LogRow, toLogEntry } from './undo.ts';

interface PlanRow {
  readonly id: number;
  readonly run: number;
  readonly created_at: string;
  readonly state: PlanState;
  readonly version: number;
  readonly hash: string;
  readonly counts: string;
  readonly guards: string;
  readonly operations: number;
  readonly undoes: number | null;
  readonly approved_by: string | null;
  readonly approved_at: string | null;
}

/** Plans made before verdicts named objects have none. */
type StoredVerdict = Omit<GuardVerdict, 'objects'> & { readonly objects?: readonly string[] };

type OperationToDo = StoredOperation & { readonly position: number; readonly targetId: string | null };
type TodoRow = OperationRow & { readonly target_id: string | null };

const PLAN = 'select plan.*, (select u.run from undo_plan u where u.plan = plan.id) as undoes from plan';

const TODO_COLUMNS = `o.id, o.position, o.level, o.action, o.type, o.mv, o.object, o.anchor, o.name, o.late, o.changes, o.waits, o.cause, o.state,
  (select t.anchor from metaverse m join object t on t.id = m.tenant where m.id = o.mv) as target_id`;

/** References of these attributes have one value: they are shown as a changed attribute, not as a membership. */
const SINGLE = `(select id from attribute_name where name = 'manager')`;

const OF_OPERATION = 'select 1 from operation_reference r where r.plan = o.plan and r.mv = o.mv and r.late = o.late';

const PARTS: Readonly<Record<PlanPart, string>> = {
  create: `o.action = 'create'`,
  link: `o.action = 'link'`,
  restore: `o.action = 'restore'`,
  change: `o.action = 'update' and not ${DISABLES} and (o.changes <> '[]' or exists (${OF_OPERATION} and r.attribute in ${SINGLE}))`,
  disable: `o.action = 'update' and ${DISABLES}`,
  delete: `o.action = 'delete'`,
  members: `exists (${OF_OPERATION} and r.attribute not in ${SINGLE})`,
};

/** Many of these stand for one deletion: they are no history. */
const HELD = 'held';

const REFERENCE_STATES = { done: 1, failed: 2 } as const;

export class SqlApplyStore implements ApplyStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #managed: ManagedCounts;

  constructor(driver: Driver, names: AttributeNames, managed: ManagedCounts) {
    this.#driver = driver;
    this.#names = names;
    this.#managed = managed;
  }

  async plan(id?: string): Promise<PlanHead | null> {
    const row =
      id === undefined
        ? await this.#driver.get<PlanRow>(`${PLAN} where hash <> '' order by id desc limit 1`)
        : await this.#driver.get<PlanRow>(`${PLAN} where hash <> '' and id = ?`, Number(id) || -1);
    return row === undefined ? null : toPlanHead(row);
  }

  async planVersion(plan: string): Promise<number> {
    const row = await this.#driver.get<{ readonly version: number }>(
      'select version from plan where id = ?',
      Number(plan),
    );
    return row?.version ?? -1;
  }

  async setPlanState(
    plan: string,
    state: PlanState,
    approval?: { readonly by: string; readonly at: string },
  ): Promise<void> {
    await this.#driver.run('update plan set state = ? where id = ?', state, Number(plan));
    if (state === 'applying') {
      await this.#driver.run(
        `update plan set version = (select cast(value as integer) from meta where key = 'version') where id = ?`,
        Number(plan),
      );
    }
    if (approval === undefined) return;
    await this.#driver.run(
      'update plan set approved_by = ?, approved_at = ? where id = ?',
      approval.by,
      approval.at,
      Number(plan),
    );
  }

  async operations(plan: string, after: number, limit: number, part?: PlanPart): Promise<readonly Operation[]> {
    const where = part === undefined ? '' : ` and ${PARTS[part]}`;
    const rows = await this.#driver.all<TodoRow>(
      `select ${TODO_COLUMNS} from operation o where o.plan = ? and o.position > ?${where} order by o.position limit ?`,
      Number(plan),
      after,
      limit,
    );
    const result: Operation[] = [];
    for (const row of rows) result.push(await this.#toOperation(Number(plan), row));
    return result;
  }

  async countOperations(plan: string, part: PlanPart): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>(
      `select count(*) as n from operation o where o.plan = ? and ${PARTS[part]}`,
      Number(plan),
    );
    return row?.n ?? 0;
  }

  async #toOperation(plan: number, row: TodoRow): Promise<Operation> {
    const stored = toStoredOperation(row);
    const counts = await this.#driver.all<{ readonly adds: number; readonly n: number }>(
      `select adds, count(*) as n from operation_reference where plan = ? and mv = ? and late = ? and attribute not in ${SINGLE} group by adds`,
      plan,
      row.mv,
      row.late,
    );
    return {
      id: String(row.position ?? 0),
      action: stored.action,
      type: stored.type,
      anchor: stored.anchor,
      name: stored.name,
      targetId: stored.action === 'create' ? null : row.target_id,
      changes: [...stored.changes, ...(await this.#singleChanges(plan, row))],
      after: await this.#after(plan, row, stored.waits),
      cause: stored.cause,
      state: stored.state,
      members: {
        add: counts.find((one) => one.adds === 1)?.n ?? 0,
        remove: counts.find((one) => one.adds === 0)?.n ?? 0,
      },
    };
  }

  /** What an operation waits for: releases of its values, and the creations of what it refers to. */
  async #after(plan: number, row: TodoRow, waits: readonly number[]): Promise<readonly string[]> {
    const positions = new Set<number>();
    for (const wait of waits) {
      const found = await this.#driver.get<{ readonly position: number }>(
        'select position from operation where id = ?',
        wait,
      );
      if (found) positions.add(found.position);
    }
    const created = await this.#driver.all<{ readonly position: number }>(
      `select t.position as position from operation_reference r
       cross join operation t on t.plan = r.plan and t.mv = r.target and t.late = 0 and t.action in ('create', 'restore')
       where r.plan = ? and r.mv = ? and r.late = ? and (r.adds = 1 or t.action = 'restore')`,
      plan,
      row.mv,
      row.late,
    );
    for (const { position } of created) positions.add(position);
    positions.delete(row.position ?? 0);
    return [...positions].sort((a, b) => a - b).map(String);
  }

  async members(
    plan: string,
    operation: string,
    adds: boolean,
    offset: number,
    limit: number,
  ): Promise<readonly MemberName[]> {
    const rows = await this.#driver.all<{
      readonly anchor: string | null;
      readonly name: string;
      readonly target_id: string | null;
      readonly drift: number;
    }>(
      `select m.anchor as anchor, ${nameOf('m', 't')} as name, case when t.state = 0 then t.anchor end as target_id, r.drift as drift
       from operation o cross join operation_reference r cross join metaverse m left join object t on t.id = m.tenant
       where r.plan = o.plan and r.mv = o.mv and r.late = o.late and m.id = r.target
       and o.plan = ? and o.position = ? and r.adds = ? and r.attribute not in ${SINGLE}
       order by m.anchor, m.id limit ? offset ?`,
      Number(plan),
      Number(operation),
      adds ? 1 : 0,
      limit,
      offset,
    );
    return rows.map((row) => ({
      anchor: row.anchor ?? '',
      name: row.name,
      targetId: row.target_id,
      ...(row.drift === 1 ? { drift: true as const } : {}),
    }));
  }

  async #singleChanges(plan: number, row: TodoRow): Promise<readonly AttributeChange[]> {
    const rows = await this.#driver.all<{
      readonly attribute: number;
      readonly adds: number;
      readonly drift: number;
      readonly name: string;
    }>(
      `select r.attribute as attribute, r.adds as adds, r.drift as drift, ${nameOf('m', 't')} as name
       from operation_reference r join metaverse m on m.id = r.target left join object t on t.id = m.tenant
       where r.plan = ? and r.mv = ? and r.late = ? and r.attribute in ${SINGLE} order by r.attribute, r.adds`,
      plan,
      row.mv,
      row.late,
    );
    const changes = new Map<string, AttributeChange>();
    for (const { attribute, adds, drift, name } of rows) {
      const native = await this.#names.name(attribute);
      const marked = drift === 1 ? { drift: true as const } : {};
      const before = { ...(changes.get(native) ?? { attribute: native, native, from: null, to: null }), ...marked };
      changes.set(native, adds === 1 ? { ...before, to: name } : { ...before, from: name });
    }
    return [...changes.values()];
  }

  async levels(plan: string): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number | null }>(
      'select max(level) as n from operation where plan = ?',
      Number(plan),
    );
    return row?.n ?? -1;
  }

  async countWrites(plan: string, referencesPerWrite: number): Promise<number> {
    const objects = await this.#driver.get<{ readonly n: number }>(
      `select count(*) as n from operation where plan = ? and state = 'planned' and (action <> 'update' or changes <> '[]')`,
      Number(plan),
    );
    const references = await this.#driver.get<{ readonly n: number | null }>(
      `select sum((n + ?) / ?) as n from (
         select count(*) as n from operation_reference where plan = ? and state = 0 group by mv, attribute, adds
       ) per_object`,
      referencesPerWrite - 1,
      referencesPerWrite,
      Number(plan),
    );
    return (objects?.n ?? 0) + (references?.n ?? 0);
  }

  async operationsToDo(plan: string, level: number, after: number, limit: number): Promise<readonly OperationToDo[]> {
    return this.#todo(
      `o.plan = ? and o.level = ? and o.state = 'planned' and o.position > ? order by o.position limit ?`,
      Number(plan),
      level,
      after,
      limit,
    );
  }

  async operationsWithReferences(
    plan: string,
    late: boolean,
    after: number,
    limit: number,
  ): Promise<readonly OperationToDo[]> {
    return this.#todo(
      `o.plan = ? and o.late = ? and o.position > ? and o.action <> 'delete'
       and exists (select 1 from operation_reference r where r.plan = o.plan and r.mv = o.mv and r.late = o.late and r.state = 0)
       order by o.position limit ?`,
      Number(plan),
      late ? 1 : 0,
      after,
      limit,
    );
  }

  async #todo(where: string, ...values: readonly SqlValue[]): Promise<readonly OperationToDo[]> {
    const rows = await this.#driver.all<TodoRow>(`select ${TODO_COLUMNS} from operation o where ${where}`, ...values);
    return rows.map((row) => ({ ...toStoredOperation(row), position: row.position ?? 0, targetId: row.target_id }));
  }

  async referencesToDo(
    plan: string,
    mv: number,
    late: boolean,
    after: ReferenceStep | null,
    limit: number,
  ): Promise<readonly ReferenceStep[]> {
    const rows = await this.#driver.all<{
      readonly attribute: number;
      readonly adds: number;
      readonly target: number;
      readonly anchor: string | null;
      readonly name: string;
      readonly target_id: string | null;
      readonly single: number;
    }>(
      `select r.attribute as attribute, r.adds as adds, r.target as target, m.anchor as anchor, ${nameOf('m', 't')} as name,
         case when t.state = 0 then t.anchor end as target_id, r.attribute in ${SINGLE} as single
       from operation_reference r join metaverse m on m.id = r.target left join object t on t.id = m.tenant
       where r.plan = ? and r.mv = ? and r.late = ? and r.state = 0 and (r.attribute > ? or (r.attribute = ? and r.target > ?))
       order by r.attribute, r.target limit ?`,
      Number(plan),
      mv,
      late ? 1 : 0,
      after?.attributeId ?? -1,
      after?.attributeId ?? -1,
      after?.target ?? -1,
      limit,
    );
    const steps: ReferenceStep[] = [];
    for (const row of rows) {
      steps.push({
        attribute: await this.#names.name(row.attribute),
        attributeId: row.attribute,
        single: row.single === 1,
        adds: row.adds === 1,
        target: row.target,
        targetAnchor: row.anchor,
        targetName: row.name,
        targetId: row.target_id,
      });
    }
    return steps;
  }

  async addIntents(
    intents: readonly {
      readonly plan: string;
      readonly operation: number;
      readonly step: string;
      readonly payload: string;
      readonly at: string;
    }[],
  ): Promise<readonly number[]> {
    const ids: number[] = [];
    for (const intent of intents) {
      ids.push(
        await this.#driver.insert(
          'insert into intent (plan, operation, step, sent_at, payload) values (?, ?, ?, ?, ?) returning id',
          Number(intent.plan),
          intent.operation,
          intent.step,
          intent.at,
          intent.payload,
        ),
      );
    }
    return ids;
  }

  async openIntents(): Promise<readonly Intent[]> {
    return this.#driver.all<Intent>('select id, plan, operation, step, payload, sent_at as at from intent order by id');
  }

  async removeIntents(ids: readonly number[]): Promise<void> {
    for (const id of ids) await this.#driver.run('delete from intent where id = ?', id);
  }

  async setOperationState(operation: number, state: OperationState): Promise<void> {
    await this.#driver.run('update operation set state = ? where id = ?', state, operation);
  }

  async setReferenceState(
    plan: string,
    mv: number,
    attribute: string,
    targets: readonly number[],
    state: 'done' | 'failed',
  ): Promise<void> {
    const id = await this.#names.id(attribute);
    for (const target of targets) {
      await this.#driver.run(
        'update operation_reference set state = ? where plan = ? and mv = ? and attribute = ? and target = ?',
        REFERENCE_STATES[state],
        Number(plan),
        mv,
        id,
        target,
      );
    }
  }

  async believeObject(
    space: number,
    object: { readonly anchor: string; readonly type: string; readonly mv: number; readonly attributes: Attributes },
    lookup: readonly LookupValue[],
  ): Promise<number> {
    const doc = encodeAttributes(object.attributes);
    const before = await this.#driver.get<{ readonly id: number; readonly state: number; readonly mv: number | null }>(
      'select id, state, mv from object where space = ? and anchor = ?',
      space,
      object.anchor,
    );
    const id =
      before?.id ??
      (await this.#driver.insert(
        `insert into object (space, anchor, type, state, generation) values (?, ?, ?, 0, (select generation from space where id = ?)) returning id`,
        space,
        object.anchor,
        object.type,
        space,
      ));
    await this.#driver.run('update object set type = ?, state = 0, mv = ? where id = ?', object.type, object.mv, id);
    await storeDocument(this.#driver, id, doc);
    await forgetNotHeld(this.#driver, object.mv, object.attributes);
    await this.#driver.run('update metaverse set tenant = ? where id = ?', id, object.mv);
    if (before !== undefined) await this.#driver.run('delete from space_value where object = ?', id);
    for (const { kind, key } of lookup) {
      await this.#driver.run(
        'insert into space_value (space, kind, key, object) values (?, ?, ?, ?) on conflict do nothing',
        space,
        kind,
        key,
        id,
      );
    }
    if (before?.state === OBJECT_STATES.restorable) await forgetReturning(this.#driver, id);
    if (before?.state !== 0 || before.mv !== object.mv) await this.#managed.invalidate();
    if (before?.state !== 0) await countLive(this.#driver, space, object.type, 1);
    return id;
  }

  async believeRemoved(object: number, deletedAt: string): Promise<void> {
    await this.#managed.invalidate();
    const row = await this.#driver.get<{ readonly space: number; readonly type: string; readonly state: number }>(
      'select space, type, state from object where id = ?',
      object,
    );
    if (row === undefined || row.state !== 0) return;
    await countLive(this.#driver, row.space, row.type, -1);
    await this.#driver.run('update object set state = 3, deleted_at = ? where id = ?', deletedAt, object);
    await this.#driver.run('delete from leaving where mv = (select mv from object where id = ?)', object);
    await forgetSent(this.#driver, object);
    const referring = await this.#driver.all<{ readonly source: number; readonly attribute: number }>(
      'select source, attribute from reference where target = ?',
      object,
    );
    await keepReferencesTo(this.#driver, object);
    await this.#driver.run('delete from reference where target = ?', object);
    for (const { source, attribute } of referring) await this.#countReferences(source, attribute, -1);
  }

  async believeGone(object: number): Promise<void> {
    const changed = await this.#driver.run('update object set state = 2 where id = ? and state = 3', object);
    if (changed === 0) return;
    await markPending(this.#driver, object, PENDING.state);
  }

  async believeReferences(
    source: number,
    attribute: string,
    single: boolean,
    add: readonly number[],
    remove: readonly number[],
  ): Promise<void> {
    const id = await this.#names.id(attribute);
    let more = 0;
    if (single && add.length > 0)
      more -= await this.#driver.run('delete from reference where source = ? and attribute = ?', source, id);
    for (const mv of add) {
      more += await this.#driver.run(
        `insert into reference (source, attribute, target) select ?, ?, tenant from metaverse where id = ? and tenant is not null on conflict do nothing`,
        source,
        id,
        mv,
      );
    }
    for (const mv of remove) {
      more -= await this.#driver.run(
        'delete from reference where source = ? and attribute = ? and target = (select tenant from metaverse where id = ?)',
        source,
        id,
        mv,
      );
    }
    await this.#countReferences(source, id, more);
  }

  async #countReferences(source: number, attribute: number, by: number): Promise<void> {
    if (by !== 0) await countReferences(this.#driver, [[source, attribute, by]]);
  }

  async settlePlan(plan: string): Promise<void> {
    const settled = `select o.mv from operation o where o.plan = ?
      and not exists (select 1 from operation p where p.plan = o.plan and p.mv = o.mv and p.state <> 'done')
      and not exists (select 1 from operation_reference r where r.plan = o.plan and r.mv = o.mv and r.state <> 1)`;
    await this.#driver.run(`delete from touched where mv in (${settled})`, Number(plan));
    await this.#driver.run(`delete from touched_reference where source in (${settled})`, Number(plan));
  }

  async purgeOrphans(plan: string): Promise<void> {
    const rows = await this.#driver.all<{ readonly id: number }>(
      `select m.id from operation op
       cross join metaverse m
       left join object t on t.id = m.tenant
       where op.plan = ? and op.action = 'delete' and m.id = op.mv and ${metaverseDocument('m')} = '{}' and (m.tenant is null or t.state <> 0)
         and not exists (select 1 from object o where o.mv = m.id and o.state <> 1 and o.id <> coalesce(m.tenant, 0))`,
      Number(plan),
    );
    for (const { id } of rows) await forgetMetaverse(this.#driver, id);
  }

  async log(entries: readonly ChangeLogEntry[]): Promise<void> {
    for (const entry of entries) {
      await this.#driver.run(
        'insert into change_log (run, plan, at, mv, type, anchor, name, target_id, action, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        Number(entry.run),
        Number(entry.plan),
        entry.at,
        entry.mv,
        entry.type,
        entry.anchor,
        entry.name,
        entry.targetId,
        entry.action,
        entry.body,
      );
    }
  }

  async isAnythingLogged(): Promise<boolean> {
    return (await this.#driver.get('select 1 from change_log limit 1')) !== undefined;
  }

  async deletedAt(anchor: string): Promise<string | null> {
    const row = await this.#driver.get<{ readonly action: string; readonly at: string }>(
      `select action, at from change_log where anchor = ? and action in ('create', 'restore', 'delete') order by id desc limit 1`,
      anchor,
    );
    return row?.action === 'delete' ? row.at : null;
  }

  async *referencesHeld(object: number): AsyncIterable<readonly HeldReference[]> {
    const pages = this.#driver.pages<HeldReference>(
      `select n.name as attribute, coalesce(${nameOf('m', 't')}, t.anchor) as name, m.anchor as anchor, t.anchor as "targetId"
       from reference r cross join attribute_name n cross join object t left join metaverse m on m.id = t.mv
       where r.source = ? and n.id = r.attribute and t.id = r.target order by n.name, t.anchor`,
      object,
    );
    yield* pages;
  }

  async changesOf(anchor: string, limit: number): Promise<readonly ChangeLogEntry[]> {
    return this.#logged(`action <> '${HELD}'`, anchor, limit);
  }

  async heldBefore(anchor: string, limit: number): Promise<readonly ChangeLogEntry[]> {
    return this.#logged(`action = '${HELD}'`, anchor, limit);
  }

  async #logged(which: string, anchor: string, limit: number): Promise<readonly ChangeLogEntry[]> {
    const rows = await this.#driver.all<LogRow>(
      `select ${LOG_COLUMNS} from change_log where anchor = ? and ${which} order by id desc limit ?`,
      anchor,
      limit,
    );
    return rows.map(toLogEntry);
  }
}

/** How a metaverse object is called, by what it or its tenant object holds. */
function nameOf(metaverse: string, tenant: string): string {
  const from = (document: string, field: string): string => `json_extract(${document}, '$.${field}')`;
  const own = metaverseDocument(metaverse);
  const theirs = objectDocument(tenant);
  return `coalesce(${from(own, 'userPrincipalName')}, ${from(own, 'displayName')}, ${from(theirs, 'userPrincipalName')}, ${from(theirs, 'displayName')}, ${metaverse}.anchor, '')`;
}

function toPlanHead(row: PlanRow): PlanHead {
  return {
    id: String(row.id),
    hash: row.hash,
    createdAt: row.created_at,
    run: String(row.run),
    state: row.state,
    counts: JSON.parse(row.counts) as PlanCounts,
    guards: (JSON.parse(row.guards) as StoredVerdict[]).map((one) => ({ ...one, objects: one.objects ?? [] })),
    operations: row.operations,
    undoes: row.undoes === null ? null : String(row.undoes),
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
  };
}
