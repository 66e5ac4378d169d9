import { describe, expect, test } from 'vitest';
import {
  container,
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  PEOPLE,
  ROOT,
  ROOT_DN,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { Scope } from './context.ts';

const PEOPLE_ONLY: Scope = { include: [`OU=People,${ROOT_DN}`], exclude: [], groups: [] };
const PILOT: Scope = { include: [], exclude: [], groups: [`CN=pilot,OU=People,${ROOT_DN}`] };

async function settle(lab: MemoryLab): Promise<readonly string[]> {
  const result = await lab.sync();
  expect(await lab.operations(await lab.plan())).toEqual([]);
  return lab.operations(result);
}

async function expectComplete(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

async function peopleAndOthers(): Promise<MemoryLab> {
  const lab = await createMemoryLab({ scope: PEOPLE_ONLY });
  lab.source.put(container('others', 'Others'));
  lab.source.put(container('team', 'Team', PEOPLE));
  lab.source.put(user('ann', {}, { parent: guid('team') }));
  lab.source.put(user('bob'));
  lab.source.put(group('staff', ['ann', 'bob']));
  await settle(lab);
  return lab;
}

describe('a deletion names the object that it comes from', () => {
  async function causeOf(lab: MemoryLab): Promise<unknown> {
    const { plan } = await lab.plan();
    const [operation] = await lab.store.apply.operations(plan.id, 0, 1);
    return operation?.cause;
  }

  test('when that object was deleted', async () => {
    const lab = await peopleAndOthers();
    lab.source.remove(guid('bob'));
    const object = `CN=bob,OU=People,${ROOT_DN}`;
    expect(await causeOf(lab)).toEqual({ source: 'corp', object, why: 'it was deleted there', rules: [] });
  });

  test('when its containers were deleted with it', async () => {
    const lab = await peopleAndOthers();
    for (const name of ['team', 'ann']) lab.source.remove(guid(name));
    const object = `CN=ann,OU=Team,OU=People,${ROOT_DN}`;
    expect(await causeOf(lab)).toEqual({ source: 'corp', object, why: 'it was deleted there', rules: [] });
  });

  test('when it left the scope', async () => {
    const lab = await peopleAndOthers();
    lab.source.edit(guid('bob'), { place: { parent: guid('others'), rdn: 'CN=bob' } });
    const object = `CN=bob,OU=Others,${ROOT_DN}`;
    expect(await causeOf(lab)).toEqual({ source: 'corp', object, why: 'it is not in the scope any more', rules: [] });
  });
});

describe('a scope of containers', () => {
  test('is left by moving out and entered again by moving back: deleted, then restored with its memberships', async () => {
    const lab = await peopleAndOthers();
    lab.source.edit(guid('bob'), { place: { parent: guid('others'), rdn: 'CN=bob' } });
    expect(await settle(lab)).toEqual(['delete user bob']);
    lab.source.edit(guid('bob'), { place: { parent: PEOPLE, rdn: 'CN=bob' } });
    expect(await settle(lab)).toEqual(['restore user bob', 'update group staff: +1']);
    await expectComplete(lab);
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann', 'bob'] });
  });

  test('is left by all below a container that moves out, and entered by all when it comes back', async () => {
    const lab = await peopleAndOthers();
    lab.source.edit(guid('team'), { place: { parent: ROOT, rdn: 'OU=Team' } });
    expect(await settle(lab)).toEqual(['delete user ann']);
    lab.source.edit(guid('team'), { place: { parent: PEOPLE, rdn: 'OU=Team' } });
    expect(await settle(lab)).toEqual(['restore user ann', 'update group staff: +1']);
    await expectComplete(lab);
  });

  test('stays the same when its container is renamed or moved', async () => {
    const lab = await peopleAndOthers();
    lab.source.edit(PEOPLE, { place: { parent: guid('others'), rdn: 'OU=Humans' } });
    expect(await settle(lab)).toEqual([]);
    expect(await lab.findings()).toEqual([]);
  });

  test('that an administrator narrows lets go of what is left out, and takes it back when widened', async () => {
    const lab = await peopleAndOthers();
    const [source] = lab.context.sources;
    if (source === undefined) throw new Error('no source');
    const narrow: Scope = { ...PEOPLE_ONLY, exclude: [`OU=Team,OU=People,${ROOT_DN}`] };
    lab.context = { ...lab.context, sources: [{ ...source, scope: narrow }] };
    expect(await settle(lab)).toEqual(['delete user ann']);
    lab.context = { ...lab.context, sources: [source] };
    expect(await settle(lab)).toEqual(['restore user ann', 'update group staff: +1']);
    await expectComplete(lab);
  });

  test('goes on with a container that was made anew under the same name', async () => {
    const lab = await peopleAndOthers();
    for (const name of ['staff', 'bob', 'ann', 'team', 'people']) lab.source.remove(guid(name));
    await lab.sync({ approvedBy: 'admin' });
    expect(await lab.findings('scope-container-missing')).toHaveLength(1);
    const again = guid('people again');
    lab.source.put(container('people again', 'People'));
    lab.source.put(user('cem', {}, { parent: again }));
    expect(await settle(lab)).toEqual(['create user cem']);
    expect(await lab.findings('scope-container-missing')).toEqual([]);
    await expectComplete(lab);
  });

  test('of a container that does not exist is refused', async () => {
    const lab = await createMemoryLab({ scope: { ...PEOPLE_ONLY, include: [`OU=Nowhere,${ROOT_DN}`] } });
    await expect(lab.plan()).rejects.toMatchObject({ code: 'scope-not-found' });
  });
});

describe('a scope of the direct members of a group', () => {
  async function pilot(): Promise<MemoryLab> {
    const lab = await createMemoryLab({ scope: PILOT });
    for (const name of ['ann', 'bob', 'cem']) lab.source.put(user(name));
    lab.source.put(group('pilot', ['ann', 'bob']));
    await settle(lab);
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user bob']);
    return lab;
  }

  test('is entered and left with the membership', async () => {
    const lab = await pilot();
    lab.source.edit(guid('pilot'), { references: { member: { add: [guid('cem')], remove: [guid('ann')] } } });
    expect(await settle(lab)).toEqual(['delete user ann', 'create user cem']);
  });

  test('is refused when what it names is no group', async () => {
    const lab = await createMemoryLab({ scope: { ...PILOT, groups: [`OU=People,${ROOT_DN}`] } });
    await expect(lab.plan()).rejects.toMatchObject({
      code: 'scope-not-found',
      message: expect.stringContaining('is no group'),
    });
  });

  test('stays the same when the group is renamed', async () => {
    const lab = await pilot();
    lab.source.edit(guid('pilot'), { place: { parent: ROOT, rdn: 'CN=first wave' }, attributes: { cn: 'first wave' } });
    expect(await settle(lab)).toEqual([]);
  });

  test('is left by all when the group is deleted, which is a finding, and entered by all when it is brought back', async () => {
    const lab = await pilot();
    const before = lab.source.directory.get(guid('pilot'));
    lab.source.remove(guid('pilot'));
    expect(await settle(lab)).toEqual(['delete user ann', 'delete user bob']);
    expect(await lab.findings('scope-container-missing')).toHaveLength(1);
    expect(before).toBeDefined();
    lab.source.put(group('pilot', ['ann', 'bob']));
    expect(await settle(lab)).toEqual(['restore user ann', 'restore user bob']);
    await expectComplete(lab);
    expect(await lab.findings()).toEqual([]);
  });
});

describe('a source', () => {
  test('that is taken out of the configuration leaves nothing behind, but only when the guards let it', async () => {
    const lab = await createMemoryLab({ guards: { deletions: { count: 1, percent: 100 } } });
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await lab.sync();
    const other = createDirectory('other');
    lab.context = { ...lab.context, sources: [{ connector: other, scope: WHOLE_DIRECTORY }] };
    const result = await lab.sync();
    expect(result.outcome).toBe('blocked');
    expect(await lab.operations(result)).toEqual(['delete user ann', 'delete user bob']);
    expect(Object.keys(lab.tenant())).toHaveLength(2);
    expect(await lab.sync({ approvedBy: 'admin' })).toMatchObject({ outcome: 'done', done: { delete: 2 } });
  });

  test('that gets another name keeps its objects', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name, {}, { manager: 'bob' }));
    await lab.sync();
    const renamed = createDirectory('renamed');
    for (const name of ['ann', 'bob']) renamed.put(user(name, {}, { manager: 'bob' }));
    lab.context = { ...lab.context, sources: [{ connector: renamed, scope: WHOLE_DIRECTORY }] };
    expect(await settle(lab)).toEqual([]);
  });

  test('that comes back brings its objects back', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    await lab.sync();
    const { sources } = lab.context;
    lab.context = { ...lab.context, sources: [{ connector: createDirectory('other'), scope: WHOLE_DIRECTORY }] };
    await lab.sync();
    expect(lab.tenant()).toEqual({});
    lab.context = { ...lab.context, sources };
    expect(await settle(lab)).toEqual(['restore user ann']);
  });
});

describe('an object that becomes one of another class', () => {
  test('stays who it is as an inetOrgPerson', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    await settle(lab);
    lab.source.edit(guid('ann'), { type: 'inetOrgPerson' });
    expect(await settle(lab)).toEqual([]);
  });

  test('is deleted when the tenant cannot carry the new class', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', { mail: 'ann@contoso.com' }));
    await settle(lab);
    lab.source.edit(guid('ann'), { type: 'contact' });
    expect(await settle(lab)).toEqual(['delete user ann']);
    expect(await lab.findings('target-cannot-carry-object')).toHaveLength(1);
  });

  test('is replaced when it becomes a group', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', { groupType: -2147483646n }));
    await settle(lab);
    lab.source.edit(guid('ann'), { type: 'group' });
    await lab.sync();
    await settle(lab);
    expect(Object.keys(lab.tenant())).toEqual(['group ann']);
    await expectComplete(lab);
  });
});
