import { afterEach, beforeEach, expect, test } from 'vitest';
import { GraphClient, PASSWORD } from '../graph-client.ts';
import { node } from '../provisioning/nbfx/encode-message.ts';
import { ServiceClient, text } from '../provisioning/service-client.ts';

let client: GraphClient;
let path: string;

beforeEach(async () => {
  client = await GraphClient.start({
    roles: ['OnPremDirectorySynchronization.ReadWrite.All', 'Organization.ReadWrite.All', 'Directory.Read.All'],
    seed: {
      users: [
        { userPrincipalName: 'root@contoso.com', password: PASSWORD, adminRoles: ['Global Administrator'] },
        {
          userPrincipalName: 'ann@contoso.com',
          password: PASSWORD,
          onPremisesSyncEnabled: true,
          onPremisesImmutableId: 'ANN==',
        },
      ],
    },
  });
  path = `/directory/onPremisesSynchronization/${client.emulator.tenantId}`;
});

afterEach(() => client.close());

async function asUser(name: string): Promise<Record<string, string>> {
  const fields = {
    ...client.secretFields(),
    grant_type: 'password',
    username: `${name}@contoso.com`,
    password: PASSWORD,
  };
  return { authorization: `Bearer ${(await client.signIn(fields)).textAt('access_token')}` };
}

test('an application by itself, and a user without the role, may neither read nor change the settings', async () => {
  expect((await client.get(path)).status).toBe(403);
  expect((await client.patch(path, { features: {} })).status).toBe(403);
  expect((await client.get(path, await asUser('ann'))).status).toBe(403);
});

test('an administrator sees the defaults of a new tenant', async () => {
  const reply = await client.get('/directory/onPremisesSynchronization', await asUser('root'));
  expect(reply.list()[0]).toMatchObject({
    id: client.emulator.tenantId,
    configuration: {
      accidentalDeletionPrevention: { synchronizationPreventionType: 'enabledForCount', alertThreshold: 500 },
    },
    features: {
      passwordSyncEnabled: false,
      quarantineUponUpnConflictEnabled: true,
      quarantineUponProxyAddressesConflictEnabled: true,
      softMatchOnUpnEnabled: true,
      synchronizeUpnForManagedUsersEnabled: true,
      blockSoftMatchEnabled: false,
    },
  });
});

test('features are the same in Graph and in the provisioning service, and the resiliencies stay on', async () => {
  const root = await asUser('root');
  const features = {
    passwordSyncEnabled: true,
    softMatchOnUpnEnabled: false,
    quarantineUponUpnConflictEnabled: false,
    groupWriteBackEnabled: true,
  };
  expect((await client.patch(path, { features }, root)).status).toBe(204);
  const service = new ServiceClient(client);
  const { result } = await service.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)]);
  expect(text(result, 'DirSyncFeatures')).toBe(String(41_016 + 1 - 16));
  await service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', 512)]);
  const reply = await client.get(path, root);
  expect(reply.at('features')).toMatchObject({
    passwordSyncEnabled: false,
    cloudPasswordPolicyForPasswordSyncedUsersEnabled: true,
    quarantineUponUpnConflictEnabled: true,
    groupWriteBackEnabled: true,
  });
});

test.each([
  ['an unknown feature', { features: { magic: true } }],
  ['a feature that is no flag', { features: { passwordSyncEnabled: 'yes' } }],
  [
    'an unknown type of the guard',
    { configuration: { accidentalDeletionPrevention: { synchronizationPreventionType: 'x' } } },
  ],
])('%s is refused', async (_, body) => {
  expect((await client.patch(path, body, await asUser('root'))).status).toBe(400);
});

test('the organization says whether synchronization is on; switched off, its objects are those of the cloud', async () => {
  const organization = `/organization/${client.emulator.tenantId}`;
  expect((await client.get(organization)).at('onPremisesSyncEnabled')).toBeNull();
  expect((await client.patch(organization, { onPremisesSyncEnabled: true })).status).toBe(204);
  expect((await client.get(organization)).at('onPremisesSyncEnabled')).toBe(true);
  await client.patch(organization, { onPremisesSyncEnabled: false });
  const ann = await client.get('/users/ann@contoso.com?$select=onPremisesSyncEnabled,onPremisesImmutableId');
  expect(ann.body).toMatchObject({ onPremisesSyncEnabled: false, onPremisesImmutableId: 'ANN==' });
});
