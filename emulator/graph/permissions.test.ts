import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { GraphClient, groupBody, referenceTo, userBody } from '../graph-client.ts';

let client: GraphClient;

afterEach(() => client.close());

const USER = '10000000-0000-4000-8000-000000000001';
const GROUP = '20000000-0000-4000-8000-000000000001';
const SEED = {
  users: [{ id: USER, userPrincipalName: 'ann@contoso.com', displayName: 'Ann' }],
  groups: [{ id: GROUP, displayName: 'Team' }],
};

async function start(...roles: readonly string[]): Promise<void> {
  client = await GraphClient.start({ roles, seed: SEED });
}

test('without the permission an operation is 403, with the least one it works', async () => {
  await start('User.Read.All');
  expect((await client.get('/users')).status).toBe(200);
  const refused = await client.post('/users', userBody('new'));
  expect([refused.status, refused.at('error', 'code')]).toEqual([403, 'Authorization_RequestDenied']);
  expect((await client.get('/groups')).status).toBe(403);
  expect((await client.get('/subscribedSkus')).status).toBe(403);
});

test('User.ReadBasic.All reads names and addresses, and nothing else on request', async () => {
  await start('User.ReadBasic.All');
  expect((await client.get('/users?$select=id,displayName,mail')).status).toBe(200);
  expect((await client.get('/users?$select=accountEnabled')).status).toBe(403);
  expect((await client.get(`/users/${USER}?$select=id,jobTitle`)).status).toBe(403);
});

test('GroupMember.ReadWrite.All adds members and changes nothing else', async () => {
  await start('GroupMember.ReadWrite.All');
  expect((await client.patch(`/groups/${GROUP}`, { 'members@odata.bind': [referenceTo(USER)] })).status).toBe(204);
  expect((await client.patch(`/groups/${GROUP}`, { description: 'x' })).status).toBe(403);
  expect((await client.delete(`/groups/${GROUP}/members/${USER}/$ref`)).status).toBe(204);
  const upsert = { Prefer: 'create-if-missing' };
  expect((await client.send('PATCH', "/groups(uniqueName='new')", groupBody('new'), upsert)).status).toBe(403);
});

test('an administrator in the recycle bin comes back by a privileged role alone', async () => {
  const boss = { id: USER, userPrincipalName: 'boss@contoso.com', adminRoles: ['Global Administrator'] };
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const options = { seed: { users: [boss] }, stateFile: join(folder, 'state.json') };
  client = await GraphClient.start({ ...options, directoryRoles: ['Global Administrator'] });
  await client.delete(`/users/${USER}`);
  await client.close();
  const restore = `/directory/deletedItems/${USER}/restore`;
  client = await GraphClient.start(options);
  expect((await client.send('POST', restore)).status).toBe(403);
  await client.close();
  client = await GraphClient.start({ ...options, directoryRoles: ['Global Administrator'] });
  expect((await client.send('POST', restore)).status).toBe(200);
});

test('Group.Create creates, and does not update', async () => {
  await start('Group.Create');
  expect((await client.post('/groups', groupBody('new'))).status).toBe(201);
  expect((await client.patch(`/groups/${GROUP}`, { description: 'x' })).status).toBe(403);
});

test('a permission for one property updates only that', async () => {
  await start('User.EnableDisableAccount.All');
  expect((await client.patch(`/users/${USER}`, { accountEnabled: false })).status).toBe(204);
  expect((await client.patch(`/users/${USER}`, { accountEnabled: true, jobTitle: 'x' })).status).toBe(403);
});

test('a member of a group that holds a role is an administrator too', async () => {
  const groups = [{ id: GROUP, displayName: 'Helpdesk', adminRoles: ['User Administrator'], members: [USER] }];
  client = await GraphClient.start({ seed: { users: SEED.users, groups } });
  expect((await client.patch(`/users/${USER}`, { accountEnabled: false })).status).toBe(403);
  expect((await client.delete(`/users/${USER}`)).status).toBe(403);
  expect((await client.patch(`/users/${USER}`, { jobTitle: 'Chief' })).status).toBe(204);
});

test('a password reset needs its own permission and a directory role', async () => {
  const reset = { passwordProfile: { password: 'Another-Horse-8' } };
  await start('User.ReadWrite.All');
  expect((await client.patch(`/users/${USER}`, reset)).status).toBe(403);
  await client.close();
  await start('User.ReadWrite.All', 'User-PasswordProfile.ReadWrite.All');
  expect((await client.patch(`/users/${USER}`, reset)).status).toBe(204);
  await client.close();
  client = await GraphClient.start({
    roles: ['User.ReadWrite.All', 'User-PasswordProfile.ReadWrite.All'],
    directoryRoles: [],
    seed: SEED,
  });
  expect((await client.patch(`/users/${USER}`, reset)).status).toBe(403);
});

test('the permissions granted can be read from the service principals', async () => {
  await start('User.ReadWrite.All', 'Directory.Read.All');
  const find = async (appId: string): Promise<string> => {
    const filter = encodeURIComponent(`appId eq '${appId}'`);
    return (await client.get(`/servicePrincipals?$filter=${filter}`)).textAt('value', 0, 'id');
  };
  const own = await find(client.emulator.clientId);
  const graph = await client.get(`/servicePrincipals/${await find('00000003-0000-0000-c000-000000000000')}`);
  const names = new Map(graph.list('appRoles').map((role) => [role['id'], role['value']]));
  const assigned = await client.get(`/servicePrincipals/${own}/appRoleAssignments`);
  expect(assigned.list().map((assignment) => names.get(assignment['appRoleId']))).toEqual([
    'User.ReadWrite.All',
    'Directory.Read.All',
  ]);
});
