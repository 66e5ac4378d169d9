import type { TargetType } from '../../../../model/change.ts';
import type { TargetAttribute } from '../../../connector.ts';
import { RULES } from '../../attributes.ts';

/** How the service types a value: `d:string`, `d:boolean`, `d:long`, `d:base64Binary`, or an array of the first or the last. */
export const FORMS = ['text', 'flag', 'integer', 'bytes', 'texts', 'byteLists'] as const;
export type Form = (typeof FORMS)[number];

export interface SyncAttribute extends TargetAttribute {
  readonly form: Form;
  /** Most characters of a text, or bytes of a binary value. */
  readonly maximum?: number;
  /** Most values of a list. */
  readonly mostValues?: number;
}

export interface SyncReference {
  readonly name: string;
  readonly native: string;
  readonly types: readonly TargetType[];
  readonly single: boolean;
}

/**
 * What the tenant connector of Azure AD Connect knows and writes: form, kinds of objects (user, group, contact, device), names. What the cloud alone fills
 * (`cloud…`) is left out, but for what identifies an object and what tells that it is not synchronized.
 */
const TABLE: readonly (readonly [Form, string, string])[] = [
  ['text', 'UGCD', 'sourceAnchor displayName'],
  ['text', 'UGC', 'alias legacyExchangeDN mail targetAddress commonName description info msDsPhoneticDisplayName'],
  ['text', 'UGC', 'msExchLitigationHoldDate msExchLitigationHoldOwner msExchRetentionComment msExchRetentionUrl'],
  ['text', 'UGC', numbered('extensionAttribute', 15)],
  ['text', 'UC', 'city company country countryLetterCode department facsimileTelephoneNumber givenName homePhone'],
  ['text', 'UC', 'initials ipPhone middleName mobile msExchAssistantName msRtcSipDeploymentLocator msRtcSipLine'],
  ['text', 'UC', 'msRtcSipPrimaryUserAddress pager physicalDeliveryOfficeName postalCode state streetAddress surname'],
  ['text', 'UC', 'telephoneAssistant telephoneNumber title wWWHomePage'],
  ['text', 'UG', 'dnsDomainName netBiosName onPremisesDistinguishedName onPremisesSamAccountName'],
  ['text', 'U', 'employeeHireDate employeeId employeeType lastPasswordChangeTimestamp'],
  ['text', 'U', 'msExchElcExpirySuspensionEnd msExchElcExpirySuspensionStart'],
  ['text', 'U', 'msExchImmutableId msExchResourceDisplay msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl'],
  ['text', 'U', 'msRtcSipOwnerUrn onPremisesUserPrincipalName preferredLanguage'],
  ['text', 'U', 'usageLocation userPrincipalName userType'],
  ['text', 'D', 'approximateLastLogonTimestamp deviceOSType deviceOSVersion deviceTrustType'],
  ['flag', 'UGC', 'msExchEnableModeration msExchHideFromAddressLists msExchRequireAuthToSendTo'],
  ['flag', 'UC', 'msRtcSipUserEnabled'],
  ['flag', 'UGCD', 'cloudMastered'],
  ['flag', 'UD', 'accountEnabled'],
  ['flag', 'U', 'msExchBypassAudit msExchMailboxAuditEnable'],
  ['flag', 'G', 'hideDLMembership msOrgIsOrganizational oOFReplyToOriginator reportToOriginator reportToOwner'],
  ['flag', 'G', 'securityEnabled'],
  ['flag', 'D', 'isCompliant isManaged'],
  [
    'integer',
    'UGC',
    'msExchModerationFlags msExchRecipientTypeDetails msDsHabSeniorityIndex msExchRecipientDisplayType',
  ],
  ['integer', 'UC', 'countryCode msRtcSipOptionFlags'],
  ['integer', 'U', 'msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin msExchAuditOwner'],
  [
    'integer',
    'U',
    'msExchElcMailboxFlags msExchMailboxAuditLogAgeLimit msExchRemoteRecipientType msExchResourceCapacity',
  ],
  ['integer', 'U', 'msRtcSipApplicationOptions'],
  ['integer', 'G', 'msExchGroupDepartRestriction msExchGroupJoinRestriction'],
  ['integer', 'D', 'deviceObjectVersion'],
  ['bytes', 'UC', 'msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash thumbnailPhoto'],
  ['bytes', 'UGD', 'onPremiseSecurityIdentifier'],
  ['bytes', 'U', 'msExchArchiveGuid msExchMailboxGuid'],
  ['bytes', 'D', 'deviceId'],
  ['texts', 'UGC', 'proxyAddresses msExchSenderHintTranslations'],
  ['texts', 'UGC', numbered('msExchExtensionCustomAttribute', 5)],
  ['texts', 'UC', 'otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile otherPager otherTelephone'],
  ['texts', 'UC', 'postOfficeBox url'],
  ['texts', 'U', 'msExchArchiveName msExchResourceMetadata msExchResourceSearchProperties msExchUserHoldPolicies'],
  ['texts', 'U', 'signInNames'],
  ['texts', 'G', 'msExchLabeledURI'],
  ['texts', 'D', 'alternativeSecurityId devicePhysicalIds'],
  ['byteLists', 'UCD', 'userCertificate'],
  ['byteLists', 'UC', 'userSMIMECertificate'],
  ['byteLists', 'U', 'searchableDeviceKey'],
  ['byteLists', 'D', 'stkDeviceKey'],
];

const REFERENCE_TABLE: readonly (readonly ['one' | 'many', string, string])[] = [
  ['one', 'UC', 'manager'],
  ['one', 'UGC', 'altRecipient assistant'],
  ['one', 'G', 'managedBy'],
  ['one', 'U', 'msExchTeamMailboxSharePointLinkedBy'],
  ['one', 'D', 'registeredOwnerReference'],
  ['many', 'G', 'member msExchCoManagedByLink'],
  ['many', 'UGC', 'authOrig dLMemRejectPerms dLMemSubmitPerms msExchBypassModerationFromDLMembersLink'],
  ['many', 'UGC', 'msExchBypassModerationLink msExchModeratedByLink publicDelegates unauthOrig'],
  ['many', 'U', 'msExchDelegateListLink msExchTeamMailboxOwners'],
  ['many', 'D', 'registeredUsersReference'],
];

const LETTERS: Readonly<Record<string, TargetType>> = { U: 'user', G: 'group', C: 'contact', D: 'device' };

function typesOf(letters: string): readonly TargetType[] {
  return [...letters].flatMap((letter) => LETTERS[letter] ?? []);
}

function numbered(name: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `${name}${at + 1}`).join(' ');
}

/** Beyond these the service answers LargeObject or ExceededAllowedLength (facts E.6). */
const LIMITS: Readonly<Record<string, Pick<SyncAttribute, 'maximum' | 'mostValues'>>> = {
  thumbnailPhoto: { maximum: 100 * 1024 },
  userCertificate: { mostValues: 15 },
  userSMIMECertificate: { mostValues: 15 },
  proxyAddresses: { mostValues: 300 },
};

/** True of an object that the tenant counts as its own: it takes edits from anybody, and neither a deletion nor a password from us. */
export const CLOUD_MASTERED = 'cloudMastered';

const DETAILS: Readonly<Record<string, Pick<SyncAttribute, 'uniqueGroup' | 'required' | 'readOnly' | 'keepsOwn'>>> = {
  sourceAnchor: { uniqueGroup: 'sourceAnchor', required: true },
  userPrincipalName: { uniqueGroup: 'userPrincipalName', required: true },
  mail: { uniqueGroup: 'address', keepsOwn: true },
  proxyAddresses: { uniqueGroup: 'address', keepsOwn: true },
  displayName: { required: true },
  accountEnabled: { required: true },
  usageLocation: { required: true },
  alias: { required: true },
  // Read to know guests by; what it is the tenant decides.
  userType: { readOnly: true },
  // Of an object that the tenant counts as its own. Only the service clears it, when it takes the object over.
  [CLOUD_MASTERED]: { readOnly: true },
};

/** A text that Graph keeps too is as long there as here: it is one directory. */
function limitOf(name: string, form: Form): Pick<SyncAttribute, 'maximum' | 'mostValues'> {
  const known = LIMITS[name];
  if (known) return known;
  const maximum = form === 'text' ? (RULES.user.get(name) ?? RULES.group.get(name))?.maximum : undefined;
  return maximum === undefined ? {} : { maximum };
}

export const SYNC_ATTRIBUTES: readonly SyncAttribute[] = TABLE.flatMap(([form, letters, names]) =>
  names.split(' ').map((name) => ({
    form,
    name,
    native: name,
    types: typesOf(letters),
    ...limitOf(name, form),
    ...DETAILS[name],
  })),
);

export const SYNC_REFERENCES: readonly SyncReference[] = REFERENCE_TABLE.flatMap(([count, letters, names]) =>
  names.split(' ').map((name) => ({ name, native: name, types: typesOf(letters), single: count === 'one' })),
);

/** By kind of object and name. */
export const ATTRIBUTES_OF: Readonly<Record<TargetType, ReadonlyMap<string, SyncAttribute>>> = byType(SYNC_ATTRIBUTES);
export const REFERENCES_OF: Readonly<Record<TargetType, ReadonlyMap<string, SyncReference>>> = byType(SYNC_REFERENCES);

function byType<Entry extends { readonly name: string; readonly types: readonly TargetType[] }>(
  entries: readonly Entry[],
): Readonly<Record<TargetType, ReadonlyMap<string, Entry>>> {
  const ownOf = (type: TargetType): ReadonlyMap<string, Entry> =>
    new Map(entries.filter((entry) => entry.types.includes(type)).map((entry) => [entry.name, entry]));
  return { user: ownOf('user'), group: ownOf('group'), contact: ownOf('contact'), device: ownOf('device') };
}

/** Our spelling of the names of properties: the service minds no case (facts E.13). */
const SPELLINGS: ReadonlyMap<string, string> = new Map(
  [...SYNC_ATTRIBUTES, ...SYNC_REFERENCES].map(({ name }) => [name.toLowerCase(), name]),
);

export function spellName(name: string): string {
  return SPELLINGS.get(name.toLowerCase()) ?? name;
}
