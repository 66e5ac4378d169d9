import { afterEach, describe, expect, test } from 'vitest';
import { GraphClient, type JsonObject, referenceTo } from '../graph-client.ts';
import type { EmulatorOptions } from '../options.ts';

let client: GraphClient;

async function start(options: EmulatorOptions = {}): Promise<void> {
  client = await GraphClient.start({ assumptions: { emptyDeltaPages: false, ...options.assumptions }, ...options });
}

afterEach(() => client.close());

const USERS = '/users/delta?$select=displayName,jobTitle,department';
const GROUPS = '/groups/delta?$select=displayName,members';

describe('users/delta', () => {
  test('the first round tells everything, the next only what changed', async () => {
    await start();
    const ann = await client.createUser('ann', { jobTitle: 'Engineer', department: 'R&D' });
    await client.createUser('bob');
    const first = await client.readAll(USERS);
    expect(first.entries.map((entry) => entry['displayName'])).toEqual(['ann', 'bob']);
    await client.patch(`/users/${ann}`, { jobTitle: 'Lead', city: 'Berlin' });
    const second = await client.readAll(first.deltaLink);
    expect(second.entries).toEqual([{ id: ann, jobTitle: 'Lead' }]);
    expect((await client.readAll(second.deltaLink)).entries).toEqual([]);
  });

  test('the same link can be read again and says the same', async () => {
    await start();
    const ann = await client.createUser('ann');
    const { deltaLink } = await client.readAll(USERS);
    await client.patch(`/users/${ann}`, { department: 'R&D' });
    const once = await client.readAll(deltaLink);
    expect((await client.readAll(deltaLink)).entries).toEqual(once.entries);
  });

  test('never set properties are left out, cleared ones are null', async () => {
    await start({ assumptions: { sparseDelta: false } });
    const ann = await client.createUser('ann', { jobTitle: 'Engineer' });
    const first = await client.readAll(USERS);
    expect(first.entries).toEqual([{ id: ann, displayName: 'ann', jobTitle: 'Engineer' }]);
    await client.patch(`/users/${ann}`, { jobTitle: null });
    const whole = await client.readAll(first.deltaLink);
    expect(whole.entries).toEqual([{ id: ann, displayName: 'ann', jobTitle: null }]);
    const minimal = await client.readAll(first.deltaLink, { prefer: 'return=minimal' });
    expect(minimal.entries).toEqual([{ id: ann, jobTitle: null }]);
  });

  test('a change of what was not selected is not told', async () => {
    await start();
    const ann = await client.createUser('ann');
    const { deltaLink } = await client.readAll(USERS);
    await client.patch(`/users/${ann}`, { city: 'Berlin' });
    expect((await client.readAll(deltaLink)).entries).toEqual([]);
  });

  test('a deletion is "changed" while it can be restored and "deleted" afterwards', async () => {
    await start();
    const ann = await client.createUser('ann', { jobTitle: 'Engineer' });
    const first = await client.readAll(USERS);
    await client.delete(`/users/${ann}`);
    const second = await client.readAll(first.deltaLink);
    expect(second.entries).toEqual([{ id: ann, '@removed': { reason: 'changed' } }]);
    await client.post(`/directory/deletedItems/${ann}/restore`, {});
    const third = await client.readAll(second.deltaLink);
    expect(third.entries).toEqual([{ id: ann, displayName: 'ann', jobTitle: 'Engineer' }]);
    await client.delete(`/users/${ann}`);
    await client.delete(`/directory/deletedItems/${ann}`);
    const fourth = await client.readAll(third.deltaLink);
    expect(fourth.entries).toEqual([{ id: ann, '@removed': { reason: 'deleted' } }]);
  });

  test('the manager is told when it is selected', async () => {
    await start();
    const ann = await client.createUser('ann');
    const bob = await client.createUser('bob');
    const first = await client.readAll('/users/delta?$select=displayName,manager');
    await client.send('PUT', `/users/${ann}/manager/$ref`, { '@odata.id': referenceTo(bob) });
    const second = await client.readAll(first.deltaLink);
    expect(second.entries).toEqual([
      { id: ann, 'manager@delta': [{ '@odata.type': '#microsoft.graph.user', id: bob }] },
    ]);
    await client.delete(`/users/${ann}/manager/$ref`);
    const third = await client.readAll(second.deltaLink);
    expect(third.entries).toEqual([
      {
        id: ann,
        'manager@delta': [{ '@odata.type': '#microsoft.graph.user', id: bob, '@removed': { reason: 'deleted' } }],
      },
    ]);
  });

  test('a filter takes ids only', async () => {
    await start();
    const ann = await client.createUser('ann');
    await client.createUser('bob');
    const filter = encodeURIComponent(`id eq '${ann}'`);
    expect((await client.readAll(`${USERS}&$filter=${filter}`)).entries.map((entry) => entry['id'])).toEqual([ann]);
    const refused = await client.get(`${USERS}&$filter=${encodeURIComponent("displayName eq 'ann'")}`);
    expect(refused.status).toBe(400);
  });

  test('latest gives a link without reading', async () => {
    await start();
    await client.createUser('ann');
    const latest = await client.readAll(`${USERS}&$deltatoken=latest`);
    expect(latest.entries).toEqual([]);
    const bob = await client.createUser('bob');
    expect((await client.readAll(latest.deltaLink)).entries.map((entry) => entry['id'])).toEqual([bob]);
  });
});

describe('groups/delta', () => {
  test('members are told as additions and removals', async () => {
    await start();
    const ann = await client.createUser('ann');
    const bob = await client.createUser('bob');
    const group = await client.createGroup('team', { 'members@odata.bind': [referenceTo(ann)] });
    const first = await client.readAll(GROUPS);
    expect(first.entries).toEqual([
      { id: group, displayName: 'team', 'members@delta': [{ '@odata.type': '#microsoft.graph.user', id: ann }] },
    ]);
    await client.post(`/groups/${group}/members/$ref`, { '@odata.id': referenceTo(bob) });
    await client.delete(`/groups/${group}/members/${ann}/$ref`);
    const second = await client.readAll(first.deltaLink);
    expect(second.entries).toEqual([
      {
        id: group,
        'members@delta': [
          { '@odata.type': '#microsoft.graph.user', id: bob },
          { '@odata.type': '#microsoft.graph.user', id: ann, '@removed': { reason: 'deleted' } },
        ],
      },
    ]);
  });

  test('a deleted member leaves the group without a word', async () => {
    await start();
    const ann = await client.createUser('ann');
    const group = await client.createGroup('team', { 'members@odata.bind': [referenceTo(ann)] });
    const { deltaLink } = await client.readAll(GROUPS);
    await client.delete(`/users/${ann}`);
    expect((await client.readAll(deltaLink)).entries).toEqual([]);
    expect((await client.get(`/groups/${group}/members`)).list()).toEqual([]);
  });

  test('a big group comes in parts, and the object is repeated', async () => {
    await start({ deltaLinkPageSize: 3 });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, at) => client.createUser(`user${at}`)));
    const group = await client.createGroup('big', { 'members@odata.bind': ids.map(referenceTo) });
    const round = await client.readAll(GROUPS);
    expect(round.entries.length).toBeGreaterThan(1);
    expect(round.entries.every((entry) => entry['id'] === group)).toBe(true);
    const members = round.entries.flatMap((entry) => (entry['members@delta'] ?? []) as readonly JsonObject[]);
    expect(members.map((member) => String(member['id'])).sort()).toEqual([...ids].sort());
  });

  test('what changes while a round is read is told by the next one', async () => {
    await start({ deltaPageSize: 2 });
    const ids = [];
    for (const name of ['a', 'b', 'c', 'd']) ids.push(await client.createGroup(name));
    const page = await client.get(GROUPS);
    await client.patch(`/groups/${ids[0]}`, { displayName: 'changed' });
    const rest = await client.readAll(page.textAt('@odata.nextLink'));
    const names = [...page.list(), ...rest.entries].map((entry) => entry['displayName']);
    expect(names).toEqual(['a', 'b', 'c', 'd']);
    expect((await client.readAll(rest.deltaLink)).entries).toEqual([{ id: ids[0], displayName: 'changed' }]);
  });
});

describe('delta tokens', () => {
  test('an altered one is badly formed', async () => {
    await start();
    const { deltaLink } = await client.readAll(USERS);
    const altered = await client.get(deltaLink.replace('deltatoken=ey', 'deltatoken=eY'));
    expect([altered.status, altered.at('error', 'code'), altered.at('error', 'message')]).toEqual([
      400,
      'BadRequest',
      'Badly formed token.',
    ]);
    expect(altered.headers.get('location')).toBeNull();
  });

  test('one older than 7 days is gone, and Location says where to begin again', async () => {
    await start();
    await client.createUser('ann');
    const { deltaLink } = await client.readAll(USERS);
    await client.control('POST', '/clock', { advance: '8d' });
    client.forgetToken();
    const gone = await client.get(deltaLink);
    expect(gone.status).toBe(410);
    const location = gone.headers.get('location') ?? '';
    expect(location).toMatch(/\/v1\.0\/users\/delta\?\$deltatoken=$/);
    expect((await client.readAll(location)).entries.length).toBe(1);
  });

  test('one from before a reset is gone', async () => {
    await start();
    const { deltaLink } = await client.readAll(USERS);
    await client.control('POST', '/reset');
    const gone = await client.get(deltaLink);
    expect([gone.status, gone.at('error', 'code')]).toEqual([410, 'syncStateNotFound']);
  });

  test('one of another resource is answered with nothing', async () => {
    await start();
    await client.createUser('ann');
    const { deltaLink } = await client.readAll(GROUPS);
    const reply = await client.get(deltaLink.replace('/groups/delta', '/users/delta'));
    expect([reply.status, reply.list()]).toEqual([200, []]);
  });

  test('options beside a token, and options that delta does not take, are 501', async () => {
    await start();
    const { deltaLink } = await client.readAll(USERS);
    expect((await client.get(`${deltaLink}&$select=mail`)).status).toBe(501);
    expect((await client.get(`${USERS}&$top=5`)).status).toBe(501);
  });

  test('rounds may hold empty pages that go on', async () => {
    await start({ assumptions: { emptyDeltaPages: true } });
    await client.createUser('ann');
    const first = await client.readAll(USERS);
    expect([first.entries.length, first.pages]).toEqual([1, 2]);
    expect((await client.readAll(first.deltaLink)).pages).toBe(1);
  });
});
