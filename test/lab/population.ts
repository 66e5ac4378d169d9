import type { DirectoryEntry } from './directory-entry.ts';
import { generateBadObjects } from './population-bad-objects.ts';
import type { PopulationContext, PopulationOptions } from './population-context.ts';
import { generateGroups } from './population-groups.ts';
import { COMPANIES, DEPARTMENTS, SITES } from './population-names.ts';
import { type GeneratedUser, generateUser, type TakenNames } from './population-users.ts';
import { SeededRandom } from './seeded-random.ts';

/** The name of the organizational unit that holds everything; it stands directly below the base DN. */
export const POPULATION_ROOT = 'OU=Accounts';

const FIRST_RID = 1104;

/**
 * Generates a company: organizational units by site and department, users with managers, contacts, groups of
 * very different sizes, some nested. Containers come before their children, users before groups, and every
 * reference points to an earlier entry. Memory holds the DN of each user and one entry.
 */
export function* generatePopulation(options: PopulationOptions): Generator<DirectoryEntry> {
  const root = `${POPULATION_ROOT},${options.baseDn}`;
  const context: PopulationContext = { options, root, identify: createIdentities(options.seed) };
  yield* generateContainers(context);
  const users: GeneratedUser[] = [];
  const taken: TakenNames = new Map();
  for (let index = 0; index < options.users; index += 1) {
    const { user, entry } = generateUser(context, index, users, taken);
    users.push(user);
    yield entry;
  }
  yield* generateContacts(context);
  yield* generateGroups(context, users);
  if (options.badObjects) yield* generateBadObjects(context, users);
}

function createIdentities(seed: number): PopulationContext['identify'] {
  let count = 0;
  const domain = new SeededRandom(seed, -1);
  const domainSid = `S-1-5-21-${domain.next()}-${domain.next()}-${domain.next()}`;
  return () => {
    const random = new SeededRandom(seed ^ 0x5bd1e995, count);
    const rid = FIRST_RID + count;
    count += 1;
    return { objectGUID: [formatGuid(random)], objectSid: [`${domainSid}-${rid}`] };
  };
}

/** RFC 9562 version 4: random but for the bits that say so. */
function formatGuid(random: SeededRandom): string {
  const digits = [random.next(), random.next(), random.next(), random.next()]
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('');
  const variant = '89ab'.charAt(random.below(4));
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

function* generateContainers(context: PopulationContext): Generator<DirectoryEntry> {
  yield describeContainer(context, context.root, 'Accounts');
  for (const name of ['Groups', 'Contacts']) yield describeContainer(context, `OU=${name},${context.root}`, name);
  for (const site of SITES) {
    const siteDn = `OU=${site.name},${context.root}`;
    yield describeContainer(context, siteDn, site.name);
    for (const [department] of DEPARTMENTS) {
      yield describeContainer(context, `OU=${department},${siteDn}`, department);
    }
  }
}

function describeContainer(context: PopulationContext, dn: string, name: string): DirectoryEntry {
  const { objectGUID } = context.identify();
  return { dn, attributes: { objectClass: ['top', 'organizationalUnit'], ou: [name], objectGUID } };
}

function* generateContacts(context: PopulationContext): Generator<DirectoryEntry> {
  const count = context.options.contacts ?? Math.floor(context.options.users / 50);
  for (let index = 0; index < count; index += 1) {
    const random = new SeededRandom(context.options.seed ^ 0x2c1b3c6d, index);
    const name = `Partner ${index + 1}`;
    const { objectGUID } = context.identify();
    yield {
      dn: `CN=${name},OU=Contacts,${context.root}`,
      attributes: {
        objectClass: ['top', 'person', 'organizationalPerson', 'contact'],
        cn: [name],
        sn: ['Partner'],
        displayName: [`${name} (${random.pick(COMPANIES)})`],
        mail: [`partner${index + 1}@partner.example`],
        objectGUID,
      },
    };
  }
}
