import type { DirectoryEntry } from './directory-entry.ts';
import { escapeRdnValue } from './escape-rdn-value.ts';
import type { PopulationContext } from './population-context.ts';
import {
  COMPANIES,
  DEPARTMENTS,
  JAPANESE_GIVEN_NAMES,
  JAPANESE_SURNAMES,
  SITES,
  type Site,
  WESTERN_GIVEN_NAMES,
  WESTERN_SURNAMES,
  type WrittenName,
} from './population-names.ts';
import { SeededRandom } from './seeded-random.ts';

/** What is remembered of a user while the rest is generated. */
export interface GeneratedUser {
  readonly dn: string;
  readonly mail: string;
}

const ENABLED = '512';
const DISABLED = '514';
/** sAMAccountName of a user: [MS-ADTS] 3.1.1.6 allows 20 characters. */
const LONGEST_ACCOUNT_NAME = 20;

interface Person {
  readonly given: WrittenName;
  readonly surname: WrittenName;
  readonly site: Site;
  readonly department: string;
  readonly title: string;
}

/** Generates the user of that index. `taken` holds the names that are in use already and gets those of this one. */
export function generateUser(
  context: PopulationContext,
  index: number,
  earlier: readonly GeneratedUser[],
  taken: TakenNames,
): { readonly user: GeneratedUser; readonly entry: DirectoryEntry } {
  const { options, root } = context;
  const random = new SeededRandom(options.seed, index);
  const person = choosePerson(random);
  const { given, surname, site, department } = person;
  const asciiGiven = given[1] ?? given[0].toLowerCase();
  const asciiSurname = surname[1] ?? surname[0].toLowerCase();
  const local = claim(taken, 'address', `${asciiGiven}.${asciiSurname}`, 60);
  const account = claim(
    taken,
    'account',
    `${asciiSurname.slice(0, 10)}${asciiGiven.slice(0, 3)}`,
    LONGEST_ACCOUNT_NAME,
  );
  const container = `OU=${department},OU=${site.name},${root}`;
  const cn = claim(taken, container, chooseCommonName(random, person), 64);
  const address = `${local}@${options.upnSuffix}`;
  const dn = `CN=${escapeRdnValue(cn)},${container}`;
  const manager = chooseManager(random, index, earlier);
  const attributes = {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    cn: [cn],
    ...describePerson(random, index, person),
    sAMAccountName: [account],
    userPrincipalName: [address],
    mail: [address],
    ...(manager ? { manager: [manager] } : {}),
    userAccountControl: [random.isLikely(0.03) ? DISABLED : ENABLED],
    ...context.identify(),
  };
  return { user: { dn, mail: address }, entry: { dn, attributes } };
}

function choosePerson(random: SeededRandom): Person {
  const site = random.pick(SITES);
  const isJapanese = site.countryCode === 'JP' && random.isLikely(0.8);
  const [department, titles] = random.pick(DEPARTMENTS);
  return {
    given: random.pick(isJapanese ? JAPANESE_GIVEN_NAMES : WESTERN_GIVEN_NAMES),
    surname: random.pick(isJapanese ? JAPANESE_SURNAMES : WESTERN_SURNAMES),
    site,
    department,
    title: random.pick(titles),
  };
}

/** Mostly plain, sometimes with what has to be escaped in a DN. */
function chooseCommonName(random: SeededRandom, { given: [given], surname: [surname], title }: Person): string {
  const chance = random.below(1000);
  if (chance < 50) return `${surname}, ${given}`;
  if (chance < 60) return `${given} "${given.slice(0, 2)}" ${surname}`;
  if (chance < 65) return `#${given} ${surname}`;
  if (chance < 70) return `${given} ${surname} + ${title}`;
  return `${given} ${surname}`;
}

/** Managers are among the first: a tree about six deep, in which each manager has a handful of reports. */
function chooseManager(random: SeededRandom, index: number, earlier: readonly GeneratedUser[]): string | undefined {
  if (index === 0 || random.isLikely(0.02)) return undefined;
  const nearest = Math.floor((index - 1) / 8);
  return earlier[Math.max(0, nearest - random.below(3))]?.dn;
}

function describePerson(
  random: SeededRandom,
  index: number,
  { given, surname, site, department, title }: Person,
): DirectoryEntry['attributes'] {
  const hasMobile = random.isLikely(0.4);
  return {
    sn: [surname[0]],
    givenName: [given[0]],
    displayName: [random.isLikely(0.2) ? `${surname[0]}, ${given[0]}` : `${given[0]} ${surname[0]}`],
    title: [title],
    department: [department],
    company: [random.pick(COMPANIES)],
    telephoneNumber: [`${site.phonePrefix}-${1000 + random.below(9000)}`],
    ...(hasMobile ? { mobile: [`+49 170 ${1000000 + random.below(9000000)}`] } : {}),
    physicalDeliveryOfficeName: [`${site.name} ${1 + random.below(9)}.${10 + random.below(90)}`],
    streetAddress: [site.street],
    l: [site.city],
    st: [site.state],
    postalCode: [site.postalCode],
    c: [site.countryCode],
    co: [site.country],
    countryCode: [String(Number(site.countryNumber))],
    employeeID: [String(100000 + index)],
    employeeType: [random.isLikely(0.1) ? 'Contractor' : 'Employee'],
  };
}

/** Names in use, each with the number that the next object of that name gets behind it. */
export type TakenNames = Map<string, number>;

/** Makes a name unique among those of its kind by a number behind it, within the length. */
function claim(taken: TakenNames, kind: string, wanted: string, longest: number): string {
  const key = (name: string): string => `${kind}/${name.toLowerCase()}`;
  let name = wanted.slice(0, longest);
  const first = key(name);
  let count = taken.get(first) ?? 1;
  while (taken.has(key(name))) {
    count += 1;
    const suffix = String(count);
    name = `${wanted.slice(0, longest - suffix.length)}${suffix}`;
  }
  taken.set(first, count);
  taken.set(key(name), Math.max(count, taken.get(key(name)) ?? 1));
  return name;
}
