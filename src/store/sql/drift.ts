import { type Attributes, decodeAttributes, encodeAttributes, isSameValue } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import {
  type DriftStore,
  type LeftReferences,
  type ObjectDrift,
  type ReferenceFlow,
  TENANT_EVENTS,
  type TenantEvent,
  TOUCH,
} from '../store.ts';
import type { AttributeNames } from './names.ts';

/** Stands where the name of an attribute stands, for the object itself. */
const OBJECT = '';

/** So many of the references that are left alone are told by name. */
const NAMED = 5;

const NOTE = 'insert into drift (mv, attribute, value) values (?, ?, ?) on conflict do nothing';

/** Notes, of each of these attributes that differs, what it held before: the first value counts until we write again. */
export async function noteAttributeDrift(
  driver: Driver,
  mv: number,
  watched: readonly string[],
  before: Attributes,
  after: Attributes,
): Promise<void> {
  for (const name of watched) {
    const value = before[name];
    if (isSameValue(value, after[name])) continue;
    await driver.run(NOTE, mv, name, encodeAttributes(value === undefined ? {} : { [name]: value }));
  }
}

export async function noteObjectDrift(driver: Driver, mv: number, event: TenantEvent): Promise<void> {
  await driver.run(
    'insert into drift (mv, attribute, value) values (?, ?, ?) on conflict (mv, attribute) do update set value = excluded.value',
    mv,
    OBJECT,
    event,
  );
}

/** Objects that nobody manages have no drift. */
export async function noteReferenceDrift(
  driver: Driver,
  source: number,
  attribute: number,
  target: number,
): Promise<void> {
  await driver.run(
    `insert into reference_drift (source, attribute, target)
     select s.mv, ?, t.mv from object s cross join object t where s.id = ? and t.id = ? and s.mv is not null and t.mv is not null
     on conflict do nothing`,
    attribute,
    source,
    target,
  );
}

export async function forgetDriftOf(driver: Driver, mv: number): Promise<void> {
  await driver.run('delete from drift where mv = ?', mv);
  await driver.run('delete from reference_drift where source = ?', mv);
  await driver.run('delete from reference_drift where target = ?', mv);
}

interface NumberedFlow extends ReferenceFlow {
  readonly attributeId: number;
  readonly targetAttributeId: number;
}

const SAME_PAIR =
  'r.mv = reference_drift.source and r.attribute = reference_drift.attribute and r.target = reference_drift.target';

export class SqlDriftStore implements DriftStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;

  constructor(driver: Driver, names: AttributeNames) {
    this.#driver = driver;
    this.#names = names;
  }

  async isAnyKnown(): Promise<boolean> {
    const row = await this.#driver.get(
      'select 1 where exists (select 1 from drift) or exists (select 1 from reference_drift)',
    );
    return row !== undefined;
  }

  async isAnyReferenceMarked(plan: number, mv: number): Promise<boolean> {
    const row = await this.#driver.get(
      'select 1 from operation_reference where plan = ? and mv = ? and drift = 1 limit 1',
      plan,
      mv,
    );
    return row !== undefined;
  }

  async of(mv: number): Promise<ObjectDrift> {
    const rows = await this.#driver.all<{ readonly attribute: string; readonly value: string }>(
      'select attribute, value from drift where mv = ?',
      mv,
    );
    const event = rows.find((row) => row.attribute === OBJECT)?.value;
    const attributes = rows
      .filter((row) => row.attribute !== OBJECT)
      .map((row) => [row.attribute, decodeAttributes(row.value)[row.attribute]] as const);
    return { event: TENANT_EVENTS.find((one) => one === event) ?? null, attributes: new Map(attributes) };
  }

  async noteEvent(mv: number, event: TenantEvent): Promise<void> {
    await noteObjectDrift(this.#driver, mv, event);
  }

  async forget(mv: number, attributes: readonly string[]): Promise<void> {
    for (const name of attributes) await this.#driver.run('delete from drift where mv = ? and attribute = ?', mv, name);
  }

  async forgetEvent(mv: number): Promise<void> {
    await this.forget(mv, [OBJECT]);
  }

  async forgetObject(mv: number): Promise<void> {
    await this.#driver.run('delete from drift where mv = ?', mv);
  }

  async forgetReferences(mv: number, attribute: string, targets: readonly number[]): Promise<void> {
    const id = await this.#names.id(attribute);
    for (const target of targets)
      await this.#driver.run(
        'delete from reference_drift where source = ? and attribute = ? and target = ?',
        mv,
        id,
        target,
      );
  }

  async touchAll(): Promise<void> {
    await this.#driver.run(
      `insert into touched (mv, flags)
       select mv, max(flags) from (
         select mv, ${TOUCH.attributes} as flags from drift
         union all select source, ${TOUCH.attributes | TOUCH.references} from reference_drift
       ) x group by mv
       on conflict (mv) do update set flags = touched.flags | excluded.flags`,
    );
  }

  async weighReferences(
    plan: number,
    flows: readonly ReferenceFlow[],
    left: ReadonlySet<string>,
  ): Promise<ReadonlyMap<number, readonly LeftReferences[]>> {
    const numbered: NumberedFlow[] = [];
    for (const flow of flows) {
      const attributeId = await this.#names.id(flow.attribute);
      numbered.push({ ...flow, attributeId, targetAttributeId: await this.#names.id(flow.targetAttribute) });
    }
    await this.#dropEnded(plan, numbered);
    await this.#driver.run(
      `update operation_reference as r set drift = 1 where plan = ? and exists (select 1 from reference_drift where ${SAME_PAIR})`,
      plan,
    );
    const ids = new Set(numbered.filter((one) => left.has(one.targetAttribute)).map((one) => one.targetAttributeId));
    for (const id of ids)
      await this.#driver.run(
        'delete from operation_reference where plan = ? and attribute = ? and drift = 1',
        plan,
        id,
      );
    return this.#left([...ids]);
  }

  /** What the plan looked at and does not change is in step, or changed in the directory; what it makes anew has no past; a single value is one. */
  async #dropEnded(plan: number, flows: readonly NumberedFlow[]): Promise<void> {
    for (const { attributeId, targetAttributeId, single } of flows) {
      await this.#driver.run(
        `delete from reference_drift where attribute = ?
         and (exists (select 1 from touched_reference p where p.source = reference_drift.source and p.attribute = ? and p.target = reference_drift.target)
           or exists (select 1 from touched t where t.mv = reference_drift.source and t.flags & ${TOUCH.references} <> 0))
         and not exists (select 1 from operation_reference r where r.plan = ? and ${SAME_PAIR})`,
        targetAttributeId,
        attributeId,
        plan,
      );
      if (!single) continue;
      await this.#driver.run(
        `delete from reference_drift where attribute = ? and exists (
           select 1 from operation_reference r where r.plan = ? and r.mv = reference_drift.source and r.attribute = reference_drift.attribute and r.adds = 1
             and not exists (select 1 from reference_drift d where d.source = r.mv and d.attribute = r.attribute and d.target = r.target))`,
        targetAttributeId,
        plan,
      );
    }
    const isMadeAnew = (mv: string): string =>
      `exists (select 1 from operation o where o.plan = ? and o.mv = ${mv} and o.action = 'create')`;
    await this.#driver.run(
      `delete from reference_drift where ${isMadeAnew('source')} or ${isMadeAnew('target')}`,
      plan,
      plan,
    );
    const isWanted = (mv: string): string => `exists (select 1 from wanted w where w.mv = ${mv})`;
    await this.#driver.run(`delete from reference_drift where not (${isWanted('source')} and ${isWanted('target')})`);
    // No rule speaks for these.
    const ids = flows.map((flow) => flow.targetAttributeId);
    await this.#driver.run(
      `delete from reference_drift where attribute not in (${ids.map(() => '?').join(', ')})`,
      ...ids,
    );
  }

  async #left(attributes: readonly number[]): Promise<ReadonlyMap<number, readonly LeftReferences[]>> {
    const left = new Map<number, LeftReferences[]>();
    for (const attribute of attributes) {
      const rows = await this.#driver.all<{ readonly mv: number; readonly held: number; readonly n: number }>(
        `select mv, held, count(*) as n from (
           select d.source as mv, exists (
             select 1 from metaverse s cross join metaverse t cross join reference r
             where s.id = d.source and t.id = d.target and r.source = s.tenant and r.attribute = d.attribute and r.target = t.tenant) as held
           from reference_drift d where d.attribute = ?) x
         group by mv, held order by mv, held`,
        attribute,
      );
      const name = await this.#names.name(attribute);
      for (const { mv, held, n } of rows) {
        const one = {
          attribute: name,
          isHeld: held === 1,
          count: n,
          targets: await this.#targets(mv, attribute, held),
        };
        left.set(mv, [...(left.get(mv) ?? []), one]);
      }
    }
    return left;
  }

  async #targets(mv: number, attribute: number, held: number): Promise<readonly number[]> {
    const rows = await this.#driver.all<{ readonly target: number }>(
      `select d.target as target from reference_drift d cross join metaverse t cross join metaverse s
       where d.source = ? and d.attribute = ? and t.id = d.target and s.id = d.source
         and exists (select 1 from reference r where r.source = s.tenant and r.attribute = d.attribute and r.target = t.tenant) = ?
       order by t.anchor, t.id limit ${NAMED}`,
      mv,
      attribute,
      held,
    );
    return rows.map((row) => row.target);
  }
}
