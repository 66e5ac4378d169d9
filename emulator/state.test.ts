import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphClient, type JsonObject, referenceTo } from './graph-client.ts';
import { startEmulator } from './server.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  file = join(folder, 'state.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the state file', () => {
  test('makes no object twice with one id, though the sequence of a seed begins again with each start', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `user${at}`);
    const ids: string[] = [];
    for (const start of ['first', 'second']) {
      const client = await GraphClient.start({ stateFile: file, randomSeed: 7 });
      for (const name of names) ids.push(await client.createUser(`${start}.${name}`));
      await client.close();
    }
    expect(new Set(ids).size).toBe(60);
  });

  test('keeps the tenant, its identity, and the delta tokens of clients over a restart', async () => {
    const options = { stateFile: file, assumptions: { emptyDeltaPages: false } };
    const before = await GraphClient.start(options);
    const [ann, bob] = [await before.createUser('ann'), await before.createUser('bob', { jobTitle: 'Lead' })];
    const gone = await before.createUser('gone', { onPremisesImmutableId: 'Z29uZQ==' });
    const purged = await before.createUser('purged');
    const group = await before.createGroup('team', { 'members@odata.bind': [referenceTo(ann), referenceTo(gone)] });
    await before.send('PUT', `/users/${ann}/manager/$ref`, { '@odata.id': referenceTo(bob) });
    const users = await before.readAll('/users/delta?$select=jobTitle,manager');
    const groups = await before.readAll('/groups/delta?$select=members');
    await before.patch(`/users/${bob}`, { jobTitle: null });
    await before.delete(`/users/${gone}`);
    await before.delete(`/users/${purged}`);
    await before.delete(`/directory/deletedItems/${purged}`);
    await before.delete(`/users/${ann}/manager/$ref`);
    await before.delete(`/groups/${group}/members/${ann}/$ref`);
    await before.post(`/groups/${group}/members/$ref`, { '@odata.id': referenceTo(bob) });
    const dump = (await before.control('GET', '/dump')).body;
    const expected = [await before.readAll(users.deltaLink), await before.readAll(groups.deltaLink)].map(
      (round) => round.entries,
    );
    await before.close();

    const after = await GraphClient.start(options);
    expect(after.emulator).toMatchObject({
      tenantId: before.emulator.tenantId,
      clientSecret: before.emulator.clientSecret,
    });
    expect((await after.control('GET', '/dump')).body).toEqual(dump);
    const move = (link: string): string => link.replace(before.emulator.url, after.emulator.url);
    const found = [await after.readAll(move(users.deltaLink)), await after.readAll(move(groups.deltaLink))];
    const sort = (entries: readonly JsonObject[]): unknown =>
      [...entries].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
    expect(found.map((round) => sort(round.entries))).toEqual(expected.map(sort));
    expect((await after.send('POST', `/directory/deletedItems/${gone}/restore`)).status).toBe(200);
    await after.close();
  });

  test('with its journal holds whatever was answered, though the process ended without warning', async () => {
    const options = { stateFile: file, domains: ['contoso.com'], throttle: 'off' as const };
    const before = await GraphClient.start(options);
    await before.control('POST', '/clock', { advance: '2d' });
    before.forgetToken();
    await before.control('POST', '/seed', { domains: [{ id: 'later.com' }] });
    const ann = await before.createUser('ann');
    await before.createGroup('team', { 'members@odata.bind': [referenceTo(ann)] });
    await before.delete(`/users/${await before.createUser('gone')}`);
    // What the disk holds while the emulator is still running is all that a killed one leaves.
    const left = join(folder, 'left.json');
    copyFileSync(file, left);
    copyFileSync(`${file}.journal`, `${left}.journal`);
    appendFileSync(`${left}.journal`, '[1,[{"type":"crea');
    const dump = (await before.control('GET', '/dump')).body;
    const after = await GraphClient.start({ ...options, stateFile: left });
    expect((await after.control('GET', '/dump')).body).toEqual(dump);
    expect(after.emulator.clientSecret).toBe(before.emulator.clientSecret);
    expect(Date.parse((await after.get('/organization')).headers.get('date') ?? '')).toBeGreaterThan(
      Date.now() + 86_400_000,
    );
    await before.close();
    await after.close();
  });

  test('forgets with a reset what the journal held before it', async () => {
    const before = await GraphClient.start({ stateFile: file });
    await before.createUser('old');
    await before.control('POST', '/reset');
    await before.createUser('new');
    const left = join(folder, 'left.json');
    copyFileSync(file, left);
    copyFileSync(`${file}.journal`, `${left}.journal`);
    const after = await GraphClient.start({ stateFile: left });
    expect((await after.get('/users')).list().map((user) => user['userPrincipalName'])).toEqual(['new@contoso.com']);
    await before.close();
    await after.close();
  });

  test('is written when changes have settled, not only at the end', async () => {
    const client = await GraphClient.start({ stateFile: file });
    await client.createUser('early');
    await expect.poll(() => readFileSync(file, 'utf8').includes('early@contoso.com'), { timeout: 20_000 }).toBe(true);
    await client.close();
  });

  test('of another tenant, or of no emulator, is refused by name', async () => {
    const client = await GraphClient.start({ stateFile: file, tenant: 'one.onmicrosoft.com' });
    await client.close();
    await expect(startEmulator({ stateFile: file, tenant: 'two.onmicrosoft.com' })).rejects.toThrow(
      /state\.json keeps a tenant/,
    );
    writeFileSync(file, '{"format":99}');
    await expect(startEmulator({ stateFile: file })).rejects.toThrow(/not a state file/);
  });
});

describe('the seed', () => {
  test('plants what Graph would not take, and can be planted later', async () => {
    const seed = {
      users: [
        { userPrincipalName: 'boss@contoso.com', displayName: 'Boss' },
        {
          userPrincipalName: 'ann@contoso.com',
          displayName: 'Ann',
          manager: 'boss@contoso.com',
          proxyAddresses: ['SMTP:ann@contoso.com'],
        },
      ],
      groups: [{ displayName: 'Team', members: ['ann@contoso.com'], mailEnabled: true }],
    };
    const client = await GraphClient.start({ seed });
    expect((await client.get('/users/ann@contoso.com/manager')).at('displayName')).toBe('Boss');
    const reply = await client.control('POST', '/seed', { groups: [{ displayName: 'More', members: ['Team'] }] });
    expect(reply.body).toEqual({ users: 0, groups: 1, licences: 0 });
    const dump = await client.control('GET', '/dump');
    expect(dump.list('groups').map((group) => group['displayName'])).toEqual(['Team', 'More']);
    expect(dump.at('groups', 1, 'members', 0)).toBe(dump.at('groups', 0, 'id'));
    await client.close();
  });

  test('takes passwords and licences in the form of Graph, and keeps no password', async () => {
    const sku = { skuId: '10000000-0000-4000-8000-000000000009', skuPartNumber: 'PACK', prepaidUnits: { enabled: 3 } };
    const ann = { userPrincipalName: 'ann@contoso.com', passwordProfile: { password: 'Correct-horse1' } };
    const client = await GraphClient.start({ seed: { users: [ann], licences: [sku] }, stateFile: file });
    const grant = { grant_type: 'password', username: 'ann@contoso.com', password: 'Correct-horse1' };
    expect((await client.signIn({ ...client.secretFields(), ...grant })).status).toBe(200);
    expect((await client.get('/subscribedSkus')).at('value', 0, 'prepaidUnits', 'enabled')).toBe(3);
    expect(readFileSync(file, 'utf8')).not.toContain('Correct-horse1');
    await client.close();
  });

  test('that is wrong is refused with what is wrong', async () => {
    await expect(startEmulator({ seed: { people: [] } })).rejects.toThrow(/no 'people'/);
    const seed = { groups: [{ displayName: 'Team', members: ['nobody'] }] };
    await expect(startEmulator({ seed })).rejects.toThrow(/refers to 'nobody'/);
    const twice = { users: ['a@contoso.com', 'A@contoso.com'].map((userPrincipalName) => ({ userPrincipalName })) };
    await expect(startEmulator({ seed: twice })).rejects.toThrow(/'a@contoso.com' twice/);
  });

  test('that is wrong leaves the tenant as it was', async () => {
    const client = await GraphClient.start();
    const before = (await client.control('GET', '/dump')).body;
    const user = { userPrincipalName: 'ann@contoso.com', manager: 'nobody' };
    expect((await client.control('POST', '/seed', { domains: [{ id: 'x.com' }], users: [user] })).status).toBe(400);
    expect((await client.control('GET', '/dump')).body).toEqual(before);
    await client.close();
  });
});

describe('a reset', () => {
  test('brings the seed back and keeps tokens good', async () => {
    const client = await GraphClient.start({
      seed: { users: [{ userPrincipalName: 'ann@contoso.com', displayName: 'Ann' }] },
    });
    await client.createUser('bob');
    await client.delete('/users/ann@contoso.com');
    expect((await client.control('POST', '/reset')).status).toBe(204);
    expect((await client.get('/users')).list().map((user) => user['displayName'])).toEqual(['Ann']);
    await client.close();
  });
});
