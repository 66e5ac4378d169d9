export const VALUE_KINDS = ['text', 'boolean', 'integer', 'bytes', 'dn'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/**
 * How Active Directory types the attributes that are not single texts ([MS-ADA1] to [MS-ADA3]). Used for servers whose schema we don't
 * read, so that their objects look like those of a domain controller. Whatever is not listed is a single text.
 */
const SINGLE: Readonly<Record<Exclude<ValueKind, 'text'>, string>> = {
  boolean: `hideDLMembership isCriticalSystemObject isDeleted msExchEnableModeration msExchHideFromAddressLists
    msExchRequireAuthToSendTo msRTCSIP-UserEnabled oOFReplyToOriginator reportToOriginator reportToOwner showInAdvancedViewOnly`,
  integer: `accountExpires badPasswordTime badPwdCount codePage countryCode groupType instanceType lastLogoff lastLogon
    lastLogonTimestamp lockoutTime logonCount msDS-HABSeniorityIndex msDS-User-Account-Control-Computed msExchELCMailboxFlags
    msExchGroupDepartRestriction msExchGroupJoinRestriction msExchModerationFlags msExchRecipientDisplayType
    msExchRecipientTypeDetails msExchRemoteRecipientType msExchResourceCapacity msRTCSIP-ApplicationOptions msRTCSIP-OptionFlags
    primaryGroupID pwdLastSet sAMAccountType systemFlags uSNChanged uSNCreated userAccountControl`,
  bytes: `logonHours mS-DS-ConsistencyGuid mS-DS-CreatorSID msDS-CloudAnchor msDS-DeviceID msExchArchiveGUID
    msExchBlockedSendersHash msExchMailboxGuid msExchMasterAccountSid msExchSafeRecipientsHash msExchSafeSendersHash
    msRTCSIP-OriginatorSid nTSecurityDescriptor objectGUID objectSid parentGUID thumbnailPhoto`,
  dn: 'assistant distinguishedName lastKnownParent managedBy manager objectCategory',
};

const MULTI: Readonly<Record<'text' | 'bytes' | 'dn', string>> = {
  text: `description msExchArchiveName msExchResourceMetaData msExchResourceSearchProperties msExchSenderHintTranslations
    msExchUCVoiceMailSettings msExchUserHoldPolicies objectClass otherFacsimileTelephoneNumber otherHomePhone otherIpPhone
    otherMailbox otherMobile otherPager otherTelephone postOfficeBox proxyAddresses servicePrincipalName url`,
  bytes: 'jpegPhoto photo sIDHistory userCertificate userSMIMECertificate',
  dn: `authOrig directReports dLMemRejectPerms dLMemSubmitPerms managedObjects member memberOf
    msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchCoManagedByLink msExchDelegateListLink
    msExchModeratedByLink publicDelegates secretary seeAlso unauthOrig uniqueMember`,
};

export interface AttributeSyntax {
  readonly kind: ValueKind;
  readonly isSingle: boolean;
}

const KNOWN: ReadonlyMap<string, AttributeSyntax> = new Map([
  ...listSyntaxes(SINGLE, true),
  ...listSyntaxes(MULTI, false),
]);

/** A reference that we don't know is taken for a multi-valued one. */
export function describeKnownAttribute(name: string, isReference: boolean): AttributeSyntax {
  const known = KNOWN.get(name.toLowerCase());
  if (isReference) return { kind: 'dn', isSingle: known?.isSingle ?? false };
  return known ?? { kind: 'text', isSingle: true };
}

function* listSyntaxes(
  lists: Readonly<Partial<Record<ValueKind, string>>>,
  isSingle: boolean,
): Generator<readonly [string, AttributeSyntax]> {
  for (const [kind, names] of Object.entries(lists)) {
    for (const name of names.split(/\s+/)) yield [name.toLowerCase(), { kind: kind as ValueKind, isSingle }];
  }
}
