import type { DirectoryEntry } from './directory-entry.ts';
import { escapeRdnValue } from './escape-rdn-value.ts';
import type { PopulationContext } from './population-context.ts';
import { DEPARTMENTS, GROUP_PURPOSES, SITES } from './population-names.ts';
import type { GeneratedUser } from './population-users.ts';
import { SeededRandom } from './seeded-random.ts';

const SCOPES = ['global', 'domainLocal', 'universal'] as const;
type GroupScope = (typeof SCOPES)[number];

/** The bits of groupType, [MS-ADTS] 2.2.12. */
const SCOPE_BITS: Readonly<Record<GroupScope, number>> = { global: 2, domainLocal: 4, universal: 8 };
const SECURITY_BIT = -2147483648;

/** Which groups may be members of a group of that scope, [MS-ADTS] 3.1.1.3.1.5 and the rules of group nesting. */
const MEMBER_SCOPES: Readonly<Record<GroupScope, readonly GroupScope[]>> = {
  global: ['global'],
  universal: ['global', 'universal'],
  domainLocal: ['global', 'universal', 'domainLocal'],
};

interface GeneratedGroup {
  readonly dn: string;
  readonly scope: GroupScope;
}

/** Generates the groups: a few hold most people, most hold a few (sizes fall like one over the rank). */
export function* generateGroups(
  context: PopulationContext,
  users: readonly GeneratedUser[],
): Generator<DirectoryEntry> {
  const { options } = context;
  const sizes = distributeSizes(options.groups, options.memberships ?? options.users * 10, users.length);
  const ranks = shuffle(options.groups, new SeededRandom(options.seed, -2));
  const earlier: GeneratedGroup[] = [];
  for (let index = 0; index < options.groups; index += 1) {
    const random = new SeededRandom(options.seed ^ 0x1b873593, index);
    const scope = chooseScope(random);
    const size = sizes[ranks[index] ?? 0] ?? 0;
    const nested = chooseNested(random, scope, earlier, size);
    const members = [...nested, ...chooseUsers(random, users, size - nested.length)];
    const entry = describeGroup(context, random, index, scope, members);
    earlier.push({ dn: entry.dn, scope });
    yield entry;
  }
}

/**
 * Sizes by rank, largest first, that add up to the memberships asked for. A size is at most the number of users, so
 * it adds up to less when there are too few of them.
 */
function distributeSizes(groups: number, memberships: number, users: number): readonly number[] {
  const sizes = new Array<number>(groups).fill(0);
  let left = memberships;
  let weights = 0;
  for (let rank = 1; rank <= groups; rank += 1) weights += 1 / rank;
  for (let rank = 1; rank <= groups; rank += 1) {
    const share = Math.round((left / weights) * (1 / rank));
    const size = Math.min(share, users, left);
    sizes[rank - 1] = size;
    left -= size;
    weights -= 1 / rank;
  }
  for (let index = 0; left > 0 && index < groups; index += 1) {
    const more = Math.min(left, users - (sizes[index] ?? 0));
    sizes[index] = (sizes[index] ?? 0) + more;
    left -= more;
  }
  return sizes;
}

function shuffle(count: number, random: SeededRandom): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}

function chooseScope(random: SeededRandom): GroupScope {
  const chance = random.below(100);
  if (chance < 60) return 'global';
  return chance < 80 ? 'universal' : 'domainLocal';
}

function chooseNested(
  random: SeededRandom,
  scope: GroupScope,
  earlier: readonly GeneratedGroup[],
  size: number,
): readonly string[] {
  if (earlier.length === 0 || !random.isLikely(0.15)) return [];
  const chosen = new Set<string>();
  const wanted = Math.min(1 + random.below(4), size);
  for (let attempt = 0; attempt < 8 && chosen.size < wanted; attempt += 1) {
    const candidate = earlier[random.below(earlier.length)];
    if (candidate && MEMBER_SCOPES[scope].includes(candidate.scope)) chosen.add(candidate.dn);
  }
  return [...chosen];
}

/** Distinct users, by walking the list in steps that have no divisor in common with its length. */
function chooseUsers(random: SeededRandom, users: readonly GeneratedUser[], count: number): readonly string[] {
  const step = users.length > 1 ? chooseStep(random, users.length) : 1;
  let position = users.length > 0 ? random.below(users.length) : 0;
  const members: string[] = [];
  for (let taken = 0; taken < count; taken += 1) {
    const user = users[position];
    if (user) members.push(user.dn);
    position = (position + step) % users.length;
  }
  return members;
}

function chooseStep(random: SeededRandom, length: number): number {
  let step = 1 + random.below(length - 1);
  while (greatestCommonDivisor(step, length) !== 1) step = step === length - 1 ? 1 : step + 1;
  return step;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

function describeGroup(
  context: PopulationContext,
  random: SeededRandom,
  index: number,
  scope: GroupScope,
  members: readonly string[],
): DirectoryEntry {
  const [department] = random.pick(DEPARTMENTS);
  const site = random.pick(SITES);
  const name = `${department} ${site.name} ${random.pick(GROUP_PURPOSES)} ${index + 1}`;
  const isDistribution = random.isLikely(0.06);
  const mail = `group${index + 1}@${context.options.upnSuffix}`;
  return {
    dn: `CN=${escapeRdnValue(name)},OU=Groups,${context.root}`,
    attributes: {
      objectClass: ['top', 'group'],
      cn: [name],
      displayName: [name],
      ...(random.isLikely(0.7) ? { description: [`${department} in ${site.name}`] } : {}),
      sAMAccountName: [`G-${site.countryCode}-${index + 1}`],
      groupType: [String(SCOPE_BITS[scope] + (isDistribution ? 0 : SECURITY_BIT))],
      ...(isDistribution ? { mail: [mail] } : {}),
      ...(members.length > 0 ? { member: members } : {}),
      ...context.identify(),
    },
  };
}
