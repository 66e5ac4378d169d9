import type { TargetType } from '../../model/change.ts';
import type { GuardVerdict, PlanCounts } from '../../model/plan.ts';

/**
 * Stops a plan that deletes too many objects: more than `count` of all types together, or more than `percent` of the managed objects of one type.
 * (Connect's prevention of accidental deletes knows the count only, which is useless for a small tenant.)
 */
export function judgeDeletions(
  counts: PlanCounts,
  managed: Readonly<Partial<Record<TargetType, number>>>,
  limits: { readonly count: number; readonly percent: number },
): readonly GuardVerdict[] {
  const types = Object.entries(counts.types) as [TargetType, { readonly delete: number }][];
  const total = types.reduce((sum, [, of]) => sum + of.delete, 0);
  const verdicts: GuardVerdict[] = [
    {
      name: 'deletions',
      limit: limits.count,
      found: total,
      blocked: total > limits.count,
      message: `The plan deletes ${total} objects; at most ${limits.count} are allowed without approval.`,
    },
  ];
  for (const [type, of] of types) {
    const all = managed[type] ?? 0;
    if (all === 0) continue;
    const percent = Math.round((of.delete / all) * 1000) / 10;
    verdicts.push({
      name: `deletions-percent-${type}`,
      limit: limits.percent,
      found: percent,
      blocked: of.delete * 100 > limits.percent * all,
      message: `The plan deletes ${of.delete} of ${all} managed ${type}s (${percent} %); at most ${limits.percent} % are allowed without approval.`,
    });
  }
  return verdicts;
}
