import type { AttributeType } from './record.ts';

/**
 * How Active Directory's schema types the attributes that rules read, so that a file gives the same values as a domain controller.
 * Source: MS-ADA1 to MS-ADA3 (attribute syntaxes, isSingleValued). What is not named here is text, one value or several as they come.
 */
const NAMES: Readonly<Record<Exclude<AttributeType, 'unknown'>, string>> = {
  integer: `accountExpires adminCount badPasswordTime badPwdCount codePage countryCode groupType instanceType lastLogoff lastLogon
    lastLogonTimestamp lockoutTime logonCount maxPwdAge minPwdAge msDS-HABSeniorityIndex msDS-SupportedEncryptionTypes
    msDS-User-Account-Control-Computed msExchELCMailboxFlags msExchGroupDepartRestriction msExchGroupJoinRestriction
    msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRemoteRecipientType msExchResourceCapacity
    msExchVersion msRTCSIP-ApplicationOptions msRTCSIP-OptionFlags primaryGroupID pwdLastSet sAMAccountType systemFlags
    userAccountControl uSNChanged uSNCreated`,
  flag: `deliverAndRedirect hideDLMembership isCriticalSystemObject isDeleted isRecycled mDBUseDefaults msExchEnableModeration
    msExchHideFromAddressLists msExchRequireAuthToSendTo msRTCSIP-UserEnabled oOFReplyToOriginator reportToOriginator
    reportToOwner showInAdvancedViewOnly`,
  bytes: `logonHours mS-DS-ConsistencyGuid msDS-CloudAnchor mS-DS-CreatorSID msDS-DeviceID msExchArchiveGUID
    msExchBlockedSendersHash msExchMailboxGuid msExchMasterAccountSid msExchSafeRecipientsHash msExchSafeSendersHash
    msRTCSIP-OriginatorSid nTSecurityDescriptor objectGUID objectSid thumbnailPhoto`,
  'byte-strings': `jpegPhoto photo sIDHistory thumbnailLogo userCertificate userSMIMECertificate`,
  texts: `altSecurityIdentities businessCategory carLicense departmentNumber description dSCorePropagationData memberOf memberUid
    msDS-KeyCredentialLink msExchArchiveName msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2
    msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5 msExchResourceMetaData
    msExchResourceSearchProperties msExchSenderHintTranslations msExchUCVoiceMailSettings msExchUserHoldPolicies objectClass
    otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherLoginWorkstations otherMailbox otherMobile otherPager
    otherTelephone ou postOfficeBox proxyAddresses seeAlso servicePrincipalName showInAddressBook url userPKCS12`,
  text: `adminDescription adminDisplayName c cn co comment company department displayName displayNamePrintable
    distinguishedName division dNSHostName employeeID employeeNumber employeeType entryUUID extensionAttribute1 extensionAttribute2
    extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 extensionAttribute8
    extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14
    extensionAttribute15 facsimileTelephoneNumber generationQualifier givenName homePhone info initials ipPhone l
    legacyExchangeDN mail mailNickname middleName mobile msDS-cloudExtensionAttribute1 msDS-PhoneticDisplayName
    msExchAssistantName msExchImmutableId msExchResourceDisplay msExchRetentionComment msExchRetentionURL msExchUsageLocation
    msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress name objectCategory operatingSystem
    operatingSystemVersion pager personalTitle physicalDeliveryOfficeName postalCode preferredLanguage roomNumber sAMAccountName
    sn st street streetAddress targetAddress telephoneAssistant telephoneNumber title userPrincipalName whenChanged whenCreated
    wWWHomePage`,
};

const TYPE_BY_NAME: ReadonlyMap<string, AttributeType> = new Map(
  Object.entries(NAMES).flatMap(([type, names]) =>
    names.split(/\s+/).map((name): [string, AttributeType] => [name.toLowerCase(), type as AttributeType]),
  ),
);

/** The type of an attribute by its name in lower case. */
export function typeOfAttribute(name: string): AttributeType {
  return TYPE_BY_NAME.get(name) ?? 'unknown';
}
