import type { Driver } from '../driver.ts';
import { OBJECT_STATES, type ReferenceFlow, TOUCH } from '../store.ts';

/**
 * Comparing references as sets inside the database: what the spaces want against what we believe the tenant holds, for touched pairs and
 * touched objects only. A reference is a pair of metaverse objects, so it resolves as soon as both ends are there, in whatever order they came.
 */

export interface NumberedFlow extends ReferenceFlow {
  readonly attributeId: number;
  readonly targetAttributeId: number;
}

/**
 * `cross join` instead of `join`: SQLite then reads the tables in the order written. What was touched comes first, always; left to itself it would
 * now and then begin with a table that grows with the directory.
 *
 * Whether the spaces want the reference from `source` to `target` (both columns of the caller's query). Reads a few index entries, however large the group. */
const wantedPair = (source: string, attribute: string, target: string): string => `(
  exists (select 1 from wanted w where w.mv = ${target}) and exists (
    select 1 from object t cross join contributor c cross join reference r
    where t.mv = ${target} and c.mv = ${source} and c.attribute = ${attribute}
      and r.source = c.object and r.attribute = c.object_attribute and r.target = t.id))`;

/** What refers to an object that is deleted ends by itself; what refers to one that is only about to leave stays until then. */
const isLeaving = (target: string): string =>
  `(exists (select 1 from operation o where o.plan = ? and o.mv = ${target} and o.action = 'delete') or exists (select 1 from leaving l where l.mv = ${target}))`;

/**
 * Whatever refers to an object that this plan creates or restores, or that came into what the rules want or left it, has to be looked at: what the
 * spaces say, and what the tenant holds. Objects all of whose references are looked at anyway are left out; in a first load those are all, which one query finds out.
 */
export async function touchReferencesTo(driver: Driver, plan: number, flows: readonly NumberedFlow[]): Promise<void> {
  const others = await driver.get(
    `select 1 from wanted w where not exists (select 1 from touched t where t.mv = w.mv and t.flags & ${TOUCH.references} <> 0) limit 1`,
  );
  if (others === undefined) return;
  const notLookedAt = (mv: string): string =>
    `not exists (select 1 from touched a where a.mv = ${mv} and a.flags & ${TOUCH.references} <> 0)`;
  const referring = `
     from (
       select mv from operation where plan = ? and action in ('create', 'restore')
       union select mv from touched where flags & ${TOUCH.referred} <> 0
     ) x
     cross join object o
     cross join reference r
     cross join contributor c
     where o.mv = x.mv and r.target = o.id and c.object = r.source and c.object_attribute = r.attribute and ${notLookedAt('c.mv')}`;
  await driver.run(
    `insert into touched_reference (source, attribute, target) select c.mv, c.attribute, x.mv ${referring} on conflict do nothing`,
    plan,
  );
  // A manager who was out of the scope is not any more, or the other way round.
  await driver.run(
    `insert into touched (mv, flags)
     select distinct c.mv, ${TOUCH.outside} ${referring}
     on conflict (mv) do update set flags = touched.flags | excluded.flags`,
    plan,
  );
  for (const flow of flows) await touchReferencesHeld(driver, flow);
}

/** Touches the references that the tenant holds to an object about which sync has changed its mind. */
async function touchReferencesHeld(driver: Driver, flow: NumberedFlow): Promise<void> {
  await driver.run(
    `insert into touched_reference (source, attribute, target)
     select h.mv, ?, t.mv
     from touched t
     cross join metaverse m
     cross join reference r
     cross join object h
     where t.flags & ${TOUCH.referred} <> 0 and m.id = t.mv and r.target = m.tenant and r.attribute = ? and h.id = r.source and h.mv is not null
     on conflict do nothing`,
    flow.attributeId,
    flow.targetAttributeId,
  );
}

export async function planReferenceDifferences(driver: Driver, plan: number, flow: NumberedFlow): Promise<void> {
  await planTouchedPairs(driver, plan, flow);
  await planAllAdditions(driver, plan, flow);
  await planAllRemovals(driver, plan, flow);
  await planReturningRemovals(driver, plan, flow);
}

async function planTouchedPairs(driver: Driver, plan: number, flow: NumberedFlow): Promise<void> {
  await driver.run(
    `insert into operation_reference (plan, mv, attribute, target, adds, late, state)
     select ?, d.source, ?, d.target, d.desired, 0, 0 from (
       select p.source as source, p.target as target, ${wantedPair('p.source', 'p.attribute', 'p.target')} as desired,
         exists (select 1 from reference r where r.source = ms.tenant and r.attribute = ? and r.target = mt.tenant) as held
       from touched_reference p
       cross join metaverse ms
       cross join metaverse mt
       cross join wanted ws
       where ms.id = p.source and ms.type = ? and mt.id = p.target and ws.mv = p.source and p.attribute = ?
     ) d
     where d.desired <> d.held and not (d.desired = 0 and ${isLeaving('d.target')})
     on conflict do nothing`,
    plan,
    flow.targetAttributeId,
    flow.targetAttributeId,
    flow.metaverseType,
    flow.attributeId,
    plan,
  );
}

/** For objects all of whose references are to be compared: what is wanted and not held. */
async function planAllAdditions(driver: Driver, plan: number, flow: NumberedFlow): Promise<void> {
  await driver.run(
    `insert into operation_reference (plan, mv, attribute, target, adds, late, state)
     select ?, g.id, ?, o.mv, 1, 0, 0
     from touched t
     cross join metaverse g
     cross join wanted wg
     cross join contributor c
     cross join reference r
     cross join object o
     cross join wanted wo
     where g.id = t.mv and g.type = ? and wg.mv = g.id and c.mv = g.id and c.attribute = ?
       and r.source = c.object and r.attribute = c.object_attribute and o.id = r.target and wo.mv = o.mv
       and t.flags & ${TOUCH.references} <> 0
       and (g.tenant is null or not exists (
         select 1 from reference h where h.source = g.tenant and h.attribute = ?
           and h.target = (select m.tenant from metaverse m where m.id = o.mv)))
     on conflict do nothing`,
    plan,
    flow.targetAttributeId,
    flow.metaverseType,
    flow.attributeId,
    flow.targetAttributeId,
  );
}

/** And what is held and not wanted; references to objects that we do not manage stay. */
async function planAllRemovals(driver: Driver, plan: number, flow: NumberedFlow): Promise<void> {
  await driver.run(
    `insert into operation_reference (plan, mv, attribute, target, adds, late, state)
     select ?, g.id, ?, h.mv, 0, 0, 0
     from touched t
     cross join metaverse g
     cross join wanted wg
     cross join reference r
     cross join object h
     where t.flags & ${TOUCH.references} <> 0 and g.id = t.mv and g.type = ? and wg.mv = g.id
       and r.source = g.tenant and r.attribute = ? and h.id = r.target and h.mv is not null
       and not ${wantedPair('g.id', '?', 'h.mv')}
       and not ${isLeaving('h.mv')}
     on conflict do nothing`,
    plan,
    flow.targetAttributeId,
    flow.metaverseType,
    flow.targetAttributeId,
    flow.attributeId,
    plan,
  );
}

/**
 * What the tenant will give back with the objects that the plan restores, though it is not wanted any more. A single reference that was set to
 * another target meanwhile does not come back.
 */
async function planReturningRemovals(driver: Driver, plan: number, flow: NumberedFlow): Promise<void> {
  const isThere = (object: string): string =>
    `(${object}.state = ${OBJECT_STATES.live} or exists (select 1 from operation i where i.plan = ? and i.object = ${object}.id and i.mv = ${object}.mv and i.action = 'restore'))`;
  const isReplaced = `exists (select 1 from reference h where h.source = source.id and h.attribute = ?)
    or exists (select 1 from operation_reference n where n.plan = ? and n.mv = source.mv and n.attribute = ? and n.adds = 1)`;
  await driver.run(
    `insert into operation_reference (plan, mv, attribute, target, adds, late, state)
     select ?, source.mv, ?, target.mv, 0, 0, 0
     from (
       select b.source as source_id, b.target as target_id from operation o cross join returning_reference b
       where o.plan = ? and o.action = 'restore' and b.target = o.object and b.attribute = ?
       union select b.source, b.target from operation o cross join returning_reference b
       where o.plan = ? and o.action = 'restore' and b.source = o.object and b.attribute = ?
     ) x
     cross join object source
     cross join object target
     cross join metaverse g
     cross join wanted w
     where source.id = x.source_id and target.id = x.target_id and target.mv is not null and g.id = source.mv and g.type = ? and w.mv = source.mv
       and ${isThere('source')} and ${isThere('target')}
       and not ${wantedPair('source.mv', '?', 'target.mv')}
       and not ${isLeaving('target.mv')}
       and (? = 0 or not (${isReplaced}))
     on conflict do nothing`,
    plan,
    flow.targetAttributeId,
    plan,
    flow.targetAttributeId,
    plan,
    flow.targetAttributeId,
    flow.metaverseType,
    plan,
    plan,
    flow.attributeId,
    plan,
    flow.single ? 1 : 0,
    flow.targetAttributeId,
    plan,
    flow.targetAttributeId,
  );
}
