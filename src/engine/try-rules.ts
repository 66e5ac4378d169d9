import type { Attributes } from '../model/value.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { OBJECT_STATES, type SpaceObject, type Store } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import { InboundFlow } from './inbound.ts';
import { RuleGroups } from './rule-groups.ts';
import type { SampledObject } from './sample-object.ts';
import { SourceScope } from './scope.ts';
import { type ObjectTrace, type TracedSubject, traceObject } from './trace-object.ts';

export interface SampledIn {
  readonly sample: SampledObject;
  /** The source it was read from; null for a file. */
  readonly sourceName: string | null;
}

/** An object of a file, with nothing around it: it joins nothing and would be new. */
export function traceAlone(rules: RuleSet, sample: SampledObject, now: Date): Promise<ObjectTrace> {
  return traceObject({ rules, store: null, subjects: [subjectOf(sample, true)], before: null, tenant: null, now });
}

/** Attributes of a file taken for a metaverse object, to try outbound rules on. */
export function traceMetaverse(rules: RuleSet, type: string, attributes: Attributes, now: Date): Promise<ObjectTrace> {
  const before = { id: 0, type, anchor: null, attributes, rules: 'tried', tenant: null, origin: null };
  return traceObject({ rules, store: null, subjects: [], before, tenant: null, now });
}

/**
 * An object as its directory holds it now, together with what the store knows: the objects it is joined with, what the metaverse and
 * the tenant hold. Writes nothing.
 */
export async function traceInStore(context: EngineContext, { sample, sourceName }: SampledIn): Promise<ObjectTrace> {
  const { store, rules } = context;
  const spaces = await store.spaces.spaces();
  const space = spaces.find((one) => one.name === sourceName);
  const stored = space === undefined ? null : await store.spaces.objectByAnchor(space.id, sample.anchor);
  const before = stored?.mv == null ? null : await store.sync.metaverse(stored.mv);
  const tenant = before?.tenant == null ? null : await store.spaces.objectById(before.tenant);
  const scope = context.sources.find((one) => one.connector.name === sourceName)?.scope;
  const isInScope =
    space === undefined || stored === null || scope === undefined
      ? true
      : await (await SourceScope.read(store, space, scope)).isInScope(stored);
  const others = before === null ? [] : await joinedBeside(context, before.id, stored);
  const own = { ...subjectOf(sample, isInScope), space: space?.id ?? Number.POSITIVE_INFINITY, anchor: sample.anchor };
  return traceObject({
    rules,
    store,
    // Of rules with one precedence the first object wins: so they stand as a sync has them.
    subjects: [own, ...others].sort((a, b) => a.space - b.space || (a.anchor < b.anchor ? -1 : 1)),
    before,
    tenant,
    now: context.now(),
  });
}

interface PlacedSubject extends TracedSubject {
  readonly space: number;
  readonly anchor: string;
}

function subjectOf({ dn, anchor, type, attributes, source }: SampledObject, isInScope: boolean): TracedSubject {
  return { name: dn === '' ? anchor : dn, type, attributes, source, isInScope };
}

/** The other objects of the same person or group, as the last import saw them. */
async function joinedBeside(
  context: EngineContext,
  mv: number,
  own: SpaceObject | null,
): Promise<readonly PlacedSubject[]> {
  const { store, rules, sources } = context;
  const spaces = (await store.spaces.spaces()).filter((space) =>
    sources.some((one) => one.connector.name === space.name),
  );
  const groups = new Map<number, RuleGroups>();
  for (const space of spaces) groups.set(space.id, await RuleGroups.read(store, space, rules.scopeGroups()));
  const inbound = new InboundFlow(context, new Map(spaces.map((space) => [space.id, space])), new Map(), groups);
  const subjects: PlacedSubject[] = [];
  for (const object of await store.sync.objectsOf(mv)) {
    if (object.id === own?.id || object.state !== OBJECT_STATES.live || !groups.has(object.space)) continue;
    const name = await nameOf(store, object);
    const { type, attributes, space, anchor } = object;
    subjects.push({ name, type, attributes, source: await inbound.sourceOf(object), isInScope: true, space, anchor });
  }
  return subjects;
}

async function nameOf(store: Store, object: SpaceObject): Promise<string> {
  return (await store.sync.dnOf(object.id)) ?? object.anchor;
}
