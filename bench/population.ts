import type { DirectoryEntry } from '../test/lab/directory-entry.ts';
import { generatePopulation, POPULATION_ROOT } from '../test/lab/population.ts';

export const BASE_DN = 'DC=corp,DC=example,DC=com';
/** The emulated tenants of the bench have it verified. */
export const DOMAIN = 'contoso.com';
const SEED = 20;

/** What a directory of the bench holds. The same description gives the same entries. */
export interface PopulationSize {
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
  /** Adds two groups with exactly so many members: the first users. */
  readonly groupPair?: readonly [small: number, large: number];
}

export const PAIR = ['small', 'large'] as const;
export type PairMember = (typeof PAIR)[number];

export function describePairMember(which: PairMember, baseDn = BASE_DN): string {
  return `CN=bench ${which},OU=Groups,${POPULATION_ROOT},${baseDn}`;
}

/** The entries, parents first. No contacts: a tenant cannot be given any over Graph. */
export function* generateEntries(size: PopulationSize, baseDn = BASE_DN): Generator<DirectoryEntry> {
  const { users, groups, memberships, groupPair } = size;
  const userDns: string[] = [];
  const options = { users, groups, memberships, contacts: 0, seed: SEED, baseDn, upnSuffix: DOMAIN };
  for (const entry of generatePopulation(options)) {
    if (groupPair && entry.attributes['objectClass']?.at(-1) === 'user') userDns.push(entry.dn);
    yield entry;
  }
  if (groupPair) {
    yield describeGroup('small', userDns.slice(0, groupPair[0]), baseDn);
    yield describeGroup('large', userDns.slice(0, groupPair[1]), baseDn);
  }
}

const GUIDS: Readonly<Record<PairMember, string>> = {
  small: '5e0a0000-0000-4000-8000-000000000001',
  large: '5e0a0000-0000-4000-8000-000000000002',
};
const GLOBAL_SECURITY_GROUP = '-2147483646';

function describeGroup(which: PairMember, member: readonly string[], baseDn: string): DirectoryEntry {
  const name = `bench ${which}`;
  return {
    dn: describePairMember(which, baseDn),
    attributes: {
      objectClass: ['top', 'group'],
      cn: [name],
      displayName: [name],
      sAMAccountName: [`bench-${which}`],
      groupType: [GLOBAL_SECURITY_GROUP],
      objectGUID: [GUIDS[which]],
      objectSid: [`S-1-5-21-1-2-3-${which === 'small' ? 900_001 : 900_002}`],
      member,
    },
  };
}
