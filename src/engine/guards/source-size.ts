import type { GuardVerdict } from '../../model/plan.ts';

const COUNTED = ['user', 'inetOrgPerson', 'group', 'contact'];

/**
 * Stops a plan when a source has become empty or much smaller than it was when a plan was last carried out: more likely a broken
 * source than a company that lost a third of its people over night.
 */
export function judgeSourceSize(
  source: string,
  baseline: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  percent: number,
): GuardVerdict {
  const before = total(baseline);
  const left = total(now);
  const lost = before === 0 ? 0 : Math.max(0, Math.round(((before - left) / before) * 1000) / 10);
  const isEmpty = before > 0 && left === 0;
  return {
    name: `source-size-${source}`,
    limit: percent,
    found: lost,
    blocked: isEmpty || (before - left) * 100 > percent * before,
    message: isEmpty
      ? `The source ${source} is empty; it held ${before} users, groups and contacts before.`
      : `The source ${source} holds ${left} users, groups and contacts; it held ${before} before (${lost} % less, at most ${percent} % are allowed without approval).`,
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return COUNTED.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
}
