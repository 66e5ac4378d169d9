import { toGraphTime } from '../../clock.ts';
import { isRecord } from '../../json-value.ts';
import { type Entity, textOf, textsOf, type Value, type Values } from '../../tenant/entity.ts';
import { initialAddresses, isForeign, mailboxNames, withOwn } from '../../tenant/rules/mailbox-addresses.ts';
import { checkUserPrincipalName } from '../../tenant/rules/user-principal-name.ts';
import { hasExchange } from '../../tenant/rules/user-rules.ts';
import { hasFeature, isSynchronized } from '../../tenant/synchronization.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { addressKey } from '../../tenant/unique-keys.ts';
import { syncedOf } from './graph-values.ts';
import type { SyncKind } from './sync-attributes.ts';

export interface NamingParts {
  readonly kind: SyncKind;
  /** The object as it is; undefined: it is being created. */
  readonly entity: Entity | undefined;
  readonly synced: Values;
  readonly changed: readonly string[];
  readonly tenant: Tenant;
}

interface ProvisioningError {
  readonly propertyCausingError: 'UserPrincipalName' | 'ProxyAddress';
  readonly value: string;
}

/**
 * Nickname, user principal name, mail and addresses (facts E.3 to E.5). What somebody else has is left out or replaced, and kept as a
 * provisioning error: the object is taken all the same (duplicate attribute resiliency).
 */
export function namesAndAddresses(parts: NamingParts): Record<string, Value> {
  const { kind, entity, changed } = parts;
  const values: Record<string, Value> = {};
  const errors: ProvisioningError[] = [];
  const before = errorsOf(entity);
  const isPending = (cause: ProvisioningError['propertyCausingError']): boolean =>
    before.some(({ propertyCausingError }) => propertyCausingError === cause);
  if (kind === 'device') return values;
  if (!entity || changed.includes('alias')) values['mailNickname'] = nicknameOf(parts);
  if (kind === 'user' && (!entity || changed.includes('userPrincipalName') || isPending('UserPrincipalName'))) {
    const upn = principalNameOf(parts, String(values['mailNickname'] ?? nicknameOf(parts)), errors);
    if (upn !== undefined) values['userPrincipalName'] = upn;
  } else errors.push(...before.filter(({ propertyCausingError }) => propertyCausingError === 'UserPrincipalName'));
  const upn = textOrNone(values['userPrincipalName']) ?? (entity && textOf(entity, 'userPrincipalName'));
  const isRenamed = kind === 'user' && values['userPrincipalName'] !== undefined;
  const hasAddresses = changed.includes('proxyAddresses') || changed.includes('mail') || isRenamed;
  if (!entity || hasAddresses || isPending('ProxyAddress')) Object.assign(values, addressesOf(parts, upn, errors));
  if (errors.length > 0 || before.length > 0) values['onPremisesProvisioningErrors'] = describeErrors(errors, parts);
  return values;
}

function errorsOf(entity: Entity | undefined): readonly ProvisioningError[] {
  const stored = entity?.values['onPremisesProvisioningErrors'];
  return Array.isArray(stored) ? (stored.filter(isRecord) as unknown as readonly ProvisioningError[]) : [];
}

/** Errors that were there before keep their time. */
function describeErrors(errors: readonly ProvisioningError[], { entity, tenant }: NamingParts): Value {
  const now = toGraphTime(tenant.clock.now());
  const before = errorsOf(entity);
  return errors.map(({ propertyCausingError, value }) => {
    const known = before.find((error) => error.value === value) as unknown as Values | undefined;
    const occurredDateTime = known?.['occurredDateTime'] ?? now;
    return { category: 'PropertyConflict', occurredDateTime, propertyCausingError, value };
  });
}

function localPart(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf('@')));
}

/** E.3: the first of nickname, primary address, mail, user principal name, further addresses. */
function nicknameOf({ synced, entity }: NamingParts): string {
  const addresses = listOf(synced['proxyAddresses']);
  const primary = addresses.find((address) => address.startsWith('SMTP:'));
  const secondary = addresses.find((address) => address.startsWith('smtp:'));
  const upn = synced['userPrincipalName'] ?? synced['onPremisesUserPrincipalName'];
  const candidates = [
    synced['alias'],
    entity && textOf(entity, 'mailNickname'),
    primary && localPart(primary.slice(5)),
    synced['mail'] && localPart(String(synced['mail'])),
    upn && localPart(String(upn)),
    secondary && localPart(secondary.slice(5)),
    String(synced['displayName'] ?? '').replace(/[^A-Za-z0-9._-]/g, ''),
  ];
  return String(candidates.find((candidate) => typeof candidate === 'string' && candidate !== '') ?? 'object');
}

function principalNameOf(parts: NamingParts, nickname: string, errors: ProvisioningError[]): string | undefined {
  const { tenant, entity, synced } = parts;
  const { initialDomain } = tenant.profile;
  const isLicensed = Array.isArray(entity?.values['assignedLicenses']) && entity.values['assignedLicenses'].length > 0;
  if (isLicensed && !hasFeature(tenant, 'synchronizeUpnForManagedUsersEnabled')) return undefined;
  const given = String(synced['userPrincipalName'] ?? '');
  const wanted = isAcceptable(given, tenant) ? given : `${nickname}@${initialDomain}`;
  if (!isTaken(wanted, entity, tenant)) return wanted;
  errors.push({ propertyCausingError: 'UserPrincipalName', value: wanted });
  const current = entity && textOf(entity, 'userPrincipalName');
  if (current?.endsWith(`@${initialDomain}`) && current.startsWith(localPart(wanted))) return current;
  for (;;) {
    const digits = String(1000 + tenant.randomness.below(9000));
    const other = `${localPart(wanted)}${digits}@${initialDomain}`;
    if (!isTaken(other, entity, tenant)) return other;
  }
}

function isAcceptable(upn: string, tenant: Tenant): boolean {
  try {
    checkUserPrincipalName(upn, tenant);
    return true;
  } catch {
    return false;
  }
}

function isTaken(upn: string, entity: Entity | undefined, tenant: Tenant): boolean {
  const holder = tenant.primary.findUnique('userPrincipalName', upn.toLowerCase());
  return holder !== undefined && holder.id !== entity?.id;
}

/** E.4: what is taken of the addresses that were given, and what the tenant adds. `upn`: the name that the object has from now on. */
function addressesOf(parts: NamingParts, upn: string | undefined, errors: ProvisioningError[]): Record<string, Value> {
  const { synced, entity, kind, tenant } = parts;
  const mail = typeof synced['mail'] === 'string' ? synced['mail'] : undefined;
  const isMailbox = entity !== undefined && hasExchange(entity, tenant);
  const given = listOf(synced['proxyAddresses']).filter(isKept);
  const kept = isMailbox ? given.filter((address) => !isForeign(address, tenant)) : given;
  const hasPrimary = kept.some((address) => address.startsWith('SMTP:'));
  const promoted = mail === undefined || hasPrimary ? kept : promote(mail, kept);
  const wanted = withOwn(promoted, ownAddresses(parts, upn, isMailbox));
  const isFree = (address: string): boolean => {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    return holder === undefined || holder.id === entity?.id;
  };
  const free = wanted.filter(isFree);
  for (const value of wanted) if (!free.includes(value)) errors.push({ propertyCausingError: 'ProxyAddress', value });
  const isMailFree = mail !== undefined && isFree(`smtp:${mail}`);
  const primary = free.find((address) => address.startsWith('SMTP:'))?.slice('SMTP:'.length);
  const shown = isMailFree ? mail : isMailbox ? (primary ?? null) : null;
  const isMailEnabled = shown?.includes('@') === true || free.some((address) => /^SMTP:.*@/.test(address));
  return { mail: shown, proxyAddresses: free, ...(kind === 'group' ? { mailEnabled: isMailEnabled } : {}) };
}

/** What the tenant gave the object itself: its address at the initial domain, which stays, and with a mailbox its names, those before included (E.3). */
function ownAddresses({ entity, tenant }: NamingParts, upn: string | undefined, isMailbox: boolean): readonly string[] {
  if (entity === undefined) return [];
  if (!isMailbox) return initialAddresses(entity, tenant);
  const held = textsOf(entity, 'proxyAddresses');
  const before = textOf(entity, 'userPrincipalName');
  return [
    ...mailboxNames(entity, upn, tenant),
    ...(before === undefined ? [] : [`smtp:${before}`]),
    ...held.filter((address) => isOwnBefore(address, entity)),
  ];
}

/** Of an object that is synchronized already, what the directory never gave. */
function isOwnBefore(address: string, entity: Entity): boolean {
  const given = listOf(syncedOf(entity.values)['proxyAddresses']).map((one) => one.toLowerCase());
  return isSynchronized(entity) && /^smtp:/i.test(address) && !given.includes(address.toLowerCase());
}

function promote(mail: string, given: readonly string[]): readonly string[] {
  const key = addressKey(`smtp:${mail}`);
  return [`SMTP:${mail}`, ...given.filter((address) => addressKey(address) !== key)];
}

/** Microsoft's own domains, legacy types and malformed addresses are not taken from on-premises. */
function isKept(address: string): boolean {
  const match = /^([A-Za-z0-9]+):(.+)$/.exec(address);
  if (!match) return false;
  const [, type = '', rest = ''] = match;
  if (['msmail', 'x400', 'ccmail', 'notes', 'gwise'].includes(type.toLowerCase())) return false;
  if (type.toLowerCase() !== 'smtp') return true;
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(rest) && !/@([^@]+\.)?(onmicrosoft|microsoftonline)\.com$/i.test(rest);
}

function textOrNone(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function listOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
