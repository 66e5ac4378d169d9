import { type Entity, textOf, textsOf, type Values } from '../entity.ts';
import type { Tenant } from '../tenant.ts';
import { addressKey } from '../unique-keys.ts';
import { findVerifiedDomain } from './user-principal-name.ts';

/** An address that a mailbox does not keep (facts E.4, case 5). */
export function isForeign(address: string, tenant: Tenant): boolean {
  const domain = /^smtp:.*@([^@]+)$/i.exec(address)?.[1];
  return domain !== undefined && findVerifiedDomain(domain, tenant) === undefined;
}

/** Addresses at the initial domain that the object has, which stay whatever else becomes of it (E.4, case 6). */
export function initialAddresses(entity: Entity, tenant: Tenant): readonly string[] {
  return textsOf(entity, 'proxyAddresses').filter((address) => address.toLowerCase().endsWith(initialDomain(tenant)));
}

/** The names of somebody with a mailbox as addresses, that at the initial domain included (E.4, cases 1 to 3). `upn`: the name from now on. */
export function mailboxNames(user: Entity, upn: string | undefined, tenant: Tenant): readonly string[] {
  const initial = initialAddresses(user, tenant);
  const nickname = textOf(user, 'mailNickname');
  const made = initial.length > 0 || nickname === undefined ? initial : [`smtp:${nickname}${initialDomain(tenant)}`];
  return [...(upn === undefined ? [] : [`smtp:${upn}`]), ...made];
}

function initialDomain(tenant: Tenant): string {
  return `@${tenant.profile.initialDomain}`.toLowerCase();
}

/** Addresses of the tenant's own beside those that were given, once each. Where nothing was given the first is the primary one. */
export function withOwn(given: readonly string[], own: readonly string[]): readonly string[] {
  const all = [...given];
  for (const address of own) {
    if (all.some((one) => one.toLowerCase() === address.toLowerCase())) continue;
    const rest = address.slice('smtp:'.length);
    all.push(all.length === 0 ? `SMTP:${rest}` : `smtp:${rest}`);
  }
  return all;
}

/** What changes of a user who gets a mailbox. */
export function mailboxOf(user: Entity, tenant: Tenant): Values {
  const held = textsOf(user, 'proxyAddresses').filter((address) => !isForeign(address, tenant));
  const names = mailboxNames(user, textOf(user, 'userPrincipalName'), tenant).filter((address) => {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    return holder === undefined || holder.id === user.id;
  });
  const addresses = withOwn(held, names);
  const primary = addresses.find((address) => address.startsWith('SMTP:'))?.slice('SMTP:'.length);
  return { proxyAddresses: addresses, ...(primary === undefined ? {} : { mail: primary }) };
}
