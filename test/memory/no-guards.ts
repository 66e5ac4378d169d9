import type { GuardLimits } from '../../src/engine/guards/limits.ts';

const ANY = { count: 1_000_000, percent: 100, atLeast: 1 };

/** Limits that nothing goes over. A test of a guard sets its own. */
export const NO_GUARDS: GuardLimits = {
  window: 86_400_000,
  deletions: { ...ANY, types: {} },
  disablements: { ...ANY, types: {} },
  membershipRemovals: { percent: 100, atLeast: 1, emptied: 1_000_000, total: ANY },
  sourceShrink: { percent: 100, atLeast: 1_000_000 },
  scopeChange: { count: 1_000_000 },
  containers: { percent: 100, atLeast: 1 },
  privileged: { count: 1_000_000 },
  massChanges: { percent: 100, atLeast: 1 },
};

export type GuardOptions = { readonly [Name in keyof GuardLimits]?: GuardLimits[Name] | Partial<GuardLimits[Name]> };

/** No limits but these. */
export function guardsWith(options: GuardOptions = {}): GuardLimits {
  const entries = Object.entries(NO_GUARDS).map(([name, limits]: [string, unknown]) => {
    const own = options[name as keyof GuardLimits];
    return [name, typeof own === 'object' && typeof limits === 'object' ? { ...limits, ...own } : (own ?? limits)];
  });
  return Object.fromEntries(entries) as GuardLimits;
}
