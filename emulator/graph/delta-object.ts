import type { Entity, LinkSet, ObjectKind } from '../tenant/entity.ts';
import { odataType, PROPERTIES, propertyValue, selectNames } from './projection.ts';

/** What a delta tells of each object: properties, and which links. */
export interface Tracked {
  readonly names: readonly string[];
  readonly links: readonly ('members' | 'owners')[];
  readonly hasManager: boolean;
}

/** How many links may still go into the page. */
export interface LinkBudget {
  left: number;
}

const LINKS: Readonly<Record<ObjectKind, readonly string[]>> = {
  user: ['manager'],
  group: ['members', 'owners'],
  servicePrincipal: [],
  orgContact: [],
  device: [],
  organization: [],
};

/** Members are tracked unless $select leaves them out (documented); manager and owners only when selected (assumed). */
export function trackedOf(kind: ObjectKind, select: readonly string[] | undefined): Tracked {
  const properties = select?.filter((name) => !LINKS[kind].includes(name));
  const names = selectNames(kind, properties);
  return {
    names: names.filter((name) => name !== 'id' && name !== 'deletedDateTime'),
    links: (['members', 'owners'] as const).filter((name) =>
      select ? select.includes(name) : kind === 'group' && name === 'members',
    ),
    hasManager: select?.includes('manager') === true && kind === 'user',
  };
}

/** Whether anything that the client tracks changed after `since`. */
export function hasNews(entity: Entity, since: number, tracked: Tracked): boolean {
  if (tracked.hasManager && entity.managers?.log.after(since).next().done === false) return true;
  if (entity.patches.some((patch) => patch.seq > since && patch.names.some((name) => tracked.names.includes(name))))
    return true;
  return tracked.links.some((name) => entity[name]?.log.after(since).next().done === false);
}

/** Id and properties: all that ever had a value, or with `since` only those changed after it. Cleared ones are null. */
export function describeObject(entity: Entity, since: number | undefined, tracked: Tracked): Record<string, unknown> {
  const shown: Record<string, unknown> = { id: entity.id };
  const changed = since === undefined ? undefined : changedNames(entity, since);
  for (const name of tracked.names) {
    const isTold = changed ? changed.has(name) : wasEverSet(entity, name);
    if (isTold) shown[name] = propertyValue(entity, name);
  }
  return shown;
}

function changedNames(entity: Entity, since: number): ReadonlySet<string> {
  return new Set(entity.patches.filter((patch) => patch.seq > since).flatMap((patch) => patch.names));
}

function wasEverSet(entity: Entity, name: string): boolean {
  return Object.hasOwn(entity.values, name) || PROPERTIES[entity.kind][name]?.type.startsWith('Collection') === true;
}

/**
 * The manager, when it changed after `after`. A replaced one is told as a removal behind the new one: the order is
 * assumed, clients go by the ids.
 */
export function describeManager(entity: Entity, after: number, knownUntil: number): Record<string, unknown> {
  const { managers } = entity;
  if (!managers) return {};
  const changed = [...managers.log.after(after)].map(([target]) => target);
  const isTold = (target: Entity): boolean => knownUntil > 0 && (managers.removed.get(target) ?? 0) > knownUntil;
  const removed = changed.filter(isTold);
  const added = changed.filter((target) => target.status === 'live' && managers.current.has(target));
  const told = [
    ...added.map((target) => describeTarget(target, false)),
    ...removed.map((target) => describeTarget(target, true)),
  ];
  return told.length > 0 ? { 'manager@delta': told } : {};
}

function describeTarget(target: Entity, isRemoved: boolean): Record<string, unknown> {
  return {
    '@odata.type': odataType(target.kind),
    id: target.id,
    ...(isRemoved ? { '@removed': { reason: 'deleted' } } : {}),
  };
}

/**
 * Links changed after `after`. Removals are told to who may know the link: those later than `knownUntil`, if it is over 0. A cut is the number
 * of the last link told; the same object then opens the next page with the rest.
 */
export function describeLinks(
  entity: Entity,
  after: number,
  knownUntil: number,
  tracked: Tracked,
  budget: LinkBudget,
): { readonly shown: Record<string, unknown>; readonly cutAt: number | undefined } {
  const entries = mergeLogs(entity, tracked.links, after);
  const shown: Record<string, unknown[]> = {};
  let last = after;
  for (const [name, links, target, seq] of entries) {
    const isRemoved = links.removed.get(target) === seq;
    const isTold = isRemoved ? knownUntil > 0 && seq > knownUntil : target.status === 'live';
    if (isTold && budget.left <= 0) return { shown, cutAt: last };
    last = seq;
    if (!isTold) continue;
    budget.left--;
    const told = shown[`${name}@delta`] ?? [];
    told.push(describeTarget(target, isRemoved));
    shown[`${name}@delta`] = told;
  }
  return { shown, cutAt: undefined };
}

type LinkEntry = readonly ['members' | 'owners', LinkSet, Entity, number];

/** The changes of several link sets in one order, read only as far as they are asked for. */
function* mergeLogs(entity: Entity, names: readonly ('members' | 'owners')[], after: number): Generator<LinkEntry> {
  const first = names[0];
  if (names.length === 1 && first) {
    const links = entity[first];
    if (links) for (const [target, seq] of links.log.after(after)) yield [first, links, target, seq];
    return;
  }
  const entries: LinkEntry[] = [];
  for (const name of names) {
    const links = entity[name];
    if (links) for (const [target, seq] of links.log.after(after)) entries.push([name, links, target, seq]);
  }
  yield* entries.sort((a, b) => a[3] - b[3]);
}
