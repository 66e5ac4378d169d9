import type { TargetType } from '../model/change.ts';
import { type Finding, finding, type ObjectName } from '../model/finding.ts';
import type { AttributeChange, Cause } from '../model/plan.ts';
import type { Attributes } from '../model/value.ts';
import type { TouchedObject } from '../store/store.ts';
import type { EngineContext } from './context.ts';

/** The grace period that the last plan knew: when it changes, all that wait are looked at again. */
const GRACE = 'grace period';
const ENABLED = 'accountEnabled';

/** Until when an object waits: the time of its deletion as far as is known now. */
export interface Waiting {
  readonly until: Date;
}

/**
 * Objects that nobody stands for any more and that are deleted when they are still gone after the grace period of the configuration. The time counts
 * from the plan that was carried out when they left, so that an account has been switched off for all of it. Whoever returns is struck off.
 */
export class LeavingObjects {
  readonly #context: EngineContext;
  /** The metaverse objects that wait. Most objects do not: they need not be asked for one by one. */
  readonly #waiting: Map<number, { readonly since: string; readonly isSettled: boolean }>;

  private constructor(
    context: EngineContext,
    waiting: Map<number, { readonly since: string; readonly isSettled: boolean }>,
  ) {
    this.#context = context;
    this.#waiting = waiting;
  }

  static async begin(context: EngineContext): Promise<LeavingObjects> {
    const all = await context.store.leaving.all();
    return new LeavingObjects(context, new Map(all.map(({ mv, since, isSettled }) => [mv, { since, isSettled }])));
  }

  /** Marks for plan whose time is over. */
  async touchDue(): Promise<void> {
    const { store, now, deletions } = this.#context;
    const grace = JSON.stringify(deletions);
    await store.transaction(async () => {
      const isChanged = ((await store.meta(GRACE)) ?? grace) !== grace;
      if ((await store.meta(GRACE)) !== grace) await store.setMeta(GRACE, grace);
      if (this.#waiting.size === 0) return;
      const isAll = isChanged || deletions.after === null;
      await store.leaving.touchSince(isAll ? null : new Date(now().getTime() - (deletions.after ?? 0)).toISOString());
    });
  }

  /** Null when the object is to be deleted now. To be called for objects that are live in the tenant. */
  async waitOf({ mv, tenant }: TouchedObject, name: string, cause: Cause): Promise<Waiting | null> {
    const { store, now, deletions } = this.#context;
    if (deletions.after === null || tenant === null) return null;
    const known = this.#waiting.get(mv.id);
    const time = now();
    if (known === undefined) {
      const since = time.toISOString();
      this.#waiting.set(mv.id, { since, isSettled: false });
      await store.leaving.add(mv.id, { type: tenant.type as TargetType, name, cause }, since);
      return { until: new Date(time.getTime() + deletions.after) };
    }
    const until = dueOf(known.since, deletions.after);
    if (!known.isSettled) return { until: new Date(Math.max(until.getTime(), time.getTime())) };
    return until.getTime() <= time.getTime() ? null : { until };
  }

  /** It is wanted again, or it is not in the tenant any more. */
  async strike(mv: number): Promise<void> {
    if (this.#waiting.delete(mv)) await this.#context.store.leaving.remove(mv);
  }

  /** What switches an account off that is not to wait with its rights; nothing for what has no account. */
  disabling(attributes: Attributes): readonly AttributeChange[] {
    if (!this.#context.deletions.disableFirst || attributes[ENABLED] !== true) return [];
    return [{ attribute: ENABLED, native: ENABLED, from: true, to: false }];
  }

  /** Whether it waits as an account that cannot sign in, once the plan is carried out. */
  isSwitchedOff(attributes: Attributes): boolean {
    return attributes[ENABLED] === false || this.disabling(attributes).length > 0;
  }
}

export function dueOf(since: string, after: number): Date {
  return new Date(Date.parse(since) + after);
}

/** `2026-12-09`. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

export function leavesLater(object: ObjectName | null, cause: Cause, until: Date, isDisabled: boolean): Finding {
  const name = object?.name ?? cause.object;
  const why = cause.why ?? 'the rules do not want it in the tenant any more';
  const state = isDisabled ? 'is switched off in the tenant' : 'stays as it is in the tenant';
  return finding('leaves-later', 'plan', {
    object,
    cause: `${name} has left (${cause.object}: ${why}). It ${state} and is deleted there on ${dayOf(until)}.`,
  });
}
