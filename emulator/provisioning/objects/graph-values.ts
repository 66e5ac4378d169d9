import { isRecord } from '../../json-value.ts';
import type { Value, Values } from '../../tenant/entity.ts';
import { CONTACT_PROPERTIES } from '../../tenant/rules/contact-properties.ts';
import { DEVICE_PROPERTIES } from '../../tenant/rules/device-properties.ts';
import { GROUP_PROPERTIES } from '../../tenant/rules/group-properties.ts';
import type { PropertyTable } from '../../tenant/rules/property.ts';
import { USER_PROPERTIES } from '../../tenant/rules/user-properties.ts';
import { readGuid, readSecurityIdentifier } from './security-identifier.ts';
import type { SyncKind } from './sync-attributes.ts';
import { SyncFailure } from './sync-failure.ts';

/** Attributes whose value Graph shows as it is, under this name (facts E.9). */
const PERSON = {
  displayName: 'displayName',
  givenName: 'givenName',
  surname: 'surname',
  title: 'jobTitle',
  department: 'department',
  company: 'companyName',
} as const;

const DIRECT: Readonly<Record<SyncKind, Readonly<Record<string, string>>>> = {
  user: {
    ...PERSON,
    physicalDeliveryOfficeName: 'officeLocation',
    mobile: 'mobilePhone',
    facsimileTelephoneNumber: 'faxNumber',
    streetAddress: 'streetAddress',
    city: 'city',
    state: 'state',
    postalCode: 'postalCode',
    country: 'country',
    usageLocation: 'usageLocation',
    preferredLanguage: 'preferredLanguage',
    employeeId: 'employeeId',
    employeeType: 'employeeType',
    employeeHireDate: 'employeeHireDate',
    accountEnabled: 'accountEnabled',
    onPremisesSamAccountName: 'onPremisesSamAccountName',
    onPremisesDistinguishedName: 'onPremisesDistinguishedName',
    onPremisesUserPrincipalName: 'onPremisesUserPrincipalName',
    dnsDomainName: 'onPremisesDomainName',
  },
  group: {
    displayName: 'displayName',
    description: 'description',
    securityEnabled: 'securityEnabled',
    onPremisesSamAccountName: 'onPremisesSamAccountName',
    dnsDomainName: 'onPremisesDomainName',
    netBiosName: 'onPremisesNetBiosName',
  },
  orgContact: PERSON,
  device: {
    displayName: 'displayName',
    accountEnabled: 'accountEnabled',
    deviceOSType: 'operatingSystem',
    deviceOSVersion: 'operatingSystemVersion',
    deviceTrustType: 'trustType',
    devicePhysicalIds: 'physicalIds',
    isCompliant: 'isCompliant',
    isManaged: 'isManaged',
  },
};

const TABLES: Readonly<Record<SyncKind, PropertyTable>> = {
  user: USER_PROPERTIES,
  group: GROUP_PROPERTIES,
  orgContact: CONTACT_PROPERTIES,
  device: DEVICE_PROPERTIES,
};

/** What Graph shows of the attributes that changed, but for names and addresses, which follow rules of their own. */
export function graphValues(kind: SyncKind, synced: Values, changed: readonly string[]): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const name of changed) {
    const shown = Object.hasOwn(DIRECT[kind], name) ? DIRECT[kind][name] : undefined;
    if (shown !== undefined) values[shown] = checkLength(kind, name, shown, synced[name] ?? null);
  }
  if (changed.includes('onPremiseSecurityIdentifier')) values['onPremisesSecurityIdentifier'] = sidOf(synced);
  if (kind === 'user') addUserValues(values, synced, changed);
  if (kind === 'orgContact') addContactValues(values, synced, changed);
  if (kind === 'device' && changed.includes('deviceId')) values['deviceId'] = deviceIdOf(synced);
  return values;
}

function checkLength(kind: SyncKind, name: string, shown: string, value: Value): Value {
  const property = TABLES[kind][shown];
  const isTooLong = typeof value === 'string' && property?.max !== undefined && value.length > property.max;
  if (isTooLong) throw new SyncFailure('ExceededAllowedLength', `The value of ${name} is longer than ${property.max}.`);
  if (value === null && (name === 'displayName' || name === 'accountEnabled' || name === 'securityEnabled')) {
    throw new SyncFailure('DataValidationFailed', `${name} cannot be without a value.`);
  }
  return value === '' ? null : value;
}

function addUserValues(values: Record<string, Value>, synced: Values, changed: readonly string[]): void {
  // usageLocation cannot be taken away once it is set (Graph refuses that, too).
  if (values['usageLocation'] === null) delete values['usageLocation'];
  if (changed.includes('telephoneNumber')) values['businessPhones'] = listOf(synced['telephoneNumber']);
  if (changed.some((name) => name.startsWith('extensionAttribute'))) {
    const parts = Array.from({ length: 15 }, (_, at) => `extensionAttribute${at + 1}`);
    values['onPremisesExtensionAttributes'] = Object.fromEntries(parts.map((name) => [name, synced[name] ?? null]));
  }
  const changedAt = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.0Z$/.exec(String(synced['lastPasswordChangeTimestamp']));
  if (changed.includes('lastPasswordChangeTimestamp') && changedAt) {
    const [, year, month, day, hour, minute, second] = changedAt;
    values['lastPasswordChangeDateTime'] = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  }
}

const PHONES = { telephoneNumber: 'business', mobile: 'mobile', facsimileTelephoneNumber: 'businessFax' } as const;
const ADDRESS: Readonly<Record<string, string>> = {
  streetAddress: 'street',
  city: 'city',
  state: 'state',
  postalCode: 'postalCode',
  country: 'countryOrRegion',
  physicalDeliveryOfficeName: 'officeLocation',
};

function addContactValues(values: Record<string, Value>, synced: Values, changed: readonly string[]): void {
  if (changed.some((name) => Object.hasOwn(PHONES, name))) {
    values['phones'] = Object.entries(PHONES)
      .filter(([name]) => typeof synced[name] === 'string')
      .map(([name, type]) => ({ number: synced[name] ?? null, type }));
  }
  if (changed.some((name) => Object.hasOwn(ADDRESS, name))) {
    const parts = Object.entries(ADDRESS).map(([name, part]) => [part, synced[name] ?? null] as const);
    values['addresses'] = [Object.fromEntries(parts)];
  }
}

function sidOf(synced: Values): Value {
  const value = synced['onPremiseSecurityIdentifier'];
  if (typeof value !== 'string') return null;
  const sid = readSecurityIdentifier(value);
  if (sid === undefined) throw new SyncFailure('DataValidationFailed', 'onPremiseSecurityIdentifier is no SID.');
  return sid;
}

function deviceIdOf(synced: Values): Value {
  const id = typeof synced['deviceId'] === 'string' ? readGuid(synced['deviceId']) : undefined;
  if (id === undefined) throw new SyncFailure('DataValidationFailed', 'deviceId is no GUID of 16 bytes.');
  return id;
}

function listOf(value: Value | undefined): readonly Value[] {
  return value === undefined || value === null ? [] : [value];
}

/** The synchronized attributes that an object has so far, as they came. */
export function syncedOf(values: Values): Values {
  const synced = values['synced'];
  return isRecord(synced) ? (synced as Values) : {};
}
