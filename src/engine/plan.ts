import { createHash } from 'node:crypto';
import type { ShapedObject, ShapeProblem } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import type { TargetType } from '../model/change.ts';
import { FINDINGS, type Finding, finding, type ObjectName } from '../model/finding.ts';
import type { Action, AttributeChange, Cause, PlanHead } from '../model/plan.ts';
import type { Attributes } from '../model/value.ts';
import { RuleEvaluationError } from '../rules/rule-set.ts';
import {
  type LeftReferences,
  type LookupValue,
  type Match,
  OBJECT_STATES,
  type ReferenceFlow,
  type SpaceHead,
  type SpaceObject,
  type TenantEvent,
  TOUCH,
  type TouchedObject,
} from '../store/store.ts';
import { rememberApplied, rememberPlanned } from './configuration.ts';
import { type Holder, textsOfConflict } from './conflict-texts.ts';
import { type EngineContext, EVERYTHING_TOUCHED, TENANT } from './context.ts';
import { keepLeft, leftFindings, leftReferenceFinding, TenantDrift, type Weighed } from './drift.ts';
import { judgePlan, windowStart } from './guards/judge-plan.ts';
import { MassChanges } from './guards/mass-changes.ts';
import { LeavingObjects, leavesLater, type Waiting } from './leaving.ts';
import { licencesToReturn } from './licences.ts';
import { nativeName, uniqueValues } from './lookup.ts';
import { textsOfMatch } from './match-texts.ts';
import { objectName } from './object-name.ts';
import { orderPlan } from './order.ts';
import { compareAttributes, type Desired, endedStates, flowOut, rulesBehind } from './outbound.ts';
import { OutboundRules } from './outbound-rules.ts';
import { keepOwnValues, type MergedAttributes, mergedAttributes } from './own-values.ts';
import { textsOfRuleError } from './rule-error-texts.ts';
import { shapeDesired } from './shape-desired.ts';
import { SiblingDomains } from './sibling-domains.ts';
import { dropStandIns } from './undo/stand-ins.ts';
import { type LostValue, settleUniqueValues } from './unique.ts';

const BATCH = 2000;
const LOSS = 'loss:';
const PLANS_KEPT = 20;
const CONTAINERS_REMEMBERED = 50_000;

type DesiredObject = Extract<Desired, { kind: 'object' }>;

/**
 * Compares what the rules want with what the tenant holds, for everything that was touched since it was last in step, and stores the difference
 * as a plan: operations in an order in which each can succeed, the verdicts of the guards, a hash. Speaks to no directory.
 */
export async function planChanges(context: EngineContext, run: string): Promise<PlanHead> {
  const { store } = context;
  await dropStandIns(store);
  const id = await store.plans.createPlan(run, context.now().toISOString());
  const planning = await Planning.begin(context, run, id);
  await planning.touchConflicts();
  await planning.leaving.touchDue();
  await planning.walkTouched();
  const lost = await store.transaction(() => settleUniqueValues(context, id, planning.facts));
  await planning.reportConflicts(lost);
  await store.transaction(() => store.plans.planReferences(id, planning.flows));
  await planning.weighReferences();
  await planning.addReferenceOperations();
  await planning.reportOutside();
  await store.transaction(() => orderPlan(store, id));
  await planning.reportLosses();
  await planning.withdrawRefusals();
  const { counts, operations } = await store.plans.countPlan(id);
  const guards = await judgePlan(context, { id, counts, operations, changes: planning.changes });
  const hash = await hashPlan(context, id);
  await store.transaction(async () => {
    const isBlocked = guards.some((guard) => guard.blocked);
    await store.plans.finishPlan(id, { hash, counts, guards, operations, state: isBlocked ? 'blocked' : 'ready' });
    await store.plans.clearSettled(id);
    await store.setMeta(EVERYTHING_TOUCHED, 'no');
    await rememberPlanned(context);
    // What a guard stopped stays stopped until somebody approves, also when there is nothing to write yet.
    if (operations === 0 && !isBlocked) await rememberInStep(context);
    await store.guards.forgetDepartures(windowStart(context));
    await store.plans.prunePlans(PLANS_KEPT);
  });
  const head = await store.apply.plan(String(id));
  if (head === null) throw new DirbridgeError('bug', `plan ${id} was stored but cannot be found`);
  return head;
}

/**
 * The tenant is in step, by a plan that was carried out or because there was nothing to do: from now on the guards compare with the sources and the
 * configuration as they are now, and the time counts for what has begun to leave.
 */
export async function rememberInStep(context: EngineContext, carriedOut?: string): Promise<void> {
  await context.store.leaving.settle(context.now().toISOString(), carriedOut);
  await rememberApplied(context);
  for (const space of await context.store.spaces.spaces()) {
    if (space.name !== TENANT)
      await context.store.spaces.setBaseline(space.id, await context.store.spaces.liveCounts(space.id));
  }
}

export async function hashPlan(context: EngineContext, plan: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const texts of context.store.plans.planTexts(plan)) hash.update(texts.join('\n')).update('\n');
  return hash.digest('hex');
}

class Planning {
  readonly #context: EngineContext;
  readonly #run: string;
  readonly #plan: number;
  readonly #spaces: readonly SpaceHead[];
  readonly #unique: (attributes: Attributes) => readonly LookupValue[];
  readonly facts: Readonly<Record<string, string>>;
  readonly flows: readonly ReferenceFlow[];
  readonly #rules: OutboundRules;
  readonly #merged: MergedAttributes;
  readonly #startedAt: Date;
  readonly #containerDns = new Map<number, string | null>();
  readonly leaving: LeavingObjects;
  readonly #drift: TenantDrift;
  readonly changes = new MassChanges();
  /** What the tenant held before us, by metaverse object: few, or only at the first run. */
  readonly #matches: ReadonlyMap<number, Match>;
  /** Ids of those who hold an administrator role. */
  readonly #roleHolders: ReadonlySet<string>;
  /** Whether anything was ever written: before the first apply nobody needs to ask what was deleted. */
  readonly #hasHistory: boolean;

  private constructor(
    context: EngineContext,
    run: string,
    plan: number,
    spaces: readonly SpaceHead[],
    leaving: LeavingObjects,
    drift: TenantDrift,
    found: {
      readonly matches: readonly Match[];
      readonly roleHolders: readonly string[];
      readonly hasHistory: boolean;
    },
  ) {
    this.#context = context;
    this.#matches = new Map(found.matches.map((match) => [match.mv, match]));
    this.#roleHolders = new Set(found.roleHolders);
    this.#hasHistory = found.hasHistory;
    this.#run = run;
    this.#plan = plan;
    this.#spaces = spaces;
    this.leaving = leaving;
    this.#drift = drift;
    this.#unique = uniqueValues(context.target.schema);
    this.facts = spaces.find((space) => space.name === TENANT)?.parameters ?? {};
    this.flows = referenceFlows(context);
    this.#merged = mergedAttributes(context.rules, context.target.schema);
    this.#rules = new OutboundRules(context.rules, context.target.schema);
    this.#startedAt = context.now();
  }

  static async begin(context: EngineContext, run: string, plan: number): Promise<Planning> {
    const { spaces, matches, guards } = context.store;
    const leaving = await LeavingObjects.begin(context);
    const drift = await TenantDrift.begin(context);
    const found = await matches.all();
    const roleHolders = found.length === 0 ? [] : await guards.roleHolders();
    return new Planning(context, run, plan, await spaces.spaces(), leaving, drift, {
      matches: found,
      roleHolders,
      hasHistory: await context.store.apply.isAnythingLogged(),
    });
  }

  /** Whoever lacks a value that another object had may get it now, and whoever held an administrator role may hold it no more. */
  async touchConflicts(): Promise<void> {
    const { store } = this.#context;
    await store.transaction(async () => {
      for (const code of ['value-conflict', 'match-privileged'] as const)
        for (const subject of await store.runs.subjects('plan', code))
          await store.sync.touch(Number(subject.slice(1)), TOUCH.attributes);
    });
  }

  async walkTouched(): Promise<void> {
    const { store } = this.#context;
    const total = await store.plans.countTouched();
    let after = 0;
    let done = 0;
    for (;;) {
      const batch = await store.plans.touchedObjects(after, BATCH);
      const last = batch.at(-1);
      if (last === undefined) return;
      after = last.mv.id;
      await store.transaction(async () => {
        for (const touched of batch) await this.#planObject(touched);
      });
      done += batch.length;
      this.#context.progress('plan', done, total);
    }
  }

  async #planObject(touched: TouchedObject): Promise<void> {
    const current =
      touched.tenant !== null && touched.tenant.state !== OBJECT_STATES.removed ? touched.tenant.attributes : null;
    let desired: Desired;
    try {
      desired = flowOut(this.#rules, touched.mv, current === null ? null : touched.tenant, this.#startedAt);
    } catch (error) {
      if (!(error instanceof RuleEvaluationError)) throw error;
      const object = await this.#nameOf(touched);
      const texts = textsOfRuleError(error, object);
      await this.#report(touched.mv.id, [
        finding('rule-error', 'plan', { object, attribute: error.attribute, ...texts }),
      ]);
      return;
    }
    if (desired.kind === 'nothing') await this.#planRemoval(touched);
    else if (!this.#context.target.schema.types.includes(desired.type)) await this.#planUncarried(touched, desired);
    else await this.#planDesired(touched, desired, current);
  }

  async #planRemoval(touched: TouchedObject): Promise<void> {
    const { mv, tenant } = touched;
    await this.#context.store.plans.setWanted(mv.id, false);
    await this.#report(mv.id, []);
    await this.#context.store.runs.replaceFindings('plan', `r${mv.id}`, [], this.#run, this.#at());
    const event = await this.#endDrift(mv.id);
    if (tenant === null || tenant.state !== OBJECT_STATES.live) {
      await this.leaving.strike(mv.id);
      if (event !== null) await this.#context.store.drift.forgetObject(mv.id);
      return;
    }
    const match = this.#matches.get(mv.id);
    if (match !== undefined && match.way !== 'anchor') return;
    // Made when the tenant was written by other means: what cannot be written is left alone.
    if (!this.#context.target.schema.types.includes(tenant.type as TargetType) || !this.#canChange(tenant)) return;
    const name = String(tenant.attributes['userPrincipalName'] ?? tenant.attributes['displayName'] ?? tenant.anchor);
    const drift = event === 'restored' ? { drift: event } : {};
    const cause = { ...(await this.#causeOf(touched)), rules: [], ...drift };
    const waiting = await this.leaving.waitOf(touched, name, cause);
    const changes = waiting === null ? [] : this.leaving.disabling(tenant.attributes);
    if (waiting !== null) await this.#reportLeaving(touched, tenant, cause, waiting);
    if (waiting !== null && changes.length === 0) return;
    await this.#context.store.plans.addOperation(this.#plan, {
      action: waiting === null ? 'delete' : 'update',
      type: tenant.type as TargetType,
      mv: mv.id,
      object: tenant.id,
      anchor: mv.anchor ?? String(tenant.attributes['sourceAnchor'] ?? ''),
      name,
      changes,
      cause,
      claims: [],
    });
  }

  /** Of what leaves only whether somebody restored it is worth knowing. */
  async #endDrift(mv: number): Promise<TenantEvent | null> {
    if (!this.#drift.isAnyKnown) return null;
    const { store } = this.#context;
    await store.runs.replaceFindings('plan', `d${mv}`, [], this.#run, this.#at());
    const { event, attributes } = await store.drift.of(mv);
    await store.drift.forget(mv, [...attributes.keys()]);
    return event;
  }

  async #reportLeaving(touched: TouchedObject, tenant: SpaceObject, cause: Cause, { until }: Waiting): Promise<void> {
    const isOff = this.leaving.isSwitchedOff(tenant.attributes);
    const object = (await this.#sourceName(touched.mv.id)) ?? objectName(tenant, TENANT, null);
    await this.#report(touched.mv.id, [leavesLater(object, cause, until, isOff)]);
  }

  async #planUncarried(touched: TouchedObject, desired: DesiredObject): Promise<void> {
    await this.#planRemoval(touched);
    const object = await this.#nameOf(touched);
    await this.#report(touched.mv.id, [
      finding('target-cannot-carry-object', 'plan', {
        object,
        cause: `Microsoft Graph lets no application create a ${desired.type}, so ${object?.name ?? 'the object'} is not synchronized.`,
      }),
    ]);
  }

  /** What sync refused stays out of the plan. */
  async #isRefused({ mv }: TouchedObject, match: Match): Promise<boolean> {
    if (match.refused === null) return false;
    await this.#context.store.plans.setWanted(mv.id, false);
    await this.#report(mv.id, []);
    return true;
  }

  /** Of a holder of an administrator role nothing is overwritten unless somebody has linked it by hand; one that is in step already is ours. */
  async #isProtected({ mv, tenant }: TouchedObject, match: Match): Promise<boolean> {
    if (tenant === null || match.way === 'hand' || !this.#roleHolders.has(tenant.anchor)) return false;
    await this.#context.store.plans.setWanted(mv.id, false);
    const object = await this.#metaverseName(mv.id);
    const target = objectName(tenant, TENANT, null);
    await this.#report(mv.id, [
      finding('match-privileged', 'plan', {
        object,
        otherObject: target,
        attribute: match.way === 'anchor' ? 'sourceAnchor' : match.way,
        value: match.value,
        ...textsOfMatch('match-privileged', { object, target, rival: null, way: match.way, anchor: mv.anchor }),
      }),
    ]);
    return true;
  }

  async #planDesired(touched: TouchedObject, desired: DesiredObject, current: Attributes | null): Promise<void> {
    const { store, target } = this.#context;
    const { mv, tenant } = touched;
    const match = this.#matches.get(mv.id);
    if (match !== undefined && (await this.#isRefused(touched, match))) return;
    await this.leaving.strike(mv.id);
    const { shaped, given } = await keepOwnValues(
      store,
      this.#merged,
      mv.id,
      desired,
      shapeDesired(target.schema, desired, current, this.facts),
      current,
    );
    for (const { attribute, keys } of given) await store.plans.setGivenValues(mv.id, attribute, keys);
    const isLive = tenant?.state === OBJECT_STATES.live;
    await this.#reportProblems(touched, desired.type, shaped);
    await store.plans.setWanted(mv.id, isLive || !shaped.blocked);
    if (shaped.blocked) return;
    const { decided } = desired.outcome;
    const differences = compareAttributes(target.schema, desired.type, shaped, decided, current);
    const weighed = await this.#drift.weigh(mv, differences, shaped.attributes);
    const action = isLive ? (match === undefined ? 'update' : 'link') : current === null ? 'create' : 'restore';
    const { changes: wanted, left } = action === 'link' ? { changes: differences, left: [] } : weighed;
    const changes = [...wanted, ...endedStates(target.schema, shaped, isLive ? current : null)];
    await this.#reportLeft(touched, left);
    if (isLive && weighed.event !== null) await store.drift.forgetEvent(mv.id);
    if (isLive && changes.length === 0) {
      if (match !== undefined) await store.matches.forget(mv.id);
      return;
    }
    if (isLive && match !== undefined && (await this.#isProtected(touched, match))) return;
    const attributes = keepLeft(shaped.attributes, left, current);
    const name = nameFrom(attributes, current);
    if (action === 'update') this.changes.add(desired.type, name, wanted);
    await store.plans.addOperation(this.#plan, {
      action,
      type: desired.type,
      mv: mv.id,
      object: tenant?.id ?? null,
      anchor: mv.anchor ?? '',
      name,
      changes,
      cause: {
        ...(await this.#causeOf(touched)),
        rules: rulesBehind(desired, changes),
        ...(match === undefined ? {} : { match: { way: match.way, value: match.value } }),
        ...driftOf(action, weighed),
        ...(action === 'create' ? await this.#goneSince(mv.anchor) : {}),
        ...(action === 'restore' && tenant !== null ? await licencesToReturn(this.#context, tenant.anchor) : {}),
      },
      claims: this.#claims(action, attributes, changes, current),
    });
  }

  /** What we have deleted and the tenant cannot give back any more comes as a new object: its id, mailbox and licences are new. */
  async #goneSince(anchor: string | null): Promise<Pick<Cause, 'goneSince'>> {
    if (anchor === null || !this.#hasHistory) return {};
    const goneSince = await this.#context.store.apply.deletedAt(anchor);
    return goneSince === null ? {} : { goneSince };
  }

  /** Unique values that the operation brings into the tenant: all that a new or restored object is to have, whatever it had before. */
  #claims(
    action: string,
    attributes: Attributes,
    changes: readonly AttributeChange[],
    current: Attributes | null,
  ): readonly LookupValue[] {
    const all = this.#unique(attributes).filter((value) => value.kind !== 'sourceAnchor');
    if (action !== 'update' && action !== 'link') return all;
    if (changes.length === 0) return [];
    const held = new Set(this.#unique(current ?? {}).map((value) => `${value.kind}/${value.key}`));
    return all.filter((value) => !held.has(`${value.kind}/${value.key}`));
  }

  async reportConflicts(lost: readonly LostValue[]): Promise<void> {
    const { store } = this.#context;
    await store.transaction(async () => {
      for (const one of lost) {
        const { mv, native, value } = one;
        const object = await this.#metaverseName(mv);
        const holder = await this.#holderOf(one);
        const known = await store.runs.findingsOf([`m${mv}`]);
        await this.#report(mv, [
          ...known.filter(({ stage }) => stage === 'plan'),
          finding('value-conflict', 'plan', {
            object,
            otherObject: holder?.name ?? null,
            attribute: native,
            value,
            ...textsOfConflict(one, object, holder),
          }),
        ]);
      }
    });
  }

  async #isReferenceDrift(mv: number): Promise<boolean> {
    return this.#drift.isAnyKnown && (await this.#context.store.drift.isAnyReferenceMarked(this.#plan, mv));
  }

  async #reportLeft(touched: TouchedObject, left: readonly AttributeChange[]): Promise<void> {
    if (!this.#drift.isAnyKnown) return;
    const object = left.length === 0 ? null : await this.#nameOf(touched);
    const findings = leftFindings(object, left);
    await this.#context.store.runs.replaceFindings('plan', `d${touched.mv.id}`, findings, this.#run, this.#at());
  }

  /** Memberships and managers that somebody changed in the tenant. Where nothing was touched, nothing can be otherwise than before. */
  async weighReferences(): Promise<void> {
    const { store } = this.#context;
    const { isAnyKnown } = this.#drift;
    const before = (await store.runs.subjects('plan', 'drift-left')).filter((subject) => subject.startsWith('e'));
    if (isAnyKnown ? (await store.plans.countTouched()) === 0 : before.length === 0) return;
    const names = this.flows.map((flow) => flow.targetAttribute);
    await store.transaction(async () => {
      const left = await store.drift.weighReferences(this.#plan, this.flows, this.#drift.leftReferences(names));
      for (const subject of new Set([...before, ...[...left.keys()].map((mv) => `e${mv}`)])) {
        const findings = await this.#leftReferences(Number(subject.slice(1)), left);
        await store.runs.replaceFindings('plan', subject, findings, this.#run, this.#at());
      }
    });
  }

  async #leftReferences(mv: number, left: ReadonlyMap<number, readonly LeftReferences[]>): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const references of left.get(mv) ?? []) {
      const names = await Promise.all(references.targets.map((target) => this.#sourceName(target)));
      const named = names.filter((name) => name !== null);
      findings.push(leftReferenceFinding(await this.#sourceName(mv), references, named));
    }
    return findings;
  }

  async addReferenceOperations(): Promise<void> {
    const { store } = this.#context;
    const touched = await store.plans.referencesWithoutOperation(this.#plan);
    await store.transaction(async () => {
      for (const one of touched) {
        if (one.tenant === null || one.tenant.state !== OBJECT_STATES.live) continue;
        // Made when the tenant was written by other means, and not to be changed by these.
        if (!this.#canChange(one.tenant)) {
          await store.plans.dropReferences(this.#plan, one.mv.id);
          continue;
        }
        const rules = this.#context.rules
          .outbound(one.mv.type)
          .filter((rule) => rule.flows.some((flow) => flow.reference));
        await store.plans.addOperation(this.#plan, {
          action: 'update',
          type: one.tenant.type as TargetType,
          mv: one.mv.id,
          object: one.tenant.id,
          anchor: one.mv.anchor ?? '',
          name: nameFrom(one.tenant.attributes, null),
          changes: [],
          cause: {
            ...(await this.#causeOf(one)),
            rules: rules.map((rule) => rule.name),
            ...((await this.#isReferenceDrift(one.mv.id)) ? { drift: 'changed' as const } : {}),
          },
          claims: [],
        });
      }
    });
  }

  #canChange({ type, attributes }: SpaceObject): boolean {
    return this.#context.target.schema.canChange?.(type as TargetType, attributes) !== false;
  }

  /** Managers that are not synchronized: worth knowing, not wrong. */
  async reportOutside(): Promise<void> {
    const { store } = this.#context;
    const outside = new Map<number, Finding[]>();
    const siblings = SiblingDomains.of(this.#context, this.#spaces);
    for await (const { mv, attribute, target: named } of store.plans.referencesOutside(this.flows)) {
      const target = await siblings.lookBehind(named);
      const space = this.#spaces.find((one) => one.id === target.space)?.name ?? '';
      const other = objectName(target, space, await store.sync.dnOf(target.id));
      const found = finding('reference-out-of-scope', 'plan', {
        object: await this.#metaverseName(mv),
        otherObject: other,
        attribute,
        value: other.dn ?? other.name,
        cause: `${attribute} refers to ${other.name}, which is not synchronized. So the user has no ${attribute} in the tenant.`,
        remedy: `Nothing, if that is meant. Else bring ${other.name} into the scope; what leaves it out: dirbridge explain ${JSON.stringify(other.dn ?? other.name)}`,
      });
      outside.set(mv, [...(outside.get(mv) ?? []), found]);
    }
    const checked: number[] = [];
    for await (const page of store.plans.outsideChecked()) checked.push(...page);
    await store.transaction(async () => {
      for (const mv of checked)
        await store.runs.replaceFindings('plan', `r${mv}`, outside.get(mv) ?? [], this.#run, this.#at());
    });
  }

  /** Attributes that the rules want and the target cannot write: one finding for each attribute and type, however many objects have it. */
  async reportLosses(): Promise<void> {
    const { store } = this.#context;
    const losses = [...this.#losses].sort(([a], [b]) => a.localeCompare(b));
    await store.transaction(async () => {
      if ((await store.meta(EVERYTHING_TOUCHED)) === 'yes') await this.#withdrawLosses();
      for (const [key, loss] of losses) {
        await store.runs.replaceFindings(
          'plan',
          `${LOSS}${key}`,
          [
            finding('target-cannot-carry-attribute', 'plan', {
              object: loss.object,
              attribute: loss.attribute,
              value: loss.value,
              cause: `${this.#context.target.schema.lossText ?? 'Microsoft Graph lets no application write'} ${loss.attribute} of a ${loss.type}, so it is not synchronized. Told once for all objects; ${loss.object?.name ?? 'this one'} is an example.`,
            }),
          ],
          this.#run,
          this.#at(),
        );
      }
    });
  }

  async #withdrawLosses(): Promise<void> {
    const { runs } = this.#context.store;
    for (const subject of await runs.subjects('plan', 'target-cannot-carry-attribute'))
      if (!this.#losses.has(subject.slice(LOSS.length)))
        await runs.replaceFindings('plan', subject, [], this.#run, this.#at());
  }

  /** What was refused before and is not to be written any more is no problem any more. */
  async withdrawRefusals(): Promise<void> {
    const { store } = this.#context;
    await store.transaction(async () => {
      for (const subject of await store.runs.subjects('apply')) {
        // Licences that are still owed are no operations: apply withdraws them when they are given.
        if (!subject.startsWith('m')) continue;
        if ((await store.plans.operationOf(this.#plan, Number(subject.slice(1)))) === null)
          await store.runs.replaceFindings('apply', subject, [], this.#run, this.#at());
      }
    });
  }

  readonly #losses = new Map<
    string,
    {
      readonly type: string;
      readonly attribute: string;
      readonly value: string | null;
      readonly object: ObjectName | null;
    }
  >();

  async #reportProblems(touched: TouchedObject, type: TargetType, shaped: ShapedObject): Promise<void> {
    if (shaped.problems.length === 0) {
      await this.#report(touched.mv.id, []);
      return;
    }
    // Nearly every user has a loss that is known already: only what is told needs the name of its object.
    const isKnown = (problem: ShapeProblem): boolean =>
      problem.code === 'target-cannot-carry-attribute' && this.#losses.has(`${touched.mv.type}/${problem.attribute}`);
    const untold = shaped.problems.filter((problem) => !isKnown(problem));
    const object = untold.length === 0 ? null : await this.#nameOf(touched);
    const found: Finding[] = [];
    for (const problem of untold) {
      if (problem.code === 'target-cannot-carry-attribute') {
        const key = `${touched.mv.type}/${problem.attribute}`;
        if (!this.#losses.has(key)) {
          if (problem.attribute !== null) this.#rules.told(type, problem.attribute);
          this.#losses.set(key, {
            type: touched.mv.type === 'person' ? 'user' : touched.mv.type,
            attribute: problem.attribute ?? '',
            value: problem.value,
            object,
          });
        }
        continue;
      }
      found.push(
        finding(problem.code, 'plan', {
          object,
          attribute:
            problem.attribute === null ? null : nativeName(this.#context.target.schema, type, problem.attribute),
          value: problem.value,
          ...(problem.severity === undefined ? {} : { severity: problem.severity }),
          ...(problem.cause === undefined ? {} : { cause: problem.cause }),
          remedy: problem.remedy ?? remedyOfProblem(problem, object),
        }),
      );
    }
    await this.#report(touched.mv.id, found);
  }

  async #report(mv: number, findings: readonly Finding[]): Promise<void> {
    await this.#context.store.runs.replaceFindings('plan', `m${mv}`, findings, this.#run, this.#at());
  }

  #at(): string {
    return this.#context.now().toISOString();
  }

  async #sourceName(mv: number): Promise<ObjectName | null> {
    const { store } = this.#context;
    for (const object of await store.sync.objectsOf(mv)) {
      const space = this.#spaces.find((one) => one.id === object.space);
      if (space !== undefined && space.name !== TENANT)
        return objectName(object, space.name, await store.sync.dnOf(object.id));
    }
    return null;
  }

  async #metaverseName(mv: number): Promise<ObjectName | null> {
    return this.#sourceName(mv);
  }

  /** Ours where it is one of ours; that of the tenant where nobody stands for it. */
  async #holderOf({ otherMv, otherObject }: LostValue): Promise<Holder | null> {
    const held = await this.#context.store.spaces.objectById(otherObject);
    const ours = otherMv === null ? null : await this.#metaverseName(otherMv);
    const name = ours ?? (held === null ? null : objectName(held, TENANT, null));
    return name === null ? null : { name, attributes: held?.attributes ?? null };
  }

  async #nameOf(touched: TouchedObject): Promise<ObjectName | null> {
    return (
      (await this.#sourceName(touched.mv.id)) ??
      (touched.tenant === null ? null : objectName(touched.tenant, TENANT, null))
    );
  }

  /** Called once for each operation: so it reads the place only, and remembers the DNs of containers. */
  async #causeOf(touched: TouchedObject): Promise<Omit<Cause, 'rules'>> {
    const { store } = this.#context;
    const place = await store.plans.sourceOf(touched.mv.id);
    if (place === null) return touched.mv.origin ?? { source: '', object: 'no object of any source any more' };
    const source = this.#spaces.find((space) => space.id === place.space)?.name ?? '';
    if (place.rdn === null) return { source, object: (await this.#sourceName(touched.mv.id))?.name ?? '' };
    const above = place.parent === null ? null : await this.#containerDn(place.parent);
    return { source, object: above === null ? place.rdn : `${place.rdn},${above}` };
  }

  async #containerDn(container: number): Promise<string | null> {
    const known = this.#containerDns.get(container);
    if (known !== undefined) return known;
    const dn = await this.#context.store.sync.dnOf(container);
    if (this.#containerDns.size > CONTAINERS_REMEMBERED) this.#containerDns.clear();
    this.#containerDns.set(container, dn);
    return dn;
  }
}

/** Names in the directory are others than those of the tenant: the command tells what a value is made of. */
function remedyOfProblem({ code, attribute }: ShapeProblem, object: ObjectName | null): string {
  const { remedy } = FINDINGS[code];
  if (!code.startsWith('attribute-') || attribute === null || object === null) return remedy;
  const which = code === 'attribute-missing' ? '--rules' : `--attribute ${attribute}`;
  return `${remedy} What it is made of: dirbridge explain ${JSON.stringify(object.dn ?? object.name)} ${which}`;
}

/** An object that is restored or made again was deleted by somebody in the tenant, if that is known; of one that is there, values were changed. */
function driftOf(action: Action, { changes, event }: Weighed): Pick<Cause, 'drift'> {
  if (action === 'create' || action === 'restore') return event === 'deleted' ? { drift: 'deleted' } : {};
  return action === 'update' && changes.some((change) => change.drift) ? { drift: 'changed' } : {};
}

function nameFrom(attributes: Attributes, current: Attributes | null): string {
  for (const name of ['userPrincipalName', 'displayName']) {
    const value = attributes[name] ?? current?.[name];
    if (typeof value === 'string') return value;
  }
  return '';
}

/** The reference attributes that flow out and that the target can write. */
function referenceFlows(context: EngineContext): readonly ReferenceFlow[] {
  const flows = new Map<string, ReferenceFlow>();
  for (const rule of context.rules.all) {
    if (rule.direction !== 'outbound') continue;
    for (const flow of rule.flows) {
      const target = context.target.schema.references.find(
        (one) => one.name === flow.target && one.types.includes(rule.targetType as TargetType),
      );
      const [attribute] = flow.sources;
      if (!flow.reference || target === undefined || attribute === undefined) continue;
      flows.set(`${rule.sourceType}/${attribute}/${flow.target}`, {
        attribute,
        targetAttribute: flow.target,
        single: target.single,
        metaverseType: rule.sourceType,
      });
    }
  }
  return [...flows.values()];
}
