import type { TargetType } from '../../../../model/change.ts';
import type { Attributes } from '../../../../model/value.ts';
import { textsOf } from '../../mail-nickname.ts';
import { type Shaping, WITHOUT_IT } from '../../shaping.ts';
import { verifiedDomains } from '../../user-principal-name.ts';
import { ATTRIBUTES_OF } from './attributes.ts';
import { inOrderOf } from './order-of-values.ts';

type Facts = Readonly<Record<string, string>>;

/** An SMTP address, or one of a kind that the tenant keeps beside them. */
const KEPT = /^(smtp:[^\s@]+@[^\s@]+|sip:\S+|eum:\S+|spo:\S+|x500:.+)$/i;
/** Addresses that the tenant makes itself, and takes from nobody (facts E.4). */
const OF_CLOUD = /@([^@]+\.)?(onmicrosoft\.com|microsoftonline\.com)$/i;

/**
 * Addresses of mail: what the tenant takes of what the directory has, and what the tenant gave the object itself and nobody may take away. A value that the
 * tenant drops without a word would otherwise be sent again in every run.
 */
export function shapeAddresses(
  shaping: Shaping,
  type: TargetType,
  desired: Attributes,
  current: Attributes | null,
  facts: Facts,
): void {
  const given = textsOf(desired['proxyAddresses']);
  const held = textsOf(current?.['proxyAddresses']);
  const fit = unique(given.filter((address) => KEPT.test(address) && !OF_CLOUD.test(address)));
  noteLost(shaping, given, fit, facts);
  const taken = type === 'user' ? withoutDropped(shaping, fit, held, facts) : fit;
  const known = new Set(taken.map((address) => address.toLowerCase()));
  const ofCloud = held.filter((address) => OF_CLOUD.test(address) && !known.has(address.toLowerCase()));
  const wanted = [...taken, ...ofCloud];
  const most = ATTRIBUTES_OF.user.get('proxyAddresses')?.mostValues ?? Number.POSITIVE_INFINITY;
  if (wanted.length > most) {
    const cause = `proxyAddresses takes at most ${most} values, this has ${wanted.length}; ${WITHOUT_IT}.`;
    shaping.withhold({ code: 'attribute-too-long', attribute: 'proxyAddresses', value: String(wanted.length), cause });
  } else if (wanted.length > 0) {
    shaping.set('proxyAddresses', inOrderOf(wanted, held.length === 0 ? undefined : held));
  }
}

/**
 * Of a user with addresses, the secondary ones at foreign domains that it does not hold: a mailbox drops them (facts E.4), and they would be sent again in every
 * run. They are sent when the tenant gets to know the domain, and with the first addresses of a user.
 */
function withoutDropped(
  shaping: Shaping,
  given: readonly string[],
  held: readonly string[],
  facts: Facts,
): readonly string[] {
  const { verified } = verifiedDomains(facts);
  if (held.length === 0 || verified.size === 0) return given;
  const there = new Set(held.map((address) => address.toLowerCase()));
  const isDropped = (address: string): boolean => {
    const domain = /^smtp:[^@]+@(.+)$/.exec(address)?.[1]?.toLowerCase();
    return domain !== undefined && !verified.has(domain) && !there.has(address.toLowerCase());
  };
  const dropped = given.filter(isDropped);
  if (dropped.length > 0)
    shaping.note({
      code: 'attribute-invalid',
      severity: 'warning',
      attribute: 'proxyAddresses',
      value: dropped.join(', '),
      cause:
        'These addresses are at domains that the tenant has not verified. Whoever has a mailbox does not get them, so they are not sent; the others are synchronized.',
      remedy: 'Verify the domain in the tenant, or take the addresses away in the directory.',
    });
  return given.filter((address) => !isDropped(address));
}

/** Once each, whatever its case; the first spelling stays, and the primary address before all others. */
function unique(addresses: readonly string[]): readonly string[] {
  const byKey = new Map<string, string>();
  for (const address of addresses) {
    const key = address.toLowerCase();
    const before = byKey.get(key);
    if (before === undefined || (address.startsWith('SMTP:') && !before.startsWith('SMTP:'))) byKey.set(key, address);
  }
  return [...byKey.values()];
}

function noteLost(shaping: Shaping, given: readonly string[], taken: readonly string[], facts: Facts): void {
  const kept = new Set(taken.map((address) => address.toLowerCase()));
  const own = verifiedDomains(facts).initial;
  const lost = given.filter((address) => !kept.has(address.toLowerCase()) && !isOwnOf(address, own));
  if (lost.length === 0) return;
  const cause = `The tenant takes these addresses from no directory (addresses at onmicrosoft.com, of kinds that mail no longer knows, or malformed); the others are synchronized.`;
  shaping.note({
    code: 'attribute-invalid',
    severity: 'info',
    attribute: 'proxyAddresses',
    value: lost.join(', ').slice(0, 200),
    cause,
  });
}

/** The address at the initial domain, which Exchange writes back to the directory: it is in the tenant anyway. */
function isOwnOf(address: string, initial: string): boolean {
  return initial !== '' && address.toLowerCase().endsWith(`@${initial}`);
}
