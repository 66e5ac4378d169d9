import { toGraphTime } from '../../clock.ts';
import { isRecord } from '../../json-value.ts';
import { type Entity, textOf, type Value, type Values } from '../../tenant/entity.ts';
import { checkUserPrincipalName } from '../../tenant/rules/user-principal-name.ts';
import { hasFeature } from '../../tenant/synchronization.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { addressKey } from '../../tenant/unique-keys.ts';
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
  const hasAddresses = changed.includes('proxyAddresses') || changed.includes('mail');
  if (!entity || hasAddresses || isPending('ProxyAddress')) Object.assign(values, addressesOf(parts, errors));
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

/** E.4: what is taken of the addresses that were given. */
function addressesOf(
  { synced, entity, kind, tenant }: NamingParts,
  errors: ProvisioningError[],
): Record<string, Value> {
  const mail = typeof synced['mail'] === 'string' ? synced['mail'] : undefined;
  const given = listOf(synced['proxyAddresses']).filter(isKept);
  const hasPrimary = given.some((address) => address.startsWith('SMTP:'));
  const wanted = mail === undefined || hasPrimary ? given : promote(mail, given);
  const isFree = (address: string): boolean => {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    return holder === undefined || holder.id === entity?.id;
  };
  const free = wanted.filter(isFree);
  for (const value of wanted) if (!free.includes(value)) errors.push({ propertyCausingError: 'ProxyAddress', value });
  const isMailFree = mail !== undefined && isFree(`smtp:${mail}`);
  const shown = isMailFree ? mail : null;
  const isMailEnabled = shown?.includes('@') === true || free.some((address) => /^SMTP:.*@/.test(address));
  return { mail: shown, proxyAddresses: free, ...(kind === 'group' ? { mailEnabled: isMailEnabled } : {}) };
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

function listOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
