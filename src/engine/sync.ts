import { type Finding, type FindingCode, finding, type ObjectName } from '../model/finding.ts';
import type { CompiledRule, RuleSet } from '../rules/rule-set.ts';
import { RuleEvaluationError } from '../rules/rule-set.ts';
import {
  type HandLink,
  type MetaverseObject,
  OBJECT_STATES,
  type Origin,
  PENDING,
  type PendingObject,
  type SpaceHead,
  type SpaceObject,
  TOUCH,
} from '../store/store.ts';
import { type EngineContext, EVERYTHING_TOUCHED, TENANT } from './context.ts';
import { type InboundContent, InboundFlow } from './inbound.ts';
import { joinObject } from './join.ts';
import { joinValues } from './lookup.ts';
import { judgeByAnchor, matchTenant } from './matching.ts';
import { objectName } from './object-name.ts';
import { flowOut } from './outbound.ts';
import { RuleGroups } from './rule-groups.ts';
import { SourceScope } from './scope.ts';

const BATCH = 2000;

/** Stands where the scope of a source stood that is no longer in the configuration. */
const NOT_CONFIGURED = 'not configured';

export interface SyncSummary {
  readonly counts: Readonly<Record<string, number>>;
  readonly detail: string;
}

type Counts = Record<'synchronized' | 'projected' | 'joined' | 'changed' | 'disconnected' | 'errors', number>;

/**
 * Brings the metaverse in step with what changed in the spaces: scope, join, project, flow in. Walks only the objects that import has marked
 * (all of them when `full`, when the rules changed, or, for one source, when its scope changed). Speaks to no directory.
 */
export async function synchronize(context: EngineContext, run: string, full: boolean): Promise<SyncSummary> {
  const synchronization = await Synchronization.begin(context, run);
  const detail = await synchronization.markFull(full);
  await synchronization.walk();
  return { counts: synchronization.counts, detail };
}

class Synchronization {
  readonly #context: EngineContext;
  readonly #run: string;
  readonly #spaces: ReadonlyMap<number, SpaceHead>;
  readonly #scopes: ReadonlyMap<number, SourceScope>;
  readonly #ruleGroups: ReadonlyMap<number, RuleGroups>;
  readonly #inbound: InboundFlow;
  readonly #tenantHasObjects: boolean;
  /** What administrators decided by hand, by source anchor. */
  readonly #byHand: ReadonlyMap<string, HandLink>;
  readonly counts: Counts = { synchronized: 0, projected: 0, joined: 0, changed: 0, disconnected: 0, errors: 0 };

  private constructor(
    context: EngineContext,
    run: string,
    spaces: ReadonlyMap<number, SpaceHead>,
    scopes: ReadonlyMap<number, SourceScope>,
    ruleGroups: ReadonlyMap<number, RuleGroups>,
    tenantHasObjects: boolean,
    byHand: ReadonlyMap<string, HandLink>,
  ) {
    this.#context = context;
    this.#tenantHasObjects = tenantHasObjects;
    this.#byHand = byHand;
    this.#run = run;
    this.#spaces = spaces;
    this.#scopes = scopes;
    this.#ruleGroups = ruleGroups;
    this.#inbound = new InboundFlow(context, spaces, scopes, ruleGroups);
  }

  static async begin(context: EngineContext, run: string): Promise<Synchronization> {
    const heads = await context.store.spaces.spaces();
    const scopes = new Map<number, SourceScope>();
    const ruleGroups = new Map<number, RuleGroups>();
    const configured = heads.filter(
      (head) => head.name === TENANT || context.sources.some((source) => source.connector.name === head.name),
    );
    await context.store.transaction(async () => {
      for (const head of configured) {
        const source = context.sources.find((one) => one.connector.name === head.name);
        if (source === undefined) continue;
        const scope = await SourceScope.resolve(context.store, head, source.scope);
        scopes.set(head.id, scope);
        ruleGroups.set(head.id, await RuleGroups.resolve(context.store, head, context.rules.scopeGroups()));
        await context.store.runs.replaceFindings(
          'sync',
          `scope:${head.name}`,
          scope.findings,
          run,
          context.now().toISOString(),
        );
      }
    });
    const tenant = heads.find((head) => head.name === TENANT);
    const tenantHasObjects = tenant !== undefined && (await context.store.sync.hasLookupValues(tenant.id));
    const spaces = new Map(heads.map((head) => [head.id, head]));
    const byHand = new Map((await context.store.matches.handLinks()).map((link) => [link.anchor, link]));
    return new Synchronization(context, run, spaces, scopes, ruleGroups, tenantHasObjects, byHand);
  }

  /** Marks everything when the rules or a scope are not those of the last time; answers why. */
  async markFull(asked: boolean): Promise<string> {
    const { store, rules, sources } = this.#context;
    return store.transaction(async () => {
      const reasons: string[] = [];
      if (asked) reasons.push('asked for');
      if ((await store.meta('rules')) !== rules.hash && (await store.meta('rules')) !== null)
        reasons.push('the rules have changed');
      await store.setMeta('rules', rules.hash);
      if (reasons.length > 0) {
        await store.sync.markAllPending();
        await store.sync.touchAll(TOUCH.attributes | TOUCH.references);
        await store.setMeta(EVERYTHING_TOUCHED, 'yes');
      }
      for (const source of sources) {
        const key = `scope:${source.connector.name}`;
        const text = JSON.stringify(source.scope);
        const before = await store.meta(key);
        await store.setMeta(key, text);
        const space = [...this.#spaces.values()].find((one) => one.name === source.connector.name);
        const isChanged = space !== undefined && this.#scopes.get(space.id)?.isChanged === true;
        if (before === null || (before === text && !isChanged)) continue;
        if (space !== undefined) await store.sync.markAllPending(space.id);
        reasons.push(`the scope of ${source.connector.name} has changed`);
      }
      for (const [space, groups] of this.#ruleGroups) {
        // Who is a member of the new group and who was one of the old: both may come into the scope of a rule or leave it.
        if (!groups.isChanged) continue;
        await store.sync.markAllPending(space);
        reasons.push(`a group that rules name is another one in ${this.#spaces.get(space)?.name ?? ''}`);
      }
      for (const name of await this.#forgetRemovedSources()) reasons.push(`the source ${name} is no longer configured`);
      if (reasons.length > 0) await store.sync.raiseVersion();
      return reasons.length === 0 ? 'changes only' : `full: ${reasons.join(', ')}`;
    });
  }

  /** Objects of a source that was taken out of the configuration stand for nothing any more; whether their deletion is meant, the guards ask. */
  async #forgetRemovedSources(): Promise<readonly string[]> {
    const { store, sources } = this.#context;
    const removed: string[] = [];
    for (const space of this.#spaces.values()) {
      const key = `scope:${space.name}`;
      if (space.name === TENANT || sources.some((source) => source.connector.name === space.name)) continue;
      if ((await store.meta(key)) === NOT_CONFIGURED) continue;
      await store.setMeta(key, NOT_CONFIGURED);
      await store.sync.markAllPending(space.id);
      removed.push(space.name);
    }
    return removed;
  }

  async walk(): Promise<void> {
    const { store } = this.#context;
    await store.transaction(async () => {
      for (const scope of this.#scopes.values()) await store.sync.markTargetsOfChanged(scope.groups, 'member');
      for (const groups of this.#ruleGroups.values()) await store.sync.markTargetsOfChanged(groups.ids, 'member');
    });
    await this.#walkPending();
    // Whoever could not be joined because another was in the way may be joined now.
    if (this.counts.synchronized > 0 && (await this.#markUnjoined())) await this.#walkPending();
    if (this.counts.projected > 0) await this.#joinWaiting();
    await this.#matchTenant();
    await store.transaction(async () => {
      if ((await store.sync.touchChangedReferences()) > 0) await store.sync.raiseVersion();
    });
  }

  /** Objects that only ever join (stand-ins for accounts of another forest) may find now what was not there when they came. */
  async #joinWaiting(): Promise<void> {
    const { store, rules } = this.#context;
    const inbound = rules.all.filter((rule) => rule.direction === 'inbound' && rule.connector === 'source');
    const types = [...new Set(inbound.map((rule) => rule.sourceType))].filter((type) =>
      inbound.every((rule) => rule.sourceType !== type || rule.link !== 'provision'),
    );
    await store.transaction(async () => {
      for (const space of this.#scopes.keys()) {
        const live = await store.spaces.liveCounts(space);
        await store.sync.markUnjoined(
          space,
          types.filter((type) => (live[type] ?? 0) > 0),
        );
      }
    });
    await this.#walkPending();
  }

  /** Objects that have nothing in the tenant may find there what somebody made before us. */
  async #matchTenant(): Promise<void> {
    const tenant = [...this.#spaces.values()].find((space) => space.name === TENANT);
    if (tenant === undefined || !this.#tenantHasObjects) return;
    this.counts.joined += await matchTenant(this.#context, tenant.id, this.#run, (candidate, mv) =>
      this.#linkTenantObject(candidate, mv),
    );
  }

  async #markUnjoined(): Promise<boolean> {
    const { runs, sync } = this.#context.store;
    const subjects = [
      ...(await runs.subjects('sync', 'join-conflict')),
      ...(await runs.subjects('sync', 'join-ambiguous')),
    ];
    await this.#context.store.transaction(async () => {
      for (const subject of subjects) await sync.markPending(Number(subject.slice(1)), PENDING.attributes);
    });
    return subjects.length > 0;
  }

  async #walkPending(): Promise<void> {
    const total = this.counts.synchronized + (await this.#context.store.sync.countPending());
    const { store } = this.#context;
    for (;;) {
      const pending = await store.sync.pendingObjects(BATCH);
      if (pending.length === 0) break;
      await store.transaction(async () => {
        await store.sync.clearPending(pending[0]?.id ?? 0, pending.at(-1)?.id ?? 0);
        for (const object of pending) await this.#synchronizeObject(object);
        await store.sync.raiseVersion();
      });
      this.#context.progress('sync', this.counts.synchronized, Math.max(total, this.counts.synchronized));
    }
  }

  async #synchronizeObject(object: PendingObject): Promise<void> {
    this.counts.synchronized++;
    const space = this.#spaces.get(object.space);
    if (space === undefined || object.state === OBJECT_STATES.placeholder) return;
    if (space.name === TENANT) await this.#synchronizeTenantObject(object);
    else if (!this.#scopes.has(space.id)) await this.#disconnect(object, []);
    else if (object.state === OBJECT_STATES.removed) await this.#removeObject(object);
    else await this.#synchronizeSourceObject(object);
  }

  // ------------------------------------------------------------ objects of a source

  async #synchronizeSourceObject(object: PendingObject): Promise<void> {
    if (object.flags & PENDING.moved) await this.#followMovedContainer(object);
    const rules = await this.#inbound.applicableRules(object);
    const linking = rules.filter((rule) => rule.joins.length > 0 || rule.link === 'provision');
    if (linking.length === 0) {
      await this.#disconnect(object, []);
      return;
    }
    const before = object.mv === null ? null : await this.#context.store.sync.metaverse(object.mv);
    if (object.mv !== null && isOfItsType(before, linking)) {
      await this.#flow(object.mv, object, before);
      return;
    }
    // An object that has become one of another kind begins anew.
    if (object.mv !== null) await this.#disconnect(object, []);
    await this.#connect(object, linking);
  }

  /** What lies below a moved container may have come into the scope or left it. A new container brings its children as new objects. */
  async #followMovedContainer(object: PendingObject): Promise<void> {
    const scope = this.#scopes.get(object.space);
    if (scope === undefined || scope.isWholeDirectory || object.flags & PENDING.state) return;
    await this.#context.store.sync.markDescendants(object.id);
  }

  async #connect(object: PendingObject, rules: readonly CompiledRule[]): Promise<void> {
    const { store } = this.#context;
    const taken: number[] = [];
    const result = await joinObject(store, rules, object.attributes, async (mv) => {
      const others = await store.sync.objectsOf(mv);
      const isRival = (one: SpaceObject): boolean => one.space === object.space && !this.#inbound.isStandIn(one);
      const free = this.#inbound.isStandIn(object) || !others.some(isRival);
      if (!free) taken.push(mv);
      return free;
    });
    if (result.kind === 'joined') {
      await store.sync.link(object.id, result.mv, false);
      await store.sync.touchReferencesTo(object.id);
      // The one that stood for it before may have gone in this very sync, and its references with it.
      await store.sync.touch(result.mv, TOUCH.referred);
      this.counts.joined++;
      await this.#flow(result.mv, object);
      return;
    }
    if (result.kind === 'ambiguous') {
      await this.#report(object, [await this.#ambiguity(object, result.candidates, result.condition.spaceAttribute)]);
      return;
    }
    await this.#report(object, []);
    const provision = rules.find((rule) => rule.link === 'provision');
    if (provision !== undefined) await this.#project(object, provision, taken);
    else if (taken[0] !== undefined) await this.#report(object, [await this.#joinConflict(object, taken[0])]);
  }

  /** `taken`: what it would have joined, had not another object of its space. It may stand beside that, unless both had the same anchor. */
  async #project(object: PendingObject, rule: CompiledRule, taken: readonly number[]): Promise<void> {
    const { store } = this.#context;
    const content = await this.#evaluate(object, [object], null);
    if (content === null) return;
    for (const rival of taken) {
      if ((await store.sync.metaverse(rival))?.anchor !== content.anchor) continue;
      await this.#report(object, [await this.#joinConflict(object, rival)]);
      return;
    }
    if (this.#lacksAnchor(rule.targetType, content)) await this.#report(object, [await this.#missingAnchor(object)]);
    const mv = await store.sync.projectMetaverse(rule.targetType, object.id, content);
    this.counts.projected++;
    if (content.anchor !== null) await this.#joinTenantObject(mv, content.anchor);
  }

  /** Flows everything that is joined to a metaverse object into it again: `object`, which is joined to it, and the others. */
  async #flow(mv: number, object: SpaceObject, known?: MetaverseObject | null): Promise<void> {
    const { store } = this.#context;
    const before = known === undefined ? await store.sync.metaverse(mv) : known;
    // The object itself is at hand, and with it what was found out about it.
    const others = await store.sync.objectsOf(mv, object.id);
    const joined = [...others, object]
      .filter((one) => this.#scopes.has(one.space) && one.state === OBJECT_STATES.live)
      .sort((a, b) => a.space - b.space || (a.anchor < b.anchor ? -1 : 1));
    const content = await this.#evaluate(object, joined, before?.attributes ?? null);
    if (content === null) return;
    const isChanged = before?.anchor != null && before.tenant !== null && content.anchor !== before.anchor;
    if (!isChanged || !content.isProvisioned) await this.#store(mv, content, before?.anchor ?? null, object);
    else await this.#keepAnchor(before, content, object);
  }

  /**
   * What is in the tenant keeps the anchor it was made with, or a second object would be made. Mostly it stays as it is altogether. A person
   * who has lost an account, perhaps the one that gave the anchor, goes on with what is left: that decides whether it may still sign in.
   */
  async #keepAnchor(before: MetaverseObject, content: InboundContent, object: SpaceObject): Promise<void> {
    const { rules, now } = this.#context;
    if (before.origin === null) {
      await this.#report(object, [await this.#anchorChanged(object, before.anchor, content.anchor)]);
      return;
    }
    const { sourceAnchor, sourceAnchorBinary } = before.attributes;
    const attributes = {
      ...content.attributes,
      ...(sourceAnchor === undefined ? {} : { sourceAnchor }),
      ...(sourceAnchorBinary === undefined ? {} : { sourceAnchorBinary }),
    };
    const kept = {
      ...content,
      anchor: before.anchor,
      attributes,
      lookup: joinValues(rules.joinAttributes, attributes),
    };
    await this.#store(before.id, kept, before.anchor, object);
    // What no rule wants any more leaves the tenant; its anchor concerns nobody.
    if (!isWanted(rules, { ...before, ...kept }, now())) return;
    await this.#report(object, [await this.#anchorChanged(object, before.anchor, content.anchor)]);
  }

  /** Runs the rules; a rule that raises an error leaves the object as it is and is a finding. */
  async #evaluate(
    object: SpaceObject,
    joined: readonly SpaceObject[],
    before: InboundContent['attributes'] | null,
  ): Promise<InboundContent | null> {
    try {
      const content = await this.#inbound.flowIn(joined, before);
      // What was wrong with the person was told at one of the objects, and may have been put right at another.
      await this.#report(object, []);
      for (const one of joined) if (one.id !== object.id) await this.#report(one, []);
      return content;
    } catch (error) {
      if (!(error instanceof RuleEvaluationError)) throw error;
      this.counts.errors++;
      await this.#report(object, [
        finding('rule-error', 'sync', {
          object: await this.#nameOf(object),
          attribute: error.attribute,
          cause: `Rule "${error.rule}", attribute ${error.attribute}: ${error.message}`,
        }),
      ]);
      return null;
    }
  }

  async #store(mv: number, content: InboundContent, anchorBefore: string | null, object: SpaceObject): Promise<void> {
    const { store } = this.#context;
    if (!content.isProvisioned) {
      await this.#abandon(mv);
      return;
    }
    const type = content.anchor === null ? (await store.sync.metaverse(mv))?.type : undefined;
    if (type !== undefined && this.#lacksAnchor(type, content))
      await this.#report(object, [await this.#missingAnchor(object)]);
    const changed = await store.sync.saveMetaverse(mv, content);
    if (!changed) return;
    this.counts.changed++;
    await store.sync.touch(mv, TOUCH.attributes);
    if (content.anchor !== anchorBefore && content.anchor !== null) await this.#joinTenantObject(mv, content.anchor);
  }

  async #removeObject(object: PendingObject): Promise<void> {
    await this.#disconnect(object, []);
    await this.#context.store.sync.purgeObject(object.id);
  }

  /** Takes an object away from its metaverse object, which goes on without it or is given up. */
  async #disconnect(object: PendingObject, findings: readonly Finding[]): Promise<void> {
    await this.#report(object, findings);
    if (object.mv === null) return;
    const { store } = this.#context;
    await store.sync.touchReferencesTo(object.id);
    await store.sync.link(object.id, null, false);
    await store.sync.setOrigin(object.mv, await this.#originOf(object));
    this.counts.disconnected++;
    const rest = (await store.sync.objectsOf(object.mv)).filter((one) => this.#scopes.has(one.space));
    const [next] = rest;
    if (next === undefined) await this.#abandon(object.mv);
    else {
      await store.sync.touch(object.mv, TOUCH.referred);
      await this.#flow(object.mv, next);
    }
  }

  async #originOf(object: SpaceObject): Promise<Origin> {
    const name = await this.#nameOf(object);
    const why = object.state === OBJECT_STATES.removed ? 'it was deleted there' : 'it is not in the scope any more';
    return { source: name.space, object: name.dn ?? name.name, why };
  }

  /** Nobody stands for the metaverse object any more. It stays, empty, as long as something in the tenant hangs on it. */
  async #abandon(mv: number): Promise<void> {
    const { store } = this.#context;
    const object = await store.sync.metaverse(mv);
    let tenant = object?.tenant == null ? null : await store.spaces.objectById(object.tenant);
    if (tenant !== null && (await this.#isNotOurs(mv))) {
      await store.sync.link(tenant.id, null, true);
      tenant = null;
    }
    if (tenant === null || tenant.state === OBJECT_STATES.removed) {
      await this.#clearFindings(mv);
      await store.sync.deleteMetaverse(mv);
      return;
    }
    // It can still be joined by what it was known by: an object that returns finds its place, and its tenant object, again.
    const lookup = joinValues(this.#context.rules.joinAttributes, object?.attributes ?? {});
    const empty = { anchor: object?.anchor ?? null, attributes: {}, rules: '', contributors: [], lookup };
    if (await store.sync.saveMetaverse(mv, empty)) await store.sync.touch(mv, TOUCH.attributes);
  }

  /** Joined by its values alone and not taken over yet: then it is nothing of ours, and is let go as it is. */
  async #isNotOurs(mv: number): Promise<boolean> {
    const match = await this.#context.store.matches.of(mv);
    return match !== null && match.way !== 'anchor';
  }

  async #clearFindings(mv: number): Promise<void> {
    for (const stage of ['sync', 'plan', 'apply'] as const) {
      for (const subject of [`m${mv}`, `r${mv}`])
        await this.#context.store.runs.replaceFindings(stage, subject, [], this.#run, this.#at());
    }
  }

  // ------------------------------------------------------------ objects of the tenant

  async #synchronizeTenantObject(object: PendingObject): Promise<void> {
    const { store, rules } = this.#context;
    if (object.state === OBJECT_STATES.removed) {
      if (object.mv !== null) {
        await store.sync.link(object.id, null, true);
        await this.#touchOrDrop(object.mv);
      }
      await store.sync.purgeObject(object.id);
      return;
    }
    if (object.mv !== null) {
      const flags = object.flags & PENDING.state ? TOUCH.attributes | TOUCH.references : TOUCH.attributes;
      await store.sync.touch(object.mv, flags);
      return;
    }
    const result = await joinObject(store, rules.inbound('tenant', object.type), object.attributes, async (mv) => {
      const candidate = await store.sync.metaverse(mv);
      if (this.#isHeldApart(candidate)) return false;
      if (candidate?.tenant == null) return true;
      const other = await store.spaces.objectById(candidate.tenant);
      return other === null || (other.state !== OBJECT_STATES.live && object.state === OBJECT_STATES.live);
    });
    await this.#report(
      object,
      result.kind === 'ambiguous'
        ? [await this.#ambiguity(object, result.candidates, result.condition.spaceAttribute)]
        : [],
    );
    if (result.kind === 'joined') await this.#takeUp(object, result.mv);
  }

  #isHeldApart(mv: MetaverseObject | null): boolean {
    const link = mv?.anchor == null ? undefined : this.#byHand.get(mv.anchor);
    return link !== undefined && link.target === null;
  }

  /**
   * Joins what carries our anchor. It was not made by this store, or its result would have told: so it is noted as found, and shown as such when
   * something of it is overwritten. Holders of administrator roles are never taken over unasked.
   */
  async #takeUp(object: SpaceObject, mv: number): Promise<void> {
    const { store } = this.#context;
    const anchor = String(object.attributes['sourceAnchor'] ?? '');
    if (object.state !== OBJECT_STATES.live || this.#byHand.get(anchor)?.target === object.anchor) {
      await this.#linkTenantObject(object.id, mv);
      return;
    }
    const refused = judgeByAnchor(this.#context, object);
    await store.matches.note({ mv, candidate: object.id, way: 'anchor', value: anchor, refused });
    if (refused === null) await this.#linkTenantObject(object.id, mv);
    else await store.sync.touch(mv, TOUCH.attributes);
    const [first] = await store.sync.objectsOf(mv);
    const told = refused === null || first === undefined ? [] : [await this.#refusedMatch(refused, first, object)];
    await store.runs.replaceFindings('sync', `m${mv}`, told, this.#run, this.#at());
  }

  async #refusedMatch(code: FindingCode, ours: SpaceObject, theirs: SpaceObject): Promise<Finding> {
    return finding(code, 'sync', {
      object: await this.#nameOf(ours),
      otherObject: objectName(theirs, TENANT, null),
      attribute: 'sourceAnchor',
      value: String(theirs.attributes['sourceAnchor'] ?? ''),
    });
  }

  /** The tenant object is gone for good: a metaverse object that nobody stands for goes with it. */
  async #touchOrDrop(mv: number): Promise<void> {
    const { store } = this.#context;
    const joined = await store.sync.objectsOf(mv);
    if (joined.length === 0) {
      await this.#clearFindings(mv);
      await store.sync.deleteMetaverse(mv);
    } else await store.sync.touch(mv, TOUCH.attributes | TOUCH.references);
  }

  /** Looks whether the tenant holds an object with this anchor already: a live one, else the one deleted last. */
  async #joinTenantObject(mv: number, anchor: string): Promise<void> {
    const { store } = this.#context;
    const tenant = [...this.#spaces.values()].find((space) => space.name === TENANT);
    if (tenant === undefined || !this.#tenantHasObjects) return;
    const own = await store.sync.metaverse(mv);
    if (own?.tenant != null || this.#isHeldApart(own)) return;
    const types = new Set(this.#context.rules.outbound(own?.type ?? '').map((rule) => rule.targetType));
    const found = (await store.spaces.objectsByValue(tenant.id, { kind: 'sourceAnchor', key: anchor })).filter(
      (one) => types.has(one.type) && one.mv === null && one.attributes['sourceAnchor'] === anchor,
    );
    const [best] = [...found].sort((a, b) => a.state - b.state || (b.deletedAt ?? '').localeCompare(a.deletedAt ?? ''));
    if (best !== undefined) await this.#takeUp(best, mv);
  }

  async #linkTenantObject(object: number, mv: number): Promise<void> {
    const { store } = this.#context;
    const before = (await store.sync.metaverse(mv))?.tenant ?? null;
    if (before !== null && before !== object) await store.sync.link(before, null, true);
    await store.sync.link(object, mv, true);
    await store.sync.touch(mv, TOUCH.attributes | TOUCH.references);
    await store.sync.touchReferencesTo(object);
    this.counts.joined++;
  }

  // ------------------------------------------------------------ findings

  async #report(object: SpaceObject, findings: readonly Finding[]): Promise<void> {
    await this.#context.store.runs.replaceFindings('sync', `o${object.id}`, findings, this.#run, this.#at());
  }

  #at(): string {
    return this.#context.now().toISOString();
  }

  /** Whether nothing but an anchor keeps the object out of the tenant. A mailbox whose account is not there is no user anyway. */
  #lacksAnchor(type: string, { anchor, attributes, rules }: InboundContent): boolean {
    if (anchor !== null) return false;
    const object = { id: 0, type, anchor, rules, tenant: null, origin: null };
    const named = { ...object, attributes: { ...attributes, sourceAnchor: 'any' } };
    return isWanted(this.#context.rules, named, this.#context.now());
  }

  async #anchorChanged(object: SpaceObject, from: string | null, to: string | null): Promise<Finding> {
    return finding('anchor-changed', 'sync', {
      object: await this.#nameOf(object),
      attribute: 'sourceAnchor',
      value: to,
      cause: `The source anchor changed from ${from ?? 'nothing'} to ${to ?? 'nothing'}, but the object is in the tenant under the old one and keeps it.`,
    });
  }

  async #missingAnchor(object: SpaceObject): Promise<Finding> {
    return finding('anchor-missing', 'sync', { object: await this.#nameOf(object) });
  }

  async #ambiguity(object: SpaceObject, candidates: readonly number[], attribute: string): Promise<Finding> {
    const other = candidates[0] === undefined ? null : await this.#nameOfMetaverse(candidates[0]);
    return finding('join-ambiguous', 'sync', { object: await this.#nameOf(object), otherObject: other, attribute });
  }

  async #joinConflict(object: SpaceObject, rival: number): Promise<Finding> {
    return finding('join-conflict', 'sync', {
      object: await this.#nameOf(object),
      otherObject: await this.#nameOfMetaverse(rival),
    });
  }

  async #nameOfMetaverse(mv: number): Promise<ObjectName | null> {
    const [first] = await this.#context.store.sync.objectsOf(mv);
    return first === undefined ? null : this.#nameOf(first);
  }

  async #nameOf(object: SpaceObject): Promise<ObjectName> {
    const dn = await this.#context.store.sync.dnOf(object.id);
    return objectName(object, this.#spaces.get(object.space)?.name ?? '', dn);
  }
}

function isOfItsType(mv: MetaverseObject | null, rules: readonly CompiledRule[]): boolean {
  return rules.some((rule) => rule.targetType === mv?.type || rule.targetType === '*');
}

/** Whether the outbound rules want the object in the tenant, or would if they could be worked out. */
function isWanted(rules: RuleSet, object: MetaverseObject, now: Date): boolean {
  try {
    return flowOut(rules, object, null, now).kind === 'object';
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return true;
  }
}
