import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';
import { node } from './nbfx/encode-message.ts';
import { ObjectClient } from './object-client.ts';

let graph: GraphClient;
let objects: ObjectClient;

const ADMIN = 'aaaaaaaa-0000-4000-8000-000000000001';

beforeEach(async () => {
  graph = await GraphClient.start({
    synchronization: true,
    seed: {
      users: [
        { id: ADMIN, userPrincipalName: 'root@contoso.com', displayName: 'root', adminRoles: ['Global Administrator'] },
        {
          userPrincipalName: 'soft@contoso.com',
          displayName: 'soft',
          mail: 'soft@contoso.com',
          proxyAddresses: ['SMTP:soft@contoso.com'],
        },
        { userPrincipalName: 'hard@contoso.com', displayName: 'hard', onPremisesImmutableId: 'HARD==' },
      ],
    },
  });
  objects = new ObjectClient(graph);
});

afterEach(() => graph.close());

const ANN = { SourceAnchor: 'ANN==', displayName: 'Ann', userPrincipalName: 'ann@contoso.com', accountEnabled: true };
const find = async (upn: string, select: string): Promise<Readonly<Record<string, unknown>>> =>
  (await graph.get(`/users/${upn}?$select=${select}`)).body as Readonly<Record<string, unknown>>;

describe('a user that comes from on-premises', () => {
  test('is in Graph with what it came with, and Graph refuses to edit it', async () => {
    const [result] = await objects.set('User', {
      ...ANN,
      title: 'Engineer',
      company: 'Contoso',
      telephoneNumber: '+49 30 1',
      extensionAttribute7: 'seven',
      proxyAddresses: ['SMTP:ann@contoso.com', 'smtp:a.n@contoso.com', 'smtp:ann@contoso.onmicrosoft.com', 'X400:c=de'],
      onPremiseSecurityIdentifier: Buffer.from('01050000000000051500000001000000020000000300000052040000', 'hex'),
    });
    expect(result).toMatchObject({
      ResultCode: 'Success',
      ResultErrorCode: '',
      SourceAnchor: 'ANN==',
      ObjectType: 'User',
    });
    expect(result?.CloudAnchor).toMatch(/^User_[0-9a-f-]{36}$/);
    const select =
      'onPremisesSyncEnabled,onPremisesImmutableId,jobTitle,companyName,businessPhones,proxyAddresses,mailNickname,onPremisesSecurityIdentifier,onPremisesExtensionAttributes';
    expect(await find('ann@contoso.com', select)).toMatchObject({
      onPremisesSyncEnabled: true,
      onPremisesImmutableId: 'ANN==',
      jobTitle: 'Engineer',
      companyName: 'Contoso',
      businessPhones: ['+49 30 1'],
      proxyAddresses: ['SMTP:ann@contoso.com', 'smtp:a.n@contoso.com'],
      mailNickname: 'ann',
      onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1106',
      onPremisesExtensionAttributes: { extensionAttribute7: 'seven' },
    });
    const refused = await graph.patch('/users/ann@contoso.com', { jobTitle: 'Boss' });
    expect([refused.status, refused.textAt('error', 'message')]).toEqual([
      400,
      expect.stringContaining('on-premises mastered'),
    ]);
    expect((await graph.patch('/users/ann@contoso.com', { usageLocation: 'DE' })).status).toBe(204);
  });

  test('keeps what a later request leaves out, and loses what comes as nil', async () => {
    await objects.set('User', { ...ANN, title: 'Engineer', department: 'R&D' });
    await objects.set('User', { SourceAnchor: 'ANN==', title: null });
    expect(await find('ann@contoso.com', 'jobTitle,department')).toMatchObject({ jobTitle: null, department: 'R&D' });
  });

  test('goes to the recycle bin, and comes back with its id when its anchor comes again', async () => {
    const [made] = await objects.set('User', ANN);
    const [deleted] = await objects.delete('User', { SourceAnchor: 'ANN==' });
    expect(deleted?.ResultCode).toBe('Success');
    expect((await graph.get('/users/ann@contoso.com')).status).toBe(404);
    const [again] = await objects.set('User', { ...ANN, displayName: 'Ann again' });
    expect(again?.CloudAnchor).toBe(made?.CloudAnchor);
    expect(await find('ann@contoso.com', 'displayName,userPrincipalName')).toMatchObject({ displayName: 'Ann again' });
  });

  test('whose name is not of a verified domain gets one of the initial domain', async () => {
    await objects.set('User', { ...ANN, userPrincipalName: 'ann@office.local' });
    expect(await find('ann@contoso.onmicrosoft.com', 'displayName')).toMatchObject({ displayName: 'Ann' });
  });
});

describe('matching', () => {
  test('by the anchor takes over a cloud user, by the primary address or the name too', async () => {
    const before = await find('soft@contoso.com', 'id');
    const results = await objects.send([
      ['User', 'Set', { SourceAnchor: 'HARD==', displayName: 'Hard', userPrincipalName: 'hard@contoso.com' }],
      [
        'User',
        'Set',
        {
          SourceAnchor: 'SOFT==',
          displayName: 'Soft',
          userPrincipalName: 'other@contoso.com',
          proxyAddresses: ['SMTP:Soft@contoso.com'],
        },
      ],
    ]);
    expect(results.map(({ ResultCode }) => ResultCode)).toEqual(['Success', 'Success']);
    expect(await find('hard@contoso.com', 'displayName,onPremisesSyncEnabled')).toMatchObject({
      displayName: 'Hard',
      onPremisesSyncEnabled: true,
    });
    expect(results[1]?.CloudAnchor).toBe(`User_${before['id']}`);
  });

  test('never takes over an administrator', async () => {
    const [byName] = await objects.set('User', { ...ANN, userPrincipalName: 'root@contoso.com' });
    expect(byName).toMatchObject({ ResultCode: 'Failure', ResultErrorCode: 'ExistingAdminRoleConflict' });
    const [byAnchor] = await objects.set('User', { ...ANN, CloudAnchor: `User_${ADMIN}` });
    expect(byAnchor).toMatchObject({ ResultCode: 'Failure', ResultErrorCode: 'InvalidHardMatch' });
  });

  test('is blocked by the features of the tenant', async () => {
    await objects.service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', 41_016 + 524_288 + 1_048_576)]);
    const [hard] = await objects.set('User', { ...ANN, SourceAnchor: 'HARD==' });
    expect(hard?.ResultErrorCode).toBe('InvalidHardMatch');
    const [soft] = await objects.set('User', { ...ANN, userPrincipalName: 'soft@contoso.com' });
    expect(soft?.ResultCode).toBe('Success');
    expect((await find('soft@contoso.com', 'displayName'))['displayName']).toBe('soft');
  });

  test('of an object with another anchor, or of another type, is an error of that object', async () => {
    const results = await objects.send([
      ['User', 'Set', { ...ANN, userPrincipalName: 'hard@contoso.com' }],
      ['Group', 'Set', { SourceAnchor: 'HARD==', displayName: 'Hard' }],
      ['User', 'Delete', { SourceAnchor: 'HARD==' }],
      ['User', 'Delete', { SourceAnchor: 'NOBODY==' }],
    ]);
    expect(results.map(({ ResultErrorCode }) => ResultErrorCode)).toEqual([
      'InvalidSoftMatch',
      'ObjectTypeMismatch',
      'DeletionAccessViolation',
      'ObjectNotFound',
    ]);
    expect(results[0]?.details).toMatchObject({
      AttributeConflictName: 'SourceAnchor',
      AttributeConflictValues: 'HARD==',
    });
  });
});

test('an object of another directory is not taken over after synchronization was off, unless the tenant allows it', async () => {
  const own = await GraphClient.start({
    synchronization: true,
    seed: {
      users: [
        {
          userPrincipalName: 'ann@contoso.com',
          onPremisesImmutableId: 'ANN==',
          synced: { onPremisesObjectIdentifier: 'one' },
        },
      ],
    },
  });
  const other = new ObjectClient(own);
  expect((await other.set('User', ANN))[0]?.ResultErrorCode).toBe('AttributeUpdateNotAllowed');
  expect((await other.set('User', { ...ANN, onPremisesObjectIdentifier: 'one' }))[0]?.ResultCode).toBe('Success');
  await own.close();
});

test('everything is there again after a new start with a state file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-objects-'));
  const options = { synchronization: true, stateFile: join(folder, 'tenant.json') };
  let own = await GraphClient.start(options);
  await new ObjectClient(own).send([
    ['User', 'Set', ANN],
    ['Contact', 'Set', { SourceAnchor: 'C==', displayName: 'Partner' }],
    ['Group', 'Set', { SourceAnchor: 'G==', displayName: 'Team', securityEnabled: true, member: ['ANN==', 'C=='] }],
    ['Device', 'Set', { SourceAnchor: 'D==', displayName: 'PC-1' }],
  ]);
  const before = (await own.control('GET', '/dump')).text;
  await own.close();
  own = await GraphClient.start(options);
  expect((await own.control('GET', '/dump')).text).toBe(before);
  const [team] = (await own.get('/groups')).list();
  expect((await own.get(`/groups/${team?.['id']}/members`)).list()).toHaveLength(2);
  const [result] = await new ObjectClient(own).set('User', { SourceAnchor: 'ANN==', title: 'Boss' });
  expect(result?.ResultCode).toBe('Success');
  await own.close();
  rmSync(folder, { recursive: true });
});

describe('what somebody else has already', () => {
  test('is replaced or left out, told as an error of the object, and given once it is free', async () => {
    const mine = { ...ANN, proxyAddresses: ['SMTP:ann@contoso.com', 'smtp:team@contoso.com'] };
    await objects.set('User', { ...mine, SourceAnchor: 'FIRST==', displayName: 'First' });
    const [result] = await objects.set('User', {
      SourceAnchor: 'ANN==',
      displayName: 'Ann',
      userPrincipalName: 'x@contoso.com',
      proxyAddresses: ['smtp:team@contoso.com', 'SMTP:new@contoso.com'],
    });
    expect(result?.ResultCode).toBe('Success');
    const shown = await find('x@contoso.com', 'proxyAddresses,onPremisesProvisioningErrors');
    expect(shown).toMatchObject({
      proxyAddresses: ['SMTP:new@contoso.com'],
      onPremisesProvisioningErrors: [
        { category: 'PropertyConflict', propertyCausingError: 'ProxyAddress', value: 'smtp:team@contoso.com' },
      ],
    });
    await objects.delete('User', { SourceAnchor: 'FIRST==' });
    await objects.set('User', { SourceAnchor: 'ANN==', title: 'x' });
    expect(await find('x@contoso.com', 'proxyAddresses,onPremisesProvisioningErrors')).toMatchObject({
      proxyAddresses: ['smtp:team@contoso.com', 'SMTP:new@contoso.com'],
      onPremisesProvisioningErrors: [],
    });
  });

  test('a user principal name gets four digits and the initial domain', async () => {
    await objects.service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', 41_016 + 524_288)]);
    await objects.set('User', { ...ANN, userPrincipalName: 'soft@contoso.com' });
    const users = (await graph.get("/users?$filter=displayName eq 'Ann'&$select=userPrincipalName")).list();
    expect(users[0]?.['userPrincipalName']).toMatch(/^soft\d{4}@contoso\.onmicrosoft\.com$/);
  });
});

describe('groups, contacts and devices', () => {
  test('a mail-enabled group holds users, contacts and devices; its members change as a set or one by one', async () => {
    await objects.set('User', ANN);
    await objects.set('Contact', {
      SourceAnchor: 'C==',
      displayName: 'Partner',
      mail: 'partner@fabrikam.example',
      telephoneNumber: '5',
    });
    const [device] = await objects.set('Device', {
      SourceAnchor: 'D==',
      displayName: 'PC-1',
      deviceOSType: 'Windows',
      deviceId: Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
    });
    const [group] = await objects.set('Group', {
      SourceAnchor: 'G==',
      displayName: 'Team',
      mail: 'team@contoso.com',
      securityEnabled: false,
      member: ['ANN==', 'C=='],
    });
    const id = group?.CloudAnchor.slice(6) ?? '';
    expect((await graph.get(`/groups/${id}`)).body).toMatchObject({
      mailEnabled: true,
      securityEnabled: false,
      mail: 'team@contoso.com',
      proxyAddresses: ['SMTP:team@contoso.com'],
      onPremisesSyncEnabled: true,
    });
    const members = async (): Promise<readonly unknown[]> =>
      (await graph.get(`/groups/${id}/members`)).list().map((member) => member['displayName']);
    expect(await members()).toEqual(['Ann', 'Partner']);
    const changes = [
      { anchor: device?.CloudAnchor ?? '', by: 1, operation: 1 },
      { anchor: 'ANN==', by: 2, operation: 2 },
    ];
    const [changed] = await objects.send([['Group', 'Set', { SourceAnchor: 'G==', member: { changes } }]], 2);
    expect(changed?.ResultCode).toBe('Success');
    expect(await members()).toEqual(['Partner', 'PC-1']);
    expect(
      (
        await graph.post(`/groups/${id}/members/$ref`, {
          '@odata.id': `https://graph.microsoft.com/v1.0/users/${ADMIN}`,
        })
      ).status,
    ).toBe(400);
    const [contact] = (await graph.get('/contacts')).list();
    expect(contact).toMatchObject({
      displayName: 'Partner',
      mail: 'partner@fabrikam.example',
      phones: [{ number: '5', type: 'business' }],
    });
    expect((await graph.get('/devices')).list()[0]).toMatchObject({
      deviceId: '33221100-5544-7766-8899-aabbccddeeff',
      trustType: 'ServerAd',
      operatingSystem: 'Windows',
    });
  });

  test('a manager is a link, which nil takes away', async () => {
    await objects.set('User', ANN);
    await objects.set('User', {
      SourceAnchor: 'BOB==',
      displayName: 'Bob',
      userPrincipalName: 'bob@contoso.com',
      manager: 'ANN==',
    });
    expect((await graph.get('/users/bob@contoso.com/manager')).at('displayName')).toBe('Ann');
    await objects.set('User', { SourceAnchor: 'BOB==', manager: null });
    expect((await graph.get('/users/bob@contoso.com/manager')).status).toBe(404);
  });

  test('a reference to nobody is an error of the object', async () => {
    const [result] = await objects.set('Group', {
      SourceAnchor: 'G==',
      displayName: 'Team',
      securityEnabled: true,
      member: ['NOBODY=='],
    });
    expect(result?.ResultErrorCode).toBe('ReferenceUpdateFailed');
    expect((await graph.get("/groups?$filter=displayName eq 'Team'")).list()).toEqual([]);
  });
});

describe('what is too much or of the wrong kind', () => {
  test.each([
    ['sixteen certificates', { userCertificate: Array.from({ length: 16 }, () => Buffer.of(1)) }, 'LargeObject'],
    ['a photo of over 100 KB', { thumbnailPhoto: Buffer.alloc(102_401) }, 'LargeObject'],
    ['a title of 129 characters', { title: 'x'.repeat(129) }, 'ExceededAllowedLength'],
    ['a text for a flag', { accountEnabled: 'yes' }, 'DataValidationFailed'],
    ['an attribute of groups', { securityEnabled: true }, 'DataValidationFailed'],
    ['bytes that are no SID', { onPremiseSecurityIdentifier: Buffer.of(2, 0) }, 'DataValidationFailed'],
  ])('%s is refused', async (_, more, code) => {
    const [result] = await objects.set('User', { ...ANN, ...more });
    expect(result).toMatchObject({ ResultCode: 'Failure', ResultErrorCode: code });
    expect((await graph.get('/users/ann@contoso.com')).status).toBe(404);
  });

  test('version 1 takes no changes of references, and neither more than 15,000 links', async () => {
    const changes = [{ anchor: 'ANN==', by: 2, operation: 1 }];
    await expect(
      objects.send([['Group', 'Set', { SourceAnchor: 'G==', displayName: 'G', member: { changes } }]]),
    ).rejects.toThrow('500');
    const many = Array.from({ length: 15_001 }, () => changes[0] ?? { anchor: '', by: 1, operation: 1 });
    await expect(
      objects.send([['Group', 'Set', { SourceAnchor: 'G==', displayName: 'G', member: { changes: many } }]], 2),
    ).rejects.toThrow('500');
  });
});

describe('references that the directory keeps no links for', () => {
  const edit = (anchor: string, operation: number) => ({ changes: [{ anchor, by: 2, operation }] });
  const synced = async (): Promise<unknown> => {
    const { groups } = (await graph.control('GET', '/dump')).body as {
      readonly groups: readonly { readonly synced: Readonly<Record<string, unknown>> }[];
    };
    return groups[0]?.synced['authOrig'];
  };

  test('are added and taken away one by one, and lead to what is there', async () => {
    await objects.set('User', ANN);
    await objects.set('User', { SourceAnchor: 'BOB==', displayName: 'Bob', userPrincipalName: 'bob@contoso.com' });
    const list = (authOrig: ReturnType<typeof edit>) =>
      objects.send([['Group', 'Set', { SourceAnchor: 'LIST==', displayName: 'list', authOrig }]], 2);
    await list(edit('ANN==', 1));
    await list(edit('BOB==', 1));
    expect(await synced()).toEqual(['ANN==', 'BOB==']);
    await list(edit('ANN==', 2));
    expect(await synced()).toEqual(['BOB==']);
    expect(await list(edit('NOBODY==', 1))).toMatchObject([{ ResultErrorCode: 'ReferenceUpdateFailed' }]);
    expect(await synced()).toEqual(['BOB==']);
  });
});
