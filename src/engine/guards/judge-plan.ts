import type { TargetType } from '../../model/change.ts';
import { splitDn } from '../../model/dn.ts';
import type { ActionCounts, GuardVerdict, PlanCounts } from '../../model/plan.ts';
import type { DepartureKind } from '../../store/store.ts';
import { changedSinceApplied } from '../configuration.ts';
import { ADMINISTRATORS_KNOWN, type EngineContext, TENANT } from '../context.ts';
import { findByDn } from '../scope.ts';
import { ContainerLosses } from './containers.ts';
import { judgeDepartures } from './departures.ts';
import type { MassChanges } from './mass-changes.ts';
import { judgeMembershipRemovals } from './membership-removals.ts';
import { judgePrivileged } from './privileged.ts';
import { ScopeChange } from './scope-change.ts';
import { judgeSourceSize } from './source-size.ts';
import { OBJECTS_NAMED } from './verdict.ts';

const HOUR = 3_600_000;

/** A plan that was made and is not stored yet, as the guards see it. */
export interface JudgedPlan {
  readonly id: number;
  readonly counts: PlanCounts;
  readonly operations: number;
  readonly changes: MassChanges;
}

/** Asks every guard about a plan. A blocked one stops apply until an administrator approves the plan. What a plan has none of is not asked for. */
export async function judgePlan(context: EngineContext, plan: JudgedPlan): Promise<readonly GuardVerdict[]> {
  const judgement = await Judgement.begin(context, plan);
  return [
    ...(await judgement.departures('deletions', 'delete')),
    ...(await judgement.departures('disablements', 'disable')),
    ...(await judgement.memberships()),
    ...(await judgement.sources()),
    ...(await judgement.leaving()),
    ...(await judgement.privileged()),
    ...(await judgement.massChanges()),
  ];
}

/** The time before which what left does not count any more. */
export function windowStart({ now, guards }: EngineContext): string {
  return new Date(now().getTime() - guards.window).toISOString();
}

class Judgement {
  readonly #context: EngineContext;
  readonly #plan: JudgedPlan;
  readonly #managed: Readonly<Partial<Record<TargetType, number>>>;
  readonly #since: string;

  private constructor(
    context: EngineContext,
    plan: JudgedPlan,
    managed: Readonly<Partial<Record<TargetType, number>>>,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#managed = managed;
    this.#since = windowStart(context);
  }

  static async begin(context: EngineContext, plan: JudgedPlan): Promise<Judgement> {
    return new Judgement(context, plan, await context.store.plans.managedCounts());
  }

  async departures(guard: 'deletions' | 'disablements', kind: 'delete' | 'disable'): Promise<readonly GuardVerdict[]> {
    const { store, guards } = this.#context;
    const planned = this.#planned(kind);
    const recent = isNone(planned) ? {} : await this.#recent(kind);
    const facts = { planned, recent, managed: this.#managed, window: this.#window };
    const verdicts: GuardVerdict[] = [];
    for (const verdict of judgeDepartures(guard, facts, guards[guard])) {
      const type = (Object.keys(planned) as TargetType[]).find((one) => verdict.name.endsWith(`-${one}`)) ?? null;
      const objects = verdict.blocked ? await store.guards.names(this.#plan.id, kind, type, OBJECTS_NAMED) : [];
      verdicts.push({ ...verdict, objects });
    }
    return verdicts;
  }

  async memberships(): Promise<readonly GuardVerdict[]> {
    const { store, guards } = this.#context;
    if (this.#plan.counts.memberships.remove === 0 && isNone(this.#planned('delete'))) return [];
    const facts = {
      losses: store.guards.membershipLosses(this.#plan.id),
      recent: await store.guards.membershipsLostSince(this.#since),
      countAll: () => store.guards.countMemberships(),
      window: this.#window,
    };
    return judgeMembershipRemovals(facts, guards.membershipRemovals);
  }

  async sources(): Promise<readonly GuardVerdict[]> {
    const { store, sources, guards } = this.#context;
    const verdicts: GuardVerdict[] = [];
    for (const { id, name, baseline } of await store.spaces.spaces()) {
      if (name === TENANT || !sources.some((source) => source.connector.name === name)) continue;
      verdicts.push(...judgeSourceSize(name, baseline, await store.spaces.liveCounts(id), guards.sourceShrink));
    }
    return verdicts;
  }

  /** Why and from where objects leave. */
  async leaving(): Promise<readonly GuardVerdict[]> {
    const { store, guards } = this.#context;
    const scope = new ScopeChange(await changedSinceApplied(this.#context), guards.scopeChange);
    const containers = new ContainerLosses(guards.containers);
    const isAnybodyLeaving = !isNone(this.#planned('delete')) || (await store.leaving.summary()).count > 0;
    if (!isAnybodyLeaving) return [scope.judge(), await containers.judge(async () => 0)];
    for await (const page of store.guards.leavingObjects(this.#plan.id)) {
      for (const object of page) {
        scope.add(object);
        containers.add(object);
      }
    }
    const countBelow = (source: string, dn: string, limit: number): Promise<number | null> =>
      this.#countBelow(source, dn, limit);
    return [scope.judge(), await containers.judge(countBelow)];
  }

  async #countBelow(source: string, dn: string, limit: number): Promise<number | null> {
    const { store } = this.#context;
    const space = (await store.spaces.spaces()).find((one) => one.name === source);
    if (space === undefined) return 0;
    const parts = splitDn(dn);
    for (let above = 0; above < parts.length; above++) {
      const found = await findByDn(store, space.id, parts.slice(above).join(','));
      if (found !== null) return above === 0 ? store.guards.countManagedBelow(found.id, limit) : 0;
    }
    return null;
  }

  async privileged(): Promise<readonly GuardVerdict[]> {
    if (this.#plan.operations === 0) return [];
    const changes = await this.#context.store.guards.privilegedChanges(this.#plan.id);
    const isKnown = (await this.#context.store.meta(ADMINISTRATORS_KNOWN)) !== 'no';
    return [judgePrivileged(changes, isKnown, this.#context.guards.privileged)];
  }

  async massChanges(): Promise<readonly GuardVerdict[]> {
    const { store, target, guards } = this.#context;
    const { changes, counts, id } = this.#plan;
    for (const { name, native, types, single } of target.schema.references) {
      for (const type of single ? types : []) {
        if ((counts.types[type]?.update ?? 0) < Math.max(1, guards.massChanges.atLeast)) continue;
        const changed = await store.guards.referenceChanges(id, name, type, OBJECTS_NAMED);
        changes.addCounted(type, native, changed.count, changed.names);
      }
    }
    return changes.judge(this.#managed, guards.massChanges);
  }

  #planned(action: 'delete' | 'disable'): Readonly<Partial<Record<TargetType, number>>> {
    const types = Object.entries(this.#plan.counts.types) as [TargetType, ActionCounts][];
    return Object.fromEntries(types.map(([type, counts]) => [type, counts[action]]).filter(([, count]) => count !== 0));
  }

  async #recent(kind: DepartureKind): Promise<Readonly<Partial<Record<TargetType, number>>>> {
    const left = await this.#context.store.guards.departuresSince(this.#since);
    return Object.fromEntries(left.filter((one) => one.kind === kind).map(({ type, count }) => [type, count]));
  }

  get #window(): string {
    const hours = Math.round((this.#context.guards.window / HOUR) * 10) / 10;
    return `${hours} hour${hours === 1 ? '' : 's'}`;
  }
}

function isNone(counts: Readonly<Partial<Record<TargetType, number>>>): boolean {
  return Object.keys(counts).length === 0;
}
