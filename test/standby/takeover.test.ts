import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Server, TwoServers } from './two-servers.ts';

let company: TwoServers;
let one: Server;
let two: Server;

beforeEach(async () => {
  company = await TwoServers.start([{ name: 'ada' }, { name: 'grace' }, { name: 'staff', members: ['ada'] }]);
  one = await company.server('one');
  two = await company.server('two');
});

afterEach(async () => company.stop());

/** The first server has filled the tenant and the second one has looked at it. */
async function inStep(): Promise<void> {
  await one.takeOver();
  await one.sync();
  await two.sync();
}

describe('of two servers', () => {
  test('none writes before one was told to', async () => {
    await expect(one.sync()).rejects.toMatchObject({ code: 'standby-unclaimed', exitCode: 2 });
    expect((await one.app('plan').plan(false)).plan.operations).toBe(3);
    expect(await company.directoryWrites()).toBe(0);
  });

  test('the one that was told writes, and the other one plans and is content', async () => {
    expect((await one.takeOver()).isActive).toBe(true);
    expect(await one.sync()).toMatchObject({ outcome: 'done', done: { create: 3 }, standby: { isActive: true } });
    const writes = await company.directoryWrites();
    const { standby, ...result } = await two.sync();
    expect(result).toMatchObject({ outcome: 'done', done: {}, plan: { operations: 0 } });
    expect(standby).toMatchObject({ isActive: false, active: { server: 'one' }, difference: { operations: 0 } });
    expect(await company.directoryWrites()).toBe(writes);
    expect(await two.findings()).toEqual([]);
  });

  test('the one that stands by refuses whatever would write', async () => {
    await inStep();
    const refused = { code: 'standby-only', message: expect.stringContaining('one writes') };
    await expect(two.app('apply').apply(undefined, false)).rejects.toMatchObject(refused);
    await expect(two.app('undo').undo('1')).rejects.toMatchObject(refused);
    await expect(two.app('unlink').unlink('ada@contoso.com')).rejects.toMatchObject(refused);
    expect((await two.commandLine('apply')).code).toBe(2);
  });

  test('neither takes the other one for a stranger', async () => {
    await inStep();
    await company.write([{ name: 'ada' }, { name: 'kurt' }]);
    await one.sync();
    await two.sync();
    await company.pass(91);
    await two.takeOver();
    await company.write([{ name: 'ada' }, { name: 'kurt' }, { name: 'emmy' }]);
    await two.sync();
    await one.sync();
    expect([...(await one.findings('another-server')), ...(await two.findings('another-server'))]).toEqual([]);
  });
});

describe('taking over', () => {
  test('is refused while the other server is alive, with when it counts as dead', async () => {
    await inStep();
    await company.pass(60);
    await expect(two.takeOver()).rejects.toMatchObject({
      code: 'server-alive',
      exitCode: 3,
      message: expect.stringMatching(
        /one \(.*\) gave its last sign of life 60 minutes ago.*counts as dead in 30 minutes/,
      ),
    });
    const { code, text } = await two.commandLine('take-over');
    expect(code).toBe(3);
    expect(text).toContain('dirbridge hand-over');
    expect((await two.sync()).standby?.isActive).toBe(false);
  });

  test('of one that is dead goes on where it ended; when it wakes, it stands by', async () => {
    await inStep();
    await company.pass(91);
    expect(await two.takeOver()).toMatchObject({ isActive: true, term: { term: 2, previous: 'one', forced: false } });
    await company.write([
      { name: 'ada', title: 'Countess' },
      { name: 'grace' },
      { name: 'staff', members: ['ada', 'grace'] },
    ]);
    const woken = await one.sync();
    expect(woken).toMatchObject({ outcome: 'done', done: {}, plan: { operations: 2 }, standby: { isActive: false } });
    expect(await two.sync()).toMatchObject({ outcome: 'done', done: { update: 2 }, failed: 0 });
    expect(await company.users()).toEqual({ ada: 'Countess', grace: null });
    expect(await one.sync()).toMatchObject({ plan: { operations: 0 } });
  });

  test('is possible at once when the other server hands over, and back again', async () => {
    await inStep();
    await one.app('hand-over').handOver();
    expect((await one.sync()).standby).toMatchObject({ isActive: false, term: { server: 'one' } });
    expect(await two.takeOver()).toMatchObject({ isActive: true });
    await expect(one.app('hand-over').handOver()).rejects.toMatchObject({ code: 'standby-only' });
    await two.app('hand-over').handOver();
    expect(await one.takeOver()).toMatchObject({ isActive: true, term: { term: 3 } });
  });

  test('by a server that handed the tenant over is possible again, when nobody else did', async () => {
    await inStep();
    await one.app('hand-over').handOver();
    expect(await one.takeOver()).toMatchObject({ isActive: true, term: { term: 2, server: 'one' } });
    expect((await one.sync()).standby?.isActive).toBe(true);
  });

  test('by two servers at the same moment succeeds for one alone', async () => {
    await inStep();
    const three = await company.server('three');
    await three.sync();
    await company.pass(91);
    const ends = await Promise.allSettled([two.takeOver(), three.takeOver()]);
    expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected']);
    const roles = await Promise.all([two.standby(), three.standby()]);
    expect(roles.map((role) => role.isActive).sort()).toEqual([false, true]);
  });

  test('by force stops the other server before its next write, and nothing is lost', async () => {
    await inStep();
    const many = Array.from({ length: 120 }, (_, index) => ({ name: `user${index}` }));
    await company.write([{ name: 'ada' }, { name: 'grace' }, { name: 'staff', members: ['ada'] }, ...many]);
    await company.control('faults', [{ match: 'POST /v1.0/$batch', times: 1, fault: 'slow', delay: '1s' }]);
    const writing = one.sync().then(
      () => 'ended by itself',
      (error: unknown) => error,
    );
    await company.waitFor(async () => (await company.requests('/v1.0/$batch')) > 0);
    await two.takeOver(true);
    expect(await writing).toMatchObject({ code: 'server-replaced', exitCode: 4 });
    expect(await two.sync()).toMatchObject({ outcome: 'done', failed: 0, standby: { isActive: true } });
    const { users } = await company.dump();
    expect(users).toHaveLength(122);
    expect(new Set(users.map((user) => user['onPremisesImmutableId'])).size).toBe(122);
    expect(await two.sync()).toMatchObject({ plan: { operations: 0 } });
    expect(await one.sync()).toMatchObject({ plan: { operations: 0 }, standby: { isActive: false } });
  });

  test('is refused on a server that is in staging mode for good', async () => {
    await inStep();
    await two.configure({ staging: true });
    await company.pass(91);
    await expect(two.takeOver()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('staging') });
  });
});

describe('a folder that the servers cannot use', () => {
  test('keeps the server that writes from writing', async () => {
    await inStep();
    await company.write([{ name: 'ada', title: 'Countess' }]);
    await rename(company.shared, `${company.shared}.away`);
    const writes = await company.directoryWrites();
    await expect(one.sync()).rejects.toMatchObject({ code: 'standby-folder', exitCode: 4 });
    expect(await company.directoryWrites()).toBe(writes);
    await rename(`${company.shared}.away`, company.shared);
    expect(await one.sync()).toMatchObject({ outcome: 'done', failed: 0 });
  });

  test('is told from one that is empty because nothing is mounted there', async () => {
    await inStep();
    await rename(`${company.shared}/terms`, `${company.shared}/elsewhere`);
    for (const server of [one, two])
      await expect(server.sync()).rejects.toMatchObject({
        code: 'standby-folder',
        message: expect.stringContaining('not mounted'),
      });
  });

  test('is one in which another host goes by the same name', async () => {
    await inStep();
    await company.rewritePresence('one', (presence) => ({ ...presence, host: 'elsewhere' }));
    await expect(one.sync()).rejects.toMatchObject({ code: 'server-name-taken', exitCode: 2 });
  });
});
