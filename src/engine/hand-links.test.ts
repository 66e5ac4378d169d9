import { describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';
import { linkByHand, unlinkByHand } from './hand-links.ts';

const WHO = 'admin@server';

function link(lab: MemoryLab, object: string, target: string): Promise<unknown> {
  return linkByHand(lab.context, { object, target, who: WHO });
}

async function planned(lab: MemoryLab): Promise<readonly string[]> {
  return (await lab.operations(await lab.plan())).map((one) => one.split(':')[0] ?? '');
}

function seed(lab: MemoryLab, name: string, attributes: Readonly<Record<string, string>> = {}): string {
  return lab.target.seed('user', {
    displayName: name,
    alias: name,
    userPrincipalName: `${name}@contoso.com`,
    ...attributes,
  });
}

describe('linking by hand', () => {
  test('joins what nothing but an administrator knows to be one, and the plan shows what it overwrites', async () => {
    const lab = await createMemoryLab();
    const cloud = seed(lab, 'mary.smith');
    lab.source.put(user('mary.jones', { title: 'Boss' }));
    lab.source.put(group('staff', ['mary.jones']));
    await lab.plan();
    await link(lab, 'mary.jones@contoso.com', 'mary.smith@contoso.com');
    const plan = await lab.plan();
    expect((await lab.allOperations(plan)).find(({ type }) => type === 'user')).toMatchObject({
      action: 'link',
      targetId: cloud,
      cause: { match: { way: 'hand', value: WHO } },
    });
    expect(await lab.apply(plan)).toMatchObject({ failed: 0 });
    expect(lab.target.find(anchorOf('mary.jones'))?.anchor).toBe(cloud);
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['mary.jones'] });
    expect(await planned(lab)).toEqual([]);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });

  test('makes a plan that was made before stale', async () => {
    const lab = await createMemoryLab();
    seed(lab, 'mary.smith');
    lab.source.put(user('mary.jones'));
    const plan = await lab.plan();
    await link(lab, 'mary.jones@contoso.com', 'mary.smith@contoso.com');
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'stale' });
    expect(lab.target.written.create).toBe(0);
  });

  test.each<[string, string, string, RegExp]>([
    ['an object nobody knows', 'nobody', 'cloud@contoso.com', /no source holds an object "nobody"/],
    ['a user that is not in the tenant', 'ann@contoso.com', 'nobody', /the tenant holds no object "nobody"/],
    [
      'a user and a group',
      'ann@contoso.com',
      'cloud group',
      /ann@contoso\.com becomes a user, but cloud group .* is a group/,
    ],
    ['one that belongs to somebody else', 'ann@contoso.com', 'bob@contoso.com', /is linked to another object already/],
    [
      'one with another anchor',
      'ann@contoso.com',
      'old@contoso.com',
      /carries the source anchor AAAA, but ann@contoso\.com has/,
    ],
  ])('refuses %s', async (_, object, target, message) => {
    const lab = await createMemoryLab();
    seed(lab, 'cloud');
    seed(lab, 'old', { sourceAnchor: 'AAAA' });
    lab.target.seed('group', { displayName: 'cloud group' });
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await lab.sync();
    await expect(link(lab, object, target)).rejects.toThrow(message);
  });
});

describe('taking apart by hand', () => {
  test('leaves what is in the tenant as it is, for good, and creates nothing in its place', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', { title: 'Boss' }));
    lab.source.put(user('bob'));
    await lab.sync();
    await unlinkByHand(lab.context, { object: 'ann@contoso.com', who: WHO });
    lab.source.edit(guid('ann'), { attributes: { title: 'Queen' } });
    expect(await planned(lab)).toEqual([]);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Boss' });
    expect(await lab.findings('held-apart')).toMatchObject([
      { severity: 'info', object: { name: 'ann@contoso.com' }, cause: expect.stringContaining(WHO) },
    ]);
    // Also when it leaves the directory, and when it comes back.
    lab.source.remove(guid('ann'));
    expect(await planned(lab)).toEqual([]);
    lab.source.put(user('ann', { title: 'Queen' }));
    expect(await planned(lab)).toEqual([]);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Boss' });
    await link(lab, 'ann@contoso.com', 'ann@contoso.com');
    expect(await lab.operations(await lab.plan())).toEqual(['link user ann: jobTitle Queen']);
    expect(await lab.findings('held-apart')).toEqual([]);
  });
});
