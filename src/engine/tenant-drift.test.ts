import { describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';

async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  lab.source.put(user('ann', { title: 'Boss' }, { manager: 'bob' }));
  lab.source.put(user('bob'));
  lab.source.put(group('staff', ['ann', 'bob']));
  await lab.sync();
  return lab;
}

function idOf(lab: MemoryLab, name: string): string {
  return lab.target.find(anchorOf(name))?.anchor ?? 'none';
}

async function deleteInTenant(lab: MemoryLab, name: string, type: 'user' | 'group'): Promise<void> {
  const targetId = idOf(lab, name);
  async function* chunks() {
    yield [{ id: '1', action: 'delete' as const, type, anchor: anchorOf(name), targetId }];
  }
  for await (const _ of lab.target.write(chunks()));
}

async function expectAtRest(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan())).toEqual([]);
}

describe('what somebody changes in the tenant', () => {
  test('is put back where a rule speaks for it', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.target.tenant.edit(idOf(lab, 'ann'), { attributes: { title: 'Intern', displayName: 'Annie' } });
    expect(await lab.operations(await lab.sync())).toEqual(['update user ann: displayName ann, jobTitle Boss']);
    expect(lab.tenant()).toEqual(before);
    await expectAtRest(lab);
  });

  test('is left alone where none does', async () => {
    const lab = await company();
    lab.target.tenant.edit(idOf(lab, 'ann'), { attributes: { usageLocation: 'DE' } });
    await expectAtRest(lab);
  });

  test('of members and managers is put back, but references to cloud-only objects stay', async () => {
    const lab = await company();
    const cloud = lab.target.seed('user', { displayName: 'cloud', userPrincipalName: 'cloud@contoso.com' });
    lab.target.tenant.edit(idOf(lab, 'staff'), {
      references: { member: { add: [cloud], remove: [idOf(lab, 'ann')] } },
    });
    lab.target.tenant.edit(idOf(lab, 'ann'), { references: { manager: { remove: [idOf(lab, 'bob')] } } });
    lab.target.tenant.edit(idOf(lab, 'bob'), { references: { manager: { add: [idOf(lab, 'ann')] } } });
    await lab.sync();
    expect(lab.tenant()).toMatchObject({
      'group staff': { member: ['ann', 'bob', 'cloud'] },
      'user ann': { manager: ['bob'] },
    });
    expect(lab.tenant()['user bob']).not.toHaveProperty('manager');
    await expectAtRest(lab);
  });

  test('of a manager is seen also by a full read, after we ourselves had changed him', async () => {
    const lab = await company();
    lab.source.put(user('cem'));
    lab.source.edit(guid('ann'), { references: { manager: { add: [guid('cem')], remove: [guid('bob')] } } });
    await lab.sync();
    lab.target.tenant.edit(idOf(lab, 'ann'), { references: { manager: { remove: [idOf(lab, 'cem')] } } });
    await lab.sync({ full: true });
    expect(lab.tenant()['user ann']).toMatchObject({ manager: ['cem'] });
    await expectAtRest(lab);
  });

  test('by deleting a user is undone: restored with his memberships, the same object', async () => {
    const lab = await company();
    const id = idOf(lab, 'ann');
    await deleteInTenant(lab, 'ann', 'user');
    expect(await lab.operations(await lab.sync())).toEqual(['restore user ann', 'update group staff: +1']);
    await lab.sync();
    await expectAtRest(lab);
    expect(idOf(lab, 'ann')).toBe(id);
    expect(lab.tenant()).toMatchObject({ 'user ann': { manager: ['bob'] }, 'group staff': { member: ['ann', 'bob'] } });
  });

  test('by deleting a group for good is undone: created again with its members', async () => {
    const lab = await company();
    await deleteInTenant(lab, 'staff', 'group');
    expect(await lab.operations(await lab.sync())).toEqual(['create group staff: +2']);
    await expectAtRest(lab);
  });
});

describe('a user in the recycle bin', () => {
  test('is restored with what has changed meanwhile when the source brings him back', async () => {
    const lab = await company();
    const id = idOf(lab, 'ann');
    lab.source.remove(guid('ann'));
    expect(await lab.operations(await lab.sync())).toEqual(['delete user ann']);
    await expectAtRest(lab);
    lab.source.put(user('ann', { title: 'Chief' }, { manager: 'bob' }));
    expect(await lab.operations(await lab.sync())).toEqual([
      'restore user ann: jobTitle Chief',
      'update group staff: -1',
    ]);
    await lab.sync();
    expect(idOf(lab, 'ann')).toBe(id);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Chief', manager: ['bob'] });
    await expectAtRest(lab);
  });

  test('whose values are refused after he came back is there, and they are tried again', async () => {
    const lab = await company();
    lab.source.remove(guid('ann'));
    await lab.sync();
    lab.source.put(user('ann', { title: 'Chief' }));
    lab.target.refuse((write) => write.action === 'update', { code: 'no', message: 'Not today.' });
    await lab.sync();
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Chief' });
    expect(await lab.findings()).toEqual([]);
    await expectAtRest(lab);
  });

  test('who is not there any more is created anew', async () => {
    const lab = await company();
    lab.source.remove(guid('ann'));
    await lab.sync();
    lab.source.put(user('ann', { title: 'Boss' }, { manager: 'bob' }));
    const plan = await lab.plan();
    expect(await lab.operations(plan)).toEqual(['restore user ann', 'update group staff: -1']);
    const gone = { code: 'notFound', message: 'Resource does not exist.' };
    const { target } = lab;
    const write: typeof target.write = async function* (chunks) {
      for await (const chunk of chunks)
        yield chunk.map((one) => ({ id: one.id, outcome: 'gone' as const, failure: gone }));
    };
    lab.context = { ...lab.context, target: Object.create(target, { write: { value: write } }) as typeof target };
    await lab.apply(plan);
    lab.context = { ...lab.context, target };
    expect(await lab.operations(await lab.sync())).toEqual(['create user ann']);
    await expectAtRest(lab);
  });

  test('is forgotten when he is gone for good, whether or not the source still has him', async () => {
    const lab = await company();
    for (const name of ['ann', 'bob']) lab.source.remove(guid(name));
    await lab.sync();
    lab.source.put(user('bob'));
    await lab.plan();
    const tenant = (await lab.store.spaces.spaces()).find((space) => space.name === 'tenant');
    lab.target.tenant.refuseWatermarks('too old');
    expect(await lab.operations(await lab.plan())).toEqual(['create user bob', 'update group staff: +1'].slice(0, 1));
    expect(
      await lab.store.spaces.objectsByValue(tenant?.id ?? 0, { kind: 'sourceAnchor', key: anchorOf('ann') }),
    ).toEqual([]);
  });
});

describe('findings that concern no object alone', () => {
  test('go with the last object that has the loss, in a full run', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann', { proxyAddresses: ['smtp:a@contoso.com'] }));
    await lab.sync();
    expect(await lab.findings('target-cannot-carry-attribute')).toHaveLength(1);
    lab.source.edit(guid('ann'), { attributes: { proxyAddresses: null } });
    await lab.sync({ full: true });
    expect(await lab.findings()).toEqual([]);
    lab.source.edit(guid('ann'), { attributes: { proxyAddresses: ['smtp:a@contoso.com'] } });
    await lab.sync();
    await lab.sync({ full: true });
    expect(await lab.findings('target-cannot-carry-attribute')).toHaveLength(1);
  });
});

describe('an object that cannot be worked out', () => {
  test('keeps its last good state, and is a finding that names rule and attribute', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.source.edit(guid('ann'), { attributes: { userPrincipalName: null, sAMAccountName: null, title: 'Chief' } });
    await lab.sync();
    expect(lab.tenant()).toEqual(before);
    expect(await lab.findings('rule-error')).toMatchObject([
      { attribute: 'userPrincipalName', object: { name: 'ann' } },
    ]);
    lab.source.edit(guid('ann'), { attributes: { userPrincipalName: 'ann@contoso.com', sAMAccountName: 'ann' } });
    await lab.sync();
    expect(await lab.findings()).toEqual([]);
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Chief' });
  });

  test('because its anchor has changed stays as it is until the anchor is back', async () => {
    const lab = await company();
    const before = lab.tenant();
    lab.source.edit(guid('ann'), {
      attributes: { 'mS-DS-ConsistencyGuid': new Uint8Array(16).fill(7), title: 'Chief' },
    });
    await lab.sync();
    expect(lab.tenant()).toEqual(before);
    expect(await lab.findings('anchor-changed')).toMatchObject([
      { attribute: 'sourceAnchor', object: { name: 'ann@contoso.com' } },
    ]);
    lab.source.edit(guid('ann'), { attributes: { 'mS-DS-ConsistencyGuid': null } });
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Chief' });
    expect(await lab.findings()).toEqual([]);
  });

  test('never touches a cloud-only object', async () => {
    const lab = await createMemoryLab();
    lab.target.seed('user', { displayName: 'cloud', userPrincipalName: 'cloud@contoso.com' });
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await lab.sync();
    lab.source.remove(guid('ann'));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user bob', 'user cloud']);
    expect(lab.target.written).toMatchObject({ create: 2, delete: 1, update: 0 });
  });
});
