import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, groupBody, type Reply, referenceTo } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
});

afterAll(() => client.close());

const ABSENT = '00000000-0000-4000-8000-000000000000';

function add(group: string, member: string): Promise<Reply> {
  return client.post(`/groups/${group}/members/$ref`, { '@odata.id': referenceTo(member) });
}

async function membersOf(group: string): Promise<readonly unknown[]> {
  return (await client.get(`/groups/${group}/members?$select=id`)).list().map((member) => member['id']);
}

describe('members', () => {
  test('one that is there already is refused with the text of the service', async () => {
    const [user, group] = [await client.createUser('m1'), await client.createGroup('m1')];
    expect((await add(group, user)).status).toBe(204);
    const again = await add(group, user);
    expect([again.status, again.at('error', 'message')]).toEqual([
      400,
      "One or more added object references already exist for the following modified properties: 'members'.",
    ]);
  });

  test('a reference that is no proper URL is refused', async () => {
    const group = await client.createGroup('m0');
    for (const id of ['nonsense', 'https://graph.microsoft.com/v1.0/users/%ZZ', 5, null]) {
      expect((await client.post(`/groups/${group}/members/$ref`, { '@odata.id': id })).status).toBe(400);
    }
  });

  test('removing one that is not there is 404', async () => {
    const [user, group] = [await client.createUser('m2'), await client.createGroup('m2')];
    expect((await client.delete(`/groups/${group}/members/${user}/$ref`)).status).toBe(404);
    await add(group, user);
    expect((await client.delete(`/groups/${group}/members/${user}/$ref`)).status).toBe(204);
    expect(await membersOf(group)).toEqual([]);
  });

  test('one that does not exist is 404, nonsense is 400', async () => {
    const group = await client.createGroup('m3');
    expect((await add(group, ABSENT)).status).toBe(404);
    expect((await add(group, 'nonsense')).status).toBe(400);
    expect((await client.post(`/groups/${group}/members/$ref`, { '@odata.id': 'nonsense' })).status).toBe(400);
  });

  test('up to 20 in one PATCH, all of them or none', async () => {
    const group = await client.createGroup('m4');
    const users = await Promise.all(Array.from({ length: 21 }, (_, at) => client.createUser(`m4-${at}`)));
    const bind = (ids: readonly string[]): Promise<Reply> =>
      client.patch(`/groups/${group}`, { 'members@odata.bind': ids.map(referenceTo) });
    expect((await bind(users)).status).toBe(400);
    expect((await bind(users.slice(0, 20))).status).toBe(204);
    const last = users[20] ?? '';
    expect((await bind([last, users[0] ?? ''])).status).toBe(400);
    expect(await membersOf(group)).toEqual(users.slice(0, 20));
    expect((await bind([last, ABSENT])).status).toBe(404);
    expect((await membersOf(group)).length).toBe(20);
  });

  test('a creation with a bad member creates nothing', async () => {
    const body = { ...groupBody('m5'), uniqueName: 'm5', 'members@odata.bind': [referenceTo(ABSENT)] };
    expect((await client.post('/groups', body)).status).toBe(404);
    expect((await client.get("/groups(uniqueName='m5')")).status).toBe(404);
  });

  test('security groups nest, also in a circle; Microsoft 365 groups do not', async () => {
    const [outer, inner] = [await client.createGroup('outer'), await client.createGroup('inner')];
    expect((await add(outer, inner)).status).toBe(204);
    expect((await add(inner, outer)).status).toBe(204);
    const team = await client.createGroup('m365', {
      mailEnabled: true,
      groupTypes: ['Unified'],
      securityEnabled: false,
    });
    expect((await add(team, inner)).status).toBe(400);
    expect((await add(outer, team)).status).toBe(400);
    const back = await client.get(`/groups/${inner}/memberOf`);
    expect(back.list().map((group) => group['id'])).toEqual([outer]);
  });

  test('lists go in pages and can be cast to a type', async () => {
    const group = await client.createGroup('m6');
    const users = await Promise.all(Array.from({ length: 5 }, (_, at) => client.createUser(`m6-${at}`)));
    for (const user of users) await add(group, user);
    await add(group, await client.createGroup('m6-inner'));
    const all = await client.readAll(`/groups/${group}/members?$top=2`);
    expect([all.pages, all.entries.length]).toEqual([3, 6]);
    expect(all.entries[5]?.['@odata.type']).toBe('#microsoft.graph.group');
    const cast = await client.readAll(`/groups/${group}/members/microsoft.graph.user?$select=displayName`);
    expect(cast.entries.map((entry) => entry['displayName']).sort()).toEqual(users.map((_, at) => `m6-${at}`));
  });
});

describe('manager', () => {
  test('is set, read, expanded and removed; without one it is 404', async () => {
    const [user, boss] = [await client.createUser('worker'), await client.createUser('boss')];
    expect((await client.get(`/users/${user}/manager`)).status).toBe(404);
    expect((await client.send('PUT', `/users/${user}/manager/$ref`, { '@odata.id': referenceTo(boss) })).status).toBe(
      204,
    );
    expect((await client.get(`/users/${user}/manager`)).at('id')).toBe(boss);
    expect((await client.get(`/users/${user}?$select=id&$expand=manager($select=id)`)).at('manager', 'id')).toBe(boss);
    expect((await client.get(`/users/${boss}/directReports`)).list().map((report) => report['id'])).toEqual([user]);
    expect((await client.delete(`/users/${user}/manager/$ref`)).status).toBe(204);
    expect((await client.delete(`/users/${user}/manager/$ref`)).status).toBe(404);
  });

  test('is gone when the manager is deleted', async () => {
    const [user, boss] = [await client.createUser('worker2'), await client.createUser('boss2')];
    await client.send('PUT', `/users/${user}/manager/$ref`, { '@odata.id': referenceTo(boss) });
    await client.delete(`/users/${boss}`);
    expect((await client.get(`/users/${user}/manager`)).status).toBe(404);
  });
});

describe('getByIds', () => {
  test('gives what it finds, by type', async () => {
    const [user, group] = [await client.createUser('byid'), await client.createGroup('byid')];
    const both = await client.post('/directoryObjects/getByIds', { ids: [user, group, ABSENT] });
    expect(
      both
        .list()
        .map((object) => object['@odata.type'])
        .sort(),
    ).toEqual(['#microsoft.graph.group', '#microsoft.graph.user']);
    const users = await client.post('/directoryObjects/getByIds', { ids: [user, group], types: ['user'] });
    expect(users.list().map((object) => object['id'])).toEqual([user]);
  });

  test('takes at most 1,000', async () => {
    expect((await client.post('/directoryObjects/getByIds', { ids: Array(1001).fill(ABSENT) })).status).toBe(400);
  });
});
