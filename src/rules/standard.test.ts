import { describe, expect, test } from 'vitest';
import type { Value } from '../model/value.ts';
import { type CompiledRule, loadRuleSet, type RuleSource } from './rule-set.ts';
import { createRuleSource, type SampleObject } from './rule-source.ts';

const set = loadRuleSet(['standard']);
const GUID = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const CONSISTENCY_GUID = new Uint8Array(16).fill(0xab);
const PARAMETERS = { 'Domain.FQDN': 'corp.example.com', 'Domain.Netbios': 'CORP' };

const JANE = {
  dn: 'CN=Jane Doe,OU=Accounts,DC=corp,DC=example,DC=com',
  cn: 'Jane Doe',
  sAMAccountName: 'jdoe',
  userPrincipalName: 'jdoe@corp.example.com',
  userAccountControl: 512n,
  objectGUID: GUID,
  sn: ' Doe ',
};

/** What a metaverse object would hold after these rules alone: the first value by precedence wins. */
function flow(rules: readonly CompiledRule[], source: RuleSource): Record<string, Value> {
  const decided = new Set<string>();
  const out: Record<string, Value> = {};
  for (const rule of rules) {
    if (!rule.isInScope(source)) continue;
    for (const one of rule.flows) {
      if (one.reference || decided.has(one.target)) continue;
      const result = one.evaluate(source);
      if (result.kind === 'null' || result.kind === 'ignore') continue;
      decided.add(one.target);
      if (result.kind === 'value') out[one.target] = result.value;
    }
  }
  return out;
}

function inbound(
  type: string,
  attributes: Readonly<Record<string, Value>>,
  more: SampleObject = {},
): Record<string, Value> {
  return flow(set.inbound('source', type), createRuleSource({ parameters: PARAMETERS, ...more, attributes }));
}

function provisions(rules: readonly CompiledRule[], attributes: Readonly<Record<string, Value>>): readonly string[] {
  const source = createRuleSource({ attributes });
  return rules.filter((rule) => rule.link === 'provision' && rule.isInScope(source)).map((rule) => rule.targetType);
}

describe.each(['user', 'inetOrgPerson'])('an account of class %s', (type) => {
  test('gives a person with anchor, names and account', () => {
    expect(
      inbound(type, { ...JANE, mail: ' jane@corp.example.com', employeeID: '4711', msExchUsageLocation: 'de' }),
    ).toMatchObject({
      sourceAnchor: Buffer.from(GUID).toString('base64'),
      sourceAnchorBinary: GUID,
      sourceObjectType: 'User',
      accountEnabled: true,
      accountName: 'jdoe',
      userPrincipalName: 'jdoe@corp.example.com',
      displayName: 'Jane Doe',
      sn: 'Doe',
      mail: 'jane@corp.example.com',
      employeeID: '4711',
      usageLocation: 'DE',
      domainFQDN: 'corp.example.com',
    });
  });

  test('takes ms-DS-ConsistencyGuid for the anchor when it is there', () => {
    const person = inbound(type, { ...JANE, 'mS-DS-ConsistencyGuid': CONSISTENCY_GUID });
    expect(person['sourceAnchor']).toBe(Buffer.from(CONSISTENCY_GUID).toString('base64'));
    expect(person['sourceAnchorBinary']).toEqual(CONSISTENCY_GUID);
  });

  test('that is disabled gives a disabled person', () => {
    expect(inbound(type, { ...JANE, userAccountControl: 514n })).toMatchObject({
      accountEnabled: false,
      sourceAnchor: Buffer.from(GUID).toString('base64'),
      userPrincipalName: 'jdoe@corp.example.com',
    });
  });

  test('without userPrincipalName gets one from sAMAccountName and the domain', () => {
    const { userPrincipalName: _none, ...rest } = JANE;
    expect(inbound(type, rest)['userPrincipalName']).toBe('jdoe@corp.example.com');
    expect(inbound(type, rest, { parameters: {} })['userPrincipalName']).toBeUndefined();
    const { sAMAccountName: _neither, ...nothing } = rest;
    expect(() => inbound(type, nothing)).toThrow('neither userPrincipalName nor sAMAccountName');
  });

  test('that is a linked mailbox leaves anchor and type to the account of the other forest', () => {
    const person = inbound(type, {
      ...JANE,
      userAccountControl: 514n,
      msExchRecipientTypeDetails: 2n,
      mailNickname: 'jane',
    });
    expect(person['sourceAnchor']).toBeUndefined();
    expect(person['sourceAnchorBinary']).toBeUndefined();
    expect(person['sourceObjectType']).toBeUndefined();
    expect(person['mailNickname']).toBe('jane');
  });

  test('is not filtered when there is nothing special about it', () => {
    expect(inbound(type, JANE)['cloudFiltered']).toBeUndefined();
    expect(
      inbound(type, { ...JANE, msExchRecipientTypeDetails: 1n, mailNickname: 'CAS_x' })['cloudFiltered'],
    ).toBeUndefined();
  });

  test.each<[string, Record<string, Value>]>([
    ['a name of a support account', { sAMAccountName: 'SUPPORT_388945a0' }],
    ['a name of the synchronization', { sAMAccountName: 'MSOL_0123456789ab' }],
    ['a name of the old synchronization', { sAMAccountName: 'AAD_0123456789ab' }],
    ['a name of client access', { sAMAccountName: 'CAS_{0123}' }],
    ['a nickname of client access', { mailNickname: 'CAS_{0123}' }],
    ['a nickname of a system mailbox', { mailNickname: 'SystemMailbox{0123}' }],
    ['an arbitration mailbox', { msExchRecipientTypeDetails: 0x800000n }],
    ['a discovery mailbox', { msExchRecipientTypeDetails: 0x20000000n }],
    ['a replication conflict', { dn: 'CN=Jane Doe\\0ACNF:0102a304-0506-0708-090a-0b0c0d0e0f10,DC=corp' }],
  ])('is filtered for %s', (_why, attributes) => {
    expect(inbound(type, { ...JANE, ...attributes })['cloudFiltered']).toBe(true);
  });

  test('that belongs to the system never becomes a person', () => {
    expect(provisions(set.inbound('source', type), { ...JANE, isCriticalSystemObject: true })).toEqual([]);
    expect(provisions(set.inbound('source', type), JANE)).toEqual(['person']);
  });

  test('keeps every value of proxyAddresses once', () => {
    const proxyAddresses = ['SMTP:a@x', ' smtp:b@x', 'smtp:b@x'];
    expect(inbound(type, { ...JANE, proxyAddresses })['proxyAddresses']).toEqual(['SMTP:a@x', 'smtp:b@x']);
  });

  test('cuts description and info at 448 characters and takes the first description', () => {
    const person = inbound(type, { ...JANE, description: [`${'d'.repeat(500)}`, 'second'], info: 'i'.repeat(500) });
    expect(person['description']).toBe('d'.repeat(448));
    expect(person['info']).toBe('i'.repeat(448));
  });

  test('hands on the first day of the employment as an ISO time, and what is no date as it is', () => {
    const day = (employeeHireDate: string): unknown => inbound(type, { ...JANE, employeeHireDate })['employeeHireDate'];
    expect(day('20240305080000.0Z')).toBe('2024-03-05T08:00:00Z');
    expect(day('soon')).toBe('soon');
  });

  test('moves the manager as a reference', () => {
    const flows = set.inbound('source', type).flatMap((rule) => rule.flows.filter((one) => one.target === 'manager'));
    expect(flows.length).toBeGreaterThan(0);
    expect(flows.every((one) => one.reference && one.kind === 'direct')).toBe(true);
  });
});

test('a user written back from the cloud never becomes a person', () => {
  expect(provisions(set.inbound('source', 'user'), { ...JANE, adminDescription: 'User_0123' })).toEqual([]);
});

describe('a group', () => {
  const SALES = {
    dn: 'CN=Sales,DC=corp',
    cn: 'Sales',
    sAMAccountName: 'Sales',
    objectGUID: GUID,
    groupType: -2147483646n,
  };

  test.each<[string, Record<string, Value>, boolean, boolean]>([
    ['security', {}, true, false],
    ['distribution without address', { groupType: 2n }, false, false],
    ['distribution', { groupType: 2n, mail: 'sales@x' }, false, true],
    ['mail-enabled security', { proxyAddresses: ['smtp:s@x', 'SMTP:sales@x'] }, true, true],
    ['only a secondary address', { proxyAddresses: ['smtp:s@x'] }, true, false],
  ])('%s', (_kind, attributes, securityEnabled, mailEnabled) => {
    expect(inbound('group', { ...SALES, ...attributes })).toMatchObject({ securityEnabled, mailEnabled });
  });

  test('brings anchor, names and the number of its members', () => {
    expect(inbound('group', SALES, { references: { member: 1234 } })).toMatchObject({
      sourceAnchor: Buffer.from(GUID).toString('base64'),
      accountName: 'Sales',
      displayName: 'Sales',
      memberCount: 1234n,
    });
  });

  test('of the system or in conflict is left out', () => {
    expect(provisions(set.inbound('source', 'group'), { ...SALES, isCriticalSystemObject: true })).toEqual([]);
    expect(provisions(set.inbound('source', 'group'), { ...SALES, adminDescription: 'Group_01' })).toEqual([]);
    expect(inbound('group', { ...SALES, dn: 'CN=Sales\\0ACNF:01,DC=corp' })['cloudFiltered']).toBe(true);
    expect(inbound('group', { ...SALES, sAMAccountName: 'MSOL_AD_Sync_RichCoexistence' })['cloudFiltered']).toBe(true);
    expect(inbound('group', SALES)['cloudFiltered']).toBeUndefined();
  });

  test('goes to the tenant when it is for security or mail and not too large', () => {
    const rules = set.outbound('group');
    const group = { sourceAnchor: 'x', securityEnabled: true, mailEnabled: false, memberCount: 10n };
    expect(provisions(rules, group)).toEqual(['group']);
    expect(provisions(rules, { ...group, securityEnabled: false })).toEqual([]);
    expect(provisions(rules, { ...group, securityEnabled: false, mailEnabled: true })).toEqual(['group']);
    expect(provisions(rules, { ...group, memberCount: 250_000n })).toEqual([]);
    expect(provisions(rules, { ...group, memberCount: 250_000n, cloudAnchor: 'Group_1' })).toEqual(['group']);
    expect(provisions(rules, { ...group, cloudFiltered: true })).toEqual([]);
  });

  test('that is in the tenant and has grown too large is an error, not a change', () => {
    const group = { sourceAnchor: 'x', securityEnabled: true, memberCount: 250_001n, cloudAnchor: 'Group_1' };
    expect(() => flow(set.outbound('group'), createRuleSource({ attributes: group }))).toThrow(
      'more than 250,000 members',
    );
  });

  test('moves its members as references', () => {
    const flows = set.outbound('group').flatMap((rule) => rule.flows.filter((one) => one.target === 'member'));
    expect(flows.map((one) => one.reference)).toEqual([false, true]);
  });
});

describe('a contact', () => {
  const CONTACT = { dn: 'CN=Bob,DC=corp', cn: 'Bob', objectGUID: GUID, mail: 'bob@partner.example' };

  test('goes out as a contact when it can be mailed', () => {
    const person = inbound('contact', CONTACT);
    expect(person).toMatchObject({ sourceObjectType: 'Contact', mailEnabled: true, mailNickname: 'Bob' });
    expect(provisions(set.outbound('person'), person)).toEqual(['contact']);
    expect(provisions(set.outbound('person'), inbound('contact', { ...CONTACT, mail: 'nobody' }))).toEqual([]);
  });

  test('made by the synchronization is filtered', () => {
    const attributes = { ...CONTACT, displayName: 'Bob (MSOL)', msExchHideFromAddressLists: true };
    expect(inbound('contact', attributes)['cloudFiltered']).toBe(true);
  });
});

describe('a person', () => {
  const PERSON = {
    sourceAnchor: 'x',
    sourceObjectType: 'User',
    accountEnabled: false,
    sn: 'Doe',
    l: 'Berlin',
    mailNickname: 'jane',
  };

  test('goes to the tenant with the names that the tenant connector has', () => {
    expect(provisions(set.outbound('person'), PERSON)).toEqual(['user']);
    expect(flow(set.outbound('person'), createRuleSource({ attributes: PERSON }))).toEqual({
      sourceAnchor: 'x',
      accountEnabled: false,
      surname: 'Doe',
      city: 'Berlin',
      alias: 'jane',
    });
  });

  test.each<[string, Record<string, Value>]>([
    ['is filtered', { cloudFiltered: true }],
    ['is mastered in the cloud', { cloudMastered: true }],
    ['has no type', { sourceObjectType: '' }],
    ['has no anchor', { sourceAnchor: '' }],
  ])('stays out of the tenant when it %s', (_why, attributes) => {
    expect(provisions(set.outbound('person'), { ...PERSON, ...attributes })).toEqual([]);
  });
});

test('users and groups of the tenant are joined by their anchor, by case', () => {
  for (const type of ['user', 'group']) {
    const joins = set.inbound('tenant', type).flatMap((rule) => rule.joins);
    expect(joins).toEqual([
      [{ spaceAttribute: 'sourceAnchor', metaverseAttribute: 'sourceAnchor', caseSensitive: true }],
    ]);
  }
});

test('a stand-in for an account of another forest joins what has its SID', () => {
  const [rule] = set.inbound('source', 'foreignSecurityPrincipal');
  expect(rule).toMatchObject({ targetType: '*', link: 'join', flows: [] });
  expect(rule?.joins).toEqual([
    [{ spaceAttribute: 'cn', metaverseAttribute: 'objectSidString', caseSensitive: false }],
  ]);
});

test('every rule says in one sentence what it is for and carries a tag', () => {
  for (const rule of set.all) {
    expect(rule.description).toMatch(/^[A-Z][^.]*[^.]\.$/);
    expect(rule.tag).toMatch(/^Dirbridge\.[A-Za-z]+\.\d{3}$/);
  }
  expect(new Set(set.all.map((rule) => rule.tag)).size).toBe(set.all.length);
});
