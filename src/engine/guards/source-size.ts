import type { GuardVerdict } from '../../model/plan.ts';
import type { GuardLimits } from './limits.ts';
import { named, percentOf } from './verdict.ts';

type Counts = Readonly<Record<string, number>>;

const COUNTED = ['user', 'inetOrgPerson', 'group', 'contact'];

/**
 * Stops a plan when a source has become empty or much smaller than it was when a plan was last carried out, or holds none of one kind any more: more
 * likely a broken source than a company that lost a third of its people over night.
 */
export function judgeSourceSize(
  source: string,
  baseline: Counts,
  now: Counts,
  limits: GuardLimits['sourceShrink'],
): readonly GuardVerdict[] {
  return [judgeTotal(source, baseline, now, limits), judgeKinds(source, baseline, now, limits)];
}

function judgeTotal(source: string, baseline: Counts, now: Counts, limits: GuardLimits['sourceShrink']): GuardVerdict {
  const before = total(baseline);
  const left = total(now);
  const lost = Math.max(0, before - left);
  const percent = percentOf(lost, before);
  const isEmpty = before > 0 && left === 0;
  return named({
    name: `source-size-${source}`,
    limit: limits.percent,
    found: percent,
    blocked: isEmpty || (lost >= limits.atLeast && lost * 100 > limits.percent * before),
    message: isEmpty
      ? `The source ${source} is empty; it held ${before} users, groups and contacts before.`
      : `The source ${source} holds ${left} users, groups and contacts; it held ${before} before (${percent} % less, at most ${limits.percent} % are allowed without approval).`,
  });
}

/** All groups gone while the users are there: an account that may no longer read them, a filter, a file that was cut. */
function judgeKinds(source: string, baseline: Counts, now: Counts, limits: GuardLimits['sourceShrink']): GuardVerdict {
  const gone = COUNTED.filter((type) => (baseline[type] ?? 0) >= Math.max(1, limits.atLeast) && (now[type] ?? 0) === 0);
  const texts = gone.map((type) => `no ${type} any more, of ${baseline[type]}`);
  return named({
    name: `source-kinds-${source}`,
    limit: 0,
    found: gone.length,
    blocked: gone.length > 0 && total(now) > 0,
    message:
      gone.length === 0
        ? `The source ${source} holds objects of every kind that it held before.`
        : `The source ${source} holds ${texts.join(', and ')}.`,
  });
}

function total(counts: Counts): number {
  return COUNTED.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
}
