import type { Entity } from './entity.ts';
import { textOf, textsOf } from './entity.ts';

export const UNIQUE_INDEXES = [
  'userPrincipalName',
  'proxyAddresses',
  'onPremisesImmutableId',
  'onPremisesSecurityIdentifier',
  'mailNickname',
  'uniqueName',
] as const;
export type UniqueIndex = (typeof UNIQUE_INDEXES)[number];

/** `SMTP:A@b.c` and `smtp:a@B.c` are one address; other types keep their prefix. */
export function addressKey(address: string): string {
  return address.toLowerCase();
}

/** The keys under which an object can be found and which nobody else may take. Soft-deleted objects keep some. */
export function uniqueKeys(entity: Entity): (readonly [UniqueIndex, string])[] {
  const keys: (readonly [UniqueIndex, string])[] = [];
  if (entity.status === 'purged') return keys;
  const isLive = entity.status === 'live';
  if (entity.kind === 'user') {
    const upn = textOf(entity, 'userPrincipalName');
    if (upn !== undefined && isLive) keys.push(['userPrincipalName', upn.toLowerCase()]);
  }
  // Graph shows the anchor of users only; what synchronization brought is found by it, whatever its kind.
  const anchor = textOf(entity, 'onPremisesImmutableId');
  if (anchor !== undefined) keys.push(['onPremisesImmutableId', anchor]);
  if (entity.kind === 'group') {
    const uniqueName = textOf(entity, 'uniqueName');
    if (uniqueName !== undefined) keys.push(['uniqueName', uniqueName]);
    const nickname = textOf(entity, 'mailNickname');
    if (nickname !== undefined && isLive && textsOf(entity, 'groupTypes').includes('Unified')) {
      keys.push(['mailNickname', nickname.toLowerCase()]);
    }
  }
  const sid = textOf(entity, 'onPremisesSecurityIdentifier');
  if (sid !== undefined && isLive) keys.push(['onPremisesSecurityIdentifier', sid]);
  if (isLive) for (const address of addressesOf(entity)) keys.push(['proxyAddresses', address]);
  return keys;
}

function addressesOf(entity: Entity): Set<string> {
  const addresses = new Set(textsOf(entity, 'proxyAddresses').map(addressKey));
  const mail = textOf(entity, 'mail');
  if (mail !== undefined) addresses.add(addressKey(`smtp:${mail}`));
  return addresses;
}
