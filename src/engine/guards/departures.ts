import type { TargetType } from '../../model/change.ts';
import type { GuardVerdict } from '../../model/plan.ts';
import type { DepartureLimits } from './limits.ts';
import { countOf, named, percentOf } from './verdict.ts';

type Counts = Readonly<Partial<Record<TargetType, number>>>;

export interface DepartureFacts {
  /** By type: what the plan does, what was done without an approval within the window, what is managed now. */
  readonly planned: Counts;
  readonly recent: Counts;
  readonly managed: Counts;
  /** `24 hours`. */
  readonly window: string;
}

const WORDS = {
  deletions: { verb: 'deletes', done: 'deleted' },
  disablements: { verb: 'disables', done: 'disabled' },
} as const;
type DepartureGuard = keyof typeof WORDS;

/**
 * Stops a plan that deletes or disables too many objects: more than `count` in all or more than `percent` of all or of one type, together with what plans
 * that nobody approved did within the window, so that a disaster in small steps is one too. The percents count from `atLeast` objects on, so that the one
 * leaver of a company of five needs no approval; that all objects of a type go always does, unless there was one. (Connect's prevention of
 * accidental deletes knows the count only, which is useless for a small tenant.)
 */
export function judgeDepartures(
  guard: DepartureGuard,
  facts: DepartureFacts,
  limits: DepartureLimits,
): readonly GuardVerdict[] {
  const departures = new Departures(guard, facts);
  const verdicts = [departures.count(guard, null, limits.count)];
  const all = new Set([...Object.keys(facts.managed), ...Object.keys(facts.planned)] as TargetType[]);
  for (const type of all) {
    if (guard === 'disablements' && type !== 'user') continue;
    const own = limits.types[type];
    if (own?.count !== undefined) verdicts.push(departures.count(`${guard}-${type}`, type, own.count));
    const percent = own?.percent ?? limits.percent;
    verdicts.push(departures.percent(`${guard}-percent-${type}`, type, { ...limits, percent }));
  }
  // Of one type too many, and so of all: that would be said twice.
  if (guard === 'deletions' && !verdicts.some((one) => one.blocked))
    verdicts.push(departures.percent(`${guard}-percent`, null, limits));
  return verdicts;
}

class Departures {
  readonly #guard: DepartureGuard;
  readonly #facts: DepartureFacts;

  constructor(guard: DepartureGuard, facts: DepartureFacts) {
    this.#guard = guard;
    this.#facts = facts;
  }

  count(name: string, type: TargetType | null, limit: number): GuardVerdict {
    const { planned, found } = this.#numbers(type);
    return named({
      name,
      limit,
      found,
      blocked: planned > 0 && found > limit,
      message: `The plan ${this.#what(type)}; at most ${limit} are allowed without approval.`,
    });
  }

  percent(
    name: string,
    type: TargetType | null,
    { percent, atLeast }: Pick<DepartureLimits, 'percent' | 'atLeast'>,
  ): GuardVerdict {
    const { planned, recent, found, managed } = this.#numbers(type);
    // What was deleted meanwhile is managed no more, and was when the window began.
    const all = managed + (this.#guard === 'deletions' ? recent : 0);
    const isAll = planned === managed && planned > 1;
    // One account that was switched off, on and off again counts twice, but is no more than all of them.
    const most = Math.min(found, all);
    const share = percentOf(most, all);
    return named({
      name,
      limit: percent,
      found: share,
      blocked: planned > 0 && all > 0 && most * 100 > percent * all && (found >= atLeast || isAll),
      message: `The plan ${this.#what(type, all)} (${share} %); at most ${percent} % are allowed without approval.`,
    });
  }

  #numbers(type: TargetType | null): Record<'planned' | 'recent' | 'found' | 'managed', number> {
    const planned = amountOf(this.#facts.planned, type);
    const recent = amountOf(this.#facts.recent, type);
    return { planned, recent, found: planned + recent, managed: amountOf(this.#facts.managed, type) };
  }

  #what(type: TargetType | null, all?: number): string {
    const { verb, done } = WORDS[this.#guard];
    const { planned, recent } = this.#numbers(type);
    const objects =
      all === undefined
        ? countOf(planned, type ?? 'object')
        : `${planned} of ${countOf(all, `managed ${type ?? 'object'}`)}`;
    const before = recent === 0 ? '' : `, and ${recent} were ${done} within the last ${this.#facts.window}`;
    return `${verb} ${objects}${before}`;
  }
}

function amountOf(counts: Counts, type: TargetType | null): number {
  return type === null ? Object.values(counts).reduce((sum, n) => sum + n, 0) : (counts[type] ?? 0);
}
