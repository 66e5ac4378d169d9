import { isRecord } from '../../json-value.ts';
import {
  masteredElsewhere,
  masteredOnPremises,
  valueInvalid,
  valueRequired,
  valuesInvalid,
  valueTaken,
} from '../../refusals.ts';
import { type Entity, textOf, textsOf, type Value, type Values } from '../entity.ts';
import { hasMailbox } from '../sku.ts';
import { hasFeature, isSynchronized } from '../synchronization.ts';
import type { Tenant } from '../tenant.ts';
import { checkAddressesFree, proxyAddressesFor } from './addresses.ts';
import { checkValues } from './check-values.ts';
import { checkPasswordProfile, isPasswordSynchronized, mergePasswordProfile } from './password.ts';
import { checkUserPrincipalName, isFederatedUpn } from './user-principal-name.ts';
import { REQUIRED_OF_USER, USER_PROPERTIES, WRITABLE_WHEN_SYNCED } from './user-properties.ts';

/** Judges the body of POST /users and returns everything that the new user will hold. */
export function checkNewUser(body: Readonly<Record<string, unknown>>, tenant: Tenant): Values {
  for (const name of REQUIRED_OF_USER) {
    if (body[name] === undefined || body[name] === null) throw valueRequired(name, 'User');
  }
  if (!isRecord(body['passwordProfile'])) throw valueRequired('passwordProfile', 'User');
  const given = checkValues(body, { resource: 'User', table: USER_PROPERTIES, isCreation: true });
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(given)) if (value !== null) values[name] = value;
  values['passwordProfile'] = checkPasswordProfile(body['passwordProfile'], {
    isCreation: true,
    policies: values['passwordPolicies'],
    forbiddenName: forbiddenName(values['userPrincipalName'], tenant),
  });
  values['userType'] ??= 'Member';
  const upn = String(values['userPrincipalName']);
  checkUserPrincipalName(upn, tenant);
  if (isFederatedUpn(upn, tenant) && values['onPremisesImmutableId'] === undefined) throw valuesInvalid();
  return checkUserKeys(values, undefined, tenant);
}

/** Judges the body of PATCH /users/{id} and returns what changes, with what follows from it. */
export function checkUserPatch(body: Readonly<Record<string, unknown>>, user: Entity, tenant: Tenant): Values {
  const given = checkValues(body, { resource: 'User', table: USER_PROPERTIES, isCreation: false });
  if (isSynchronized(user)) {
    const mastered = Object.keys(given).some((name) => !WRITABLE_WHEN_SYNCED.includes(name));
    if (mastered) throw masteredOnPremises();
  }
  if (given['passwordProfile'] !== undefined) checkPasswordIsOurs(user, tenant);
  const values: Record<string, Value> = { ...given };
  if (values['usageLocation'] === null && textOf(user, 'usageLocation') !== undefined) {
    throw valueInvalid('usageLocation', 'User');
  }
  if (given['passwordProfile'] !== undefined) {
    const policies = given['passwordPolicies'] ?? user.values['passwordPolicies'];
    const upn = given['userPrincipalName'] ?? user.values['userPrincipalName'];
    const context = { isCreation: false, policies, forbiddenName: forbiddenName(upn, tenant) };
    const profile = checkPasswordProfile(given['passwordProfile'], context);
    values['passwordProfile'] = mergePasswordProfile(user, profile);
  }
  for (const name of ['onPremisesExtensionAttributes', 'employeeOrgData']) {
    // A complex value is merged: parts that the body leaves out keep their value.
    if (isRecord(values[name])) values[name] = { ...asParts(user.values[name]), ...asParts(values[name]) };
  }
  if (typeof values['userPrincipalName'] === 'string') checkUserPrincipalName(values['userPrincipalName'], tenant);
  return checkUserKeys(values, user, tenant);
}

function forbiddenName(upn: Value | undefined, { assumptions }: Tenant): string | undefined {
  return assumptions.refuseNameInPassword && typeof upn === 'string' ? upn.slice(0, upn.lastIndexOf('@')) : undefined;
}

/** A password that comes from on-premises would be overwritten by the next synchronization; with writeback it would go there first. */
function checkPasswordIsOurs(user: Entity, tenant: Tenant): void {
  if (!tenant.assumptions.refuseResetOfSynchronizedPasswords || !isPasswordSynchronized(user)) return;
  if (isSynchronized(user) && !hasFeature(tenant, 'passwordWritebackEnabled')) throw masteredOnPremises();
}

function asParts(value: Value | undefined): Readonly<Record<string, Value>> {
  return isRecord(value) ? (value as Readonly<Record<string, Value>>) : {};
}

/** Uniqueness and the rules of one property that need the tenant. Completes mail with its addresses. */
function checkUserKeys(values: Record<string, Value>, user: Entity | undefined, tenant: Tenant): Values {
  checkUsageLocation(values['usageLocation']);
  const upn = values['userPrincipalName'];
  if (typeof upn === 'string') {
    const holder = tenant.primary.findUnique('userPrincipalName', upn.toLowerCase());
    if (holder && holder.id !== user?.id) throw valueTaken('userPrincipalName');
  }
  checkAnchor(values['onPremisesImmutableId'], user, tenant);
  checkNickname(values['mailNickname']);
  if (values['mail'] !== undefined) followMail(values, user, tenant);
  return values;
}

function checkUsageLocation(value: Value | undefined): void {
  if (typeof value !== 'string') return;
  if (!ASSIGNED_REGIONS.has(value.toUpperCase())) throw valueInvalid('usageLocation', 'User');
}

/** `$` and `_` are not allowed; the comparison minds case; deleted users keep theirs (resources/user; assumed). */
function checkAnchor(anchor: Value | undefined, user: Entity | undefined, tenant: Tenant): void {
  if (typeof anchor !== 'string') return;
  if (/[$_]/.test(anchor)) throw valueInvalid('onPremisesImmutableId', 'User');
  const holder = tenant.primary.findUnique('onPremisesImmutableId', anchor);
  if (!holder || holder.id === user?.id) return;
  if (holder.status === 'live' || tenant.assumptions.deletedUsersHoldAnchor) throw valueTaken('onPremisesImmutableId');
}

function checkNickname(nickname: Value | undefined): void {
  if (typeof nickname !== 'string') return;
  // Observed for a nickname with a forbidden character; the set itself is documented for groups.
  if (!/^[^@()\\[\]";:<>, \u0080-\uffff]+$/.test(nickname)) throw valueInvalid('mailNickname', 'User');
}

function followMail(values: Record<string, Value>, user: Entity | undefined, tenant: Tenant): void {
  const mail = values['mail'];
  if (typeof mail === 'string' && !/^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/.test(mail)) throw valueInvalid('mail', 'User');
  if (user && hasExchange(user, tenant)) throw masteredElsewhere();
  if (user?.values['userType'] === 'Guest') return;
  const addresses = proxyAddressesFor(
    typeof mail === 'string' ? mail : null,
    user ? textsOf(user, 'proxyAddresses') : [],
  );
  checkAddressesFree(addresses, user, tenant);
  values['proxyAddresses'] = addresses;
}

export function hasExchange(user: Entity, tenant: Tenant): boolean {
  const licences = user.values['assignedLicenses'];
  if (!Array.isArray(licences)) return false;
  return licences.some((licence: unknown) => {
    const sku = isRecord(licence) ? tenant.skus.find((known) => known.skuId === licence['skuId']) : undefined;
    return sku !== undefined && hasMailbox(sku);
  });
}

/** ISO 3166-1 alpha-2 codes in use: those for which this runtime knows a name of its own. */
const ASSIGNED_REGIONS: ReadonlySet<string> = collectRegions();

function collectRegions(): ReadonlySet<string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const regions = new Set<string>();
  for (const first of letters) {
    for (const second of letters) if (names.of(first + second) !== undefined) regions.add(first + second);
  }
  // Not countries of ISO 3166-1: exceptional reservations and Unicode's own codes.
  for (const code of ['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UK', 'UN', 'XA', 'XB', 'XK', 'ZZ']) {
    regions.delete(code);
  }
  return regions;
}

/** The UPN domain that a restore needs may have gone meanwhile. */
export function checkRestoredUpn(upn: string, user: Entity, tenant: Tenant): void {
  checkUserPrincipalName(upn, tenant);
  const holder = tenant.primary.findUnique('userPrincipalName', upn.toLowerCase());
  if (holder && holder.id !== user.id) throw valueTaken('userPrincipalName');
}
