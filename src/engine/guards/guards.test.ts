import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  user,
} from '../../../test/memory/memory-lab.ts';

async function company(guards: MemoryLabOptions['guards']): Promise<MemoryLab> {
  const lab = await createMemoryLab({ ...(guards === undefined ? {} : { guards }) });
  for (let number = 0; number < 20; number++) lab.source.put(user(`u${number}`));
  for (let number = 0; number < 4; number++) lab.source.put(group(`g${number}`, ['u0']));
  expect(await lab.sync()).toMatchObject({ outcome: 'done' });
  return lab;
}

function removeUsers(lab: MemoryLab, count: number): void {
  for (let number = 0; number < count; number++) lab.source.remove(guid(`u${number}`));
}

describe('the guard against deletions', () => {
  test('lets as many pass as are allowed, and not one more', async () => {
    const lab = await company({ deletions: { count: 3, percent: 100 } });
    removeUsers(lab, 3);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 3 } });
    for (let number = 3; number < 7; number++) lab.source.remove(guid(`u${number}`));
    const result = await lab.sync();
    expect(result).toMatchObject({ outcome: 'blocked', done: {}, plan: { state: 'blocked' } });
    expect(result.message).toContain('deletes 4 objects, and 3 were deleted within the last 24 hours; at most 3');
    expect(lab.target.written.delete).toBe(3);
  });

  test('counts percent for each type on its own', async () => {
    const lab = await company({ deletions: { count: 100, percent: 20 } });
    removeUsers(lab, 4);
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    lab.source.remove(guid('g1'));
    const result = await lab.plan();
    expect(result.plan.guards.filter((guard) => guard.blocked).map((guard) => guard.name)).toEqual([
      'deletions-percent-group',
    ]);
  });

  test('lets an approved plan pass, remembers by whom, and stands again for the next', async () => {
    const lab = await company({ deletions: { count: 1, percent: 100 } });
    removeUsers(lab, 2);
    const plan = await lab.plan();
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'blocked' });
    expect(await lab.apply(plan, 'jane')).toMatchObject({ outcome: 'done', done: { delete: 2 } });
    expect(await lab.store.apply.plan(plan.plan.id)).toMatchObject({ state: 'applied', approvedBy: 'jane' });
    lab.source.remove(guid('u5'));
    lab.source.remove(guid('u6'));
    expect(await lab.sync()).toMatchObject({ outcome: 'blocked' });
  });

  test('holds the same plan back until the objects return, which need nothing then', async () => {
    const lab = await company({ deletions: { count: 1, percent: 100 } });
    removeUsers(lab, 2);
    await lab.sync();
    expect(await lab.sync()).toMatchObject({ outcome: 'blocked' });
    lab.source.put(user('u0'));
    lab.source.put(user('u1'));
    for (let number = 0; number < 4; number++)
      lab.source.edit(guid(`g${number}`), { references: { member: { add: [guid('u0')] } } });
    const result = await lab.sync();
    expect(await lab.operations(result)).toEqual([]);
    expect(result.outcome).toBe('done');
    expect(lab.tenant()['group g1']).toMatchObject({ member: ['u0'] });
  });
});

describe('the guard against a shrunken source', () => {
  test('stops a plan on an empty source', async () => {
    const lab = await company({ sourceShrink: { percent: 100, atLeast: 1 } });
    removeUsers(lab, 20);
    for (let number = 0; number < 4; number++) lab.source.remove(guid(`g${number}`));
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(result.message).toContain('The source corp is empty; it held 24');
  });

  test('stops a plan on one that holds no group any more while the users are there', async () => {
    const lab = await company({ sourceShrink: { percent: 100, atLeast: 3 } });
    for (let number = 0; number < 4; number++) lab.source.remove(guid(`g${number}`));
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(result.message).toBe('The source corp holds no group any more, of 4.');
    lab.source.put(group('g1', ['u0']));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 3 } });
  });

  test('compares with the source of that name though the configuration has it read something else', async () => {
    const lab = await company({ sourceShrink: { percent: 25, atLeast: 3 } });
    const other = createDirectory('corp');
    for (let number = 0; number < 10; number++) other.put(user(`u${number}`));
    const [source] = lab.context.sources;
    if (source === undefined) throw new Error('no source');
    lab.context = { ...lab.context, sources: [{ ...source, connector: other }] };
    const result = await lab.sync({ full: true });
    expect(result.outcome).toBe('blocked');
    expect(result.message).toContain('The source corp holds 10 users, groups and contacts; it held 24 before');
  });

  test('stops a plan on one that lost more than allowed, also bit by bit while nothing is carried out', async () => {
    const lab = await company({ sourceShrink: { percent: 25, atLeast: 1 } });
    removeUsers(lab, 5);
    await lab.plan();
    removeUsers(lab, 6);
    expect((await lab.plan()).plan.state).toBe('ready');
    removeUsers(lab, 7);
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(result.message).toContain('holds 17 users, groups and contacts; it held 24 before');
  });

  test('stands until somebody approves, also while there is nothing to write', async () => {
    const lab = await company({ sourceShrink: { percent: 25, atLeast: 1 } });
    for (let number = 0; number < 20; number++)
      lab.source.put(user(`f${number}`, { mailNickname: 'SystemMailbox{1}' }));
    await lab.sync();
    for (let number = 0; number < 20; number++) lab.source.remove(guid(`f${number}`));
    expect(await lab.sync()).toMatchObject({ outcome: 'blocked', plan: { operations: 0 } });
    lab.source.put(user('new'));
    expect(await lab.sync({ full: true })).toMatchObject({ outcome: 'blocked' });
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done', done: { create: 1 } });
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
  });

  test('takes what an administrator has approved for the new size', async () => {
    const lab = await company({ sourceShrink: { percent: 25, atLeast: 1 } });
    removeUsers(lab, 10);
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done' });
    lab.source.remove(guid('u10'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
  });

  test('is not fooled by a read that broke off: nothing at all is taken as deleted', async () => {
    const lab = await company({});
    lab.source.refuseWatermarks('another invocation id');
    lab.source.failNextRead(0);
    await expect(lab.sync()).rejects.toMatchObject({ code: 'directory-interrupted' });
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });
});
