import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, groupBody, type Reply, userBody } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
});

afterAll(() => client.close());

function expectTaken(reply: Reply, property: string): void {
  const message = `Another object with the same value for property ${property} already exists.`;
  expect([reply.status, reply.at('error', 'code'), reply.at('error', 'message')]).toEqual([
    400,
    'Request_BadRequest',
    message,
  ]);
  expect(reply.at('error', 'details', 0)).toEqual({ code: 'ObjectConflict', message, target: property });
}

describe('one value, one object', () => {
  test('a UPN is taken whatever its case, until it is changed', async () => {
    const id = await client.createUser('upn');
    expectTaken(
      await client.post('/users', { ...userBody('upn2'), userPrincipalName: 'UPN@Contoso.com' }),
      'userPrincipalName',
    );
    await client.patch(`/users/${id}`, { userPrincipalName: 'moved@contoso.com' });
    expect((await client.post('/users', userBody('upn'))).status).toBe(201);
  });

  test('an anchor is compared with its case', async () => {
    await client.createUser('anchor1', { onPremisesImmutableId: 'AbC=' });
    expectTaken(
      await client.post('/users', { ...userBody('anchor2'), onPremisesImmutableId: 'AbC=' }),
      'onPremisesImmutableId',
    );
    expect((await client.post('/users', { ...userBody('anchor3'), onPremisesImmutableId: 'aBc=' })).status).toBe(201);
  });

  test('a soft-deleted user keeps its anchor and gives its UPN free', async () => {
    const id = await client.createUser('gone', { onPremisesImmutableId: 'Z29uZQ==' });
    await client.delete(`/users/${id}`);
    expectTaken(
      await client.post('/users', { ...userBody('heir'), onPremisesImmutableId: 'Z29uZQ==' }),
      'onPremisesImmutableId',
    );
    expect((await client.post('/users', userBody('gone'))).status).toBe(201);
    await client.delete(`/directory/deletedItems/${id}`);
    expect((await client.post('/users', { ...userBody('heir'), onPremisesImmutableId: 'Z29uZQ==' })).status).toBe(201);
  });

  test('an address is taken across users and groups', async () => {
    await client.createUser('mail1', { mail: 'shared@contoso.com' });
    expectTaken(await client.post('/users', { ...userBody('mail2'), mail: 'Shared@contoso.com' }), 'proxyAddresses');
    const group = { ...groupBody('shared'), mailEnabled: true, groupTypes: ['Unified'], securityEnabled: false };
    expectTaken(await client.post('/groups', group), 'proxyAddresses');
  });

  test('the nickname is unique among Microsoft 365 groups only', async () => {
    const unified = { mailEnabled: true, groupTypes: ['Unified'], securityEnabled: false };
    await client.createGroup('team', unified);
    expectTaken(await client.post('/groups', { ...groupBody('team'), ...unified }), 'mailNickname');
    expect((await client.post('/groups', groupBody('team'))).status).toBe(201);
  });

  test('uniqueName is taken, also by a soft-deleted group', async () => {
    const id = await client.createGroup('key', { uniqueName: 'key-1' });
    expectTaken(await client.post('/groups', { ...groupBody('key2'), uniqueName: 'key-1' }), 'uniqueName');
    await client.delete(`/groups/${id}`);
    expectTaken(await client.post('/groups', { ...groupBody('key2'), uniqueName: 'key-1' }), 'uniqueName');
  });
});

describe('mail becomes the primary proxy address', () => {
  test('the former primary stays as a secondary, and no mail leaves none', async () => {
    const id = await client.createUser('proxy', { mail: 'one@contoso.com' });
    const read = async (): Promise<unknown> =>
      (await client.get(`/users/${id}?$select=proxyAddresses`)).at('proxyAddresses');
    expect(await read()).toEqual(['SMTP:one@contoso.com']);
    await client.patch(`/users/${id}`, { mail: 'two@contoso.com' });
    expect(await read()).toEqual(['SMTP:two@contoso.com', 'smtp:one@contoso.com']);
    await client.patch(`/users/${id}`, { mail: null });
    expect(await read()).toEqual([]);
  });

  test('a refused change leaves both as they were', async () => {
    await client.createUser('holder', { mail: 'held@contoso.com' });
    const id = await client.createUser('wisher', { mail: 'own@contoso.com' });
    expectTaken(await client.patch(`/users/${id}`, { mail: 'held@contoso.com', jobTitle: 'x' }), 'proxyAddresses');
    const read = await client.get(`/users/${id}?$select=mail,jobTitle,proxyAddresses`);
    expect([read.at('mail'), read.at('jobTitle'), read.at('proxyAddresses')]).toEqual([
      'own@contoso.com',
      null,
      ['SMTP:own@contoso.com'],
    ]);
  });
});

test('a slash in a key may be refused, when that is assumed', async () => {
  const path = "/groups(uniqueName='a%2Fb')";
  const create = { prefer: 'create-if-missing' };
  expect((await client.patch(path, groupBody('slash'), create)).at('uniqueName')).toBe('a/b');
  const strict = await GraphClient.start({ assumptions: { refuseSlashInKeys: true } });
  const refused = await strict.patch(path, groupBody('slash'), create);
  expect([refused.status, refused.at('error', 'code')]).toEqual([400, 'BadRequest']);
  await strict.close();
});

describe('PATCH /groups(uniqueName)', () => {
  const create = { prefer: 'create-if-missing' };

  test('creates once and then updates: repeating it is safe', async () => {
    const body = { ...groupBody('upsert'), description: 'first' };
    const path = "/groups(uniqueName='upsert-1')";
    expect((await client.patch(path, body)).status).toBe(404);
    const made = await client.patch(path, body, create);
    expect([made.status, made.at('uniqueName')]).toEqual([201, 'upsert-1']);
    expect((await client.patch(path, { ...body, description: 'second' }, create)).status).toBe(204);
    const read = await client.get(path);
    expect([read.at('id'), read.at('description')]).toEqual([made.at('id'), 'second']);
    expect((await client.get("/groups/(uniqueName='upsert-1')")).at('id')).toBe(made.at('id'));
  });
});
