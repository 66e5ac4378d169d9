import type { TargetType } from '../../model/change.ts';
import type { TargetAttribute } from '../connector.ts';
import { COUNTRIES } from './countries.ts';

/** How a value lies in Graph's JSON. `first`: a collection of which one value may be set. `extension`: a part of onPremisesExtensionAttributes. */
export const ATTRIBUTE_FORMS = ['text', 'flag', 'time', 'first', 'list', 'extension'] as const;
export type AttributeForm = (typeof ATTRIBUTE_FORMS)[number];

export interface AttributeRule extends TargetAttribute {
  readonly form: AttributeForm;
  /** Most UTF-16 units of a value (resources/user and resources/group, "Properties"). */
  readonly maximum?: number;
  /** Most values of a list. */
  readonly mostValues?: number;
  /** What a value must look like, with the words that say so. */
  readonly pattern?: RegExp;
  /** The only values that there are. */
  readonly oneOf?: ReadonlySet<string>;
  readonly demand?: string;
}

const USER: readonly TargetType[] = ['user'];
const GROUP: readonly TargetType[] = ['group'];
const BOTH: readonly TargetType[] = ['user', 'group'];

type Details = Omit<Partial<AttributeRule>, 'name' | 'native' | 'types'>;

function attribute(name: string, native: string, types: readonly TargetType[], details: Details = {}): AttributeRule {
  return { form: 'text', ...details, name, native, types };
}

/** Printable ASCII: mail addresses take no accented characters. No name between the dots of the domain is empty. */
const MAIL = {
  pattern: /^[\x21-\x3f\x41-\x7e]+@[\x21-\x2d\x2f-\x3f\x41-\x7e]+(?:\.[\x21-\x2d\x2f-\x3f\x41-\x7e]+)+$/,
  demand: 'must be a mail address without accents and blanks',
};

const EXTENSIONS = Array.from({ length: 15 }, (_, at) =>
  attribute(`extensionAttribute${at + 1}`, `extensionAttribute${at + 1}`, USER, { form: 'extension', maximum: 1024 }),
);

/**
 * Every attribute that we read or write, by the name of Connect's tenant connector and by Graph's. Limits are those of the resource pages of
 * Graph; where they print none (officeLocation, faxNumber, businessPhones) the directory's own string limit.
 */
export const ATTRIBUTES: readonly AttributeRule[] = [
  attribute('sourceAnchor', 'onPremisesImmutableId', USER, {
    uniqueGroup: 'sourceAnchor',
    required: true,
    pattern: /^[^$_]+$/,
    demand: 'must not hold $ or _',
  }),
  // The group of unique values goes by the neutral name, which the line above has put there for both.
  attribute('sourceAnchor', 'uniqueName', GROUP, { required: true }),
  attribute('userPrincipalName', 'userPrincipalName', USER, { uniqueGroup: 'userPrincipalName', required: true }),
  attribute('accountEnabled', 'accountEnabled', USER, { form: 'flag', required: true }),
  attribute('alias', 'mailNickname', BOTH, { maximum: 64, required: true }),
  attribute('displayName', 'displayName', BOTH, { maximum: 256, required: true }),
  attribute('description', 'description', GROUP, { maximum: 1024 }),
  attribute('givenName', 'givenName', USER, { maximum: 64 }),
  attribute('surname', 'surname', USER, { maximum: 64 }),
  attribute('title', 'jobTitle', USER, { maximum: 128 }),
  attribute('department', 'department', USER, { maximum: 64 }),
  attribute('company', 'companyName', USER, { maximum: 64 }),
  attribute('physicalDeliveryOfficeName', 'officeLocation', USER, { maximum: 128 }),
  attribute('telephoneNumber', 'businessPhones', USER, { form: 'first', maximum: 64 }),
  attribute('mobile', 'mobilePhone', USER, { maximum: 64 }),
  attribute('facsimileTelephoneNumber', 'faxNumber', USER, { maximum: 64 }),
  attribute('streetAddress', 'streetAddress', USER, { maximum: 1024 }),
  attribute('city', 'city', USER, { maximum: 128 }),
  attribute('state', 'state', USER, { maximum: 128 }),
  attribute('postalCode', 'postalCode', USER, { maximum: 40 }),
  attribute('country', 'country', USER, { maximum: 128 }),
  attribute('usageLocation', 'usageLocation', USER, {
    required: true,
    oneOf: COUNTRIES,
    demand: 'must be a country code of two letters (ISO 3166)',
  }),
  attribute('preferredLanguage', 'preferredLanguage', USER, {
    maximum: 64,
    pattern: /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/,
    demand: 'must be a language tag such as en or de-CH',
  }),
  attribute('employeeId', 'employeeId', USER, { maximum: 16 }),
  attribute('employeeType', 'employeeType', USER),
  attribute('employeeHireDate', 'employeeHireDate', USER, {
    form: 'time',
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    demand: 'must be a point in time (2026-01-31T00:00:00Z or 20260131000000.0Z)',
  }),
  attribute('mail', 'mail', USER, { maximum: 256, uniqueGroup: 'address', ...MAIL }),
  attribute('otherMails', 'otherMails', USER, { form: 'list', maximum: 250, mostValues: 250, ...MAIL }),
  attribute('proxyAddresses', 'proxyAddresses', BOTH, { form: 'list', uniqueGroup: 'address', readOnly: true }),
  ...EXTENSIONS,
  attribute('userType', 'userType', USER, { readOnly: true }),
  attribute('onPremisesSyncEnabled', 'onPremisesSyncEnabled', BOTH, { form: 'flag', readOnly: true }),
  attribute('securityEnabled', 'securityEnabled', GROUP, { form: 'flag', readOnly: true }),
  attribute('mailEnabled', 'mailEnabled', GROUP, { form: 'flag', readOnly: true }),
  attribute('groupTypes', 'groupTypes', GROUP, { form: 'list', readOnly: true }),
];

/** The kinds of objects that Graph lets an application create and change. */
export const WRITABLE_TYPES = ['user', 'group'] as const;
export type WritableType = (typeof WRITABLE_TYPES)[number];

export function isWritableType(type: string): type is WritableType {
  return type === 'user' || type === 'group';
}

/** The rules of one type, by neutral name. */
export const RULES: Readonly<Record<WritableType, ReadonlyMap<string, AttributeRule>>> = {
  user: rulesOf('user'),
  group: rulesOf('group'),
};

function rulesOf(type: TargetType): ReadonlyMap<string, AttributeRule> {
  return new Map(ATTRIBUTES.filter((rule) => rule.types.includes(type)).map((rule) => [rule.name, rule]));
}

/** References between objects, with the most that one write may carry (group-post-members: 20). */
export const REFERENCES = [
  { name: 'manager', native: 'manager', types: USER, single: true },
  { name: 'member', native: 'members', types: GROUP, single: false },
] as const;
export const REFERENCES_PER_WRITE = 20;
