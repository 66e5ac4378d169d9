import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../model/value.ts';
import { TENANT_FACTS } from '../connector.ts';
import { ENTRA_SCHEMA } from './schema.ts';

const FACTS = {
  [TENANT_FACTS.tenantId]: 't',
  [TENANT_FACTS.initialDomain]: 'contoso.onmicrosoft.com',
  [TENANT_FACTS.verifiedDomains]: 'contoso.onmicrosoft.com contoso.com',
};

const ANNA: Attributes = {
  sourceAnchor: 'AAAAAAAAAAAAAAAAAAAAAA==',
  userPrincipalName: 'anna@contoso.com',
  accountEnabled: true,
  displayName: 'Anna Berg',
  alias: 'anna',
};

const user = (more: Attributes = {}, current: Attributes | null = null) =>
  ENTRA_SCHEMA.shape('user', { ...ANNA, ...more }, current, FACTS);
const without = (...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(ANNA).filter(([name]) => !names.includes(name)));
const codes = (shaped: ReturnType<typeof user>) => shaped.problems.map((problem) => problem.code);

describe('a user principal name', () => {
  test('with a verified suffix is taken as it is, whatever its case', () => {
    const shaped = user({ userPrincipalName: 'Anna@CONTOSO.com' });
    expect(shaped.attributes['userPrincipalName']).toBe('Anna@CONTOSO.com');
    expect(shaped.problems).toEqual([]);
  });

  test('with another suffix becomes the mail nickname at the initial domain, with a finding', () => {
    const shaped = user({ userPrincipalName: 'anna@corp.local', alias: 'a.berg' });
    expect(shaped.attributes['userPrincipalName']).toBe('a.berg@contoso.onmicrosoft.com');
    expect(shaped.problems).toMatchObject([
      { code: 'upn-suffix-unverified', attribute: 'userPrincipalName', value: 'anna@corp.local' },
    ]);
    expect(shaped.blocked).toBe(false);
  });

  test.each([
    'an na@contoso.com',
    'änna@contoso.com',
    'anna.@contoso.com',
    'anna',
    '@contoso.com',
    'a&b@contoso.com',
  ])('that the tenant does not take (%s) gives way to the mail nickname', (userPrincipalName) => {
    const shaped = user({ userPrincipalName });
    expect(shaped.attributes['userPrincipalName']).toBe('anna@contoso.onmicrosoft.com');
    expect(codes(shaped)).toEqual(['upn-characters']);
  });

  test('of which no name can be made at all is no user, and the finding does not speak of a rest', () => {
    const shaped = user({ userPrincipalName: 'ß@contoso.com', alias: '' });
    expect(shaped.blocked).toBe(true);
    expect(shaped.problems.find(({ attribute }) => attribute === 'userPrincipalName')).toMatchObject({
      code: 'attribute-invalid',
      cause: expect.stringContaining('no name at the initial domain can be made of the mail nickname'),
    });
  });

  test('at the initial domain is kept while the wanted one stays unusable, though the mail nickname changed', () => {
    const current = { ...ANNA, userPrincipalName: 'anna@contoso.onmicrosoft.com' };
    const shaped = user({ userPrincipalName: 'anna@corp.local', alias: 'berg' }, current);
    expect(shaped.attributes).toMatchObject({ alias: 'berg', userPrincipalName: 'anna@contoso.onmicrosoft.com' });
  });

  test('goes to the initial domain when a usable one turns unusable', () => {
    const shaped = user({ userPrincipalName: 'anna@corp.local' }, ANNA);
    expect(shaped.attributes['userPrincipalName']).toBe('anna@contoso.onmicrosoft.com');
  });

  test('that is too long blocks a creation and leaves an existing user as it is', () => {
    const userPrincipalName = `${'a'.repeat(65)}@contoso.com`;
    expect(user({ userPrincipalName })).toMatchObject({ blocked: true, withheld: ['userPrincipalName'] });
    expect(user({ userPrincipalName }, ANNA)).toMatchObject({ blocked: false, withheld: ['userPrincipalName'] });
  });
});

describe('the mail nickname of a user', () => {
  const derive = (more: Attributes) =>
    ENTRA_SCHEMA.shape('user', { ...without('alias'), ...more }, null, FACTS).attributes['alias'];

  test('is taken from the first place that has one', () => {
    const proxyAddresses = ['smtp:second@contoso.com', 'SMTP:primary@contoso.com'];
    expect(derive({ proxyAddresses, mail: 'mail@contoso.com' })).toBe('primary');
    expect(derive({ proxyAddresses: ['smtp:second@contoso.com'], mail: 'mail@contoso.com' })).toBe('mail');
    expect(derive({ proxyAddresses: ['smtp:second@contoso.com'] })).toBe('anna');
    expect(derive({ proxyAddresses: ['smtp:second@contoso.com'], userPrincipalName: '@contoso.com' })).toBe('second');
  });

  test('stays what it is when nothing asks for another', () => {
    const current = { ...ANNA, alias: 'from-long-ago' };
    const shaped = ENTRA_SCHEMA.shape('user', { ...without('alias'), mail: 'new@contoso.com' }, current, FACTS);
    expect(shaped.attributes['alias']).toBe('from-long-ago');
    expect(user({ alias: 'asked' }, current).attributes['alias']).toBe('asked');
  });

  test('loses the characters that the tenant refuses', () => {
    expect(user({ alias: 'Anna (Berg), [x]' }).attributes['alias']).toBe('AnnaBergx');
    expect(user({ alias: 'Müller' }).attributes['alias']).toBe('Muller');
    expect(String(user({ alias: 'x'.repeat(100) }).attributes['alias'])).toHaveLength(64);
  });

  test('that had to be changed is told, one that was derived is not', () => {
    expect(user({ alias: 'a b' }).problems).toMatchObject([
      { code: 'attribute-invalid', severity: 'warning', attribute: 'alias', value: 'a b' },
    ]);
    expect(user({ alias: 'x'.repeat(65) }).problems).toMatchObject([
      { code: 'attribute-too-long', severity: 'warning', attribute: 'alias' },
    ]);
    const derived = ENTRA_SCHEMA.shape('user', { ...without('alias'), mail: 'a(b)@contoso.com' }, null, FACTS);
    expect(derived.attributes['alias']).toBe('ab');
    expect(derived.problems).toEqual([]);
  });
});

describe('a required value that is missing', () => {
  test.each(['displayName', 'accountEnabled', 'userPrincipalName'])('%s blocks a creation', (name) => {
    const shaped = ENTRA_SCHEMA.shape('user', without(name), null, FACTS);
    expect(shaped.blocked).toBe(true);
    expect(shaped.problems).toMatchObject([{ code: 'attribute-missing', attribute: name }]);
  });

  test('says whether the object is created without a usable one', () => {
    const displayName = 'x'.repeat(257);
    expect(user({ displayName }).problems[0]?.cause).toContain('the object is not created');
    expect(user({ displayName }, ANNA).problems[0]?.cause).toContain(
      'the object keeps the one that it has in the tenant',
    );
  });

  test('leaves the value of an existing user alone', () => {
    const shaped = ENTRA_SCHEMA.shape('user', without('displayName'), ANNA, FACTS);
    expect(shaped).toMatchObject({ blocked: false, withheld: ['displayName'] });
    expect(shaped.attributes).not.toHaveProperty('displayName');
  });

  test('as the anchor always blocks', () => {
    expect(ENTRA_SCHEMA.shape('user', without('sourceAnchor'), ANNA, FACTS).blocked).toBe(true);
    expect(user({ sourceAnchor: 'a_b' }).blocked).toBe(true);
  });
});

describe('values that the tenant does not take', () => {
  test.each([
    ['employeeId', '12345678901234567', 'attribute-too-long'],
    ['department', 'x'.repeat(65), 'attribute-too-long'],
    ['extensionAttribute7', 'x'.repeat(1025), 'attribute-too-long'],
    ['mail', 'jürgen@contoso.com', 'attribute-invalid'],
    ['mail', 'not an address', 'attribute-invalid'],
    ['mail', 'anna@contoso..com', 'attribute-invalid'],
    ['mail', 'anna@contoso.com.', 'attribute-invalid'],
    ['usageLocation', 'Germany', 'attribute-invalid'],
    ['usageLocation', 'UK', 'attribute-invalid'],
    ['usageLocation', 'XX', 'attribute-invalid'],
    ['preferredLanguage', 'german please', 'attribute-invalid'],
    ['employeeHireDate', 'last spring', 'attribute-invalid'],
    ['otherMails', ['ok@contoso.com', 'jürgen@contoso.com'], 'attribute-invalid'],
  ])('%s is left out and told', (name, value, code) => {
    const shaped = user({ [name]: value, city: 'Bonn' });
    expect(shaped.attributes).not.toHaveProperty(name);
    expect(shaped.attributes['city']).toBe('Bonn');
    expect(shaped.withheld).toEqual([name]);
    expect(shaped.problems).toMatchObject([{ code, attribute: name }]);
    expect(shaped.blocked).toBe(false);
  });

  test('limits count to the last character', () => {
    expect(codes(user({ employeeId: '1234567890123456', department: 'x'.repeat(64) }))).toEqual([]);
  });

  test('empty texts are no values', () => {
    expect(user({ city: '', department: [''] }).attributes).not.toHaveProperty('city');
  });

  test('values take the form in which the tenant holds them', () => {
    const shaped = user({ usageLocation: 'de', employeeHireDate: '20260131000000.0Z', telephoneNumber: ['1', '2'] });
    expect(shaped.attributes).toMatchObject({
      usageLocation: 'DE',
      employeeHireDate: '2026-01-31T00:00:00Z',
      telephoneNumber: '1',
    });
  });

  test('an attribute that Graph has no place for is told, never passed on', () => {
    const shaped = user({ pager: '4711', onPremisesSamAccountName: 'anna' });
    expect(shaped.attributes).not.toHaveProperty('pager');
    expect(shaped.problems).toMatchObject([{ code: 'target-cannot-carry-attribute', attribute: 'pager' }]);
    expect(user({ countryCode: 276n }).problems).toMatchObject([{ attribute: 'countryCode' }]);
  });

  test('what every object has is passed over: records of where it comes from, and the country code that stands for none', () => {
    expect(user({ commonName: 'Anna', onPremiseSecurityIdentifier: 'S-1-5-21', countryCode: 0n }).problems).toEqual([]);
  });

  test('addresses beyond the mail address are told', () => {
    const mail = 'anna@contoso.com';
    expect(user({ mail, proxyAddresses: ['SMTP:Anna@contoso.com'] }).problems).toEqual([]);
    const shaped = user({ mail, proxyAddresses: ['SMTP:anna@contoso.com', 'smtp:a@contoso.com', 'x400:c=us'] });
    expect(shaped.problems).toMatchObject([
      {
        code: 'target-cannot-carry-attribute',
        attribute: 'proxyAddresses',
        value: 'smtp:a@contoso.com, x400:c=us',
      },
    ]);
    expect(shaped.attributes).not.toHaveProperty('proxyAddresses');
  });
});

describe('a group', () => {
  const group = (more: Attributes, current: Attributes | null = null) =>
    ENTRA_SCHEMA.shape(
      'group',
      { sourceAnchor: 'ab+/cdefghijklmnopqrst==', displayName: 'Team (North)', ...more },
      current,
      FACTS,
    );

  test('gets its mail nickname from alias, sAMAccountName, display name or anchor', () => {
    expect(group({ alias: 'team', onPremisesSamAccountName: 'sam' }).attributes['alias']).toBe('team');
    expect(group({ onPremisesSamAccountName: 'Team North' }).attributes['alias']).toBe('TeamNorth');
    expect(group({}).attributes['alias']).toBe('TeamNorth');
    expect(group({ displayName: '営業' }).attributes['alias']).toBe('group-abcdefgh');
    expect(group({}, { alias: 'old' }).attributes['alias']).toBe('old');
  });

  test('with mail, or that is no security group, cannot be carried', () => {
    expect(group({ mailEnabled: true })).toMatchObject({
      blocked: true,
      problems: [{ code: 'target-cannot-carry-object' }],
    });
    expect(group({ securityEnabled: false, mailEnabled: true }, { alias: 'old' }).blocked).toBe(true);
    expect(group({ securityEnabled: false, mailEnabled: false }).blocked).toBe(true);
    expect(group({ securityEnabled: true, mailEnabled: false })).toMatchObject({ blocked: false, problems: [] });
  });

  test('that gets an address when it is in the tenant already goes on without it', () => {
    const shaped = group({ securityEnabled: true, mailEnabled: true, mail: 'a@contoso.com' }, { alias: 'old' });
    expect(shaped).toMatchObject({
      blocked: false,
      attributes: { displayName: 'Team (North)' },
      problems: [{ code: 'target-cannot-carry-attribute', attribute: 'mail' }],
    });
  });

  test('carries a description of at most 1,024 characters', () => {
    expect(group({ description: 'x'.repeat(1025) }).withheld).toEqual(['description']);
  });
});

test('a contact cannot be carried', () => {
  const shaped = ENTRA_SCHEMA.shape('contact', { displayName: 'C' }, null, FACTS);
  expect(shaped).toMatchObject({ blocked: true, problems: [{ code: 'target-cannot-carry-object' }] });
});

test('120,000 users are shaped in the same way every time', () => {
  const first = JSON.stringify(user({ mail: 'anna@contoso.com', proxyAddresses: ['SMTP:anna@contoso.com'] }));
  for (let round = 0; round < 120_000; round++) user({ mail: 'anna@contoso.com', extensionAttribute1: 'x' });
  expect(JSON.stringify(user({ mail: 'anna@contoso.com', proxyAddresses: ['SMTP:anna@contoso.com'] }))).toBe(first);
});

describe('a group that the tenant holds', () => {
  const desired = { sourceAnchor: 'g', displayName: 'news', mailEnabled: true, securityEnabled: true };
  const held = (more: Attributes): Attributes => ({ displayName: 'news', alias: 'news', ...more });

  test('and that is mail-enabled is left as it is: Exchange owns it', () => {
    const current = held({ mailEnabled: true });
    expect(ENTRA_SCHEMA.canChange?.('group', current)).toBe(false);
    const shaped = ENTRA_SCHEMA.shape('group', desired, current, FACTS);
    expect([shaped.blocked, codes(shaped)]).toEqual([true, ['target-cannot-carry-object']]);
  });

  test('can be changed when it has no mail, or is one of Microsoft 365', () => {
    for (const current of [held({ mailEnabled: false }), held({ mailEnabled: true, groupTypes: ['Unified'] })]) {
      expect(ENTRA_SCHEMA.canChange?.('group', current)).toBe(true);
      expect(ENTRA_SCHEMA.shape('group', { ...desired, mailEnabled: false }, current, FACTS).blocked).toBe(false);
    }
  });
});
