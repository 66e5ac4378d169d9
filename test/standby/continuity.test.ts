import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listPlan } from '../scenarios/plan-list.ts';
import { LOUD, type Person, type Server, SKU, TwoServers } from './two-servers.ts';

const PEOPLE: readonly Person[] = [
  { name: 'ada' },
  { name: 'grace' },
  { name: 'kurt' },
  { name: 'staff', members: ['ada', 'grace'] },
];

let company: TwoServers;
let one: Server;
let two: Server;

beforeEach(async () => {
  company = await TwoServers.start(PEOPLE);
  one = await company.server('one');
  two = await company.server('two');
  await one.takeOver();
  await one.sync();
  await two.sync();
});

afterEach(async () => company.stop());

async function replaceByTwo(): Promise<void> {
  await two.sync();
  await company.pass(91);
  await two.takeOver();
}

function without(...names: readonly string[]): readonly Person[] {
  return PEOPLE.filter(({ name }) => !names.includes(name));
}

async function planned(server: Server): Promise<readonly string[]> {
  const app = server.app('plan');
  return (await listPlan(app)).map(({ action, name }) => `${action} ${name}`);
}

describe('after a takeover', () => {
  test('the history of the other server is known: a run of it can be undone', async () => {
    await company.write([...without('ada'), { name: 'ada', title: 'Countess' }]);
    await one.sync();
    await replaceByTwo();
    const run = (await two.app('runs').runs(20)).find(
      (each) => each.command.endsWith('of one)') && each.done['update'] === 1,
    );
    expect(run).toMatchObject({ outcome: 'done', done: { update: 1 } });
    const { plan } = await two.app('undo').undo(run?.id ?? '');
    expect(plan.operations).toBe(1);
    const [change] = await listPlan(two.app('plan'));
    expect(change).toMatchObject({ action: 'update', name: 'ada@contoso.com' });
    const [told] = await two.app('explain').explain('ada@contoso.com');
    expect(JSON.stringify(told)).toContain('Countess');
  });

  test('what was taken apart by hand stays apart', async () => {
    await one.app('unlink').unlink('kurt@contoso.com');
    await company.write([...without('kurt'), { name: 'kurt', title: 'Logician' }]);
    expect(await one.sync()).toMatchObject({ plan: { operations: 0 } });
    await replaceByTwo();
    expect(await two.sync()).toMatchObject({ plan: { operations: 0 } });
    expect(await two.findings('held-apart')).toMatchObject([{ object: { name: expect.stringContaining('kurt') } }]);
    expect((await company.users())['kurt']).toBe(null);
    await two.app('link').link('kurt@contoso.com', 'kurt@contoso.com');
    expect(await two.sync()).toMatchObject({ done: { link: 1 } });
    expect((await company.users())['kurt']).toBe('Logician');
  });

  test('who was leaving leaves when he was told to', async () => {
    const deletions = { disableFirst: true, after: '14d' };
    await one.configure({ deletions });
    await one.sync();
    await two.sync();
    await company.write(without('kurt'));
    await one.sync();
    expect((await company.users('accountEnabled'))['kurt']).toBe(false);
    await company.pass(10 * 24 * 60);
    await one.sync();
    await replaceByTwo();
    expect(await two.sync()).toMatchObject({ plan: { operations: 0 } });
    await company.pass(3 * 24 * 60);
    expect(await two.sync()).toMatchObject({ plan: { operations: 0 } });
    await company.pass(24 * 60);
    expect(await two.sync()).toMatchObject({ done: { delete: 1 } });
    expect(Object.keys(await company.users()).sort()).toEqual(['ada', 'grace']);
  });

  test('what left through the other server within a day counts for the guards', async () => {
    const guards = { deletions: { count: 2, percent: 100 }, sourceShrink: { percent: 100, atLeast: 1_000_000 } };
    await one.configure({ guards });
    await one.sync();
    await company.write(without('kurt'));
    expect(await one.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
    await replaceByTwo();
    await company.write([{ name: 'ada' }]);
    const result = await two.sync();
    expect(result.outcome).toBe('blocked');
    expect(result.plan.guards.find((guard) => guard.name === 'deletions')).toMatchObject({ found: 3, blocked: true });
  });

  test('what the other server wrote and never told, because it was killed, is found in the tenant and not made twice', async () => {
    await company.write([...PEOPLE, { name: 'emmy' }]);
    await one.sync();
    await company.forgetChanges('one');
    await company.pass(91);
    await two.takeOver();
    expect(await two.sync()).toMatchObject({ plan: { operations: 0 } });
    expect((await company.dump()).users).toHaveLength(4);
  });

  test('what the other server wrote is no drift, also where drift is left alone', async () => {
    await one.configure({ drift: { default: 'leave' } });
    await one.sync();
    await two.sync();
    await company.write([...without('ada'), { name: 'ada', title: 'Countess' }]);
    await one.sync();
    await company.write(PEOPLE);
    await replaceByTwo();
    await two.sync();
    expect(await two.findings('drift-left')).toEqual([]);
    expect((await company.users())['ada']).toBe(null);
  });

  test('a user that the other server deleted comes back as the same one, with his licences', async () => {
    await company.license('kurt');
    const before = (await company.users('id'))['kurt'];
    await company.write(without('kurt'));
    await one.sync();
    await replaceByTwo();
    await company.write(PEOPLE);
    await two.sync();
    expect((await company.users('id'))['kurt']).toBe(before);
    expect((await company.users('assignedLicenses'))['kurt']).toMatchObject([{ skuId: SKU }]);
  });
});

describe('the plan of the server that stands by', () => {
  test('does not differ when it wants what the other one has done', async () => {
    await company.write([
      ...without('ada', 'staff'),
      { name: 'ada', title: 'Countess' },
      { name: 'staff', members: ['ada'] },
    ]);
    await two.sync();
    expect(await planned(two)).toHaveLength(2);
    expect((await two.standby()).difference?.counts).toEqual({ contradicts: 0, onlyHere: 0, waitsThere: 0, notYet: 2 });
    await company.pass(10);
    await one.sync();
    const { standby } = await two.sync();
    expect(standby?.difference).toMatchObject({ operations: 0, differences: [] });
    expect(await two.findings()).toEqual([]);
  });

  test('contradicts it where a rule is another one, and says with both values what the other one wrote', async () => {
    await two.configure({
      standby: { folder: company.shared, server: 'two', follow: false },
      rules: ['standard', './loud.yaml'],
    });
    await two.writeFile('loud.yaml', LOUD);
    await company.write([...without('ada'), { name: 'ada', title: 'Countess' }]);
    await one.sync();
    expect((await two.sync()).standby?.difference?.counts).toMatchObject({ contradicts: 0, notYet: 1 });
    await company.pass(10);
    await one.sync();
    const { standby } = await two.sync();
    expect(standby?.difference).toMatchObject({
      counts: { contradicts: 1, notYet: 0 },
      differences: [{ kind: 'contradicts', attribute: 'jobTitle', here: 'COUNTESS', there: 'Countess' }],
    });
    expect(await two.findings('standby-differs')).toMatchObject([
      {
        severity: 'warning',
        object: { name: 'ada@contoso.com' },
        attribute: 'jobTitle',
        cause: expect.stringMatching(
          /would change jobTitle of ada@contoso.com from "Countess" to "COUNTESS", but one, which writes to the tenant, has written otherwise/,
        ),
      },
    ]);
    const { text, code } = await two.commandLine('standby');
    expect(code).toBe(0);
    expect(text).toContain('Written otherwise by the server that writes: 1');
    expect(await one.findings('standby-differs')).toEqual([]);
  });

  test('tells what waits on the other server too, behind which guard', async () => {
    const guards = { deletions: { count: 1, percent: 100 } };
    await one.configure({ guards });
    await company.write([{ name: 'ada' }, { name: 'staff', members: ['ada'] }]);
    expect((await one.sync()).outcome).toBe('blocked');
    const { standby } = await two.sync();
    expect(standby?.difference).toMatchObject({
      counts: { waitsThere: 2, contradicts: 0 },
      blockedThere: ['deletions'],
    });
  });

  test('tells what it alone has wanted for longer than the other one has not run', async () => {
    await company.write([...PEOPLE, { name: 'emmy' }]);
    await two.sync();
    await company.write(PEOPLE);
    await company.pass(10);
    await one.sync();
    await company.pass(10);
    await company.write([...PEOPLE, { name: 'emmy' }]);
    const { standby } = await two.sync();
    expect(standby?.difference).toMatchObject({ counts: { onlyHere: 1 }, differences: [{ name: 'emmy@contoso.com' }] });
    expect(await two.findings('standby-differs')).toHaveLength(1);
  });
});
