import { afterEach, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';

let client: GraphClient;

afterEach(() => client.close());

const ANN = '10000000-0000-4000-8000-000000000001';
const BOB = '10000000-0000-4000-8000-000000000002';
const ADMINS = '20000000-0000-4000-8000-000000000001';
const SEED = {
  users: [
    { id: ANN, userPrincipalName: 'ann@contoso.com', adminRoles: ['Global Administrator', 'User Administrator'] },
    { id: BOB, userPrincipalName: 'bob@contoso.com' },
  ],
  groups: [{ id: ADMINS, displayName: 'Helpdesk', isAssignableToRole: true, adminRoles: ['User Administrator'] }],
};

async function rolesByName(): Promise<ReadonlyMap<unknown, string>> {
  const roles = await client.get('/directoryRoles?$select=id,displayName');
  return new Map(roles.list().map((role) => [role['displayName'], String(role['id'])]));
}

test('tells the activated roles and who holds them, users and groups', async () => {
  client = await GraphClient.start({ seed: SEED, roles: ['RoleManagement.Read.Directory'] });
  const roles = await rolesByName();
  expect([...roles.keys()]).toEqual(['Global Administrator', 'User Administrator']);
  const membersOf = async (name: string): Promise<unknown> =>
    (await client.get(`/directoryRoles/${roles.get(name)}/members?$select=id`)).list();
  expect(await membersOf('Global Administrator')).toEqual([{ '@odata.type': '#microsoft.graph.user', id: ANN }]);
  expect(await membersOf('User Administrator')).toEqual([
    { '@odata.type': '#microsoft.graph.user', id: ANN },
    { '@odata.type': '#microsoft.graph.group', id: ADMINS },
  ]);
  expect((await client.get(`/directoryRoles/${ANN}/members`)).status).toBe(404);
});

test('always has the role of the global administrators, whoever holds it', async () => {
  client = await GraphClient.start({ roles: ['Directory.Read.All'] });
  expect([...(await rolesByName()).keys()]).toEqual(['Global Administrator']);
});

test('needs RoleManagement.Read.Directory or Directory.Read.All', async () => {
  client = await GraphClient.start({ seed: SEED, roles: ['User.ReadWrite.All', 'Group.ReadWrite.All'] });
  const refused = await client.get('/directoryRoles');
  expect([refused.status, refused.at('error', 'code')]).toEqual([403, 'Authorization_RequestDenied']);
});
