import type { DirectoryEntry } from './directory-entry.ts';
import type { LabOptions } from './lab-options.ts';
import { generatePopulation, POPULATION_ROOT } from './population.ts';
import { type SambaAccount, type SambaDomain, startSamba } from './samba.ts';

/** One Active Directory of the lab, with what its instructions name. */
export interface LabForest {
  /** Names its files and its source in the configuration. */
  readonly name: string;
  /** What user principal names end with; verified in the tenant. */
  readonly upnSuffix: string;
  readonly domain: SambaDomain;
  readonly service: SambaAccount;
  /** The container that is in scope. */
  readonly container: string;
  readonly entryCount: number;
  /** Some users and groups with names that need no quoting. */
  readonly users: readonly DirectoryEntry[];
  readonly groups: readonly DirectoryEntry[];
}

const COMPANIES = [
  'contoso',
  'fabrikam',
  'litware',
  'northwind',
  'proseware',
  'tailspin',
  'wingtip',
  'adatum',
] as const;
const SHOWN = 8;
const PLAIN_DN = /^[\x20-\x7e]*$/;

/** The suffix of the user principal names of the forest with that index. */
export function chooseUpnSuffix(index: number): string {
  return `${COMPANIES[index] ?? `forest${index + 1}`}.com`;
}

/** Starts the forest with that index, populated, with a service account that may replicate. */
export async function startForest(index: number, options: LabOptions): Promise<LabForest> {
  const upnSuffix = chooseUpnSuffix(index);
  const name = upnSuffix.replace(/\.com$/, '');
  const shown: Shown = { count: 0, users: [], groups: [] };
  const population = (baseDn: string): Iterable<DirectoryEntry> =>
    remember(shown, generatePopulation({ ...options, seed: index + 1, baseDn, upnSuffix }));
  const realm = `CORP.${upnSuffix.toUpperCase()}`;
  const domain = await startSamba({ realm, netbios: name.toUpperCase(), recycleBin: true, population });
  try {
    const service = await domain.addServiceAccount({ replicationRights: true });
    const container = `${POPULATION_ROOT},${domain.baseDn}`;
    return { name, upnSuffix, domain, service, container, entryCount: shown.count, ...shown };
  } catch (error) {
    await domain.stop();
    throw error;
  }
}

interface Shown {
  count: number;
  readonly users: DirectoryEntry[];
  readonly groups: DirectoryEntry[];
}

function* remember(shown: Shown, entries: Iterable<DirectoryEntry>): Generator<DirectoryEntry> {
  for (const entry of entries) {
    shown.count += 1;
    const { objectClass, userAccountControl } = entry.attributes;
    const isPlain = PLAIN_DN.test(entry.dn) && !/[\\'"]/.test(entry.dn) && !entry.dn.includes('Deliberately');
    const isEnabledUser = objectClass?.at(-1) === 'user' && userAccountControl?.[0] === '512';
    if (isPlain && isEnabledUser && shown.users.length < SHOWN) shown.users.push(entry);
    if (isPlain && objectClass?.at(-1) === 'group' && shown.groups.length < SHOWN) shown.groups.push(entry);
    yield entry;
  }
}
