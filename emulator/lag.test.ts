import { afterEach, beforeEach, expect, test } from 'vitest';
import { GraphClient, groupBody, referenceTo, userBody } from './graph-client.ts';

let client: GraphClient;
let now = Date.now();

beforeEach(async () => {
  client = await GraphClient.start({ lag: 5000, now: () => now, assumptions: { emptyDeltaPages: false } });
  now += 10_000;
});

afterEach(() => client.close());

test('a new object is 404 until it has replicated', async () => {
  const id = await client.createUser('late');
  expect((await client.get(`/users/${id}`)).status).toBe(404);
  expect((await client.get('/users')).list()).toEqual([]);
  expect((await client.patch(`/users/${id}`, { jobTitle: 'x' })).status).toBe(404);
  now += 5000;
  expect((await client.get(`/users/${id}`)).status).toBe(200);
});

test('uniqueness does not wait', async () => {
  await client.createUser('late');
  expect((await client.post('/users', userBody('late'))).status).toBe(400);
});

test('a change is read late, and told late by a delta', async () => {
  const id = await client.createUser('ann');
  now += 5000;
  const first = await client.readAll('/users/delta?$select=jobTitle');
  await client.patch(`/users/${id}`, { jobTitle: 'Lead' });
  expect((await client.get(`/users/${id}?$select=jobTitle`)).at('jobTitle')).toBeNull();
  const early = await client.readAll(first.deltaLink);
  expect(early.entries).toEqual([]);
  now += 5000;
  expect((await client.readAll(early.deltaLink)).entries).toEqual([{ id, jobTitle: 'Lead' }]);
});

test('members of a new group, and new members, are refused with the text of the service', async () => {
  const message = 'The source resource object or one of the objects being referenced do not exist.';
  const user = await client.createUser('ann');
  now += 5000;
  const group = await client.createGroup('new');
  const bind = { 'members@odata.bind': [referenceTo(user)] };
  const early = await client.patch(`/groups/${group}`, bind);
  expect([early.status, early.at('error', 'message')]).toEqual([400, message]);
  now += 5000;
  expect((await client.patch(`/groups/${group}`, bind)).status).toBe(204);
  const fresh = await client.createUser('fresh');
  const refused = await client.post('/groups', { ...groupBody('other'), 'members@odata.bind': [referenceTo(fresh)] });
  expect([refused.status, refused.at('error', 'message')]).toEqual([400, message]);
});

test('a new group is known by its key to an upsert alone, and its members wait', async () => {
  const user = await client.createUser('ann');
  now += 5000;
  const path = "/groups(uniqueName='team')";
  const upsert = { Prefer: 'create-if-missing' };
  expect((await client.send('PATCH', path, groupBody('team'), upsert)).status).toBe(201);
  expect((await client.send('PATCH', path, { description: 'again' }, upsert)).status).toBe(204);
  expect((await client.send('PATCH', path, { description: 'update' })).status).toBe(404);
  const bind = { 'members@odata.bind': [referenceTo(user)] };
  expect((await client.send('PATCH', path, bind, upsert)).status).toBe(400);
  const one = { '@odata.id': referenceTo(user) };
  expect((await client.post(`${path}/members/$ref`, one)).status).toBe(400);
  now += 5000;
  expect((await client.post(`${path}/members/$ref`, one)).status).toBe(204);
});

test('a deleted object is still read for a while', async () => {
  const id = await client.createUser('ann');
  now += 5000;
  await client.delete(`/users/${id}`);
  expect((await client.get(`/users/${id}`)).status).toBe(200);
  now += 5000;
  expect((await client.get(`/users/${id}`)).status).toBe(404);
});

test('a deletion that has not replicated cannot be restored yet, and what is restored already is 404, too', async () => {
  const id = await client.createUser('ann');
  now += 5000;
  await client.delete(`/users/${id}`);
  const restore = `/directory/deletedItems/${id}/restore`;
  expect((await client.post(restore, {})).status).toBe(404);
  now += 5000;
  expect((await client.post(restore, {})).status).toBe(200);
  expect((await client.get(`/directory/deletedItems/${id}`)).status).toBe(200);
  expect((await client.post(restore, {})).status).toBe(404);
  now += 5000;
  expect((await client.get(`/users/${id}`)).status).toBe(200);
});
