import type { TargetType } from '../../model/change.ts';
import { OBJECT_STATES, type SpaceObject, type Store } from '../../store/store.ts';
import type { EngineContext } from '../context.ts';
import { anchorValues } from '../lookup.ts';

/** Metaverse objects made for plans that undo, as a list of their numbers. */
const STAND_INS = 'stand-ins';

/**
 * A metaverse object for one of the tenant that nobody stands for any more, such as a user who was deleted: operations are of metaverse objects. It
 * wants nothing, so when the object is back the next plan deletes it again, unless a source gives it by then, which finds it by its anchor.
 */
export async function makeStandIn({ store, rules }: EngineContext, object: SpaceObject): Promise<number | null> {
  const [rule] = rules.inbound('tenant', object.type as TargetType);
  const anchor = object.attributes['sourceAnchor'];
  if (rule === undefined || typeof anchor !== 'string') return null;
  const lookup = anchorValues(rules.joinAttributes, anchor);
  const empty = { anchor, attributes: {}, rules: '', contributors: [], lookup };
  const mv = await store.sync.projectMetaverse(rule.targetType, object.id, empty);
  await store.sync.link(object.id, mv, true);
  await store.setMeta(STAND_INS, JSON.stringify([...(await readStandIns(store)), mv]));
  return mv;
}

/**
 * Forgets those whose object did not come back: the plan that they were made for is not carried out any more. Else an object that an administrator brings
 * back by hand would be taken for one that we have to delete.
 */
export async function dropStandIns(store: Store): Promise<void> {
  const known = await readStandIns(store);
  if (known.length === 0) return;
  await store.transaction(async () => {
    for (const mv of known) if (await isIdle(store, mv)) await store.sync.deleteMetaverse(mv);
    await store.setMeta(STAND_INS, '[]');
    await store.sync.raiseVersion();
  });
}

async function isIdle(store: Store, mv: number): Promise<boolean> {
  const joined = await store.sync.objectsOf(mv);
  const standIn = await store.sync.metaverse(mv);
  return (
    standIn !== null &&
    Object.keys(standIn.attributes).length === 0 &&
    joined.every((one) => one.id === standIn.tenant && one.state !== OBJECT_STATES.live)
  );
}

async function readStandIns(store: Store): Promise<readonly number[]> {
  return JSON.parse((await store.meta(STAND_INS)) ?? '[]') as readonly number[];
}
