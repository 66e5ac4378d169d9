import { describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';
import type { DriftPolicy } from './context.ts';

const CORRECT: DriftPolicy = { default: 'correct', attributes: {} };

async function company(drift: DriftPolicy = CORRECT): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  lab.context = { ...lab.context, drift };
  lab.source.put(user('ann', { title: 'Boss', department: 'Sales' }, { manager: 'bob' }));
  lab.source.put(user('bob'));
  lab.source.put(group('staff', ['ann', 'bob']));
  await lab.sync();
  return lab;
}

function idOf(lab: MemoryLab, name: string): string {
  return lab.target.find(anchorOf(name))?.anchor ?? 'none';
}

function editInTenant(lab: MemoryLab, name: string, attributes: Readonly<Record<string, string | null>>): void {
  lab.target.tenant.edit(idOf(lab, name), { attributes });
}

function takeOut(lab: MemoryLab, name: string): void {
  lab.target.tenant.edit(idOf(lab, 'staff'), { references: { member: { remove: [idOf(lab, name)] } } });
}

async function deleteInTenant(lab: MemoryLab, name: string, type: 'user' | 'group'): Promise<void> {
  const targetId = idOf(lab, name);
  async function* chunks() {
    yield [{ id: '1', action: 'delete' as const, type, anchor: anchorOf(name), targetId }];
  }
  for await (const _ of lab.target.write(chunks()));
}

/** The changes of a plan with their marks, one line for each. */
async function marks(lab: MemoryLab): Promise<readonly string[]> {
  const planned = await lab.plan();
  const operations = await lab.allOperations(planned);
  return operations.flatMap(({ action, name, changes, cause }) => [
    `${action} ${name.split('@')[0]} ${cause.drift ?? '-'}`,
    ...changes.map((one) => `  ${one.native}: ${String(one.from)} -> ${String(one.to)}${one.drift ? ' (drift)' : ''}`),
  ]);
}

async function leftValues(lab: MemoryLab): Promise<readonly string[]> {
  return (await lab.findings('drift-left')).map(
    ({ object, attribute, value }) => `${object?.name} ${attribute} ${value}`,
  );
}

describe('a plan tells apart', () => {
  test('a value changed in the tenant, one changed in the directory, and one changed in both', async () => {
    const lab = await company();
    editInTenant(lab, 'ann', { title: 'Intern', department: 'Theft' });
    lab.source.edit(guid('ann'), { attributes: { department: 'Marketing', displayName: 'Ann B' } });
    expect(await marks(lab)).toEqual([
      'update ann changed',
      '  displayName: ann -> Ann B',
      '  jobTitle: Intern -> Boss (drift)',
      '  department: Theft -> Marketing',
    ]);
    await lab.sync();
    expect(await marks(lab)).toEqual([]);
  });

  test('a value that the directory alone changes, also after one was changed in the tenant and put right', async () => {
    const lab = await company();
    editInTenant(lab, 'ann', { title: 'Intern' });
    await lab.sync();
    lab.source.edit(guid('ann'), { attributes: { title: 'Chief' } });
    expect(await marks(lab)).toEqual(['update ann -', '  jobTitle: Boss -> Chief']);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('what somebody changed and changed back: it leaves nothing', async () => {
    const lab = await company();
    editInTenant(lab, 'ann', { title: 'Intern' });
    await lab.plan();
    editInTenant(lab, 'ann', { title: 'Boss' });
    expect(await marks(lab)).toEqual([]);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('a manager and members changed in the tenant', async () => {
    const lab = await company();
    lab.source.put(user('cem'));
    await lab.sync();
    takeOut(lab, 'ann');
    lab.target.tenant.edit(idOf(lab, 'ann'), {
      references: { manager: { remove: [idOf(lab, 'bob')], add: [idOf(lab, 'cem')] } },
    });
    lab.source.edit(guid('staff'), { references: { member: { add: [guid('cem')], remove: [] } } });
    expect(await marks(lab)).toEqual([
      'update ann changed',
      '  manager: cem@contoso.com -> bob@contoso.com (drift)',
      'update staff changed',
    ]);
    const planned = await lab.plan();
    const [, staff] = await lab.allOperations(planned);
    const members = await lab.store.apply.members(planned.plan.id, staff?.id ?? '', true, 0, 10);
    expect(members.map(({ name, drift }) => [name, drift ?? false]).sort()).toEqual([
      ['ann@contoso.com', true],
      ['cem@contoso.com', false],
    ]);
    await lab.sync();
    expect(await marks(lab)).toEqual([]);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('what was deleted there from what comes back to the directory', async () => {
    const lab = await company();
    await deleteInTenant(lab, 'ann', 'user');
    await deleteInTenant(lab, 'staff', 'group');
    expect(await marks(lab)).toEqual(expect.arrayContaining(['restore ann deleted', 'create staff deleted']));
    await lab.sync();
    await lab.sync();
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
    lab.source.remove(guid('ann'));
    await lab.sync();
    lab.source.put(user('ann', { title: 'Boss' }));
    expect((await marks(lab))[0]).toBe('restore ann -');
  });

  test('our own old value, which a replica that lags behind shows again', async () => {
    const lab = await company({ default: 'leave', attributes: {} });
    lab.source.edit(guid('ann'), { attributes: { title: 'Chief' } });
    await lab.sync();
    editInTenant(lab, 'ann', { title: 'Boss' });
    expect(await marks(lab)).toEqual(['update ann -', '  jobTitle: Boss -> Chief']);
    expect(await leftValues(lab)).toEqual([]);
  });
});

describe('what the configuration leaves alone', () => {
  test('stays until the value changes in the directory, and is told with both values', async () => {
    const lab = await company({ default: 'correct', attributes: { JobTitle: 'leave' } });
    editInTenant(lab, 'ann', { title: 'Intern', department: 'Theft' });
    expect(await lab.operations(await lab.sync())).toEqual(['update user ann: department Sales']);
    expect(await lab.findings('drift-left')).toMatchObject([
      {
        severity: 'info',
        object: { name: 'ann@contoso.com' },
        attribute: 'jobTitle',
        value: 'Intern',
        cause: expect.stringMatching(/from "Boss".* to "Intern"/),
      },
    ]);
    expect(await lab.operations(await lab.sync({ full: true }))).toEqual([]);
    lab.source.edit(guid('ann'), { attributes: { displayName: 'Ann B' } });
    expect(await lab.operations(await lab.sync())).toEqual(['update user ann: displayName Ann B']);
    expect(await leftValues(lab)).toEqual(['ann@contoso.com jobTitle Intern']);
    lab.source.edit(guid('ann'), { attributes: { title: 'Chief' } });
    expect(await lab.operations(await lab.sync())).toEqual(['update user ann: jobTitle Chief']);
    expect(await leftValues(lab)).toEqual([]);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('is put right when the configuration says so, without any other change', async () => {
    const lab = await company({ default: 'leave', attributes: {} });
    editInTenant(lab, 'ann', { title: 'Intern' });
    takeOut(lab, 'ann');
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await leftValues(lab)).toEqual(['ann@contoso.com jobTitle Intern', 'staff member ann@contoso.com']);
    lab.context = { ...lab.context, drift: CORRECT };
    expect(await lab.operations(await lab.sync())).toEqual([
      'update user ann: jobTitle Boss',
      'update group staff: +1',
    ]);
    expect(await leftValues(lab)).toEqual([]);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('of members: who was taken out stays out until the directory itself takes him out and back', async () => {
    const lab = await company({ ...CORRECT, members: 'leave' });
    takeOut(lab, 'ann');
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await lab.operations(await lab.sync({ full: true }))).toEqual([]);
    expect(await leftValues(lab)).toEqual(['staff member ann@contoso.com']);
    lab.source.put(user('cem'));
    lab.source.edit(guid('staff'), { references: { member: { add: [guid('cem')], remove: [] } } });
    expect(await lab.operations(await lab.sync())).toEqual(['create user cem', 'update group staff: +1']);
    lab.source.edit(guid('staff'), { references: { member: { add: [], remove: [guid('ann')] } } });
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await leftValues(lab)).toEqual([]);
    lab.source.edit(guid('staff'), { references: { member: { add: [guid('ann')], remove: [] } } });
    expect(await lab.operations(await lab.sync())).toEqual(['update group staff: +1']);
  });

  test('of managers: another one set in the tenant stays until the directory names another', async () => {
    const lab = await company({ ...CORRECT, attributes: { manager: 'leave' } });
    lab.source.put(user('cem'));
    lab.source.put(user('dan'));
    await lab.sync();
    lab.target.tenant.edit(idOf(lab, 'ann'), {
      references: { manager: { remove: [idOf(lab, 'bob')], add: [idOf(lab, 'cem')] } },
    });
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await leftValues(lab)).toHaveLength(2);
    lab.source.edit(guid('ann'), { references: { manager: { add: [guid('dan')], remove: [guid('bob')] } } });
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ manager: ['dan'] });
    expect(await leftValues(lab)).toEqual([]);
    expect(await lab.store.drift.isAnyKnown()).toBe(false);
  });

  test('is forgotten with the object', async () => {
    const lab = await company({ default: 'leave', attributes: {} });
    editInTenant(lab, 'ann', { title: 'Intern' });
    takeOut(lab, 'ann');
    await lab.sync();
    lab.source.remove(guid('ann'));
    expect(await lab.operations(await lab.sync())).toEqual(['delete user ann']);
    await lab.sync();
    expect(await leftValues(lab)).toEqual([]);
  });
});

describe('the change log', () => {
  test('holds the members of a group that is deleted, also of those that nobody manages', async () => {
    const lab = await company();
    const cloud = lab.target.seed('user', { displayName: 'cloud', userPrincipalName: 'cloud@contoso.com' });
    lab.target.tenant.edit(idOf(lab, 'staff'), { references: { member: { add: [cloud], remove: [] } } });
    await lab.sync();
    lab.source.remove(guid('staff'));
    await lab.sync();
    const held = await lab.store.apply.heldBefore(anchorOf('staff'), 10);
    const names = held.flatMap((one) => (JSON.parse(one.body) as { name: string }[]).map(({ name }) => name));
    expect(names.sort()).toEqual(['ann@contoso.com', 'bob@contoso.com', 'cloud@contoso.com']);
  });

  test('holds them before the tenant is asked to delete it: being killed loses nothing', async () => {
    const lab = await company();
    lab.source.remove(guid('staff'));
    const { target } = lab;
    const write: typeof target.write = async function* (chunks) {
      for await (const results of target.write(chunks)) if (results.length > 0) throw new Error('killed');
      yield [];
    };
    const planned = await lab.plan();
    lab.context = { ...lab.context, target: Object.create(target, { write: { value: write } }) as typeof target };
    await expect(lab.apply(planned)).rejects.toThrow('killed');
    expect(lab.target.find(anchorOf('staff'))).toBeUndefined();
    lab.context = { ...lab.context, target };
    expect(await lab.operations(await lab.sync())).toEqual([]);
    const [held] = await lab.store.apply.heldBefore(anchorOf('staff'), 10);
    expect(held).toMatchObject({ action: 'held', body: expect.stringContaining('bob@contoso.com') });
    lab.source.put(group('staff', ['ann', 'bob']));
    expect(await lab.operations(await lab.sync())).toEqual(['create group staff: +2']);
  });
});
