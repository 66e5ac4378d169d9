import { describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, group, guid, type MemoryLab, user } from '../../../test/memory/memory-lab.ts';
import type { NotUndone } from '../../model/plan.ts';
import type { CycleResult } from '../run.ts';
import { runUndo } from '../run.ts';

/** Three users, one the manager of another, and two groups, in step with the tenant. */
async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  lab.source.put(user('ann', { title: 'Boss', department: 'Board' }, { manager: 'bob' }));
  lab.source.put(user('bob', { title: 'Clerk' }));
  lab.source.put(user('cem'));
  lab.source.put(group('staff', ['ann', 'bob']));
  lab.source.put(group('fire', ['cem']));
  await lab.sync();
  return lab;
}

function undo(lab: MemoryLab, result: CycleResult): Promise<CycleResult> {
  return runUndo(lab.context, result.run, `undo ${result.run}`);
}

function notUndone(lab: MemoryLab, { plan }: CycleResult): Promise<readonly NotUndone[]> {
  return lab.store.undo.notUndone(plan.id, 0, 1000);
}

function idOf(lab: MemoryLab, name: string): string {
  return lab.target.find(anchorOf(name))?.anchor ?? 'none';
}

/** Applies the undoing of a run, after which the tenant is what it was; then the next plan does what the run did. */
async function expectUndone(lab: MemoryLab, run: CycleResult, before: ReturnType<MemoryLab['tenant']>): Promise<void> {
  const did = [...(await lab.operations(run))].map(head).sort();
  const undoing = await undo(lab, run);
  expect(undoing.plan.undoes).toBe(run.run);
  expect(await notUndone(lab, undoing)).toEqual([]);
  expect(await lab.apply(undoing)).toMatchObject({ outcome: 'done', failed: 0 });
  expect(lab.tenant()).toEqual(before);
  const again = (await lab.operations(await lab.plan())).map(head).sort();
  expect(again).toEqual(did);
}

/** A user who was made by a run comes back out of the recycle bin. */
function head(operation: string): string {
  return operation.replace(/^create user/, 'restore user');
}

describe('a run that changed values', () => {
  test('is undone: values, managers and memberships are what they were, and the next plan honestly does it all again', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.source.put(user('ann', { title: 'Wrong' }, { manager: 'cem' }));
    lab.source.put(user('bob', { title: 'Clerk', department: 'Wrong' }));
    lab.source.put(group('staff', ['ann', 'cem']));
    const run = await lab.sync();
    const undoing = await undo(lab, run);
    expect([...(await lab.operations(undoing))].sort()).toEqual([
      'update group staff: +1, -1',
      'update user ann: jobTitle Boss, department Board, manager bob@contoso.com',
      'update user bob: department -',
    ]);
    expect(lab.tenant()).not.toEqual(before);
    await expectUndone(lab, run, before);
    // And that is what a sync does, unless the cause is put right.
    await lab.sync();
    expect(lab.tenant()).not.toEqual(before);
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });

  test('leaves what somebody changed since, and names both values', async () => {
    const lab = await company();
    lab.source.put(user('ann', { title: 'Wrong', department: 'Wrong' }, { manager: 'cem' }));
    const run = await lab.sync();
    lab.target.tenant.edit(idOf(lab, 'ann'), {
      attributes: { title: 'By hand' },
      references: { manager: { add: [idOf(lab, 'staff')], remove: [idOf(lab, 'cem')] } },
    });
    const undoing = await undo(lab, run);
    expect(await lab.operations(undoing)).toEqual(['update user ann: department Board']);
    expect(await notUndone(lab, undoing)).toMatchObject([
      { name: 'ann@contoso.com', attribute: 'jobTitle', values: { written: 'Wrong', now: 'By hand' } },
      { name: 'ann@contoso.com', attribute: 'manager', values: { written: 'cem@contoso.com', now: 'staff' } },
    ]);
  });

  test('has nothing left to undo where somebody has put it back by hand', async () => {
    const lab = await company();
    lab.source.put(user('ann', { title: 'Wrong', department: 'Board' }, { manager: 'bob' }));
    const run = await lab.sync();
    lab.target.tenant.edit(idOf(lab, 'ann'), { attributes: { title: 'Boss' } });
    const undoing = await undo(lab, run);
    expect(undoing.plan).toMatchObject({ operations: 0, state: 'ready' });
    expect(await notUndone(lab, undoing)).toEqual([]);
  });

  test('in which two users swapped their names is undone though each name is taken', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.source.put(
      user('ann', { title: 'Boss', department: 'Board', userPrincipalName: 'bob@contoso.com' }, { manager: 'bob' }),
    );
    lab.source.put(user('bob', { title: 'Clerk', userPrincipalName: 'ann@contoso.com' }));
    const run = await lab.sync();
    const undoing = await undo(lab, run);
    expect(await notUndone(lab, undoing)).toEqual([]);
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.tenant()).toEqual(before);
  });

  test('does not get a name back that somebody else has by now', async () => {
    const lab = await company();
    lab.source.put(user('bob', { title: 'Clerk', userPrincipalName: 'robert@contoso.com' }));
    const run = await lab.sync();
    lab.target.seed('user', { displayName: 'New Bob', userPrincipalName: 'bob@contoso.com' });
    const undoing = await undo(lab, run);
    expect((await lab.operations(undoing)).join()).not.toContain('userPrincipalName');
    expect(await notUndone(lab, undoing)).toMatchObject([
      {
        name: 'robert@contoso.com',
        attribute: 'userPrincipalName',
        reason: expect.stringContaining('bob@contoso.com is held by'),
      },
    ]);
  });
});

describe('a run that made objects', () => {
  test('is undone by deleting them, which the guards judge as any deletion', async () => {
    const lab = await company();
    const before = lab.tenant();
    for (let number = 0; number < 4; number++) lab.source.put(user(`u${number}`));
    lab.source.put(group('staff', ['ann', 'bob', 'u0']));
    const run = await lab.sync();
    const { deletions } = lab.context.guards;
    lab.context = {
      ...lab.context,
      guards: { ...lab.context.guards, deletions: { ...deletions, count: 3, percent: 100 } },
    };
    const undoing = await undo(lab, run);
    expect(undoing.plan.state).toBe('blocked');
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'blocked' });
    expect(await lab.apply(undoing, 'ann')).toMatchObject({ outcome: 'done', done: { delete: 4 }, failed: 0 });
    expect(lab.tenant()).toEqual(before);
    expect((await lab.operations(await lab.plan())).map((one) => one.split(':')[0]).sort()).toEqual([
      'restore user u0',
      'restore user u1',
      'restore user u2',
      'restore user u3',
      'update group staff',
    ]);
  });

  test('is in step when the cause is put right after it was undone', async () => {
    const lab = await company();
    lab.source.put(user('dan'));
    lab.source.put(group('new', ['dan', 'ann']));
    const run = await lab.sync();
    await lab.apply(await undo(lab, run));
    lab.source.remove(guid('dan'));
    lab.source.remove(guid('new'));
    expect(await lab.operations(await lab.plan())).toEqual([]);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });
});

describe('a run that deleted', () => {
  test('is undone for users with what they were members of; the next plan deletes them again while nobody stands for them', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.source.remove(guid('cem'));
    lab.source.put(group('fire', []));
    const run = await lab.sync();
    expect(Object.keys(lab.tenant())).not.toContain('user cem');
    const undoing = await undo(lab, run);
    expect((await lab.operations(undoing))[0]).toMatch(/^restore user cem/);
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.tenant()).toEqual(before);
    expect(await lab.operations(await lab.plan())).toContain('delete user cem');
    // The directory has him back: he is the same account.
    const id = idOf(lab, 'cem');
    lab.source.put(user('cem'));
    lab.source.put(group('fire', ['cem']));
    expect(await lab.operations(await lab.plan())).toEqual([]);
    await lab.sync();
    expect(idOf(lab, 'cem')).toBe(id);
    expect(lab.tenant()).toEqual(before);
  });

  test('cannot bring back a group: its members are told', async () => {
    const lab = await company();
    lab.source.remove(guid('staff'));
    const run = await lab.sync();
    const undoing = await undo(lab, run);
    expect(undoing.plan.operations).toBe(0);
    expect(await notUndone(lab, undoing)).toMatchObject([
      {
        type: 'group',
        name: 'staff',
        reason: expect.stringContaining('cannot be restored'),
        members: { count: 2, names: ['ann@contoso.com', 'bob@contoso.com'] },
      },
    ]);
  });

  test('is not undone for users after thirty days', async () => {
    let now = Date.UTC(2030, 0, 1);
    const lab = await createMemoryLab({ now: () => new Date(now++) });
    lab.source.put(user('ann'));
    lab.source.put(user('bob'));
    await lab.sync();
    lab.source.remove(guid('ann'));
    const run = await lab.sync();
    now += 31 * 86_400_000;
    const undoing = await undo(lab, run);
    expect(undoing.plan.operations).toBe(0);
    expect(await notUndone(lab, undoing)).toMatchObject([
      { name: 'ann@contoso.com', reason: expect.stringContaining('30 days') },
    ]);
  });

  test('and whose undoing is not applied leaves nothing behind: a user restored by hand stays', async () => {
    const lab = await company();
    lab.source.remove(guid('cem'));
    const run = await lab.sync();
    const undoing = await undo(lab, run);
    expect(await lab.operations(undoing)).toContain('restore user cem');
    expect(await lab.operations(await lab.plan())).toEqual([]);
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'stale' });
    expect((await lab.operations(await undo(lab, run))).join()).toContain('restore user cem');
  });
});

describe('a run that linked', () => {
  test('is undone by putting the values back; the anchor stays, and that is told', async () => {
    const lab = await createMemoryLab();
    const id = lab.target.seed('user', {
      displayName: 'ann',
      userPrincipalName: 'ann@contoso.com',
      alias: 'ann',
      accountEnabled: true,
      title: 'Countess',
    });
    lab.source.put(user('ann', { title: 'Analyst' }));
    const run = await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Analyst', sourceAnchor: anchorOf('ann') });
    const undoing = await undo(lab, run);
    expect(await notUndone(lab, undoing)).toMatchObject([
      { name: 'ann@contoso.com', reason: expect.stringContaining('stays linked') },
    ]);
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Countess', sourceAnchor: anchorOf('ann') });
    expect(idOf(lab, 'ann')).toBe(id);
  });
});

describe('a plan that undoes', () => {
  test('is stale when the tenant was written since, and can be undone itself', async () => {
    const lab = await company();
    lab.source.put(user('bob', { title: 'Wrong' }));
    const run = await lab.sync();
    const undoing = await undo(lab, run);
    lab.source.put(user('cem', { title: 'New' }));
    await lab.sync();
    expect(await lab.apply(undoing)).toMatchObject({ outcome: 'stale' });
    const wrong = lab.tenant();
    const applied = await lab.apply(await undo(lab, run));
    expect(applied).toMatchObject({ outcome: 'done', done: { update: 1 } });
    expect(lab.tenant()['user bob']).toMatchObject({ title: 'Clerk' });
    expect(await lab.apply(await undo(lab, applied))).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.tenant()).toEqual(wrong);
  });

  test('that was killed in the middle is seen by the next plan, whatever of it was done', async () => {
    const lab = await company();
    for (const name of ['ann', 'bob', 'cem']) lab.source.put(user(name, { department: 'Wrong' }));
    const run = await lab.sync();
    const wrong = lab.tenant();
    const undoing = await undo(lab, run);
    lab.target.breakAfter(2, new Error('killed'));
    await expect(lab.apply(undoing)).rejects.toThrow('killed');
    await lab.sync();
    expect(lab.tenant()).toEqual(wrong);
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });

  test('is refused for a run that nobody knows', async () => {
    const lab = await company();
    await expect(runUndo(lab.context, '99', 'undo 99')).rejects.toMatchObject({
      code: 'usage',
      message: 'there is no run 99',
    });
  });
});
