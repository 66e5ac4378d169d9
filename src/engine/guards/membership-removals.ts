import type { GuardVerdict } from '../../model/plan.ts';
import type { MembershipLoss } from '../../store/store.ts';
import type { GuardLimits } from './limits.ts';
import { countOf, FirstNames, named, percentOf } from './verdict.ts';

export interface MembershipFacts {
  readonly losses: AsyncIterable<readonly MembershipLoss[]>;
  /** By group: what plans that nobody approved took within the window. */
  readonly recent: ReadonlyMap<number, number>;
  /** All memberships of managed groups; asked for only when it matters. */
  readonly countAll: () => Promise<number>;
  readonly window: string;
}

interface Worst {
  readonly text: string;
  readonly percent: number;
}

/**
 * Stops a plan that takes too many memberships away: too large a part of one group, the last ones of a group that had several, or too many of all groups
 * together. It counts also those that end because their member leaves the scope, and those of groups that are deleted. Who may do what hangs on memberships,
 * and a source that forgets them looks as healthy as ever.
 */
export async function judgeMembershipRemovals(
  facts: MembershipFacts,
  limits: GuardLimits['membershipRemovals'],
): Promise<readonly GuardVerdict[]> {
  const shrunken = new GroupsOver();
  const emptied = new GroupsOver();
  let total = 0;
  for await (const page of facts.losses) {
    for (const loss of page) {
      total += loss.lost;
      if (loss.isDeleted) continue;
      const recent = facts.recent.get(loss.mv) ?? 0;
      const [lost, held] = [loss.lost + recent, loss.held + recent];
      const percent = percentOf(lost, held);
      const text = `${loss.name} loses ${loss.lost} of ${countOf(loss.held, 'member')}${recent === 0 ? '' : `, and lost ${recent} within the last ${facts.window}`} (${percent} %)`;
      const isOver = lost >= limits.atLeast && lost * 100 > limits.percent * held;
      if (isOver) shrunken.add(loss.name, { text, percent });
      shrunken.see(percent);
      if (loss.lost === loss.held && held >= limits.emptied) emptied.add(loss.name, { text, percent });
    }
  }
  return [
    named(
      {
        name: 'membership-removals-group',
        limit: limits.percent,
        found: shrunken.highest,
        blocked: shrunken.count > 0,
        message: `${shrunken.describe('No group loses more members than are allowed')}; at most ${limits.percent} % of a group are allowed without approval.`,
      },
      shrunken.names,
    ),
    named(
      {
        name: 'membership-removals-emptied',
        limit: 0,
        found: emptied.count,
        blocked: emptied.count > 0,
        message: `${emptied.describe('No group loses all of its members')}; a group of ${limits.emptied} or more is not emptied without approval.`,
      },
      emptied.names,
    ),
    ...(await judgeTotal(facts, limits.total, total)),
  ];
}

async function judgeTotal(
  { recent, countAll, window }: MembershipFacts,
  limits: GuardLimits['membershipRemovals']['total'],
  planned: number,
): Promise<readonly GuardVerdict[]> {
  const before = [...recent.values()].reduce((sum, n) => sum + n, 0);
  const found = planned + before;
  const all = planned > 0 && found >= limits.atLeast ? (await countAll()) + before : 0;
  // A membership that ends with its group and with its member, or that ended and came back, counts twice, but is no more than all of them.
  const most = Math.min(found, all);
  const percent = percentOf(most, all);
  const earlier = before === 0 ? '' : `, and ${before} were removed within the last ${window}`;
  return [
    named({
      name: 'membership-removals',
      limit: limits.count,
      found,
      blocked: planned > 0 && found > limits.count,
      message: `The plan ends ${countOf(planned, 'membership')} in all${earlier}; at most ${limits.count} are allowed without approval.`,
    }),
    named({
      name: 'membership-removals-percent',
      limit: limits.percent,
      found: percent,
      blocked: all > 0 && most * 100 > limits.percent * all,
      message: `The plan ends ${planned} of ${countOf(all, 'membership')} in all${earlier} (${percent} %); at most ${limits.percent} % are allowed without approval.`,
    }),
  ];
}

/** Groups over a limit: how many, the first names, and the one that is hit hardest. */
class GroupsOver {
  readonly #names = new FirstNames();
  #worst: Worst | null = null;
  count = 0;
  highest = 0;

  see(percent: number): void {
    this.highest = Math.max(this.highest, percent);
  }

  add(name: string, group: Worst): void {
    this.count++;
    this.#names.add(name);
    if (this.#worst === null || group.percent > this.#worst.percent) this.#worst = group;
  }

  get names(): readonly string[] {
    return this.#names.names;
  }

  describe(none: string): string {
    if (this.#worst === null) return none;
    return `The group ${this.#worst.text}${this.count === 1 ? '' : `, as one of ${this.count} such groups`}`;
  }
}
