import { describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';
import type { Attributes } from '../model/value.ts';
import { linkByHand } from './hand-links.ts';

function upn(name: string): { readonly userPrincipalName: string } {
  return { userPrincipalName: `${name}@contoso.com` };
}

function mail(name: string): { readonly mail: string } {
  return { mail: `${name}@contoso.com` };
}

/** A user that an administrator made in the tenant. */
function seed(lab: MemoryLab, name: string, attributes: Attributes): string {
  return lab.target.seed('user', { displayName: name, accountEnabled: true, alias: name, ...upn(name), ...attributes });
}

async function planned(lab: MemoryLab): Promise<readonly string[]> {
  return lab.operations(await lab.plan());
}

async function expectInStep(lab: MemoryLab): Promise<void> {
  expect(await planned(lab)).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe('users that the tenant holds already', () => {
  test('are linked by their primary mail address, then by their user principal name; the plan shows what that overwrites', async () => {
    const lab = await createMemoryLab();
    const byMail = seed(lab, 'cloud.ann', { ...mail('ann'), title: 'Countess' });
    const byName = seed(lab, 'bob', {});
    lab.source.put(user('ann', { ...mail('Ann'), title: 'Analyst' }));
    lab.source.put(user('bob'));
    lab.source.put(user('cem', {}, { manager: 'ann' }));
    const plan = await lab.plan();
    const operations = await lab.allOperations(plan);
    expect(operations.map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
      'create cem@contoso.com',
      'link ann@contoso.com',
      'link bob@contoso.com',
    ]);
    const ann = operations.find(({ name }) => name.startsWith('ann'));
    expect(ann).toMatchObject({ targetId: byMail, cause: { match: { way: 'mail', value: 'ann@contoso.com' } } });
    expect(ann?.changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ attribute: 'sourceAnchor', from: null, to: anchorOf('ann') }),
        expect.objectContaining({ native: 'jobTitle', from: 'Countess', to: 'Analyst' }),
        expect.objectContaining({ attribute: 'userPrincipalName', from: 'cloud.ann@contoso.com' }),
      ]),
    );
    expect(operations.find(({ name }) => name.startsWith('bob'))).toMatchObject({
      targetId: byName,
      cause: { match: { way: 'userPrincipalName', value: 'bob@contoso.com' } },
    });
    expect(plan.plan.counts.types.user).toMatchObject({ create: 1, link: 2, update: 0 });
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.written.create).toBe(1);
    expect(lab.target.find(anchorOf('ann'))?.anchor).toBe(byMail);
    expect(lab.tenant()['user cem']).toMatchObject({ manager: ['ann'] });
    await expectInStep(lab);
    lab.source.edit(guid('ann'), { attributes: { title: 'Boss' } });
    expect(await planned(lab)).toEqual(['update user ann: jobTitle Boss']);
  });

  test.each<[string, Attributes]>([
    ['a secondary address', { ...mail('other'), proxyAddresses: ['SMTP:other@contoso.com', 'smtp:ann@contoso.com'] }],
    ['an address as a guest', { ...mail('ann'), userType: 'Guest' }],
  ])('are not linked by %s', async (_, attributes) => {
    const lab = await createMemoryLab();
    seed(lab, 'cloud', attributes);
    lab.source.put(user('ann', mail('ann')));
    expect((await planned(lab)).map((one) => one.split(' ')[0])).toEqual(['create']);
    expect(await lab.findings('value-conflict')).toMatchObject([{ attribute: 'mail' }]);
  });

  test('are not linked to one of several objects that match, and the finding names both', async () => {
    const lab = await createMemoryLab();
    seed(lab, 'cloud', mail('info'));
    for (const name of ['ann', 'bob']) lab.source.put(user(name, mail('info')));
    expect(await planned(lab)).toEqual([]);
    expect(await lab.findings('match-ambiguous')).toMatchObject([
      { object: { name: 'ann@contoso.com' }, otherObject: { name: 'bob@contoso.com' }, value: 'info@contoso.com' },
      { object: { name: 'bob@contoso.com' }, otherObject: { name: 'ann@contoso.com' } },
    ]);
    lab.source.edit(guid('bob'), { attributes: mail('bob') });
    expect((await planned(lab)).map((one) => one.split(':')[0])).toEqual(['link user ann', 'create user bob']);
    expect(await lab.findings()).toEqual([]);
  });

  test.each<[string, Attributes, string]>([
    ['is written by Entra Connect', { onPremisesSyncEnabled: true }, 'match-synchronized'],
    ['carries the anchor of somebody else', { sourceAnchor: 'AAAA' }, 'match-other-anchor'],
  ])('are left alone when the one that matches %s', async (_, attributes, code) => {
    const lab = await createMemoryLab();
    const cloud = seed(lab, 'ann', attributes);
    lab.source.put(user('ann', { title: 'Boss' }));
    expect(await planned(lab)).toEqual([]);
    expect(await lab.findings()).toMatchObject([
      { code, object: { name: 'ann@contoso.com', space: 'corp' }, otherObject: { anchor: cloud, space: 'tenant' } },
    ]);
    // As long as it is like that, every run says so; when it ends, the next run links or creates.
    expect(await planned(lab)).toEqual([]);
    lab.source.edit(guid('ann'), { attributes: upn('ann.doe') });
    expect((await planned(lab)).map((one) => one.split(':')[0])).toEqual(['create user ann.doe']);
    expect(await lab.findings()).toEqual([]);
  });

  test('with an administrator role are never taken over, neither by their name nor by their anchor, but by hand', async () => {
    const lab = await createMemoryLab();
    const roles = Object.fromEntries(
      [seed(lab, 'ann', {}), seed(lab, 'bob', { sourceAnchor: anchorOf('bob') })].map((id) => [
        id,
        ['Global Administrator'],
      ]),
    );
    lab.target.setRoleHolders(roles);
    for (const name of ['ann', 'bob']) lab.source.put(user(name, { title: 'Boss' }));
    for (let run = 0; run < 2; run++) {
      expect(await planned(lab)).toEqual([]);
      const told = await lab.findings('match-privileged');
      expect(told.map(({ attribute, object }) => `${attribute} ${object?.name}`).sort()).toEqual([
        'sourceAnchor bob@contoso.com',
        'userPrincipalName ann@contoso.com',
      ]);
    }
    lab.source.remove(guid('ann'));
    expect(await planned(lab)).toEqual([]);
    expect(lab.tenant()['user ann']).not.toHaveProperty('title');
    await linkByHand(lab.context, { object: 'bob@contoso.com', target: 'bob@contoso.com', who: 'admin' });
    expect((await lab.plan()).plan.guards.find(({ name }) => name === 'privileged')).toMatchObject({ found: 1 });
  });

  test('are taken over as soon as they hold an administrator role no more, also when nothing else has changed', async () => {
    const lab = await createMemoryLab();
    const cloud = seed(lab, 'ann', {});
    lab.target.setRoleHolders({ [cloud]: ['Global Administrator'] });
    lab.source.put(user('ann', { title: 'Boss' }));
    await lab.sync();
    expect(await lab.findings('match-privileged')).toHaveLength(1);
    lab.target.setRoleHolders({});
    await lab.sync();
    expect(await lab.findings('match-privileged')).toEqual([]);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Boss' });
  });

  test('are not taken over where the configuration forbids it', async () => {
    const lab = await createMemoryLab();
    lab.context = { ...lab.context, matching: { soft: false, hard: false } };
    seed(lab, 'ann', {});
    seed(lab, 'bob', { sourceAnchor: anchorOf('bob') });
    for (const name of ['ann', 'bob']) lab.source.put(user(name, { title: 'Boss' }));
    expect(await planned(lab)).toEqual([]);
    const forbidden = await lab.findings('match-forbidden');
    expect(forbidden.map(({ attribute, object }) => `${attribute} ${object?.name}`).sort()).toEqual([
      'sourceAnchor bob@contoso.com',
      'userPrincipalName ann@contoso.com',
    ]);
    lab.context = { ...lab.context, matching: { soft: true, hard: true } };
    expect((await lab.operations(await lab.plan({ full: true }))).map((one) => one.split(':')[0])).toEqual([
      'link user ann',
      'link user bob',
    ]);
    expect(await lab.findings()).toEqual([]);
  });

  test('that were linked in a plan nobody carried out are let go when the match ends', async () => {
    const lab = await createMemoryLab();
    const cloud = seed(lab, 'cloud', mail('ann'));
    lab.source.put(user('ann', mail('ann')));
    expect((await planned(lab)).map((one) => one.split(':')[0])).toEqual(['link user ann']);
    lab.source.remove(guid('ann'));
    expect(await planned(lab)).toEqual([]);
    lab.source.put(user('ann', mail('ann')));
    expect((await planned(lab)).map((one) => one.split(':')[0])).toEqual(['link user ann']);
    lab.source.edit(guid('ann'), { attributes: mail('new') });
    expect((await planned(lab)).map((one) => one.split(':')[0])).toEqual(['create user ann']);
    expect((await lab.sync()).failed).toBe(0);
    expect(lab.target.tenant.directory.get(cloud)?.attributes).toMatchObject({ displayName: 'cloud' });
    await expectInStep(lab);
  });

  test('and carry our anchor are taken over, shown as a link while something is overwritten', async () => {
    const lab = await createMemoryLab();
    seed(lab, 'ann', { sourceAnchor: anchorOf('ann'), title: 'Countess' });
    lab.source.put(user('ann', { title: 'Boss' }));
    const plan = await lab.plan();
    expect(await lab.operations(plan)).toEqual(['link user ann: jobTitle Boss']);
    expect(await lab.allOperations(plan)).toMatchObject([{ cause: { match: { way: 'anchor' } } }]);
    await lab.apply(plan);
    lab.source.edit(guid('ann'), { attributes: { title: 'Queen' } });
    expect(await planned(lab)).toEqual(['update user ann: jobTitle Queen']);
  });

  test('are found again after a link was broken off by a crash', async () => {
    const lab = await createMemoryLab();
    seed(lab, 'ann', { title: 'Countess' });
    lab.source.put(user('ann', { title: 'Boss' }));
    const broken = new Error('broken off');
    lab.target.breakAfter(0, broken);
    await expect(lab.sync()).rejects.toThrow(broken);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.written.create).toBe(0);
    await expectInStep(lab);
  });
});
