import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, groupBody, type JsonObject, userBody } from '../graph-client.ts';

let client: GraphClient;
let userId: string;
let groupId: string;

beforeAll(async () => {
  client = await GraphClient.start({
    seed: {
      domains: [
        { id: 'federated.com', authenticationType: 'Federated' },
        { id: 'new.com', isVerified: false },
      ],
      users: [
        {
          id: '10000000-0000-4000-8000-000000000001',
          userPrincipalName: 'synced@contoso.com',
          displayName: 'Synced',
          onPremisesSyncEnabled: true,
        },
        {
          id: '10000000-0000-4000-8000-000000000002',
          userPrincipalName: 'boss@contoso.com',
          displayName: 'Boss',
          adminRoles: ['Global Administrator'],
        },
      ],
      groups: [
        { id: '20000000-0000-4000-8000-000000000001', displayName: 'Synced', onPremisesSyncEnabled: true },
        {
          id: '20000000-0000-4000-8000-000000000002',
          displayName: 'Distribution',
          mailEnabled: true,
          securityEnabled: false,
        },
      ],
    },
  });
  userId = await client.createUser('valid');
  groupId = await client.createGroup('valid');
});

afterAll(() => client.close());

const INVALID = (name: string): string => `Invalid value specified for property '${name}' of resource 'User'.`;
const MASTERED =
  'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.';

describe('POST /users refuses', () => {
  test.each<[string, JsonObject, string]>([
    [
      'no accountEnabled',
      { accountEnabled: undefined },
      "A value is required for property 'accountEnabled' of resource 'User'.",
    ],
    [
      'no displayName',
      { displayName: undefined },
      "A value is required for property 'displayName' of resource 'User'.",
    ],
    [
      'no mailNickname',
      { mailNickname: undefined },
      "A value is required for property 'mailNickname' of resource 'User'.",
    ],
    [
      'no userPrincipalName',
      { userPrincipalName: undefined },
      "A value is required for property 'userPrincipalName' of resource 'User'.",
    ],
    [
      'no passwordProfile',
      { passwordProfile: undefined },
      "A value is required for property 'passwordProfile' of resource 'User'.",
    ],
    ['a displayName of 257 characters', { displayName: 'x'.repeat(257) }, INVALID('displayName')],
    ['a givenName of 65 characters', { givenName: 'x'.repeat(65) }, INVALID('givenName')],
    ['a jobTitle of 129 characters', { jobTitle: 'x'.repeat(129) }, INVALID('jobTitle')],
    ['an employeeId of 17 characters', { employeeId: 'x'.repeat(17) }, INVALID('employeeId')],
    ['an empty string', { department: '' }, INVALID('department')],
    ['two business phones', { businessPhones: ['1', '2'] }, INVALID('businessPhones')],
    ['a mailNickname with a space', { mailNickname: 'a b' }, INVALID('mailNickname')],
    ['a usageLocation that is no country', { usageLocation: 'XX' }, INVALID('usageLocation')],
    ['a usageLocation of three letters', { usageLocation: 'DEU' }, INVALID('usageLocation')],
    ['an anchor with an underscore', { onPremisesImmutableId: 'a_b' }, INVALID('onPremisesImmutableId')],
    ['an anchor with a dollar sign', { onPremisesImmutableId: 'a$b' }, INVALID('onPremisesImmutableId')],
    ['a mail without a domain', { mail: 'nobody' }, INVALID('mail')],
    ['a mail with an accent', { mail: 'jürgen@contoso.com' }, INVALID('mail')],
    ['an unknown userType', { userType: 'Alien' }, INVALID('userType')],
    ['a UPN without @', { userPrincipalName: 'nobody' }, 'One or more properties contains invalid values.'],
    ['a UPN with an umlaut', { userPrincipalName: 'jürgen@contoso.com' }, 'Property userPrincipalName is invalid.'],
    [
      'a UPN with a dot before the @',
      { userPrincipalName: 'a.@contoso.com' },
      'Property userPrincipalName is invalid.',
    ],
    [
      'a UPN of 65 characters before the @',
      { userPrincipalName: `${'x'.repeat(65)}@contoso.com` },
      'Property userPrincipalName is invalid.',
    ],
    [
      'a UPN in a strange domain',
      { userPrincipalName: 'a@other.example' },
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    ],
    [
      'a UPN in a domain not yet verified',
      { userPrincipalName: 'a@new.com' },
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    ],
    [
      'a federated user without an anchor',
      { userPrincipalName: 'a@federated.com' },
      'One or more properties contains invalid values.',
    ],
    [
      'a short password',
      { passwordProfile: { password: 'Ab1!' } },
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
    ],
    [
      'a password of two classes',
      { passwordProfile: { password: 'abcdefgh1' } },
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
    ],
    [
      'an unknown property',
      { shoeSize: 43 },
      "Property 'shoeSize' does not exist as a declared property or extension property.",
    ],
    [
      'proxyAddresses',
      { proxyAddresses: ['SMTP:a@contoso.com'] },
      "Property 'proxyAddresses' is read-only and cannot be set.",
    ],
    [
      'onPremisesSyncEnabled',
      { onPremisesSyncEnabled: true },
      "Property 'onPremisesSyncEnabled' is read-only and cannot be set.",
    ],
    [
      'a number for a string',
      { jobTitle: 5 },
      "Cannot convert the value of property 'jobTitle' to the expected type 'Edm.String'.",
    ],
    [
      'an extension attribute of 1,025 characters',
      { onPremisesExtensionAttributes: { extensionAttribute1: 'x'.repeat(1025) } },
      INVALID('onPremisesExtensionAttributes'),
    ],
  ])('%s', async (_, change, message) => {
    const reply = await client.post('/users', { ...userBody('refused'), ...change });
    expect([reply.status, reply.at('error', 'code'), reply.at('error', 'message')]).toEqual([
      400,
      'Request_BadRequest',
      message,
    ]);
  });

  test('a body that is not JSON, and one of another type', async () => {
    const url = `${client.emulator.url}/v1.0/users`;
    const headers = { authorization: `Bearer ${await client.token()}` };
    const broken = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
    const typed = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(typed.status).toBe(415);
  });
});

describe('POST /users accepts', () => {
  test('every property at its limit', async () => {
    const reply = await client.post('/users', {
      ...userBody('limits'),
      displayName: 'x'.repeat(256),
      givenName: 'x'.repeat(64),
      jobTitle: 'x'.repeat(128),
      streetAddress: 'x'.repeat(1024),
      employeeId: 'x'.repeat(16),
      businessPhones: ['+49 30 1'],
      usageLocation: 'DE',
      onPremisesExtensionAttributes: { extensionAttribute15: 'x'.repeat(1024) },
      onPremisesImmutableId: 'AAECAwQFBgcICQoLDA0ODw==',
    });
    expect(reply.status).toBe(201);
    expect(Object.keys(reply.body as JsonObject).sort()).toEqual(
      [
        '@odata.context',
        'businessPhones',
        'displayName',
        'givenName',
        'id',
        'jobTitle',
        'mail',
        'mobilePhone',
        'officeLocation',
        'preferredLanguage',
        'surname',
        'userPrincipalName',
      ].sort(),
    );
  });

  test('a federated user with an anchor', async () => {
    const body = { ...userBody('fed'), userPrincipalName: 'fed@federated.com', onPremisesImmutableId: 'ZmVk' };
    expect((await client.post('/users', body)).status).toBe(201);
  });
});

describe('PATCH /users/{id}', () => {
  test('answers 204 without a body, and null clears', async () => {
    const set = await client.patch(`/users/${userId}`, { department: 'Sales', mobilePhone: '1' });
    expect([set.status, set.text]).toEqual([204, '']);
    await client.patch(`/users/${userId}`, { department: null });
    const read = await client.get(`/users/${userId}?$select=department,mobilePhone`);
    expect([read.at('department'), read.at('mobilePhone')]).toEqual([null, '1']);
  });

  test.each<[string, JsonObject]>([
    ['displayName cannot be null', { displayName: null }],
    ['accountEnabled cannot be null', { accountEnabled: null }],
    ['an empty string does not clear', { surname: '' }],
  ])('%s', async (_, body) => {
    expect((await client.patch(`/users/${userId}`, body)).status).toBe(400);
  });

  test('usageLocation cannot be cleared once it is set', async () => {
    expect((await client.patch(`/users/${userId}`, { usageLocation: 'FR' })).status).toBe(204);
    expect((await client.patch(`/users/${userId}`, { usageLocation: null })).status).toBe(400);
  });

  test('parts of a complex property that are left out keep their value', async () => {
    await client.patch(`/users/${userId}`, {
      onPremisesExtensionAttributes: { extensionAttribute1: 'a', extensionAttribute2: 'b' },
    });
    await client.patch(`/users/${userId}`, { onPremisesExtensionAttributes: { extensionAttribute1: null } });
    const read = await client.get(`/users/${userId}?$select=onPremisesExtensionAttributes`);
    expect(read.at('onPremisesExtensionAttributes', 'extensionAttribute1')).toBeNull();
    expect(read.at('onPremisesExtensionAttributes', 'extensionAttribute2')).toBe('b');
  });

  test('a synchronized user refuses all but usageLocation and the password', async () => {
    const path = '/users/synced@contoso.com';
    const refused = await client.patch(path, { jobTitle: 'x' });
    expect([refused.status, refused.at('error', 'message')]).toEqual([400, MASTERED]);
    expect((await client.patch(path, { usageLocation: 'DE' })).status).toBe(204);
  });

  test('sensitive properties of an administrator need a privileged role', async () => {
    const refused = await client.patch('/users/boss@contoso.com', { accountEnabled: false });
    expect([refused.status, refused.at('error', 'code')]).toEqual([403, 'Authorization_RequestDenied']);
    expect((await client.patch('/users/boss@contoso.com', { jobTitle: 'Chief' })).status).toBe(204);
    expect((await client.delete('/users/boss@contoso.com')).status).toBe(403);
  });
});

describe('groups', () => {
  test.each<[string, JsonObject, string]>([
    [
      'no displayName',
      { displayName: undefined },
      "A value is required for property 'displayName' of resource 'Group'.",
    ],
    [
      'no mailNickname',
      { mailNickname: undefined },
      "A value is required for property 'mailNickname' of resource 'Group'.",
    ],
    [
      'a mailNickname with a space',
      { mailNickname: 'a b' },
      "Invalid value specified for property 'mailNickname' of resource 'Group'.",
    ],
    [
      'a mailNickname with an umlaut',
      { mailNickname: 'grün' },
      "Invalid value specified for property 'mailNickname' of resource 'Group'.",
    ],
    [
      'a description of 1,025 characters',
      { description: 'x'.repeat(1025) },
      "Invalid value specified for property 'description' of resource 'Group'.",
    ],
    [
      'a mail-enabled security group',
      { mailEnabled: true },
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    ],
    ['mail', { mail: 'a@contoso.com' }, "Property 'mail' is read-only and cannot be set."],
  ])('POST /groups refuses %s', async (_, change, message) => {
    const reply = await client.post('/groups', { ...groupBody('refused'), ...change });
    expect([reply.status, reply.at('error', 'message')]).toEqual([400, message]);
  });

  test('a Microsoft 365 group gets an address of its nickname', async () => {
    const body = { ...groupBody('team'), mailEnabled: true, groupTypes: ['Unified'], securityEnabled: false };
    const reply = await client.post('/groups', body);
    expect([reply.status, reply.at('mail'), reply.at('proxyAddresses')]).toEqual([
      201,
      'team@contoso.com',
      ['SMTP:team@contoso.com'],
    ]);
  });

  test('a synchronized group refuses edits and members', async () => {
    const path = '/groups/20000000-0000-4000-8000-000000000001';
    expect((await client.patch(path, { description: 'x' })).at('error', 'message')).toBe(MASTERED);
    const added = await client.post(`${path}/members/$ref`, {
      '@odata.id': `https://graph.microsoft.com/v1.0/users/${userId}`,
    });
    expect(added.at('error', 'message')).toBe(MASTERED);
  });

  test('a distribution list can only be read', async () => {
    const reply = await client.patch('/groups/20000000-0000-4000-8000-000000000002', { description: 'x' });
    expect(reply.at('error', 'message')).toBe('Cannot Update a mail-enabled security groups and or distribution list.');
  });

  test('a role-assignable group needs the role management permission', async () => {
    expect((await client.post('/groups', { ...groupBody('admins'), isAssignableToRole: true })).status).toBe(403);
  });

  test('uniqueName is set once', async () => {
    expect((await client.patch(`/groups/${groupId}`, { uniqueName: 'first' })).status).toBe(204);
    expect((await client.patch(`/groups/${groupId}`, { uniqueName: 'second' })).status).toBe(400);
  });

  test('a body of more than 4 MB is refused in the envelope of Graph', async () => {
    const reply = await client.post('/users', { displayName: 'x'.repeat(5_000_000) });
    expect([reply.status, reply.at('error', 'code')]).toEqual([413, 'RequestEntityTooLarge']);
    expect(reply.at('error', 'innerError', 'request-id')).toBe(reply.headers.get('request-id'));
  });

  test('what the emulator does not play is 501', async () => {
    const dynamic = await client.post('/groups', { ...groupBody('dyn'), groupTypes: ['DynamicMembership'] });
    expect([dynamic.status, dynamic.at('error', 'code')]).toEqual([501, 'NotImplemented']);
  });
});
