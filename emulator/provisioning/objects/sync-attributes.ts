import type { ObjectKind } from '../../tenant/entity.ts';

/** How a value of an attribute is typed: as one value of XML Schema, as an array of them, or as what names other objects. */
export const FORMS = [
  'string',
  'boolean',
  'long',
  'base64Binary',
  'strings',
  'binaries',
  'reference',
  'references',
] as const;
export type Form = (typeof FORMS)[number];

export const SYNC_TYPES = { User: 'user', Group: 'group', Contact: 'orgContact', Device: 'device' } as const;
export type SyncType = keyof typeof SYNC_TYPES;
export type SyncKind = (typeof SYNC_TYPES)[SyncType];

export interface SyncAttribute {
  readonly name: string;
  readonly form: Form;
}

/** Attributes that synchronization writes, by form and kinds (user, group, contact, device), as the schema of the connector has them. */
const ROWS: readonly (readonly [Form, string, string])[] = [
  ['base64Binary', 'D', 'deviceId'],
  ['base64Binary', 'U', 'msExchArchiveGuid msExchMailboxGuid'],
  ['base64Binary', 'UC', 'msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash thumbnailPhoto'],
  ['base64Binary', 'UGD', 'onPremiseSecurityIdentifier'],
  ['binaries', 'D', 'stkDeviceKey'],
  ['binaries', 'U', 'searchableDeviceKey'],
  ['binaries', 'UC', 'userSMIMECertificate'],
  ['binaries', 'UCD', 'userCertificate'],
  ['boolean', 'D', 'isCompliant isManaged'],
  ['boolean', 'G', 'hideDLMembership msOrgIsOrganizational oOFReplyToOriginator reportToOriginator'],
  ['boolean', 'G', 'reportToOwner securityEnabled'],
  ['boolean', 'U', 'msExchBypassAudit msExchMailboxAuditEnable'],
  ['boolean', 'UC', 'msRtcSipUserEnabled'],
  ['boolean', 'UD', 'accountEnabled'],
  ['boolean', 'UGC', 'msExchEnableModeration msExchHideFromAddressLists msExchRequireAuthToSendTo'],
  ['long', 'D', 'deviceObjectVersion'],
  ['long', 'G', 'msExchGroupDepartRestriction msExchGroupJoinRestriction'],
  ['long', 'U', 'msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin msExchAuditOwner'],
  ['long', 'U', 'msExchElcMailboxFlags msExchMailboxAuditLogAgeLimit msExchRemoteRecipientType'],
  ['long', 'U', 'msExchResourceCapacity msRtcSipApplicationOptions'],
  ['long', 'UC', 'countryCode msRtcSipOptionFlags'],
  ['long', 'UGC', 'msDsHabSeniorityIndex msExchModerationFlags msExchRecipientDisplayType'],
  ['long', 'UGC', 'msExchRecipientTypeDetails'],
  ['reference', 'D', 'registeredOwnerReference'],
  ['reference', 'G', 'managedBy'],
  ['reference', 'U', 'msExchTeamMailboxSharePointLinkedBy'],
  ['reference', 'UC', 'manager'],
  ['reference', 'UGC', 'altRecipient assistant'],
  ['references', 'D', 'registeredUsersReference'],
  ['references', 'G', 'member msExchCoManagedByLink'],
  ['references', 'U', 'msExchDelegateListLink msExchTeamMailboxOwners'],
  ['references', 'UGC', 'authOrig dLMemRejectPerms dLMemSubmitPerms msExchBypassModerationFromDLMembersLink'],
  ['references', 'UGC', 'msExchBypassModerationLink msExchModeratedByLink publicDelegates unauthOrig'],
  ['string', 'D', 'approximateLastLogonTimestamp deviceOSType deviceOSVersion deviceTrustType'],
  ['string', 'U', 'lastPasswordChangeTimestamp msExchElcExpirySuspensionEnd'],
  ['string', 'U', 'msExchElcExpirySuspensionStart msExchImmutableId msExchResourceDisplay'],
  ['string', 'U', 'msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl msRtcSipOwnerUrn'],
  ['string', 'U', 'onPremisesUserPrincipalName preferredLanguage usageLocation'],
  ['string', 'U', 'userPrincipalName'],
  ['string', 'UC', 'city company country countryLetterCode department facsimileTelephoneNumber givenName'],
  ['string', 'UC', 'homePhone initials ipPhone middleName mobile msExchAssistantName'],
  ['string', 'UC', 'msRtcSipDeploymentLocator msRtcSipLine msRtcSipPrimaryUserAddress pager'],
  ['string', 'UC', 'physicalDeliveryOfficeName postalCode state streetAddress surname telephoneAssistant'],
  ['string', 'UC', 'telephoneNumber title wWWHomePage'],
  ['string', 'UGC', 'alias commonName description extensionAttribute1 extensionAttribute10'],
  ['string', 'UGC', 'extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14'],
  ['string', 'UGC', 'extensionAttribute15 extensionAttribute2 extensionAttribute3 extensionAttribute4'],
  ['string', 'UGC', 'extensionAttribute5 extensionAttribute6 extensionAttribute7 extensionAttribute8'],
  ['string', 'UGC', 'extensionAttribute9 info legacyExchangeDN mail msDsPhoneticDisplayName'],
  ['string', 'UGC', 'msExchLitigationHoldDate msExchLitigationHoldOwner msExchRetentionComment'],
  ['string', 'UGC', 'msExchRetentionUrl targetAddress'],
  ['string', 'UGCD', 'displayName sourceAnchor'],
  ['strings', 'D', 'alternativeSecurityId devicePhysicalIds'],
  ['strings', 'G', 'msExchLabeledURI'],
  ['strings', 'U', 'msExchArchiveName msExchResourceMetadata msExchResourceSearchProperties'],
  ['strings', 'U', 'msExchUserHoldPolicies signInNames'],
  ['strings', 'UC', 'otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile otherPager'],
  ['strings', 'UC', 'otherTelephone postOfficeBox url'],
  ['strings', 'UGC', 'msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2'],
  ['strings', 'UGC', 'msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4'],
  ['strings', 'UGC', 'msExchExtensionCustomAttribute5 msExchSenderHintTranslations proxyAddresses'],
  // Newer than the schema of the connector that the rest comes from (facts E.9, E.13).
  ['string', 'U', 'employeeId employeeType employeeHireDate onPremisesObjectIdentifier'],
  ['string', 'UG', 'dnsDomainName netBiosName onPremisesSamAccountName onPremisesDistinguishedName'],
];

const LETTERS: Readonly<Record<SyncKind, string>> = { user: 'U', group: 'G', orgContact: 'C', device: 'D' };

const ATTRIBUTES: Readonly<Record<SyncKind, ReadonlyMap<string, SyncAttribute>>> = {
  user: collect('user'),
  group: collect('group'),
  orgContact: collect('orgContact'),
  device: collect('device'),
};

function collect(kind: SyncKind): ReadonlyMap<string, SyncAttribute> {
  const found = new Map<string, SyncAttribute>();
  for (const [form, letters, names] of ROWS) {
    if (!letters.includes(LETTERS[kind])) continue;
    for (const name of names.split(' ')) found.set(name.toLowerCase(), { name, form });
  }
  return found;
}

/** Names are compared without case. */
export function findAttribute(kind: SyncKind, name: string): SyncAttribute | undefined {
  return ATTRIBUTES[kind].get(name.toLowerCase());
}

export function isSyncKind(kind: ObjectKind): kind is SyncKind {
  return Object.hasOwn(LETTERS, kind);
}

export function typeOf(kind: SyncKind): SyncType {
  return (Object.keys(SYNC_TYPES) as SyncType[]).find((type) => SYNC_TYPES[type] === kind) ?? 'User';
}
