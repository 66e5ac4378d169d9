import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, referenceTo } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
});

afterAll(() => client.close());

async function restore(id: string, body?: unknown): Promise<[number, unknown]> {
  const reply = await client.send('POST', `/directory/deletedItems/${id}/restore`, body);
  return [reply.status, reply.at('error', 'message')];
}

describe('a soft-deleted user', () => {
  test('is found among the deleted items with a marked UPN, by its anchor', async () => {
    const id = await client.createUser('gone', { onPremisesImmutableId: 'Z29uZQ==' });
    expect((await client.delete(`/users/${id}`)).status).toBe(204);
    expect((await client.get(`/users/${id}`)).status).toBe(404);
    const filter = encodeURIComponent("onPremisesImmutableId eq 'Z29uZQ=='");
    const list = await client.get(
      `/directory/deletedItems/microsoft.graph.user?$filter=${filter}&$select=id,userPrincipalName,deletedDateTime`,
    );
    expect(list.list()).toEqual([
      { id, userPrincipalName: `${id.replaceAll('-', '')}gone@contoso.com`, deletedDateTime: expect.any(String) },
    ]);
  });

  test('comes back with its memberships and its UPN', async () => {
    const id = await client.createUser('back');
    const group = await client.createGroup('back', { 'members@odata.bind': [referenceTo(id)] });
    await client.delete(`/users/${id}`);
    expect(await restore(id)).toEqual([200, undefined]);
    expect((await client.get(`/users/${id}`)).at('userPrincipalName')).toBe('back@contoso.com');
    expect((await client.get(`/groups/${group}/members`)).list().map((member) => member['id'])).toEqual([id]);
  });

  test('cannot come back while its UPN is taken, but can under another', async () => {
    const id = await client.createUser('twice');
    await client.delete(`/users/${id}`);
    await client.createUser('twice');
    expect((await restore(id))[0]).toBe(400);
    expect(await restore(id, { newUserPrincipalName: 'thrice@contoso.com' })).toEqual([200, undefined]);
  });

  test('cannot come back while an address is taken, unless it may be left out', async () => {
    const id = await client.createUser('addr', { mail: 'addr-old@contoso.com' });
    await client.delete(`/users/${id}`);
    await client.createUser('addr2', { mail: 'addr-old@contoso.com' });
    expect((await restore(id))[1]).toBe(
      'Another object with the same value for property proxyAddresses already exists.',
    );
    expect(await restore(id, { autoReconcileProxyConflict: true })).toEqual([200, undefined]);
    expect((await client.get(`/users/${id}?$select=proxyAddresses`)).at('proxyAddresses')).toEqual([]);
  });

  test('releases its licences', async () => {
    const own = await GraphClient.start({
      seed: { licences: [{ skuId: '30000000-0000-4000-8000-000000000001', skuPartNumber: 'E3', enabled: 1 }] },
      roles: ['User.ReadWrite.All', 'Directory.Read.All'],
    });
    const add = {
      addLicenses: [{ skuId: '30000000-0000-4000-8000-000000000001', disabledPlans: [] }],
      removeLicenses: [],
    };
    const ann = await own.createUser('ann');
    expect((await own.post(`/users/${ann}/assignLicense`, add)).at('error', 'message')).toBe(
      'License assignment cannot be done for user with invalid usage location.',
    );
    await own.patch(`/users/${ann}`, { usageLocation: 'DE' });
    expect((await own.post(`/users/${ann}/assignLicense`, add)).status).toBe(200);
    const bob = await own.createUser('bob', { usageLocation: 'DE' });
    expect((await own.post(`/users/${bob}/assignLicense`, add)).at('error', 'message')).toBe(
      'Subscription with SKU 30000000-0000-4000-8000-000000000001 does not have any available licenses.',
    );
    await own.delete(`/users/${ann}`);
    expect((await own.get('/subscribedSkus')).at('value', 0, 'consumedUnits')).toBe(0);
    expect((await own.post(`/users/${bob}/assignLicense`, { addLicenses: [] })).status).toBe(400);
    await own.close();
  });
});

describe('after 30 days', () => {
  test('a soft-deleted object is gone for good', async () => {
    const own = await GraphClient.start();
    const id = await own.createUser('old');
    await own.delete(`/users/${id}`);
    await own.control('POST', '/clock', { advance: '29d' });
    own.forgetToken();
    expect((await own.get(`/directory/deletedItems/${id}`)).status).toBe(200);
    await own.control('POST', '/clock', { advance: '2d' });
    own.forgetToken();
    expect((await own.get(`/directory/deletedItems/${id}`)).status).toBe(404);
    expect((await own.send('POST', `/directory/deletedItems/${id}/restore`)).status).toBe(404);
    await own.close();
  });
});

describe('groups', () => {
  test('a security group comes back with its members', async () => {
    const user = await client.createUser('stays');
    const group = await client.createGroup('returns', { 'members@odata.bind': [referenceTo(user)] });
    await client.delete(`/groups/${group}`);
    expect((await client.get(`/users/${user}/memberOf`)).list()).toEqual([]);
    expect(await restore(group)).toEqual([200, undefined]);
    expect((await client.get(`/groups/${group}/members`)).list().map((member) => member['id'])).toEqual([user]);
  });

  test('or is gone at once, when that is assumed', async () => {
    const own = await GraphClient.start({ assumptions: { softDeleteSecurityGroups: false } });
    const group = await own.createGroup('purged');
    await own.delete(`/groups/${group}`);
    expect((await own.get(`/directory/deletedItems/${group}`)).status).toBe(404);
    await own.close();
  });
});
