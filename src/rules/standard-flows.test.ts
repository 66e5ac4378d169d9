import { expect, test } from 'vitest';
import { loadRuleSet } from './rule-set.ts';

/**
 * What each shipped rule flows, as facts of their own beside the YAML: target<source+source, or one name where both are the same; nothing behind
 * the < is a constant or a parameter. `= rule`: the same as that rule. EXTENSIONS: extensionAttribute1 to 15.
 */
const FLOWS: readonly (readonly [rule: string, flows: string])[] = [
  [
    'In from AD - User Join',
    'cloudFiltered<dn+isCriticalSystemObject+mailNickname+msExchRecipientTypeDetails+sAMAccountName',
  ],
  ['In from AD - InetOrgPerson Join', '= In from AD - User Join'],
  [
    'In from AD - User AccountEnabled',
    `accountEnabled< cn contributingConnectorUser<
     sourceAnchor<mS-DS-ConsistencyGuid+msExchRecipientTypeDetails+objectGUID
     sourceAnchorBinary<mS-DS-ConsistencyGuid+msExchRecipientTypeDetails+objectGUID
     userPrincipalName<sAMAccountName+userPrincipalName domainFQDN< domainNetBios< forestFQDN< forestNetBios<
     objectSid pwdLastSet objectSidString<objectSid`,
  ],
  ['In from AD - InetOrgPerson AccountEnabled', '= In from AD - User AccountEnabled'],
  [
    'In from AD - User Common from Exchange',
    `sourceObjectType<msExchRecipientTypeDetails accountEnabled<userAccountControl accountName<sAMAccountName cn
     displayName<cn+displayName givenName sn title department company physicalDeliveryOfficeName telephoneNumber
     mobile facsimileTelephoneNumber streetAddress l st postalCode co preferredLanguage mail proxyAddresses
     description info usageLocation<msExchUsageLocation employeeID employeeType employeeHireDate initials
     middleName homePhone ipPhone pager otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile
     otherPager otherTelephone wWWHomePage c countryCode postOfficeBox url photo thumbnailPhoto assistant manager
     EXTENSIONS`,
  ],
  ['In from AD - InetOrgPerson Common from Exchange', '= In from AD - User Common from Exchange'],
  [
    'In from AD - User Common',
    `sourceObjectType<msExchRecipientTypeDetails accountEnabled<userAccountControl accountName<sAMAccountName cn
     displayName<cn+displayName givenName sn title department company physicalDeliveryOfficeName telephoneNumber
     mobile facsimileTelephoneNumber streetAddress l st postalCode co preferredLanguage mail proxyAddresses
     description info usageLocation<msExchUsageLocation employeeID employeeType employeeHireDate initials
     middleName homePhone ipPhone pager otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile
     otherPager otherTelephone wWWHomePage c countryCode postOfficeBox url photo thumbnailPhoto assistant manager
     sourceAnchor<mS-DS-ConsistencyGuid+msExchRecipientTypeDetails+objectGUID
     sourceAnchorBinary<mS-DS-ConsistencyGuid+msExchRecipientTypeDetails+objectGUID
     userPrincipalName<sAMAccountName+userPrincipalName domainFQDN< domainNetBios< forestFQDN< forestNetBios<
     objectSid pwdLastSet objectSidString<objectSid EXTENSIONS`,
  ],
  ['In from AD - InetOrgPerson Common', '= In from AD - User Common'],
  [
    'In from AD - User Exchange',
    `contributingConnectorExchange< mailNickname legacyExchangeDN targetAddress telephoneAssistant
     msDS-HABSeniorityIndex msDS-PhoneticDisplayName msExchArchiveGUID msExchArchiveName msExchAssistantName
     msExchBlockedSendersHash msExchELCExpirySuspensionEnd msExchELCExpirySuspensionStart msExchELCMailboxFlags
     msExchEnableModeration msExchHideFromAddressLists msExchImmutableId msExchMailboxGuid msExchMasterAccountSid
     msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo
     msExchResourceCapacity msExchResourceDisplay msExchResourceMetaData msExchResourceSearchProperties
     msExchRetentionComment msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash
     msExchSenderHintTranslations msExchUserHoldPolicies userCertificate userSMIMECertificate authOrig
     dLMemRejectPerms dLMemSubmitPerms msExchBypassModerationFromDLMembersLink msExchBypassModerationLink
     msExchDelegateListLink msExchModeratedByLink publicDelegates unauthOrig`,
  ],
  ['In from AD - InetOrgPerson Exchange', '= In from AD - User Exchange'],
  [
    'In from AD - User Lync',
    `msRTCSIP-ApplicationOptions msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags
     msRTCSIP-OriginatorSid msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled`,
  ],
  ['In from AD - InetOrgPerson Lync', '= In from AD - User Lync'],
  [
    'In from AD - Group Join',
    `cloudFiltered<dn+isCriticalSystemObject+msExchRecipientTypeDetails+sAMAccountName
     mailEnabled<mail+proxyAddresses`,
  ],
  [
    'In from AD - Group Exchange',
    `mailNickname legacyExchangeDN hideDLMembership msDS-PhoneticDisplayName msExchEnableModeration
     msExchGroupDepartRestriction msExchGroupJoinRestriction msExchHideFromAddressLists msExchModerationFlags
     msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo msExchRetentionComment
     msExchRetentionURL msExchSenderHintTranslations oOFReplyToOriginator reportToOriginator reportToOwner authOrig
     dLMemRejectPerms dLMemSubmitPerms msExchBypassModerationFromDLMembersLink msExchBypassModerationLink
     msExchCoManagedByLink msExchModeratedByLink publicDelegates unauthOrig EXTENSIONS`,
  ],
  [
    'In from AD - Group Common',
    `sourceAnchor<objectGUID sourceAnchorBinary<objectGUID objectSid objectSidString<objectSid
     accountName<sAMAccountName cn displayName<cn+displayName description info mail proxyAddresses
     securityEnabled<groupType managedBy member memberCount<member`,
  ],
  [
    'In from AD - Contact Join',
    `cloudFiltered<displayName+dn+isCriticalSystemObject+mailNickname+msExchHideFromAddressLists
     mailEnabled<mail+proxyAddresses`,
  ],
  [
    'In from AD - Contact Common',
    `sourceObjectType< sourceAnchor<objectGUID sourceAnchorBinary<objectGUID cn displayName<cn+displayName
     mailNickname<cn+mailNickname givenName sn title department company physicalDeliveryOfficeName telephoneNumber
     mobile facsimileTelephoneNumber streetAddress l st postalCode co mail proxyAddresses description info initials
     middleName homePhone ipPhone pager otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile
     otherPager otherTelephone telephoneAssistant wWWHomePage c countryCode postOfficeBox url thumbnailPhoto
     legacyExchangeDN targetAddress msDS-HABSeniorityIndex msDS-PhoneticDisplayName msExchAssistantName
     msExchBlockedSendersHash msExchHideFromAddressLists msExchModerationFlags msExchRecipientDisplayType
     msExchRecipientTypeDetails msExchRequireAuthToSendTo msExchRetentionComment msExchRetentionURL
     msExchSafeRecipientsHash msExchSafeSendersHash msExchSenderHintTranslations userCertificate
     userSMIMECertificate assistant authOrig dLMemRejectPerms dLMemSubmitPerms
     msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchModeratedByLink publicDelegates
     unauthOrig manager EXTENSIONS`,
  ],
  [
    'In from AD - Contact Lync',
    'msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled',
  ],
  ['In from AD - ForeignSecurityPrincipal Join User', ''],
  ['In from AAD - User Join', ''],
  ['In from AAD - Contact Join', ''],
  ['In from AAD - Group Join', ''],
  [
    'Out to AAD - User Join',
    `sourceAnchor accountEnabled commonName<cn dnsDomainName<domainFQDN lastPasswordChangeTimestamp<pwdLastSet
     netBiosName<domainNetBios onPremisesSamAccountName<accountName onPremiseSecurityIdentifier<objectSid
     usageLocation`,
  ],
  [
    'Out to AAD - User Identity',
    `accountEnabled alias<mailNickname displayName givenName mail onPremisesUserPrincipalName proxyAddresses
     surname<sn userPrincipalName`,
  ],
  [
    'Out to AAD - User ExchangeOnline',
    `city<l company country<co countryLetterCode<c countryCode department description facsimileTelephoneNumber
     homePhone info initials manager mobile otherFacsimileTelephoneNumber otherHomePhone otherTelephone pager
     physicalDeliveryOfficeName postalCode state<st streetAddress telephoneAssistant telephoneNumber thumbnailPhoto
     title wWWHomePage assistant authOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates unauthOrig
     legacyExchangeDN targetAddress userCertificate userSMIMECertificate
     msDsHabSeniorityIndex<msDS-HABSeniorityIndex msDsPhoneticDisplayName<msDS-PhoneticDisplayName
     msExchArchiveGuid<msExchArchiveGUID msExchArchiveName msExchAssistantName msExchAuditAdmin msExchAuditDelegate
     msExchAuditDelegateAdmin msExchAuditOwner msExchBlockedSendersHash msExchBypassAudit msExchDelegateListLink
     msExchElcExpirySuspensionEnd<msExchELCExpirySuspensionEnd
     msExchElcExpirySuspensionStart<msExchELCExpirySuspensionStart msExchElcMailboxFlags<msExchELCMailboxFlags
     msExchEnableModeration msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2
     msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5
     msExchHideFromAddressLists msExchImmutableId msExchLitigationHoldDate msExchLitigationHoldOwner
     msExchMailboxAuditEnable msExchMailboxAuditLogAgeLimit msExchMailboxGuid msExchModeratedByLink
     msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRemoteRecipientType
     msExchRequireAuthToSendTo msExchResourceCapacity msExchResourceDisplay
     msExchResourceMetadata<msExchResourceMetaData msExchResourceSearchProperties msExchRetentionComment
     msExchRetentionUrl<msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash
     msExchSenderHintTranslations msExchTeamMailboxExpiration msExchTeamMailboxOwners
     msExchTeamMailboxSharePointUrl msExchUserHoldPolicies EXTENSIONS`,
  ],
  [
    'Out to AAD - User LyncOnline',
    `ipPhone preferredLanguage msRtcSipApplicationOptions<msRTCSIP-ApplicationOptions msRtcSipDeploymentLocator<msRTCSIP-DeploymentLocator
     msRtcSipLine<msRTCSIP-Line msRtcSipOptionFlags<msRTCSIP-OptionFlags msRtcSipOwnerUrn<msRTCSIP-OwnerUrn
     msRtcSipPrimaryUserAddress<msRTCSIP-PrimaryUserAddress msRtcSipUserEnabled<msRTCSIP-UserEnabled`,
  ],
  [
    'Out to AAD - User SharePointOnline',
    `middleName msExchTeamMailboxSharePointLinkedBy otherIpPhone otherMobile otherPager postOfficeBox
     url`,
  ],
  ['Out to AAD - Contact Join', 'sourceAnchor'],
  ['Out to AAD - Contact Identity', 'alias<mailNickname displayName givenName mail proxyAddresses surname<sn'],
  [
    'Out to AAD - Contact ExchangeOnline',
    `city<l company country<co countryCode countryLetterCode<c department description facsimileTelephoneNumber
     homePhone info initials manager mobile otherFacsimileTelephoneNumber otherHomePhone otherTelephone pager
     physicalDeliveryOfficeName postalCode state<st streetAddress telephoneAssistant telephoneNumber thumbnailPhoto
     title wWWHomePage assistant authOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates unauthOrig
     legacyExchangeDN targetAddress userCertificate userSMIMECertificate
     msDsHabSeniorityIndex<msDS-HABSeniorityIndex msDsPhoneticDisplayName<msDS-PhoneticDisplayName
     msExchAssistantName msExchBlockedSendersHash msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2
     msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5
     msExchHideFromAddressLists msExchLitigationHoldDate msExchLitigationHoldOwner msExchModeratedByLink
     msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo
     msExchRetentionComment msExchRetentionUrl<msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash
     msExchSenderHintTranslations EXTENSIONS`,
  ],
  ['Out to AAD - Contact SharePointOnline', 'ipPhone middleName otherIpPhone otherMobile otherPager postOfficeBox url'],
  [
    'Out to AAD - Group Join',
    `sourceAnchor securityEnabled mailEnabled commonName<cn onPremisesSamAccountName<accountName
     onPremiseSecurityIdentifier<objectSid member<memberCount`,
  ],
  ['Out to AAD - Group Identity', 'alias<mailNickname displayName mail managedBy member proxyAddresses'],
  [
    'Out to AAD - Group ExchangeOnline',
    `description info authOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates unauthOrig legacyExchangeDN
     msDsHabSeniorityIndex<msDS-HABSeniorityIndex msDsPhoneticDisplayName<msDS-PhoneticDisplayName
     msExchCoManagedByLink msExchEnableModeration msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2
     msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5
     msExchHideFromAddressLists msExchLitigationHoldDate msExchLitigationHoldOwner msExchModeratedByLink
     msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo
     msExchRetentionComment msExchRetentionUrl<msExchRetentionURL msExchSenderHintTranslations
     msOrgIsOrganizational<msOrg-IsOrganizational oOFReplyToOriginator reportToOriginator reportToOwner EXTENSIONS`,
  ],
  ['Out to AAD - Group SharePointOnline', 'hideDLMembership'],
  [
    'In from AD - Computer Join',
    `sourceObjectType< sourceAnchor<objectGUID accountEnabled<userAccountControl cloudCreated< cloudFiltered<dn
     deviceId<objectGUID deviceOSType<operatingSystem deviceOSVersion<operatingSystemVersion deviceTrustType<
     displayName<cn+displayName objectSid registeredOwnerSid<mS-DS-CreatorSID userCertificate`,
  ],
  [
    'Out to AAD - Device Join SOAInAD',
    `sourceAnchor accountEnabled deviceId deviceOSType deviceOSVersion deviceTrustType displayName
     onPremiseSecurityIdentifier<objectSid registeredOwnerReference userCertificate`,
  ],
  ['Out to AAD - User Employee', 'employeeId<employeeID employeeType employeeHireDate'],
];

const BY_RULE = new Map(FLOWS);
const EXTENSIONS = Array.from({ length: 15 }, (_, at) => `extensionAttribute${at + 1}`);

function expected(rule: string): readonly string[] {
  const text = BY_RULE.get(rule) ?? '';
  if (text.startsWith('= ')) return expected(text.slice(2));
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.flatMap((word) => (word === 'EXTENSIONS' ? EXTENSIONS : [word])).sort();
}

const set = loadRuleSet(['standard']);

test('the table names every shipped rule', () => {
  expect(set.all.map((rule) => rule.name)).toEqual(FLOWS.map(([name]) => name));
});

test.each(FLOWS.map(([name]) => name))('%s flows these attributes from these', (name) => {
  const flows = set.all.find((rule) => rule.name === name)?.flows ?? [];
  const written = flows.map(({ target, sources }) =>
    sources.length === 1 && sources[0] === target ? target : `${target}<${sources.join('+')}`,
  );
  expect(written.sort()).toEqual(expected(name));
});

test('no attribute flows out in two rules to one type, but where one of them decides over the other', () => {
  const twice = ['user', 'group', 'contact', 'device'].flatMap((type) => {
    const targets = set.all
      .filter((rule) => rule.direction === 'outbound' && rule.targetType === type)
      .flatMap((rule) => rule.flows.map((flow) => flow.target));
    return [...new Set(targets.filter((target, at) => targets.indexOf(target) !== at))].map(
      (name) => `${type} ${name}`,
    );
  });
  expect(twice).toEqual(['user accountEnabled', 'group member']);
});
