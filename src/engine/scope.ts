import { DirbridgeError } from '../errors.ts';
import { normalizeRdn, splitDn } from '../model/dn.ts';
import { type Finding, finding } from '../model/finding.ts';
import { OBJECT_STATES, type SpaceHead, type SpaceObject, type Store } from '../store/store.ts';
import type { Scope } from './context.ts';

const KINDS = ['include', 'exclude', 'groups'] as const;
const MEMBER = 'member';
/** So many containers are remembered; more are looked up again. */
const REMEMBERED = 50_000;

/** Why an object is outside of a scope. */
export type Outside =
  | { readonly kind: 'excluded'; readonly anchor: string }
  | { readonly kind: 'not-included' | 'not-member' };

/**
 * Answers which objects of one source are in its scope. Containers and groups are known by their anchors, resolved from the configured DN
 * once: a renamed or moved container stays what it was.
 */
export class SourceScope {
  readonly #store: Store;
  readonly #include: ReadonlySet<string>;
  readonly #exclude: ReadonlySet<string>;
  readonly #groups: readonly { readonly id: number; readonly isLive: boolean }[];
  readonly #limitedToGroups: boolean;
  readonly #containers = new Map<number, boolean>();
  /** Containers and groups of the scope that are no longer in the directory. */
  readonly findings: readonly Finding[];
  /** Whether another object stands for one of the configured DNs than the last time. */
  readonly isChanged: boolean;

  private constructor(
    store: Store,
    anchors: {
      readonly include: ReadonlySet<string>;
      readonly exclude: ReadonlySet<string>;
      readonly groups: readonly { readonly id: number; readonly isLive: boolean }[];
    },
    limitedToGroups: boolean,
    findings: readonly Finding[],
    isChanged: boolean,
  ) {
    this.#store = store;
    this.#include = anchors.include;
    this.#exclude = anchors.exclude;
    this.#groups = anchors.groups;
    this.#limitedToGroups = limitedToGroups;
    this.findings = findings;
    this.isChanged = isChanged;
  }

  /**
   * Resolves the configured DNs that are new, and those whose object is gone: it may have been made anew under its name. Throws
   * `scope-not-found` for one that never was in the directory.
   */
  static async resolve(store: Store, space: SpaceHead, scope: Scope): Promise<SourceScope> {
    const known = await store.spaces.scopeAnchors(space.id);
    const anchors: { kind: string; dn: string; anchor: string }[] = [];
    const findings: Finding[] = [];
    let isChanged = false;
    for (const kind of KINDS) {
      for (const [index, dn] of scope[kind].entries()) {
        const before = known.find((one) => one.kind === kind && one.dn === dn);
        const live = (await findLive(store, space.id, before?.anchor)) ?? (await findByDn(store, space.id, dn));
        const anchor = live?.anchor ?? before?.anchor;
        if (anchor === undefined) throw notFound(space.name, kind, index, dn, 'is not in the directory');
        if (kind === 'groups' && live !== null && live.type !== 'group')
          throw notFound(space.name, kind, index, dn, 'is no group');
        anchors.push({ kind, dn, anchor });
        isChanged ||= before !== undefined && before.anchor !== anchor;
        if (live === null) {
          findings.push(
            finding('scope-container-missing', 'sync', {
              object: { space: space.name, anchor, type: kind === 'groups' ? 'group' : 'container', name: dn, dn },
              attribute: `scope.${kind}`,
              value: dn,
              ...textsOfMissing(space.name, kind),
            }),
          );
        }
      }
    }
    await store.spaces.setScopeAnchors(space.id, anchors);
    return SourceScope.#of(store, space, scope, anchors, findings, isChanged);
  }

  /** The scope as it was resolved last, for reading: DNs that were never resolved name nothing. */
  static async read(store: Store, space: SpaceHead, scope: Scope): Promise<SourceScope> {
    const known = await store.spaces.scopeAnchors(space.id);
    const anchors = known.filter((one) => KINDS.some((kind) => kind === one.kind && scope[kind].includes(one.dn)));
    return SourceScope.#of(store, space, scope, anchors, [], false);
  }

  static async #of(
    store: Store,
    space: SpaceHead,
    scope: Scope,
    anchors: readonly { readonly kind: string; readonly anchor: string }[],
    findings: readonly Finding[],
    isChanged: boolean,
  ): Promise<SourceScope> {
    const groups: { id: number; isLive: boolean }[] = [];
    for (const { kind, anchor } of anchors) {
      const group = kind === 'groups' ? await store.spaces.objectByAnchor(space.id, anchor) : null;
      if (group !== null) groups.push({ id: group.id, isLive: group.state === 0 });
    }
    const of = (kind: string): ReadonlySet<string> =>
      new Set(anchors.filter((one) => one.kind === kind).map((one) => one.anchor));
    return new SourceScope(
      store,
      { include: of('include'), exclude: of('exclude'), groups },
      scope.groups.length > 0,
      findings,
      isChanged,
    );
  }

  /** Whether moving a container can change anything. */
  get isWholeDirectory(): boolean {
    return this.#include.size === 0 && this.#exclude.size === 0;
  }

  /** The groups that make up the scope, as object numbers. */
  get groups(): readonly number[] {
    return this.#groups.map((group) => group.id);
  }

  /** For people's questions: what keeps an object out. `anchor`: the container that is excluded. */
  async whyOutside(object: SpaceObject): Promise<Outside | null> {
    if (await this.isInScope(object)) return null;
    if (this.isWholeDirectory || (await this.#isContained(object))) return { kind: 'not-member' };
    let at: { readonly parent: number | null; readonly anchor: string } | null = object;
    while (at !== null && !this.#exclude.has(at.anchor))
      at = at.parent === null ? null : await this.#store.sync.parentOf(at.parent);
    return at === null ? { kind: 'not-included' } : { kind: 'excluded', anchor: at.anchor };
  }

  async isInScope(object: SpaceObject): Promise<boolean> {
    if (!this.isWholeDirectory && !(await this.#isContained(object))) return false;
    if (!this.#limitedToGroups) return true;
    for (const group of this.#groups) {
      if (group.isLive && (await this.#store.sync.isReferenced(group.id, MEMBER, object.id))) return true;
    }
    return false;
  }

  async #isContained(object: SpaceObject): Promise<boolean> {
    if (this.#include.has(object.anchor)) return true;
    if (this.#exclude.has(object.anchor)) return false;
    return object.parent === null ? this.#include.size === 0 : this.#holdsContainer(object.parent);
  }

  /** The nearest container above that is named decides. */
  async #holdsContainer(container: number): Promise<boolean> {
    const known = this.#containers.get(container);
    if (known !== undefined) return known;
    const at = await this.#store.sync.parentOf(container);
    let answer = this.#include.size === 0;
    if (at !== null) {
      if (this.#include.has(at.anchor)) answer = true;
      else if (this.#exclude.has(at.anchor)) answer = false;
      else if (at.parent !== null) answer = await this.#holdsContainer(at.parent);
    }
    if (this.#containers.size >= REMEMBERED) this.#containers.clear();
    this.#containers.set(container, answer);
    return answer;
  }
}

async function findLive(store: Store, space: number, anchor: string | undefined): Promise<SpaceObject | null> {
  const object = anchor === undefined ? null : await store.spaces.objectByAnchor(space, anchor);
  return object?.state === OBJECT_STATES.live ? object : null;
}

function notFound(source: string, kind: string, index: number, dn: string, why: string): DirbridgeError {
  return new DirbridgeError('scope-not-found', `source "${source}", scope.${kind}[${index}]: "${dn}" ${why}`);
}

/** Finds an object by its DN, walking down from the root whose name it ends with. */
export async function findByDn(store: Store, space: number, dn: string): Promise<SpaceObject | null> {
  const parts = splitDn(dn).map(normalizeRdn);
  for (let roots = parts.length; roots >= 1; roots--) {
    const root = await store.spaces.childByRdn(space, null, parts.slice(parts.length - roots).join(','));
    if (root === null) continue;
    let at: SpaceObject | null = root;
    for (let index = parts.length - roots - 1; index >= 0 && at !== null; index--) {
      at = await store.spaces.childByRdn(space, at.id, parts[index] ?? '');
    }
    if (at !== null) return at;
  }
  return null;
}

/** What the absence of a container or group of the scope means, and what to do. */
function textsOfMissing(
  source: string,
  kind: (typeof KINDS)[number],
): { readonly cause: string; readonly remedy: string } {
  const what = kind === 'groups' ? 'group' : 'container';
  const result = {
    include: `Nothing below it is synchronized any more; what was in it counts as having left.`,
    exclude: `Nothing is left out because of it any more.`,
    groups: `Nobody belongs to the scope as its member any more; those who did count as having left.`,
  }[kind];
  return {
    cause: `The configuration names this ${what} (scope.${kind} of the source ${source}), but it is no longer in the directory. ${result}`,
    remedy: `Restore the ${what}, or take it out of scope.${kind} of the source ${source} in dirbridge.yaml.`,
  };
}
