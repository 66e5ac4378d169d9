import { type CheckLine, TENANT_FACTS } from '../connectors/connector.ts';
import { RuleEvaluationError, type RuleSet } from '../rules/rule-set.ts';
import type { MetaverseObject, Store } from '../store/store.ts';
import { TENANT } from './context.ts';
import { flowOut } from './outbound.ts';
import { verifiedDomainsOf } from './shape-desired.ts';

const PAGE = 2000;

/** The endings of the user principal names that the rules give, as of the last run. */
export interface UpnSuffixes {
  readonly suffixes: readonly { readonly suffix: string; readonly users: number; readonly isVerified: boolean }[];
  readonly initialDomain: string;
  /** When the tenant was asked for its domains. */
  readonly at: string;
}

/** Counts the users of each suffix, most first; null when the tenant or the directories have not been imported yet. Walks all persons, page by page. */
export async function countUpnSuffixes(store: Store, rules: RuleSet, now: Date): Promise<UpnSuffixes | null> {
  const spaces = await store.spaces.spaces();
  const tenant = spaces.find((space) => space.name === TENANT);
  if (tenant?.importedAt == null) return null;
  const counts = new Map<string, number>();
  let after = 0;
  for (;;) {
    const page = await store.sync.metaversePage('person', after, PAGE);
    for (const person of page) {
      const suffix = suffixOf(rules, person, now);
      if (suffix !== null) counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
    }
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  const verified = verifiedDomainsOf(tenant.parameters);
  const suffixes = [...counts]
    .sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
    .map(([suffix, users]) => ({ suffix, users, isVerified: verified.has(suffix) }));
  return { suffixes, initialDomain: tenant.parameters[TENANT_FACTS.initialDomain] ?? '', at: tenant.importedAt };
}

/** A line for each suffix, for `check`. */
export function describeUpnSuffixes(counted: UpnSuffixes | null): readonly CheckLine[] {
  if (counted === null) {
    const detail = 'not known yet, because nothing has been imported; after the first plan they are told here';
    return [{ what: 'UPN suffixes', state: 'ok', detail }];
  }
  const { suffixes, initialDomain, at } = counted;
  return suffixes.map(({ suffix, users, isVerified }) => {
    const what = `UPN suffix ${suffix}`;
    const who = `${users} ${users === 1 ? 'user' : 'users'}`;
    if (isVerified) return { what, state: 'ok', detail: `verified, ${who}` };
    return {
      what,
      state: 'warning',
      detail: `not verified in the tenant as of ${at}: ${who} with a name at ${initialDomain} instead`,
      remedy: `Verify ${suffix} in the tenant, then the next run takes the real names by itself; or give the users another suffix, or another attribute to sign in with (identity.userPrincipalName).`,
    };
  });
}

/** In lower case; null for a person who is no user in the tenant, or has no name with an @. */
function suffixOf(rules: RuleSet, person: MetaverseObject, now: Date): string | null {
  try {
    const desired = flowOut(rules, person, null, now);
    if (desired.kind === 'nothing' || desired.type !== 'user') return null;
    const upn = desired.outcome.attributes['userPrincipalName'];
    if (typeof upn !== 'string' || !upn.includes('@')) return null;
    return upn.slice(upn.lastIndexOf('@') + 1).toLowerCase();
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return null;
  }
}
