import { normalizeDn } from '../model/dn.ts';
import { type Finding, finding } from '../model/finding.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { OBJECT_STATES, type SpaceHead, type SpaceObject, type Store } from '../store/store.ts';
import { findByDn } from './scope.ts';

const MEMBER = 'member';

interface KnownGroup {
  /** As rules name it, normalized. */
  readonly dn: string;
  readonly id: number;
  readonly isLive: boolean;
}

/**
 * The groups of one space whose members the scopes of rules ask for. As with the scope of a source a DN names a group once: from then on
 * its GUID counts, so a renamed group stays what it was.
 */
export class RuleGroups {
  readonly #store: Store;
  readonly #groups: readonly KnownGroup[];
  /** Whether another group stands for one of the DNs than the last time. */
  readonly isChanged: boolean;

  private constructor(store: Store, groups: readonly KnownGroup[], isChanged: boolean) {
    this.#store = store;
    this.#groups = groups;
    this.isChanged = isChanged;
  }

  /** Looks the groups up and remembers which they are. A group of another source is not found here, and nobody is its member. */
  static async resolve(store: Store, space: SpaceHead, dns: readonly string[]): Promise<RuleGroups> {
    const before = await remembered(store, space);
    const found = await findGroups(store, space, dns, before);
    const after = Object.fromEntries(found.map(({ dn, object }) => [dn, object.anchor]));
    if (JSON.stringify(before) !== JSON.stringify(after)) await store.setMeta(keyOf(space), JSON.stringify(after));
    return new RuleGroups(
      store,
      found.map(toKnown),
      found.some(({ dn, object }) => before[dn] !== object.anchor),
    );
  }

  /** The groups as they were resolved last, for reading; a DN that no run has met is looked up, and not remembered. */
  static async read(store: Store, space: SpaceHead, dns: readonly string[]): Promise<RuleGroups> {
    const found = await findGroups(store, space, dns, await remembered(store, space));
    return new RuleGroups(store, found.map(toKnown), false);
  }

  /** Whether the group of this DN is there. */
  holds(dn: string): boolean {
    return this.#groups.some((group) => group.dn === dn && group.isLive);
  }

  get ids(): readonly number[] {
    return this.#groups.map((group) => group.id);
  }

  /** The DNs among these of groups that the object is a direct member of. */
  async groupsOf(object: SpaceObject, asked: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const { dn, id, isLive } of this.#groups) {
      if (!isLive || !asked.includes(dn)) continue;
      if (await this.#store.sync.isReferenced(id, MEMBER, object.id)) found.add(dn);
    }
    return found;
  }
}

/** One finding for each group that scopes of rules name and no source has. */
export function missingGroups(rules: RuleSet, sources: readonly RuleGroups[]): readonly Finding[] {
  const missing = rules.scopeGroups().filter((dn) => !sources.some((groups) => groups.holds(dn)));
  return missing.map((dn) => {
    const asking = rules.all.filter((rule) => rule.scopeGroups.includes(dn));
    const written = asking
      .flatMap((rule) => rule.scope.flat())
      .find(({ operator, value }) => operator.endsWith('MEMBEROF') && normalizeDn(value) === dn)?.value;
    const names = asking.map((rule) => `"${rule.name}"`).join(', ');
    return finding('rule-group-missing', 'sync', {
      value: written ?? dn,
      cause: `No source holds a group "${written ?? dn}", which the scope of the ${asking.length === 1 ? 'rule' : 'rules'} ${names} names. So nobody counts as its member: what is for its members is for nobody, what is for all others is for everybody.`,
    });
  });
}

function keyOf(space: SpaceHead): string {
  return `rule groups:${space.name}`;
}

async function remembered(store: Store, space: SpaceHead): Promise<Readonly<Record<string, string>>> {
  const text = await store.meta(keyOf(space));
  return text === null ? {} : (JSON.parse(text) as Readonly<Record<string, string>>);
}

interface FoundGroup {
  readonly dn: string;
  readonly object: SpaceObject;
}

function toKnown({ dn, object }: FoundGroup): KnownGroup {
  return { dn, id: object.id, isLive: object.state === OBJECT_STATES.live };
}

async function findGroups(
  store: Store,
  space: SpaceHead,
  dns: readonly string[],
  known: Readonly<Record<string, string>>,
): Promise<readonly FoundGroup[]> {
  const groups: FoundGroup[] = [];
  for (const dn of dns) {
    const object = await findGroup(store, space.id, dn, known[dn]);
    if (object !== null) groups.push({ dn, object });
  }
  return groups;
}

/** The group that was known, as long as it is there; else the one that bears the name now; else the one that was known and is gone. */
async function findGroup(
  store: Store,
  space: number,
  dn: string,
  anchor: string | undefined,
): Promise<SpaceObject | null> {
  const known = anchor === undefined ? null : await store.spaces.objectByAnchor(space, anchor);
  if (known?.state === OBJECT_STATES.live) return known;
  const named = await findByDn(store, space, normalizeDn(dn));
  return named?.state === OBJECT_STATES.live && named.type === 'group' ? named : known;
}
