import { describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';

async function settle(lab: MemoryLab): Promise<void> {
  await lab.sync();
  expect(await lab.operations(await lab.plan())).toEqual([]);
}

describe('a reference resolves as soon as both ends are there', () => {
  test('when the member comes before the group', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    await settle(lab);
    lab.source.put(group('staff', ['ann']));
    await settle(lab);
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann'] });
  });

  test('when the group comes before the member, in a cycle of its own', async () => {
    const lab = await createMemoryLab();
    lab.source.put(group('staff', ['ann', 'bob']));
    await settle(lab);
    expect(lab.tenant()['group staff']).not.toHaveProperty('member');
    lab.source.put(user('ann'));
    await settle(lab);
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann'] });
    lab.source.put(user('bob'));
    await settle(lab);
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann', 'bob'] });
  });

  test('when the manager comes later', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', {}, { manager: 'boss' }));
    await settle(lab);
    lab.source.put(user('boss'));
    await settle(lab);
    expect(lab.tenant()['user ann']).toMatchObject({ manager: ['boss'] });
  });

  test('when everything comes at once, in any order', async () => {
    const lab = await createMemoryLab();
    lab.source.put(group('all', ['staff', 'ann']));
    lab.source.put(group('staff', ['ann']));
    lab.source.put(user('ann', {}, { manager: 'boss' }));
    lab.source.put(user('boss'));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({
      'group all': { member: ['ann', 'staff'] },
      'group staff': { member: ['ann'] },
      'user ann': { manager: ['boss'] },
    });
  });
});

describe('groups in groups', () => {
  test('are created before the groups that hold them', async () => {
    const lab = await createMemoryLab();
    for (const [name, members] of [
      ['a', ['b']],
      ['b', ['c']],
      ['c', []],
    ] as const)
      lab.source.put(group(name, members));
    expect(await lab.operations(await lab.plan())).toEqual([
      'create group c',
      'create group b: +1',
      'create group a: +1',
    ]);
  });

  test('and persons that refer to themselves need no operation of their own for that', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('boss', {}, { manager: 'boss' }));
    lab.source.put(group('a', ['a', 'boss']));
    expect(await lab.operations(await lab.plan())).toEqual(['create user boss', 'create group a: +2']);
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user boss': { manager: ['boss'] }, 'group a': { member: ['a', 'boss'] } });
  });

  test('in a circle are created, and the circle is closed at the end', async () => {
    const lab = await createMemoryLab();
    lab.source.put(group('a', ['b']));
    lab.source.put(group('b', ['c']));
    lab.source.put(group('c', ['a']));
    const plan = await lab.plan();
    const operations = await lab.allOperations(plan);
    expect(operations.map((one) => one.action)).toEqual(['create', 'create', 'create', 'update']);
    for (const one of operations) for (const before of one.after) expect(Number(before)).toBeLessThan(Number(one.id));
    const applied = await lab.apply(plan);
    expect(applied).toMatchObject({ outcome: 'done', failed: 0, done: { create: 3 } });
    expect(lab.tenant()).toMatchObject({
      'group a': { member: ['b'] },
      'group b': { member: ['c'] },
      'group c': { member: ['a'] },
    });
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });

  test('may hold themselves', async () => {
    const lab = await createMemoryLab();
    lab.source.put(group('a', ['a']));
    await settle(lab);
    expect(lab.tenant()['group a']).toMatchObject({ member: ['a'] });
  });
});

describe('a manager', () => {
  test('is changed with one request', async () => {
    const lab = await createMemoryLab();
    for (const name of ['low', 'mid', 'top']) lab.source.put(user(name));
    lab.source.put(user('ann', {}, { manager: 'mid' }));
    await settle(lab);
    for (const [from, to] of [
      ['mid', 'low'],
      ['low', 'top'],
      ['top', 'mid'],
    ] as const) {
      const before = lab.target.written.refer;
      lab.source.edit(guid('ann'), { references: { manager: { add: [guid(to)], remove: [guid(from)] } } });
      await settle(lab);
      expect(lab.tenant()['user ann']).toMatchObject({ manager: [to] });
      expect(lab.target.written.refer - before).toBe(1);
    }
    lab.source.edit(guid('ann'), { references: { manager: { remove: [guid('mid')] } } });
    await settle(lab);
    expect(lab.tenant()['user ann']).not.toHaveProperty('manager');
  });

  test('may be the report of the report: both are created, then both are told', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', {}, { manager: 'bob' }));
    lab.source.put(user('bob', {}, { manager: 'ann' }));
    const plan = await lab.plan();
    for (const one of await lab.allOperations(plan))
      for (const before of one.after) expect(Number(before)).toBeLessThan(Number(one.id));
    expect(await lab.apply(plan)).toMatchObject({ failed: 0, done: { create: 2 } });
    expect(lab.tenant()).toMatchObject({ 'user ann': { manager: ['bob'] }, 'user bob': { manager: ['ann'] } });
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });

  test('outside the scope is worth knowing until he comes in', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('boss', { adminDescription: 'User_hidden' }));
    lab.source.put(user('ann', {}, { manager: 'boss' }));
    await settle(lab);
    expect(await lab.findings()).toMatchObject([
      {
        code: 'reference-out-of-scope',
        severity: 'info',
        object: { name: 'ann@contoso.com' },
        otherObject: { name: 'boss@contoso.com' },
      },
    ]);
    lab.source.edit(guid('boss'), { attributes: { adminDescription: null } });
    await settle(lab);
    expect(await lab.findings()).toEqual([]);
    expect(lab.tenant()['user ann']).toMatchObject({ manager: ['boss'] });
    lab.source.edit(guid('boss'), { attributes: { adminDescription: 'User_hidden' } });
    await settle(lab);
    expect(await lab.findings('reference-out-of-scope')).toHaveLength(1);
    expect(lab.tenant()['user ann']).not.toHaveProperty('manager');
  });

  test('who is filtered out by a rule and let in again is known to all his reports', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('boss', { mailNickname: 'SystemMailbox{1}' }));
    lab.source.put(user('ann', {}, { manager: 'boss' }));
    await settle(lab);
    expect(await lab.findings('reference-out-of-scope')).toHaveLength(1);
    lab.source.edit(guid('boss'), { attributes: { mailNickname: 'boss' } });
    await settle(lab);
    expect(lab.tenant()['user ann']).toMatchObject({ manager: ['boss'] });
    expect(await lab.findings()).toEqual([]);
    lab.source.edit(guid('boss'), { attributes: { mailNickname: 'SystemMailbox{1}' } });
    await settle(lab);
    expect(await lab.findings('reference-out-of-scope')).toHaveLength(1);
  });
});

describe('references of an object that could not be created at first', () => {
  test('come with it when it can', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('boss'));
    lab.source.put(user('ann', { mailNickname: 'SystemMailbox{1}' }, { manager: 'boss' }));
    lab.source.put(group('mail', ['boss'], { mail: 'mail@contoso.com' }));
    await settle(lab);
    expect(Object.keys(lab.tenant())).toEqual(['user boss']);
    lab.source.edit(guid('ann'), { attributes: { mailNickname: 'ann' } });
    lab.source.edit(guid('mail'), { attributes: { mail: null } });
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user ann': { manager: ['boss'] }, 'group mail': { member: ['boss'] } });
  });
});
