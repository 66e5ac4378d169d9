import { guidToText } from '../model/anchor.ts';
import { type Finding, type FindingCode, finding, type ObjectName } from '../model/finding.ts';
import { isSameValue, printValue } from '../model/value.ts';
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
import { DELETED_IN_SOURCE, type EngineContext, EVERYTHING_TOUCHED, TENANT } from './context.ts';
import { findDoubtfulCreations, isMadeByUs } from './doubtful-creations.ts';
import { touchWhenPolicyChanged } from './drift.ts';
import { type InboundContent, InboundFlow } from './inbound.ts';
import { type AmbiguousJoin, ANCHORS, type JoinSource, joinObject, mayProvision } from './join.ts';
import { Joiners } from './joiners.ts';
import { anchorValues, joinValues } from './lookup.ts';
import { textsOfMatch } from './match-texts.ts';
import { judgeByAnchor, matchTenant } from './matching.ts';
import { objectName } from './object-name.ts';
import { OtherWriter } from './other-writer.ts';
import { tryFlowOut } from './outbound.ts';
import { subjectOf } from './read-problems.ts';
import { textsOfRuleError } from './rule-error-texts.ts';
import { missingGroups, RuleGroups } from './rule-groups.ts';
import { SourceScope } from './scope.ts';
import { SiblingDomains } from './sibling-domains.ts';

const BATCH = 2000;
/** Where the source anchor of an object comes from, for people. */
const ANCHOR_SOURCE =
  'the attribute that gives the source anchor (identity.sourceAnchor in dirbridge.yaml; unless it says otherwise mS-DS-ConsistencyGuid, else objectGUID)';
/** So many of those that a value fits are told by name. */
const CANDIDATES_NAMED = 5;

/** Key of what the target could hold at the last run. */
const CARRIED = 'carried by the target';
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
  readonly #joiners: Joiners;
  readonly #siblings: SiblingDomains;
  /** Whether an object that waits for one to join may find it now. */
  #mayJoin = false;
  readonly #otherWriter: OtherWriter;
  /** Read when an object turns up that nobody stands for. */
  #doubtful: ReadonlyMap<string, readonly number[]> | null = null;
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
    otherWriter: OtherWriter,
    byHand: ReadonlyMap<string, HandLink>,
  ) {
    this.#context = context;
    this.#tenantHasObjects = tenantHasObjects;
    this.#otherWriter = otherWriter;
    this.#byHand = byHand;
    this.#run = run;
    this.#spaces = spaces;
    this.#scopes = scopes;
    this.#ruleGroups = ruleGroups;
    this.#joiners = new Joiners(context.rules);
    this.#siblings = SiblingDomains.of(context, [...spaces.values()]);
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
      const missing = missingGroups(context.rules, [...ruleGroups.values()]);
      await context.store.runs.replaceFindings('sync', 'rule groups', missing, run, context.now().toISOString());
    });
    const tenant = heads.find((head) => head.name === TENANT);
    const tenantHasObjects = tenant !== undefined && (await context.store.sync.hasLookupValues(tenant.id));
    const spaces = new Map(heads.map((head) => [head.id, head]));
    const otherWriter = await OtherWriter.begin(context);
    const byHand = new Map((await context.store.matches.handLinks()).map((link) => [link.anchor, link]));
    return new Synchronization(context, run, spaces, scopes, ruleGroups, tenantHasObjects, otherWriter, byHand);
  }

  /** Marks everything when the rules or a scope are not those of the last time; answers why. */
  async markFull(asked: boolean): Promise<string> {
    const { store, rules, sources } = this.#context;
    return store.transaction(async () => {
      const reasons: string[] = [];
      await touchWhenPolicyChanged(this.#context);
      if (asked) reasons.push('asked for');
      if ((await store.meta('rules')) !== rules.hash && (await store.meta('rules')) !== null)
        reasons.push('the rules have changed');
      await store.setMeta('rules', rules.hash);
      if (await this.#carriesOther()) reasons.push('the tenant is written by other means than before');
      if (reasons.length > 0) {
        await store.sync.markAllPending();
        this.#otherWriter.lookAway();
        for (const space of this.#siblings.spaces) await store.sync.markPlaceholders(space);
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

  /** Whether the target can hold other objects and attributes than the last time: what it could not carry before is looked at by nobody else. */
  async #carriesOther(): Promise<boolean> {
    const { store, target } = this.#context;
    const { types, attributes, references } = target.schema;
    const writable = attributes.filter((one) => one.readOnly !== true);
    const text = JSON.stringify([types, [...writable, ...references].map((one) => one.name)]);
    const before = await store.meta(CARRIED);
    if (before !== text) await store.setMeta(CARRIED, text);
    return before !== null && before !== text;
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
      await store.runs.replaceFindings('sync', `scope:${space.name}`, [], this.#run, this.#at());
      await store.runs.replaceFindings('import', subjectOf(space.name), [], this.#run, this.#at());
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
    while (this.#mayJoin) {
      this.#mayJoin = false;
      await this.#joinWaiting();
    }
    await this.#matchTenant();
    await store.transaction(async () => {
      if ((await store.sync.touchChangedReferences()) > 0) await store.sync.raiseVersion();
      await this.#otherWriter.report(this.#context, this.#run);
    });
  }

  /** Objects that only ever join (stand-ins for accounts of another forest) may find now what was not there, or not so, when they came. */
  async #joinWaiting(): Promise<void> {
    const { store } = this.#context;
    const types = this.#joiners.types;
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
    if (object.state === OBJECT_STATES.placeholder) return this.#siblings.resolve(object);
    if (space === undefined) return;
    if (space.name === TENANT) await this.#synchronizeTenantObject(object);
    else if (!this.#scopes.has(space.id)) await this.#disconnect(object, []);
    else if (object.state === OBJECT_STATES.removed) await this.#removeObject(object);
    else await this.#synchronizeSourceObject(object);
  }

  // ------------------------------------------------------------ objects of a source

  async #synchronizeSourceObject(object: PendingObject): Promise<void> {
    await this.#followContainer(object);
    const rules = await this.#inbound.applicableRules(object);
    const linking = rules.filter(isLinking);
    if (linking.length === 0) {
      await this.#disconnect(object, []);
      return;
    }
    const before = object.mv === null ? null : await this.#context.store.sync.metaverse(object.mv);
    if (object.mv !== null && isOfItsType(before, linking)) {
      const owner = (await this.#isLinkedAnew(object, before)) ? await this.#findOwner(object, before) : null;
      if (owner === null) await this.#flow(object.mv, object, before);
      else {
        await this.#disconnect(object, [], 'it belongs to somebody else now');
        await this.#join(object, owner);
      }
      return;
    }
    // An object that has become one of another kind begins anew.
    if (object.mv !== null) await this.#disconnect(object, []);
    await this.#connect(object, linking);
  }

  /** Whether an object that nobody else stands beside has other values to join by than its person has of it. */
  async #isLinkedAnew(object: SpaceObject, own: MetaverseObject | null): Promise<boolean> {
    if (own === null || !(await this.#isNobody(object, own))) return false;
    try {
      const { attributes } = await this.#inbound.flowIn([object], own.attributes);
      return this.#context.rules.joinAttributes.some(
        (name) => !ANCHORS.has(name) && !isSameValue(own.attributes[name], attributes[name]),
      );
    } catch (error) {
      if (!(error instanceof RuleEvaluationError)) throw error;
      return false;
    }
  }

  /**
   * Joining happens once. But what nobody else stands beside and what is nobody by itself, such as a linked mailbox whose account was made anew,
   * goes to whom it is linked now. Asked when its link changed and when the last one beside it goes, so that full runs find nothing else.
   */
  async #findOwner(object: SpaceObject, own: MetaverseObject | null): Promise<number | null> {
    const { store } = this.#context;
    if (own === null || !(await this.#isNobody(object, own))) return null;
    const rules = (await this.#inbound.applicableRules(object)).filter(isLinking);
    const found = await joinObject(store, rules, await this.#inbound.sourceOf(object), async (mv) => {
      return mv !== own.id && (await this.#isFree(object, mv)) && (await store.sync.metaverse(mv))?.anchor != null;
    });
    return found.kind === 'joined' ? found.mv : null;
  }

  /** Whether an object gives no anchor, and nobody stands beside it who could. */
  async #isNobody(object: SpaceObject, own: MetaverseObject): Promise<boolean> {
    if ((await this.#inbound.anchorOf(object)) !== null) return false;
    const others = await this.#context.store.sync.objectsOf(own.id, object.id);
    return !others.some((one) => this.#scopes.has(one.space) && !this.#inbound.isStandIn(one));
  }

  /** Whether no other object of its space stands for the metaverse object. */
  async #isFree(object: SpaceObject, mv: number): Promise<boolean> {
    if (this.#inbound.isStandIn(object)) return true;
    const others = await this.#context.store.sync.objectsOf(mv);
    return !others.some((one) => one.space === object.space && !this.#inbound.isStandIn(one));
  }

  /**
   * What lies below a moved container may have come into the scope or left it; and where rules read the whole DN, what lies below a moved or renamed
   * one has another. A new container brings its children as new objects.
   */
  async #followContainer({ id, space, flags }: PendingObject): Promise<void> {
    if (flags & PENDING.state || !(flags & (PENDING.moved | PENDING.renamed))) return;
    const { store, rules } = this.#context;
    const isLimited = this.#scopes.get(space)?.isWholeDirectory === false;
    if (isLimited && flags & PENDING.moved) await store.sync.markDescendants(id);
    else if (rules.containerReaders.length > 0) await store.sync.markDescendants(id, rules.containerReaders);
  }

  async #connect(object: PendingObject, rules: readonly CompiledRule[]): Promise<void> {
    const { store } = this.#context;
    const taken: number[] = [];
    const source = await this.#inbound.sourceOf(object);
    const result = await joinObject(store, rules, source, async (mv) => {
      const free = await this.#isFree(object, mv);
      if (!free) taken.push(mv);
      return free;
    });
    if (result.kind === 'joined') {
      await this.#join(object, result.mv);
      return;
    }
    if (result.kind === 'ambiguous') {
      await this.#report(object, [await this.#ambiguity(object, result)]);
      return;
    }
    await this.#report(object, []);
    const provision = rules.find((rule) => mayProvision(rule, 'spaceAttribute', source));
    if (provision !== undefined) await this.#project(object, provision, taken);
    else if (taken[0] !== undefined) await this.#report(object, [await this.#joinConflict(object, taken[0])]);
    else if (await this.#lacksAnchorToBeMade(object, rules))
      await this.#report(object, [await this.#missingAnchor(object)]);
  }

  /** Whether the anchor is what it would be joined by and lacks: worth a finding, other than a contact without an address. */
  async #lacksAnchorToBeMade(object: SpaceObject, rules: readonly CompiledRule[]): Promise<boolean> {
    const provision = rules.find((rule) => rule.link === 'provision');
    if (provision === undefined) return false;
    const content = await this.#evaluate(object, [object], null);
    return content !== null && this.#lacksAnchor(provision.targetType, content);
  }

  async #join(object: SpaceObject, mv: number): Promise<void> {
    const { store } = this.#context;
    await store.sync.link(object.id, mv, false);
    await this.#siblings.follow(object);
    await store.sync.touchReferencesTo(object.id);
    // The one that stood for it before may have gone in this very sync, and its references with it.
    await store.sync.touch(mv, TOUCH.referred);
    this.counts.joined++;
    await this.#flow(mv, object);
  }

  /** `taken`: what it would have joined, had not another object of its space. It may stand beside that, unless both had the same anchor. */
  async #project(object: PendingObject, rule: CompiledRule, taken: readonly number[]): Promise<void> {
    const { store } = this.#context;
    const content = await this.#evaluate(object, [object], null);
    if (content === null) return;
    for (const rival of taken) {
      if ((await store.sync.metaverse(rival))?.anchor !== content.anchor) continue;
      await this.#report(object, [await this.#joinConflict(object, rival, content.anchor)]);
      return;
    }
    if (this.#lacksAnchor(rule.targetType, content)) await this.#report(object, [await this.#missingAnchor(object)]);
    const mv = await store.sync.projectMetaverse(rule.targetType, object.id, content);
    await this.#siblings.follow(object);
    this.counts.projected++;
    this.#mayJoin = true;
    if (content.anchor !== null) await this.#joinTenantObject(mv, content.anchor);
  }

  /** Flows everything that is joined to a metaverse object into it again: `object`, which is joined to it, and the others. */
  async #flow(mv: number, object: SpaceObject, known?: MetaverseObject | null): Promise<void> {
    const { store } = this.#context;
    const before = known === undefined ? await store.sync.metaverse(mv) : known;
    // The object itself is at hand, and with it what was found out about it; that of the tenant gives nothing.
    const others = await store.sync.objectsOf(mv, object.id, before?.tenant ?? null);
    const joined = [...others, object]
      .filter((one) => this.#scopes.has(one.space) && one.state === OBJECT_STATES.live)
      .sort((a, b) => a.space - b.space || (a.anchor < b.anchor ? -1 : 1));
    // What nobody stood for any more is made anew: flows of the beginning speak again.
    const isNew = before === null || before.rules === '';
    const content = await this.#evaluate(object, joined, isNew ? null : before.attributes);
    if (content === null) return;
    const isChanged = before?.anchor != null && before.tenant !== null && content.anchor !== before.anchor;
    if (!isChanged || !content.isProvisioned) await this.#store(mv, content, before, object);
    else await this.#keepAnchor(before, content, object, joined);
  }

  /**
   * What is in the tenant keeps the anchor it was made with, or a second object would be made. Mostly it stays as it is altogether. A person
   * who has lost an account, perhaps the one that gave the anchor, goes on with what is left: that decides whether it may still sign in. So does
   * one of whose accounts another decides now, because one was disabled or enabled.
   */
  async #keepAnchor(
    before: MetaverseObject,
    content: InboundContent,
    object: SpaceObject,
    joined: readonly SpaceObject[],
  ): Promise<void> {
    const { rules, now } = this.#context;
    const giver = (await this.#giverOf(content.anchor, joined)) ?? object;
    const holder = await this.#giverOf(before.anchor, joined);
    const changed = await this.#anchorChanged(giver, before.anchor, content.anchor, holder);
    if (before.origin === null && holder === null) {
      await this.#report(giver, [changed]);
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
    await this.#store(before.id, kept, before, object);
    // What no rule wants any more leaves the tenant; its anchor concerns nobody.
    if (!isWanted(rules, { ...before, ...kept }, now())) return;
    await this.#report(giver, [changed]);
  }

  /** The one of these that would give the anchor if it stood alone. */
  async #giverOf(anchor: string | null, joined: readonly SpaceObject[]): Promise<SpaceObject | null> {
    if (anchor === null) return null;
    for (const one of joined) if ((await this.#inbound.anchorOf(one)) === anchor) return one;
    return null;
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
      const name = await this.#nameOf(object);
      await this.#report(object, [
        finding('rule-error', 'sync', {
          object: name,
          attribute: error.attribute,
          ...textsOfRuleError(error, name),
        }),
      ]);
      return null;
    }
  }

  async #store(
    mv: number,
    content: InboundContent,
    before: MetaverseObject | null,
    object: SpaceObject,
  ): Promise<void> {
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
    this.#mayJoin ||= this.#joiners.mayFind(before?.attributes ?? {}, content.lookup);
    if (content.anchor !== (before?.anchor ?? null) && content.anchor !== null)
      await this.#joinTenantObject(mv, content.anchor);
  }

  async #removeObject(object: PendingObject): Promise<void> {
    const { spaces, sync } = this.#context.store;
    await this.#disconnect(object, []);
    await sync.purgeObject(object.id);
    const left = this.#siblings.spaces.length === 0 ? null : await spaces.objectById(object.id);
    if (left !== null) await this.#siblings.resolve(left);
  }

  /** Takes an object away from its metaverse object, which goes on without it or is given up. */
  async #disconnect(object: SpaceObject, findings: readonly Finding[], why?: string): Promise<void> {
    await this.#report(object, findings);
    if (object.mv === null) return;
    const { store } = this.#context;
    await store.sync.touchReferencesTo(object.id);
    await store.sync.link(object.id, null, false);
    await this.#siblings.follow(object);
    await store.sync.setOrigin(object.mv, await this.#originOf(object, why));
    this.counts.disconnected++;
    const rest = (await store.sync.objectsOf(object.mv)).filter((one) => this.#scopes.has(one.space));
    const [next] = rest;
    if (next === undefined) await this.#abandon(object.mv);
    else if (!(await this.#moveToOwner(object.mv, rest))) {
      await store.sync.touch(object.mv, TOUCH.referred);
      await this.#flow(object.mv, next);
    }
  }

  /** Of those that are left of a person the only one may belong to somebody else. */
  async #moveToOwner(mv: number, rest: readonly SpaceObject[]): Promise<boolean> {
    const [left, ...others] = rest.filter((one) => !this.#inbound.isStandIn(one));
    if (left === undefined || others.length > 0 || left.state !== OBJECT_STATES.live) return false;
    const owner = await this.#findOwner(left, await this.#context.store.sync.metaverse(mv));
    if (owner === null) return false;
    await this.#disconnect(left, [], 'it belongs to somebody else now');
    await this.#join(left, owner);
    return true;
  }

  async #originOf(object: SpaceObject, why?: string): Promise<Origin> {
    const name = await this.#nameOf(object);
    const isRemoved = object.state === OBJECT_STATES.removed;
    const otherwise = isRemoved ? DELETED_IN_SOURCE : 'it is not in the scope any more';
    return { source: name.space, object: name.dn ?? name.name, why: why ?? otherwise };
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
    // An object that returns finds its place, and its tenant object, again by its anchor. By that alone: a name or an address may belong to
    // somebody else by then, who must not get the mailbox of whom is gone.
    const names = this.#context.rules.joinAttributes.filter((name) => ANCHORS.has(name));
    const lookup = joinValues(names, object?.attributes ?? {});
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
      for (const subject of [`m${mv}`, `r${mv}`, `d${mv}`, `e${mv}`])
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
      await this.#otherWriter.see(object);
      const flags = object.flags & PENDING.state ? TOUCH.attributes | TOUCH.references : TOUCH.attributes;
      await store.sync.touch(object.mv, flags);
      return;
    }
    const result = await joinObject(store, rules.inbound('tenant', object.type), readAttributes(object), async (mv) => {
      const candidate = await store.sync.metaverse(mv);
      if (this.#isHeldApart(candidate)) return false;
      if (candidate?.tenant == null) return true;
      const other = await store.spaces.objectById(candidate.tenant);
      return other === null || (other.state !== OBJECT_STATES.live && object.state === OBJECT_STATES.live);
    });
    await this.#report(object, result.kind === 'ambiguous' ? [await this.#ambiguity(object, result)] : []);
    if (result.kind === 'joined') {
      // What was refused before has been there before.
      if ((await store.matches.of(result.mv)) === null) await this.#otherWriter.see(object);
      await this.#takeUp(object, result.mv);
    } else if (result.kind === 'none') await this.#takeUnjoined(object);
  }

  /** Nothing joins it now. An object of a source that came in the same batch may have done so already. */
  async #takeUnjoined(object: PendingObject): Promise<void> {
    const current = await this.#context.store.spaces.objectById(object.id);
    if (current?.mv != null) await this.#otherWriter.see(object);
    else await this.#takeBackOurs(object);
  }

  /** What we have made and nobody stands for any more, because whoever did left before the tenant showed it, is ours to delete. */
  async #takeBackOurs(object: PendingObject): Promise<void> {
    const { store, rules } = this.#context;
    const [rule] = rules.inbound('tenant', object.type);
    const anchor = object.attributes['sourceAnchor'];
    if (rule === undefined || typeof anchor !== 'string' || this.#byHand.has(anchor)) return;
    if (!(await this.#isMadeByUs(object))) return;
    const lookup = anchorValues(rules.joinAttributes, anchor);
    const empty = { anchor, attributes: {}, rules: '', contributors: [], lookup };
    const mv = await store.sync.projectMetaverse(rule.targetType, object.id, empty);
    await store.sync.link(object.id, mv, true);
    await store.apply.removeIntents(this.#doubtful?.get(anchor) ?? []);
    const isRestored = object.state === OBJECT_STATES.live && (await store.apply.deletedAt(anchor)) !== null;
    if (isRestored) await store.drift.noteEvent(mv, 'restored');
    this.#context.log.info({ run: this.#run, object: object.anchor }, 'an object of ours turned up late in the tenant');
  }

  async #isMadeByUs(object: SpaceObject): Promise<boolean> {
    const { store, now } = this.#context;
    this.#doubtful ??= await findDoubtfulCreations(store);
    return isMadeByUs(store, object, this.#doubtful, now());
  }

  #isHeldApart(mv: MetaverseObject | null): boolean {
    const link = mv?.anchor == null ? undefined : this.#byHand.get(mv.anchor);
    return link !== undefined && link.target === null;
  }

  /**
   * Joins what carries our anchor. What this store does not know to be its own is noted as found, and shown as such when something of it is overwritten.
   */
  async #takeUp(object: SpaceObject, mv: number): Promise<void> {
    const { store } = this.#context;
    const anchor = String(object.attributes['sourceAnchor'] ?? '');
    const isOurs = object.state !== OBJECT_STATES.live || this.#byHand.get(anchor)?.target === object.anchor;
    if (isOurs || (await this.#isMadeByUs(object))) {
      await this.#linkTenantObject(object.id, mv);
      return;
    }
    const refused = judgeByAnchor(this.#context);
    await store.matches.note({ mv, candidate: object.id, way: 'anchor', value: anchor, refused });
    if (refused === null) await this.#linkTenantObject(object.id, mv);
    else await store.sync.touch(mv, TOUCH.attributes);
    const [first] = await store.sync.objectsOf(mv);
    const told = refused === null || first === undefined ? [] : [await this.#refusedMatch(refused, first, object)];
    await store.runs.replaceFindings('sync', `m${mv}`, told, this.#run, this.#at());
  }

  async #refusedMatch(code: FindingCode, ours: SpaceObject, theirs: SpaceObject): Promise<Finding> {
    const anchor = String(theirs.attributes['sourceAnchor'] ?? '');
    const object = await this.#nameOf(ours);
    const target = objectName(theirs, TENANT, null);
    return finding(code, 'sync', {
      object,
      otherObject: target,
      attribute: 'sourceAnchor',
      value: anchor,
      ...textsOfMatch(code, { object, target, rival: null, way: 'anchor', anchor }),
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

  /** `holder`: the account of the same person that has the anchor of the tenant. */
  async #anchorChanged(
    object: SpaceObject,
    from: string | null,
    to: string | null,
    holder: SpaceObject | null,
  ): Promise<Finding> {
    const about = { object: await this.#nameOf(object), attribute: 'sourceAnchor', value: to };
    if (holder === null) {
      const cause = `The source anchor changed from ${from ?? 'nothing'} to ${to ?? 'nothing'}, but the object is in the tenant under the old one. Until that is back, the object stays there as it is, and no change of it is synchronized.`;
      const remedy = `Put the old value back, ${anchorForPeople(from)}, into ${ANCHOR_SOURCE}. An anchor never changes during the life of an object.`;
      return finding('anchor-changed', 'sync', { ...about, cause, remedy });
    }
    const otherObject = await this.#nameOf(holder);
    const cause = `Another account of this person decides now, and its source anchor is ${to ?? 'nothing'}. The user follows it, but keeps the anchor ${from ?? 'nothing'} of ${otherObject.name} in ${otherObject.space}.`;
    const remedy = `Nothing, if the other one will decide again. Else write the anchor of the user into ms-DS-ConsistencyGuid of ${about.object.name} (with identity.sourceAnchor: auto).`;
    return finding('anchor-changed', 'sync', { ...about, otherObject, cause, remedy });
  }

  async #missingAnchor(object: SpaceObject): Promise<Finding> {
    return finding('anchor-missing', 'sync', { object: await this.#nameOf(object), attribute: 'sourceAnchor' });
  }

  async #ambiguity(object: SpaceObject, { rule, condition, candidates }: AmbiguousJoin): Promise<Finding> {
    const { spaceAttribute } = condition;
    const names: ObjectName[] = [];
    for (const mv of candidates.slice(0, CANDIDATES_NAMED)) {
      const name = await this.#nameOfMetaverse(mv);
      if (name !== null) names.push(name);
    }
    const value = [printValue(object.attributes[spaceAttribute] ?? [])].flat().join(', ');
    const more = candidates.length - names.length;
    const listed = [...names.map(({ name, space }) => `${name} in ${space}`), ...(more > 0 ? [`${more} more`] : [])];
    const name = await this.#nameOf(object);
    return finding('join-ambiguous', 'sync', {
      object: name,
      otherObject: names[0] ?? null,
      attribute: spaceAttribute,
      value,
      cause: `The rule "${rule.name}" joins ${name.name} by its ${spaceAttribute}, and ${candidates.length} objects fit: ${listed.join(', ')}. None is chosen, so ${name.name} is not synchronized.`,
      remedy: `Change ${spaceAttribute} of ${name.name}, or of the others, so that one of them at most has the same value.`,
    });
  }

  /** `anchor`: the source anchor that both have, when it is that. */
  async #joinConflict(object: SpaceObject, rival: number, anchor: string | null = null): Promise<Finding> {
    const name = await this.#nameOf(object);
    const other = await this.#nameOfMetaverse(rival);
    const shared =
      anchor === null ? `belongs by the rules to the same person or group as` : `has the same source anchor as`;
    return finding('join-conflict', 'sync', {
      object: name,
      otherObject: other,
      ...(anchor === null ? {} : { attribute: 'sourceAnchor', value: anchor }),
      cause: `${name.name} ${shared} ${other?.name ?? 'another object'}, which is in the same source. Only one of the two can be in the tenant; ${other?.name ?? 'that one'} was first, so ${name.name} is not synchronized.`,
      ...(anchor === null
        ? {}
        : {
            remedy: `Give one of the two another value, or none, in ${ANCHOR_SOURCE}. Most often one is a copy of the other.`,
          }),
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

function readAttributes({ attributes }: SpaceObject): JoinSource {
  return { get: (name) => attributes[name] };
}

function isLinking(rule: CompiledRule): boolean {
  return rule.joins.length > 0 || rule.link === 'provision';
}

function isOfItsType(mv: MetaverseObject | null, rules: readonly CompiledRule[]): boolean {
  return rules.some((rule) => rule.targetType === mv?.type || rule.targetType === '*');
}

/** Whether the outbound rules want the object in the tenant, or would if they could be worked out. */
function isWanted(rules: RuleSet, object: MetaverseObject, now: Date): boolean {
  const desired = tryFlowOut(rules, object, now);
  return desired === null || desired.kind === 'object';
}

/** Bytes are entered into Active Directory as a GUID or in hexadecimal, hardly ever in base64. */
function anchorForPeople(anchor: string | null): string {
  if (anchor === null) return 'which was none';
  const bytes = Buffer.from(anchor, 'base64');
  return bytes.length === 16 && bytes.toString('base64') === anchor
    ? `${anchor} (the bytes ${bytes.toString('hex').toUpperCase()}, as a GUID ${guidToText(bytes)})`
    : anchor;
}
