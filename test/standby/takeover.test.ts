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
    expect((await one.sync()).standby).toMatchObject({ isActive: false, term: { server: null, previous: 'one' } });
    expect(await two.takeOver()).toMatchObject({ isActive: true });
    await expect(one.app('hand-over').handOver()).rejects.toMatchObject({ code: 'standby-only' });
    await two.app('hand-over').handOver();
    expect(await one.takeOver()).toMatchObject({ isActive: true, term: { term: 5 } });
  });

  test('by a server that handed the tenant over is possible again, when nobody else did', async () => {
    await inStep();
    await one.app('hand-over').handOver();
    expect(await one.takeOver()).toMatchObject({ isActive: true, term: { term: 3, server: 'one' } });
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

  test('by force stops also what waits to be sent again: the value of the new server stays', async () => {
    const people = Array.from({ length: 60 }, (_, index) => ({ name: `user${index}` }));
    await one.takeOver();
    await company.write(people);
    await one.sync();
    await two.sync();
    await company.write(people.map((person) => ({ ...person, title: 'old' })));
    await company.control('faults', [{ match: 'PATCH /v1.0/users/{id}', times: 60, fault: '429', retryAfter: 2 }]);
    const writing = one.sync().then(
      () => 'ended by itself',
      (error: unknown) => error,
    );
    await company.waitFor(async () => (await company.requests('/v1.0/users/{id}')) >= 60);
    await two.takeOver(true);
    await company.control('faults', undefined, 'DELETE');
    await company.write(people.map((person) => ({ ...person, title: 'new' })));
    await two.sync();
    expect(await writing).toMatchObject({ code: 'server-replaced' });
    expect(new Set(Object.values(await company.users()))).toEqual(new Set(['new']));
  });

  test('takes over the configuration first, also what was changed since the last cycle', async () => {
    await inStep();
    await one.configure({ schedule: { every: '20m' } });
    await one.app('hand-over').handOver();
    const taken = await two.app('take-over').takeOver(false);
    expect(taken.followed).toMatchObject([{ key: 'schedule.every', b: '20m' }]);
    await one.sync();
    expect(await one.readConfig()).toMatchObject({ schedule: { every: '20m' } });
  });

  test('goes on although the other server told something that cannot be read', async () => {
    await inStep();
    await company.tellNonsense('one');
    await company.pass(91);
    await expect(two.sync()).rejects.toMatchObject({
      code: 'standby-folder',
      message: expect.stringContaining('a line that this version cannot read: {"id":"?"}'),
    });
    expect(await two.takeOver()).toMatchObject({ isActive: true });
  });

  test('is refused on a server that is in staging mode for good', async () => {
    await inStep();
    await two.configure({ staging: true });
    await company.pass(91);
    await expect(two.takeOver()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('staging') });
  });
});

describe('a server is known by its store, not by its name', () => {
  test('a copy of the one that writes does not write, and is told so', async () => {
    await inStep();
    const copy = await company.server('copy', { standby: { folder: company.shared, server: 'one' } });
    await company.write([{ name: 'ada', title: 'Countess' }]);
    expect((await copy.sync()).standby?.isActive).toBe(false);
    expect((await copy.commandLine('status')).text).toContain('has a new store');
    await expect(copy.app('apply').apply(undefined, false)).rejects.toMatchObject({
      message: expect.stringContaining('with a new store'),
    });
    expect((await one.sync()).done).toMatchObject({ update: 1 });
  });

  test('one of another host does not become the one that writes when the first is silent', async () => {
    await inStep();
    await company.rewritePresence('one', (presence) => ({ ...presence, host: 'elsewhere', identity: 'another' }));
    await company.pass(91);
    const copy = await company.server('copy', { standby: { folder: company.shared, server: 'one' } });
    expect((await copy.sync()).standby?.isActive).toBe(false);
  });

  test('one that handed the tenant over stands by, also when its sign of life is lost', async () => {
    await inStep();
    await one.app('hand-over').handOver();
    await rename(`${company.shared}/servers`, `${company.shared}/lost`);
    expect((await one.sync()).standby?.isActive).toBe(false);
  });

  test('one that is called otherwise from now on takes nothing of its own for that of another', async () => {
    await inStep();
    await one.configure({ standby: { folder: company.shared, server: 'uno' } });
    await one.takeOver(true);
    await one.sync();
    const runs = await one.app('runs').runs(20);
    expect(runs.filter(({ command }) => command.includes(' of one)'))).toEqual([]);
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
    await company.rewritePresence('one', (presence) => ({ ...presence, host: 'elsewhere', identity: 'another' }));
    await expect(one.sync()).rejects.toMatchObject({ code: 'server-name-taken', exitCode: 2 });
  });
});
