import { describe, expect, test } from 'vitest';
import {
  container,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  PEOPLE,
  ROOT,
  ROOT_DN,
  user,
} from '../../../test/memory/memory-lab.ts';
import type { GuardVerdict } from '../../model/plan.ts';
import type { CycleResult } from '../run.ts';

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `u${String(index).padStart(2, '0')}`);

function stopping(result: CycleResult): readonly GuardVerdict[] {
  return result.plan.guards.filter((guard) => guard.blocked);
}

/** A company in step: users with a title in People, all of them in the group Everybody. */
async function company(count: number, options: MemoryLabOptions): Promise<MemoryLab> {
  const lab = await createMemoryLab(options);
  for (const name of names(count)) lab.source.put(user(name, { title: 'Clerk' }));
  lab.source.put(group('Everybody', names(count)));
  expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
  return lab;
}

function removeMembers(lab: MemoryLab, members: readonly string[]): void {
  lab.source.edit(guid('Everybody'), { references: { member: { remove: members.map(guid) } } });
}

describe('the guard against disablements', () => {
  test('stops a plan that switches too many accounts off, names them, and adds up what earlier plans did', async () => {
    const lab = await company(40, { guards: { disablements: { percent: 10, atLeast: 3 } } });
    const disable = (some: readonly string[]): void => {
      for (const name of some) lab.source.edit(guid(name), { attributes: { userAccountControl: 514n } });
    };
    disable(names(40).slice(0, 3));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    disable(names(40).slice(3, 6));
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(stopping(result)).toMatchObject([
      {
        name: 'disablements-percent-user',
        found: 15,
        objects: ['u03@contoso.com', 'u04@contoso.com', 'u05@contoso.com'],
      },
    ]);
  });
});

describe('the guard against membership removals', () => {
  const guards = { membershipRemovals: { percent: 30, atLeast: 5, emptied: 3 } };

  test('stops a plan that takes too large a part of a group, and counts what went before', async () => {
    const lab = await company(20, { guards });
    removeMembers(lab, names(20).slice(0, 4));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    removeMembers(lab, names(20).slice(4, 8));
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(stopping(result)).toEqual([
      {
        name: 'membership-removals-group',
        limit: 30,
        found: 40,
        blocked: true,
        message:
          'The group Everybody loses 4 of 16 members, and lost 4 within the last 24 hours (40 %); at most 30 % of a group are allowed without approval.',
        objects: ['Everybody'],
      },
    ]);
    expect(lab.tenant()['group Everybody']?.['member']).toHaveLength(16);
  });

  test('counts memberships that end because their members are deleted', async () => {
    const lab = await company(20, { guards });
    for (const name of names(20).slice(0, 7)) lab.source.remove(guid(name));
    expect(stopping(await lab.sync())).toMatchObject([{ name: 'membership-removals-group', found: 35 }]);
  });

  test('counts those that ended with deleted members within the window', async () => {
    const lab = await company(20, { guards });
    for (const name of names(20).slice(0, 5)) lab.source.remove(guid(name));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 5 } });
    removeMembers(lab, names(20).slice(5, 7));
    expect(stopping(await lab.sync())).toMatchObject([{ name: 'membership-removals-group', found: 35 }]);
  });

  test('does not let a group that had several members be emptied, however few they were', async () => {
    const lab = await company(3, { guards });
    removeMembers(lab, names(3));
    const result = await lab.sync();
    expect(stopping(result).map((one) => one.name)).toEqual(['membership-removals-emptied']);
    expect(result.message).toContain('The group Everybody loses 3 of 3 members (100 %)');
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done' });
    expect(lab.tenant()['group Everybody']?.['member']).toBeUndefined();
  });

  test('lets two members go from a group of three', async () => {
    const lab = await company(3, { guards });
    removeMembers(lab, names(2));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
  });

  test('counts all groups together, also those that are deleted', async () => {
    const total = { count: 1000, percent: 10, atLeast: 5 };
    const lab = await createMemoryLab({ guards: { membershipRemovals: { total } } });
    for (const name of names(10)) lab.source.put(user(name));
    for (let number = 0; number < 10; number++) lab.source.put(group(`g${number}`, names(10)));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    lab.source.remove(guid('g0'));
    const [one] = names(1);
    lab.source.edit(guid('g1'), { references: { member: { remove: [guid(one ?? '')] } } });
    const result = await lab.sync();
    expect(stopping(result)).toMatchObject([
      {
        name: 'membership-removals-percent',
        found: 11,
        message: expect.stringContaining('ends 11 of 100 memberships'),
      },
    ]);
  });

  test('does not count references that only come back with a restored object', async () => {
    const lab = await company(20, { guards });
    for (const name of names(20).slice(0, 4)) lab.source.remove(guid(name));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    for (const name of names(20).slice(0, 4)) lab.source.put(user(name));
    const result = await lab.sync();
    expect(result).toMatchObject({ outcome: 'done', done: { restore: 4 } });
  });
});

describe('the guard against a narrowed scope', () => {
  const guards = { scopeChange: { count: 0 } };

  test('names what was changed and who leaves by it, and is content with one approval', async () => {
    const lab = await createMemoryLab({ guards });
    lab.source.put(container('guests', 'Guests'));
    lab.source.put(user('anna'));
    lab.source.put(user('guest', {}, { parent: guid('guests') }));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    const [source] = lab.context.sources;
    if (source === undefined) throw new Error('no source');
    const exclude = [`OU=Guests,${ROOT_DN}`];
    lab.context = { ...lab.context, sources: [{ ...source, scope: { include: [], exclude, groups: [] } }] };
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(stopping(result)).toMatchObject([
      {
        name: 'scope-change',
        limit: 0,
        found: 1,
        objects: ['guest@contoso.com'],
        message: `The configuration was changed (scope.exclude of corp has "OU=Guests,${ROOT_DN}" in addition) and 1 object that is still in a source leaves the tenant by that; at most 0 are allowed without approval.`,
      },
    ]);
    expect((await lab.sync()).outcome).toBe('blocked');
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done', done: { delete: 1 } });
    lab.source.remove(guid('anna'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
  });

  test('forgets the change when it is taken back before anybody approved', async () => {
    const lab = await company(3, { guards });
    const { sources } = lab.context;
    const [source] = sources;
    if (source === undefined) throw new Error('no source');
    lab.context = {
      ...lab.context,
      sources: [{ ...source, scope: { include: [], exclude: [`OU=People,${ROOT_DN}`], groups: [] } }],
    };
    expect(stopping(await lab.sync()).map((one) => one.found)).toEqual([4]);
    lab.context = { ...lab.context, sources };
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: {} });
    lab.source.remove(guid('u00'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
  });

  test('does not stand in the way of who was deleted in the directory at the same time', async () => {
    const lab = await company(3, { guards });
    const [source] = lab.context.sources;
    if (source === undefined) throw new Error('no source');
    lab.context = {
      ...lab.context,
      sources: [{ ...source, scope: { include: [ROOT_DN], exclude: [], groups: [] } }],
    };
    lab.source.remove(guid('u00'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
  });

  test('knows a source that was taken out', async () => {
    const lab = await company(3, { guards });
    lab.context = { ...lab.context, sources: [] };
    expect(stopping(await lab.sync())).toMatchObject([
      { name: 'scope-change', message: expect.stringContaining('the source corp was taken out') },
    ]);
  });
});

describe('the guard for containers', () => {
  const guards = { containers: { percent: 50, atLeast: 4 } };

  async function departments(): Promise<MemoryLab> {
    const lab = await createMemoryLab({
      guards,
      scope: { include: [`OU=People,${ROOT_DN}`], exclude: [], groups: [] },
    });
    lab.source.put(container('sales', 'Sales', PEOPLE));
    lab.source.put(container('north', 'North', guid('sales')));
    for (const name of names(40)) lab.source.put(user(name));
    for (const name of ['s1', 's2', 's3']) lab.source.put(user(name, {}, { parent: guid('sales') }));
    for (const name of ['n1', 'n2', 'n3']) lab.source.put(user(name, {}, { parent: guid('north') }));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    return lab;
  }

  test('names the one that was deleted with all that lay in it', async () => {
    const lab = await departments();
    for (const name of ['s1', 's2', 's3', 'n1', 'n2', 'n3', 'north', 'sales']) lab.source.remove(guid(name));
    expect(stopping(await lab.sync())).toMatchObject([
      {
        name: 'container',
        found: 100,
        message: `6 objects below OU=Sales,OU=People,${ROOT_DN} (corp) leave the tenant, 100 % of what was managed there; at most 50 % of a container are allowed without approval.`,
      },
    ]);
  });

  test('names the one that was moved out of the scope by its new place', async () => {
    const lab = await departments();
    lab.source.edit(guid('sales'), { place: { parent: ROOT, rdn: 'OU=Sales' } });
    const result = await lab.sync();
    expect(stopping(result)).toMatchObject([{ name: 'container' }]);
    expect(result.message).toContain(`6 objects below OU=Sales,${ROOT_DN} (corp) leave`);
    lab.source.edit(guid('sales'), { place: { parent: PEOPLE, rdn: 'OU=Sales' } });
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: {} });
  });

  test('lets as many leave from where most remain', async () => {
    const lab = await departments();
    for (const name of names(6)) lab.source.remove(guid(name));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 6 } });
  });
});

describe('the guard for privileged accounts', () => {
  const guards = { privileged: { count: 0 } };

  async function withAdministrator(): Promise<MemoryLab> {
    const lab = await company(3, { guards });
    const admin = [...lab.target.tenant.directory.objects()].find((one) => one.attributes['displayName'] === 'u01');
    lab.target.setRoleHolders({ [admin?.anchor ?? '']: ['Global Administrator'] });
    return lab;
  }

  test('stops a plan that deletes an administrator, and says which role it is', async () => {
    const lab = await withAdministrator();
    lab.source.remove(guid('u00'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    lab.source.remove(guid('u01'));
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(stopping(result)).toMatchObject([{ name: 'privileged', limit: 0, found: 1, objects: ['u01@contoso.com'] }]);
    expect(result.message).toContain(
      '1 holder of administrator roles: u01@contoso.com (Global Administrator) is deleted',
    );
  });

  test('stops one that disables him or changes his sign-in name, and no other change', async () => {
    const lab = await withAdministrator();
    lab.source.edit(guid('u01'), { attributes: { title: 'Chief' } });
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    lab.source.edit(guid('u01'), { attributes: { userAccountControl: 514n } });
    expect((await lab.sync()).message).toContain('u01@contoso.com (Global Administrator) is disabled');
    lab.source.edit(guid('u01'), {
      attributes: { userAccountControl: 512n, userPrincipalName: 'boss@contoso.com' },
    });
    expect((await lab.sync()).message).toContain('gets the user principal name boss@contoso.com');
  });

  test('protects the members of a group that hands a role on, and the group', async () => {
    const lab = await company(3, { guards });
    const everybody = [...lab.target.tenant.directory.objects()].find((one) => one.type === 'group');
    lab.target.setRoleHolders({ [everybody?.anchor ?? '']: ['User Administrator'] });
    lab.source.remove(guid('u00'));
    expect((await lab.sync()).message).toContain('u00@contoso.com (User Administrator) is deleted');
    lab.source.put(user('u00', { title: 'Clerk' }));
    removeMembers(lab, ['u01']);
    const result = await lab.sync();
    expect(stopping(result)).toMatchObject([{ name: 'privileged' }]);
    expect(result.message).toContain('Everybody (User Administrator) gets other members');
  });

  test('says when the tenant does not tell, and goes by what it told last', async () => {
    const lab = await withAdministrator();
    lab.source.edit(guid('u00'), { attributes: { title: 'Chief' } });
    await lab.sync();
    lab.target.setRoleHolders('403 Authorization_RequestDenied');
    lab.source.remove(guid('u01'));
    expect(await lab.sync()).toMatchObject({ outcome: 'blocked' });
    lab.source.put(user('u01', { title: 'Chief' }));
    const harmless = await lab.sync();
    expect(harmless).toMatchObject({ outcome: 'done' });
    expect(harmless.plan.guards.find((one) => one.name === 'privileged')?.message).toBe(
      'The tenant does not tell who holds an administrator role; as far as is known, none of them is deleted, disabled, renamed or taken over.',
    );
    lab.source.remove(guid('u01'));
    expect(await lab.sync()).toMatchObject({ outcome: 'blocked' });
    expect(await lab.findings('administrators-unknown')).toMatchObject([
      { severity: 'warning', cause: expect.stringContaining('403 Authorization_RequestDenied') },
    ]);
    lab.target.setRoleHolders({});
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
    expect(await lab.findings('administrators-unknown')).toEqual([]);
  });
});

describe('the guard against mass changes', () => {
  const guards = { massChanges: { percent: 25, atLeast: 5 } };

  test('stops a plan that gives many users another value in one attribute, with examples', async () => {
    const lab = await company(20, { guards });
    for (const name of names(6)) lab.source.edit(guid(name), { attributes: { title: 'Manager' } });
    const result = await lab.sync();
    expect(stopping(result)).toMatchObject([
      {
        name: 'mass-change-user-jobTitle',
        limit: 25,
        found: 30,
        message:
          'The plan changes or clears jobTitle of 6 of 20 managed users, 30 % (u00@contoso.com: "Clerk" -> "Manager"; u01@contoso.com: "Clerk" -> "Manager"; u02@contoso.com: "Clerk" -> "Manager"); at most 25 % are allowed without approval.',
      },
    ]);
    expect(stopping(result)[0]?.objects).toHaveLength(6);
  });

  test('counts cleared values, and neither new objects nor values where there was none', async () => {
    const lab = await company(20, { guards });
    for (const name of names(20)) lab.source.edit(guid(name), { attributes: { department: 'Sales' } });
    for (let number = 0; number < 20; number++) lab.source.put(user(`new${number}`, { title: 'Clerk' }));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { create: 20, update: 20 } });
    for (const name of names(20)) lab.source.edit(guid(name), { attributes: { department: null } });
    const result = await lab.sync();
    expect(result.message).toContain(
      'clears department of 20 of 40 managed users, 50 % (u00@contoso.com: "Sales" -> nothing',
    );
  });

  test('lets a few change, and counts no account that is switched off', async () => {
    const lab = await company(20, { guards });
    for (const name of names(5)) lab.source.edit(guid(name), { attributes: { title: 'Manager' } });
    for (const name of names(20)) lab.source.edit(guid(name), { attributes: { userAccountControl: 514n } });
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
  });

  test('counts managers that change', async () => {
    const lab = await company(20, { guards });
    for (const name of names(10).slice(2))
      lab.source.edit(guid(name), { references: { manager: { add: [guid('u00')] } } });
    expect(await lab.sync()).toMatchObject({ outcome: 'done' });
    for (const name of names(10).slice(2))
      lab.source.edit(guid(name), {
        attributes: { title: 'Chief' },
        references: { manager: { add: [guid('u01')], remove: [guid('u00')] } },
      });
    const result = await lab.sync();
    expect(stopping(result).map((one) => one.name)).toEqual(['mass-change-user-jobTitle', 'mass-change-user-manager']);
    expect(result.message).toContain('manager of 8 of 20 managed users, 40 %');
  });
});

describe('an approval', () => {
  test('of a plan that has become stale is refused and leaves no trace', async () => {
    const lab = await company(20, { guards: { deletions: { count: 0 } } });
    lab.source.remove(guid('u00'));
    const old = await lab.plan();
    lab.source.remove(guid('u01'));
    await lab.plan();
    expect(await lab.apply(old, 'jane')).toMatchObject({ outcome: 'stale', done: {} });
    expect(await lab.store.apply.plan(old.plan.id)).toMatchObject({ state: 'stale', approvedBy: null });
    expect((await lab.sync()).outcome).toBe('blocked');
  });

  test('stands with who gave it in the history of runs, in that run alone', async () => {
    const lab = await company(20, { guards: { deletions: { count: 0 } } });
    lab.source.remove(guid('u00'));
    const plan = await lab.plan();
    const { run } = await lab.apply(plan, 'jane on host1');
    const approved = (await lab.store.runs.runs(10)).filter((one) => one.approvedBy !== null);
    expect(approved).toMatchObject([{ id: run, approvedBy: 'jane on host1', plan: plan.plan.id }]);
  });

  test('of what was deleted is not held against the next plan', async () => {
    const lab = await company(20, { guards: { deletions: { count: 2 } } });
    for (const name of names(5)) lab.source.remove(guid(name));
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done' });
    lab.source.remove(guid('u10'));
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
  });
});
