import { describe, expect, test } from 'vitest';
import type { Value } from '../model/value.ts';
import { type CompiledRule, loadRuleSet, type RuleSource } from './rule-set.ts';
import { createRuleSource } from './rule-source.ts';

/** Whole objects as directories hold them, through all rules: what the metaverse holds and what the tenant is to get. */
const set = loadRuleSet(['standard']);
const GUID = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const ANCHOR = 'AQIDBAUGBwgJCgsMDQ4PEA==';
/** S-1-5-21-1-2-3-1104 */
const SID = new Uint8Array([1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0]);
const CERTIFICATE = new Uint8Array([0x30, 0x82, 1, 2]);
const PARAMETERS = {
  'Connector.ID': 'corp',
  'Domain.FQDN': 'emea.corp.example.com',
  'Domain.Netbios': 'EMEA',
  'Forest.FQDN': 'corp.example.com',
  'Forest.Netbios': 'CORP',
};

type Values = Readonly<Record<string, Value>>;

/** The first value by precedence wins; references are left to the engine. */
function flow(rules: readonly CompiledRule[], source: RuleSource): Values {
  const out: Record<string, Value> = {};
  for (const one of rules.filter((rule) => rule.isInScope(source)).flatMap((rule) => rule.flows)) {
    if (one.reference || Object.hasOwn(out, one.target)) continue;
    const result = one.evaluate(source);
    if (result.kind === 'value') out[one.target] = result.value;
  }
  return out;
}

function flowIn(type: string, attributes: Values, references: Readonly<Record<string, number>> = {}): Values {
  return flow(set.inbound('source', type), createRuleSource({ attributes, references, parameters: PARAMETERS }));
}

function flowOut(type: string, attributes: Values): Values {
  return flow(set.outbound(type), createRuleSource({ attributes }));
}

describe('a user with a mailbox, a telephone and a photo', () => {
  const JANE: Values = {
    dn: 'CN=Jane Doe,OU=Sales,DC=emea,DC=corp,DC=example,DC=com',
    cn: 'Jane Doe',
    sAMAccountName: 'jdoe',
    userPrincipalName: 'jane.doe@example.com',
    userAccountControl: 512n,
    objectGUID: GUID,
    objectSid: SID,
    pwdLastSet: 133_500_000_001_234_567n,
    displayName: 'Doe, Jane',
    givenName: ' Jane ',
    sn: 'Doe',
    initials: 'JD ',
    c: 'DE',
    co: 'Germany',
    countryCode: 276n,
    postOfficeBox: [' 12 34', '56'],
    url: ['https://one.example', 'https://two.example'],
    otherTelephone: ['+49 1 ', ' +49 2'],
    thumbnailPhoto: CERTIFICATE,
    userCertificate: [CERTIFICATE],
    mailNickname: 'jane',
    mail: 'jane.doe@example.com',
    proxyAddresses: ['SMTP:jane.doe@example.com', 'smtp:jd@example.com'],
    legacyExchangeDN: '/o=Corp/ou=EMEA/cn=jane',
    msExchRecipientTypeDetails: 1n,
    msExchHideFromAddressLists: false,
    msExchArchiveGUID: GUID,
    'msDS-PhoneticDisplayName': 'jein dou',
    'msRTCSIP-PrimaryUserAddress': 'sip:jane.doe@example.com',
    'msRTCSIP-UserEnabled': true,
    extensionAttribute7: 'cost centre 7 ',
  };

  test('gives the metaverse all of it', () => {
    const person = flowIn('user', JANE);
    expect(person).toMatchObject({
      sourceObjectType: 'User',
      accountEnabled: true,
      contributingConnectorUser: 'corp',
      contributingConnectorExchange: 'corp',
      domainFQDN: 'emea.corp.example.com',
      forestNetBios: 'CORP',
      objectSid: SID,
      objectSidString: 'S-1-5-21-1-2-3-1104',
      pwdLastSet: '20240117212000.0Z',
      postOfficeBox: '12 34',
      url: 'https://one.example',
      otherTelephone: ['+49 1', '+49 2'],
      extensionAttribute7: 'cost centre 7',
    });
    expect(person['cloudFiltered']).toBeUndefined();
  });

  test('goes to the tenant under the names of its connector', () => {
    expect(flowOut('person', flowIn('user', JANE))).toEqual({
      sourceAnchor: ANCHOR,
      accountEnabled: true,
      alias: 'jane',
      commonName: 'Jane Doe',
      country: 'Germany',
      countryCode: 276n,
      countryLetterCode: 'DE',
      displayName: 'Doe, Jane',
      dnsDomainName: 'emea.corp.example.com',
      extensionAttribute7: 'cost centre 7',
      givenName: 'Jane',
      initials: 'JD',
      lastPasswordChangeTimestamp: '20240117212000.0Z',
      legacyExchangeDN: '/o=Corp/ou=EMEA/cn=jane',
      mail: 'jane.doe@example.com',
      msDsPhoneticDisplayName: 'jein dou',
      msExchArchiveGuid: GUID,
      msExchHideFromAddressLists: false,
      msExchRecipientTypeDetails: 1n,
      msRtcSipPrimaryUserAddress: 'sip:jane.doe@example.com',
      msRtcSipUserEnabled: true,
      netBiosName: 'EMEA',
      onPremiseSecurityIdentifier: SID,
      onPremisesSamAccountName: 'jdoe',
      otherTelephone: ['+49 1', '+49 2'],
      postOfficeBox: '12 34',
      proxyAddresses: ['SMTP:jane.doe@example.com', 'smtp:jd@example.com'],
      surname: 'Doe',
      thumbnailPhoto: CERTIFICATE,
      url: 'https://one.example',
      userCertificate: [CERTIFICATE],
      userPrincipalName: 'jane.doe@example.com',
    });
  });

  test('without mailNickname keeps what is Exchange’s to itself', () => {
    const { mailNickname: _none, ...rest } = JANE;
    const person = flowIn('user', rest);
    expect(person['legacyExchangeDN']).toBeUndefined();
    expect(person).toMatchObject({ initials: 'JD', 'msRTCSIP-UserEnabled': true });
  });

  test.each<[string, Value, Value | undefined]>([
    ['was never set', 0n, '16010101000000.0Z'],
    ['is a text', '133500000001234567', '20240117212000.0Z'],
    ['is no number', 'yesterday', undefined],
    ['is impossible', -1n, undefined],
  ])('whose pwdLastSet %s goes over all the same', (_why, pwdLastSet, wanted) => {
    const person = flowIn('user', { ...JANE, pwdLastSet });
    expect(person['pwdLastSet']).toBe(wanted);
    expect(person['sourceAnchor']).toBe(ANCHOR);
  });
});

test('a group hands on what Exchange keeps of it', () => {
  const group = flowIn(
    'group',
    {
      dn: 'CN=Sales,DC=corp',
      cn: 'Sales',
      objectGUID: GUID,
      objectSid: SID,
      groupType: -2147483646n,
      sAMAccountName: 'Sales',
      description: ['All of sales'],
      hideDLMembership: true,
      msExchRequireAuthToSendTo: true,
      extensionAttribute1: 'x',
    },
    { member: 3 },
  );
  expect(flowOut('group', group)).toEqual({
    sourceAnchor: ANCHOR,
    securityEnabled: true,
    mailEnabled: false,
    commonName: 'Sales',
    displayName: 'Sales',
    description: 'All of sales',
    hideDLMembership: true,
    msExchRequireAuthToSendTo: true,
    onPremisesSamAccountName: 'Sales',
    onPremiseSecurityIdentifier: SID,
    extensionAttribute1: 'x',
  });
});

test('a contact hands on its address and what Exchange keeps of it', () => {
  const contact = flowIn('contact', {
    dn: 'CN=Bob,DC=corp',
    cn: 'Bob',
    objectGUID: GUID,
    mail: 'bob@partner.example',
    proxyAddresses: ['SMTP:bob@partner.example'],
    targetAddress: 'SMTP:bob@partner.example',
    c: 'FR',
    'msRTCSIP-UserEnabled': false,
  });
  expect(contact['msRTCSIP-UserEnabled']).toBe(false);
  expect(flowOut('person', contact)).toEqual({
    sourceAnchor: ANCHOR,
    alias: 'Bob',
    countryLetterCode: 'FR',
    displayName: 'Bob',
    mail: 'bob@partner.example',
    proxyAddresses: ['SMTP:bob@partner.example'],
    targetAddress: 'SMTP:bob@partner.example',
  });
});

describe('a computer', () => {
  const PC: Values = {
    dn: 'CN=PC1,CN=Computers,DC=corp',
    cn: 'PC1',
    objectGUID: GUID,
    objectSid: SID,
    userAccountControl: 4096n,
    operatingSystem: 'Windows 11 Enterprise',
    operatingSystemVersion: '10.0 (22631)',
    'mS-DS-CreatorSID': SID,
    userCertificate: [CERTIFICATE],
  };

  test('that has registered itself becomes a device', () => {
    const device = flowIn('computer', PC);
    expect(device).toMatchObject({ cloudCreated: false, registeredOwnerSid: 'S-1-5-21-1-2-3-1104' });
    expect(flowOut('device', device)).toEqual({
      sourceAnchor: ANCHOR,
      accountEnabled: true,
      deviceId: GUID,
      deviceOSType: 'Windows 11 Enterprise',
      deviceOSVersion: '10.0 (22631)',
      deviceTrustType: 'ServerAd',
      displayName: 'PC1',
      onPremiseSecurityIdentifier: SID,
      userCertificate: [CERTIFICATE],
    });
  });

  test('without userCertificate, or one in conflict, does not', () => {
    const { userCertificate: _none, ...rest } = PC;
    expect(flowIn('computer', rest)).toEqual({});
    const conflict = flowIn('computer', { ...PC, dn: 'CN=PC1\\0ACNF:01,DC=corp' });
    expect(flowOut('device', conflict)).toEqual({});
  });
});
