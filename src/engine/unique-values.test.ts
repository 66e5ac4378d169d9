import { describe, expect, test } from 'vitest';
import { createMemoryLab, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';

async function settle(lab: MemoryLab): Promise<readonly string[]> {
  const result = await lab.sync();
  expect(result.failed).toBe(0);
  const operations = await lab.allOperations(result);
  for (const one of operations) for (const before of one.after) expect(Number(before)).toBeLessThan(Number(one.id));
  expect(await lab.operations(await lab.plan())).toEqual([]);
  return lab.operations(result);
}

function rename(lab: MemoryLab, name: string, attributes: Readonly<Record<string, string | null>>): void {
  lab.source.edit(guid(name), { attributes });
}

function upn(name: string): { readonly userPrincipalName: string } {
  return { userPrincipalName: `${name}@contoso.com` };
}

/** A secondary address is no match, but nobody else can have it. */
const SECONDARY = ['SMTP:cloud@contoso.com', 'smtp:ann@contoso.com'];

function mail(name: string): { readonly mail: string } {
  return { mail: `${name}@contoso.com` };
}

describe('names that go round', () => {
  test('two users swap their sign-in names', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await settle(lab);
    rename(lab, 'ann', upn('bob'));
    rename(lab, 'bob', upn('ann'));
    expect(await settle(lab)).toHaveLength(3);
    expect(lab.tenant()).toMatchObject({ 'user ann': upn('bob'), 'user bob': upn('ann') });
  });

  test('three users pass their sign-in names on in a circle, and so do three others', async () => {
    const lab = await createMemoryLab();
    const names = ['ann', 'bob', 'cem', 'dan', 'eve', 'fay'];
    for (const name of names) lab.source.put(user(name));
    await settle(lab);
    for (const [from, to] of [
      ['ann', 'bob'],
      ['bob', 'cem'],
      ['cem', 'ann'],
      ['dan', 'eve'],
      ['eve', 'fay'],
      ['fay', 'dan'],
    ] as const)
      rename(lab, from, upn(to));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user ann': upn('bob'), 'user cem': upn('ann'), 'user fay': upn('dan') });
  });

  test('two users swap sign-in name and mail at once, with all other changes of theirs', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name, mail(name)));
    await settle(lab);
    rename(lab, 'ann', { ...upn('bob'), ...mail('bob'), title: 'Boss' });
    rename(lab, 'bob', { ...upn('ann'), ...mail('ann'), title: 'Chief' });
    // One steps aside and both give up their addresses; then each takes its new ones at once.
    expect(await settle(lab)).toHaveLength(4);
    expect(lab.tenant()).toMatchObject({
      'user ann': { ...upn('bob'), ...mail('bob'), title: 'Boss' },
      'user bob': { ...upn('ann'), ...mail('ann'), title: 'Chief' },
    });
  });

  test('circles that share a user are all untied', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob', 'cem']) lab.source.put(user(name, mail(name)));
    await settle(lab);
    rename(lab, 'ann', { ...upn('bob'), ...mail('cem') });
    rename(lab, 'bob', upn('ann'));
    rename(lab, 'cem', mail('ann'));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({
      'user ann': { ...upn('bob'), ...mail('cem') },
      'user bob': upn('ann'),
      'user cem': mail('ann'),
    });
  });

  test('a chain of mail addresses moves up one by one', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob', 'cem']) lab.source.put(user(name, mail(name)));
    await settle(lab);
    rename(lab, 'ann', mail('bob'));
    rename(lab, 'bob', mail('cem'));
    rename(lab, 'cem', mail('new'));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user ann': mail('bob'), 'user bob': mail('cem'), 'user cem': mail('new') });
  });

  test('a new user takes the name of one who is deleted or renamed in the same run', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await settle(lab);
    lab.source.remove(guid('ann'));
    rename(lab, 'bob', upn('robert'));
    lab.source.put(user('ann2', upn('ann')));
    lab.source.put(user('bob2', upn('bob')));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user ann2': upn('ann'), 'user bob': upn('robert'), 'user bob2': upn('bob') });
  });

  test('whose manager is the new user that waits for his name stands in the list where both can succeed', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await settle(lab);
    rename(lab, 'bob', upn('robert'));
    lab.source.put(user('aaa', upn('bob'), { manager: 'bob' }));
    lab.source.edit(guid('bob'), { references: { manager: { add: [guid('aaa')] } } });
    await settle(lab);
    expect(lab.tenant()).toMatchObject({
      'user bob': { ...upn('robert'), manager: ['aaa'] },
      'user aaa': { ...upn('bob'), manager: ['bob'] },
    });
  });
});

describe('a value that two objects want', () => {
  test('stays with the cloud-only user who has it; everything else of the other goes, and the finding names both', async () => {
    const lab = await createMemoryLab();
    lab.target.seed('user', { displayName: 'cloud', ...upn('cloud'), ...mail('cloud'), proxyAddresses: SECONDARY });
    lab.source.put(user('ann', { ...mail('ann'), title: 'Boss' }));
    await settle(lab);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Boss' });
    expect(lab.tenant()['user ann']).not.toHaveProperty('mail');
    expect(await lab.findings()).toMatchObject([
      {
        code: 'value-conflict',
        attribute: 'mail',
        value: 'ann@contoso.com',
        object: { name: 'ann@contoso.com' },
        otherObject: { name: 'cloud@contoso.com' },
      },
    ]);
    expect(lab.tenant()['user cloud']).toMatchObject(mail('cloud'));
  });

  test('goes to the first by anchor of two new ones, in whatever order they came', async () => {
    for (const order of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ]) {
      const lab = await createMemoryLab();
      for (const name of order) lab.source.put(user(name, mail('info')));
      await settle(lab);
      expect(lab.tenant()['user ann']).toMatchObject(mail('info'));
      expect(lab.tenant()['user bob']).not.toHaveProperty('mail');
      expect(await lab.findings()).toMatchObject([
        { code: 'value-conflict', object: { name: 'bob@contoso.com' }, otherObject: { name: 'ann@contoso.com' } },
      ]);
    }
  });

  test('gives a new user another sign-in name for the time being, and the real one as soon as it is free', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('boss'));
    lab.source.put(user('ann', upn('same')));
    lab.source.put(user('bob', upn('same'), { manager: 'boss' }));
    await settle(lab);
    const name = String(lab.tenant()['user bob']?.['userPrincipalName']);
    expect(name).toMatch(/^same\d{4}@contoso\.onmicrosoft\.com$/);
    expect(lab.tenant()['user bob']).toMatchObject({ manager: ['boss'] });
    expect(await lab.findings('value-conflict')).toMatchObject([
      { attribute: 'userPrincipalName', value: 'same@contoso.com', cause: expect.stringContaining(name) },
    ]);
    expect(await settle(lab)).toEqual([]);
    rename(lab, 'ann', upn('ann'));
    await settle(lab);
    expect(lab.tenant()['user bob']).toMatchObject({ ...upn('same'), manager: ['boss'] });
    expect(await lab.findings()).toEqual([]);
  });

  test('is put right by itself when the conflict ends in the tenant', async () => {
    const lab = await createMemoryLab();
    const cloud = lab.target.seed('user', {
      displayName: 'cloud',
      ...upn('cloud'),
      ...mail('cloud'),
      proxyAddresses: SECONDARY,
    });
    lab.source.put(user('ann', mail('ann')));
    await settle(lab);
    async function* clearing() {
      yield [
        {
          id: '1',
          action: 'update' as const,
          type: 'user' as const,
          anchor: '',
          targetId: cloud,
          attributes: { proxyAddresses: ['SMTP:cloud@contoso.com'] },
        },
      ];
    }
    for await (const _ of lab.target.write(clearing()));
    expect(await settle(lab)).toEqual(['update user ann: mail ann@contoso.com']);
    expect(await lab.findings()).toEqual([]);
  });

  test('is lost by a user who keeps the value that a third one wanted: that one does not get it either', async () => {
    const lab = await createMemoryLab();
    lab.target.seed('user', { displayName: 'cloud', ...upn('cloud'), ...mail('cloud') });
    for (const name of ['ann', 'bob']) lab.source.put(user(name, mail(name)));
    await settle(lab);
    rename(lab, 'ann', mail('cloud'));
    rename(lab, 'bob', mail('ann'));
    await settle(lab);
    expect(lab.tenant()).toMatchObject({ 'user ann': mail('ann'), 'user bob': mail('bob') });
    expect(await lab.findings('value-conflict')).toHaveLength(2);
  });
});
