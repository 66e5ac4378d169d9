import { valueTaken } from '../../refusals.ts';
import type { Entity } from '../entity.ts';
import type { Tenant } from '../tenant.ts';
import { addressKey } from '../unique-keys.ts';

const PRIMARY = 'SMTP:';

/**
 * The proxyAddresses that follow from setting mail: it becomes the primary, the former primary stays as a secondary;
 * no mail leaves no addresses (resources/user, A.4 of the facts; that the former primary stays is assumed).
 */
export function proxyAddressesFor(mail: string | null, before: readonly string[]): readonly string[] {
  if (mail === null) return [];
  const key = addressKey(`${PRIMARY}${mail}`);
  const others = before
    .filter((address) => addressKey(address) !== key)
    .map((address) => (address.startsWith(PRIMARY) ? `smtp:${address.slice(PRIMARY.length)}` : address));
  return [`${PRIMARY}${mail}`, ...others];
}

/** Addresses are unique over users and groups. */
export function checkAddressesFree(addresses: readonly string[], owner: Entity | undefined, tenant: Tenant): void {
  for (const address of addresses) {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    if (holder && holder.id !== owner?.id) throw valueTaken('proxyAddresses');
  }
}
