import { DirbridgeError } from '../errors.ts';
import type { ObjectName } from '../model/finding.ts';
import { type HandLink, type MetaverseObject, OBJECT_STATES, type SpaceObject, TOUCH } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { findByName, searchAll } from './explain.ts';
import { holdApart } from './hold-apart.ts';
import { objectName } from './object-name.ts';
import { tryFlowOut } from './outbound.ts';

/** What was joined or taken apart by hand: names on both sides. */
export interface HandLinked {
  readonly object: ObjectName;
  readonly target: ObjectName;
}

/**
 * Joins an object of a source to one of the tenant by hand, whatever their values say: also a holder of an administrator role. Writes nothing to the tenant:
 * the next plan shows what taking it over overwrites. Throws `object-not-found`, `link-refused`.
 */
export async function linkByHand(
  context: EngineContext,
  { object, target, who }: { readonly object: string; readonly target: string; readonly who: string },
): Promise<HandLinked> {
  const { store } = context;
  const ours = await findOne(context, object, 'source');
  const theirs = await findOne(context, target, 'tenant');
  const mv = ours.mv === null ? null : await store.sync.metaverse(ours.mv);
  const names = await namesOf(context, ours, theirs);
  if (mv?.anchor == null)
    throw refuse(`${object} is not synchronized yet`, `See why: dirbridge explain ${JSON.stringify(object)}.`);
  refuseUnfit(context, mv, theirs, names);
  await store.transaction(async () => {
    const link = { anchor: mv.anchor ?? '', target: theirs.anchor, who, at: context.now().toISOString() };
    await store.matches.setHandLink(link);
    await joinByHand(context, mv.id, theirs.id, who);
    await store.sync.raiseVersion();
  });
  return names;
}

/**
 * Takes an object of a source and its object in the tenant apart, until they are linked by hand again: what is in the tenant stays there as it is, and nothing
 * is created in its place. Throws `object-not-found`, `link-refused`.
 */
export async function unlinkByHand(
  context: EngineContext,
  { object, who }: { readonly object: string; readonly who: string },
): Promise<HandLinked> {
  const { store } = context;
  const found = await findOne(context, object, 'any');
  const mv = found.mv === null ? null : await store.sync.metaverse(found.mv);
  const theirs = mv?.tenant == null ? null : await store.spaces.objectById(mv.tenant);
  if (mv?.anchor == null || theirs === null)
    throw refuse(
      `${object} is linked to nothing in the tenant`,
      `See what it is: dirbridge explain ${JSON.stringify(object)}.`,
    );
  const [ours] = (await store.sync.objectsOf(mv.id)).filter((one) => one.id !== theirs.id);
  const names = await namesOf(context, ours ?? found, theirs);
  await store.transaction(async () => {
    const at = context.now().toISOString();
    await store.matches.setHandLink({ anchor: mv.anchor ?? '', target: null, who, at });
    await store.sync.touchReferencesTo(theirs.id);
    await store.sync.link(theirs.id, null, true);
    await holdApart(context, mv.id, theirs.id, { names, who, run: '0' });
    await store.sync.raiseVersion();
  });
  return names;
}

/**
 * Takes over what administrators decided on the server that writes, whose word counts whatever the clocks say. Where an object is not known here yet, or its place is still
 * taken, the decision waits for it: it is looked at each time. In transactions of its own.
 */
export async function adoptHandLinks(context: EngineContext, links: readonly HandLink[]): Promise<void> {
  const { store } = context;
  const known = new Map((await store.matches.handLinks()).map((link) => [link.anchor, link]));
  // Who is taken apart makes room for who is linked.
  const inOrder = [...links.filter((one) => one.target === null), ...links.filter((one) => one.target !== null)];
  for (const link of inOrder) {
    const before = known.get(link.anchor);
    const isSame = before?.target === link.target && before.at === link.at;
    if (isSame && (await isCarriedOut(context, link))) continue;
    await store.transaction(async () => {
      await store.matches.setHandLink(link);
      await carryOutHandLink(context, link);
      await store.sync.raiseVersion();
    });
  }
}

async function isCarriedOut({ store }: EngineContext, { anchor, target }: HandLink): Promise<boolean> {
  const number = await store.peers.metaverseOf(anchor);
  const mv = number === null ? null : await store.sync.metaverse(number);
  if (mv === null) return true;
  const theirs = mv.tenant === null ? null : await store.spaces.objectById(mv.tenant);
  return (theirs?.anchor ?? null) === target;
}

async function carryOutHandLink(context: EngineContext, { anchor, target, who }: HandLink): Promise<void> {
  const { store } = context;
  const number = await store.peers.metaverseOf(anchor);
  const mv = number === null ? null : await store.sync.metaverse(number);
  if (mv === null) return;
  const theirs = mv.tenant === null ? null : await store.spaces.objectById(mv.tenant);
  if (theirs !== null && theirs.anchor !== target) {
    await store.sync.touchReferencesTo(theirs.id);
    await store.sync.link(theirs.id, null, true);
  }
  if (target === null) {
    const [ours] = (await store.sync.objectsOf(mv.id)).filter((one) => one.id !== theirs?.id);
    const names = ours === undefined || theirs === null ? {} : await namesOf(context, ours, theirs);
    await holdApart(context, mv.id, theirs?.id ?? 0, { names, who, run: '0' });
    return;
  }
  const tenant = (await store.spaces.spaces()).find((space) => space.name === TENANT);
  const found = tenant === undefined ? null : await store.spaces.objectByAnchor(tenant.id, target);
  if (found?.state !== OBJECT_STATES.live || (found.mv !== null && found.mv !== mv.id)) return;
  await joinByHand(context, mv.id, found.id, who);
}

async function joinByHand({ store, now }: EngineContext, mv: number, theirs: number, who: string): Promise<void> {
  await store.matches.note({ mv, candidate: theirs, way: 'hand', value: who, refused: null });
  await store.sync.link(theirs, mv, true);
  await store.sync.touch(mv, TOUCH.attributes | TOUCH.references | TOUCH.referred);
  await store.sync.touchReferencesTo(theirs);
  await store.runs.replaceFindings('sync', `m${mv}`, [], '0', now().toISOString());
}

function refuseUnfit(
  context: EngineContext,
  mv: MetaverseObject,
  theirs: SpaceObject,
  { object, target }: HandLinked,
): void {
  const wanted = wantedType(context, mv);
  const { attributes } = theirs;
  const anchor = attributes['sourceAnchor'];
  const named = `${target.name} (${target.anchor})`;
  if (wanted === null)
    throw refuse(
      `the rules do not want ${object.name} in the tenant`,
      `See why: dirbridge explain ${JSON.stringify(object.name)}.`,
    );
  if (wanted !== theirs.type)
    throw refuse(
      `${object.name} becomes a ${wanted}, but ${named} is a ${theirs.type}`,
      'Name an object of the same type.',
    );
  if (theirs.state !== OBJECT_STATES.live)
    throw refuse(`${named} is deleted in the tenant`, 'Restore it in the tenant first, then make a plan.');
  if (theirs.mv !== null && theirs.mv !== mv.id)
    throw refuse(
      `${named} is linked to another object already`,
      `Take the two apart first: dirbridge unlink ${target.anchor}.`,
    );
  if (anchor !== undefined && anchor !== mv.anchor)
    throw refuse(
      `${named} carries the source anchor ${String(anchor)}, but ${object.name} has ${mv.anchor ?? 'none'}`,
      'Clear onPremisesImmutableId of that user in the tenant, then make a plan and link again.',
    );
  if (mv.tenant !== null && mv.tenant !== theirs.id)
    throw refuse(
      `${object.name} is linked to another object of the tenant already`,
      `Take the two apart first: dirbridge unlink ${JSON.stringify(object.name)}.`,
    );
  if (attributes['onPremisesSyncEnabled'] === true)
    throw refuse(
      `${named} is still written by directory synchronization`,
      'Stop Entra Connect and switch directory synchronization off first.',
    );
}

function wantedType({ rules, now }: EngineContext, mv: MetaverseObject): string | null {
  const desired = tryFlowOut(rules, mv, now());
  return desired?.kind === 'object' ? desired.type : null;
}

async function namesOf({ store }: EngineContext, ours: SpaceObject, theirs: SpaceObject): Promise<HandLinked> {
  const space = (await store.spaces.spaces()).find((one) => one.id === ours.space)?.name ?? '';
  return {
    object: objectName(ours, space, await store.sync.dnOf(ours.id)),
    target: objectName(theirs, TENANT, null),
  };
}

async function findOne(context: EngineContext, name: string, side: 'source' | 'tenant' | 'any'): Promise<SpaceObject> {
  const spaces = await context.store.spaces.spaces();
  const tenant = spaces.find((space) => space.name === TENANT)?.id;
  const isOfSide = (one: SpaceObject): boolean =>
    one.state !== OBJECT_STATES.removed && (side === 'any' || (one.space === tenant) === (side === 'tenant'));
  const named = await findByName(context, spaces, name);
  let found = named.filter(isOfSide);
  // A name of the tenant may be that of a source, too.
  if (found.length === 0) found = (await searchAll(context, name)).filter(isOfSide);
  const persons = new Map(found.map((one) => [one.mv === null ? `o${one.id}` : `m${one.mv}`, one]));
  const [first, second] = [...persons.values()];
  const where = { tenant: 'the tenant holds no', source: 'no source holds an', any: 'nobody has seen an' }[side];
  if (first === undefined) throw new DirbridgeError('object-not-found', `${where} object "${name}"`);
  if (second !== undefined)
    throw refuse(`${persons.size} objects go by the name "${name}"`, 'Name it by its DN or its GUID.');
  return first;
}

function refuse(message: string, remedy: string): DirbridgeError {
  return new DirbridgeError('link-refused', message, { remedy });
}
