import { describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';

const BROKEN = new Error('broken off');
const REFUSAL = { code: 'Request_BadRequest', message: 'Invalid value specified.' };

async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  for (let number = 0; number < 25; number++)
    lab.source.put(user(`u${number}`, {}, number === 0 ? {} : { manager: `u${number - 1}` }));
  lab.source.put(group('staff', ['u1', 'u2', 'inner']));
  lab.source.put(group('inner', ['u3']));
  return lab;
}

describe('an apply that is broken off', () => {
  test('and run again at any point ends in the same tenant, with nothing created twice', async () => {
    const undisturbed = await company();
    await undisturbed.sync();
    for (let point = 0; point < 56; point += 5) {
      const lab = await company();
      lab.target.breakAfter(point, BROKEN);
      await lab.sync().catch((error: unknown) => expect(error).toBe(BROKEN));
      const again = await lab.sync();
      expect(again).toMatchObject({ outcome: 'done', failed: 0 });
      expect(lab.target.written.create).toBe(27);
      expect(lab.tenant()).toEqual(undisturbed.tenant());
      expect(await lab.store.apply.openIntents()).toEqual([]);
      expect(await lab.operations(await lab.plan())).toEqual([]);
    }
  });

  test('can be taken up again by the same plan', async () => {
    const lab = await company();
    const plan = await lab.plan();
    lab.target.breakAfter(12, BROKEN);
    await expect(lab.apply(plan)).rejects.toThrow(BROKEN);
    expect(await lab.store.apply.openIntents()).not.toEqual([]);
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.written.create).toBe(27);
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });

  test('makes every other plan stale', async () => {
    const lab = await company();
    const old = await lab.plan();
    const plan = await lab.plan();
    lab.target.breakAfter(12, BROKEN);
    await expect(lab.apply(plan)).rejects.toThrow(BROKEN);
    expect(await lab.apply(old)).toMatchObject({ outcome: 'stale' });
  });

  test('in the middle of deletions deletes the rest the next time', async () => {
    const lab = await company();
    await lab.sync();
    for (let number = 0; number < 20; number++) lab.source.remove(guid(`u${number}`));
    lab.target.breakAfter(7, BROKEN);
    await expect(lab.sync()).rejects.toThrow(BROKEN);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(Object.keys(lab.tenant()).filter((name) => name.startsWith('user'))).toHaveLength(5);
  });
});

describe('a write that the tenant refuses', () => {
  test('is a finding, stops nothing else, and is tried again', async () => {
    const lab = await company();
    lab.target.refuse((write) => write.action === 'create' && write.attributes['displayName'] === 'u7', REFUSAL);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { create: 26 } });
    expect((await lab.findings('target-refused')).map((one) => one.object?.name)).toEqual(['u7@contoso.com']);
    expect(await lab.findings('waits-for-failed')).toMatchObject([
      { object: { name: 'u8@contoso.com' }, attribute: 'manager' },
    ]);
    expect(await lab.sync()).toMatchObject({ done: { create: 1 }, failed: 0 });
    expect(lab.tenant()).toMatchObject({ 'user u7': { manager: ['u6'] }, 'user u8': { manager: ['u7'] } });
    expect(await lab.findings()).toEqual([]);
  });

  test('of a member is a finding that names it, and goes when the member is taken', async () => {
    const lab = await company();
    lab.target.refuse((write) => write.action === 'members', REFUSAL, 2);
    expect((await lab.sync()).failed).toBeGreaterThan(0);
    expect((await lab.findings('target-refused')).map((one) => one.object?.name).sort()).toEqual(['inner', 'staff']);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(lab.tenant()).toMatchObject({
      'group staff': { member: ['inner', 'u1', 'u2'] },
      'group inner': { member: ['u3'] },
    });
    expect(await lab.findings()).toEqual([]);
  });

  test('of an attribute does not keep the members from changing', async () => {
    const lab = await company();
    await lab.sync();
    lab.target.refuse((write) => write.action === 'update', REFUSAL, 5);
    lab.source.edit(guid('staff'), {
      attributes: { description: 'bad' },
      references: { member: { add: [guid('u9')] } },
    });
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['inner', 'u1', 'u2', 'u9'] });
    expect(await lab.findings('target-refused')).toHaveLength(1);
  });

  test('is no finding any more when nothing is to be written any more', async () => {
    const lab = await company();
    await lab.sync();
    lab.target.refuse((write) => write.action === 'update', REFUSAL, 5);
    lab.source.edit(guid('u1'), { attributes: { title: 'bad' } });
    await lab.sync();
    lab.source.edit(guid('u1'), { attributes: { title: null } });
    await lab.sync();
    expect(await lab.findings()).toEqual([]);
  });

  test('of the first step of a circle keeps the reason of the refusal, and the circle is tried again', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    await lab.sync();
    for (const [from, to] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      lab.source.edit(guid(from), { attributes: { userPrincipalName: `${to}@contoso.com` } });
    lab.target.refuse((write) => write.action === 'update', REFUSAL);
    await lab.sync();
    expect((await lab.findings()).map((one) => one.code).sort()).toEqual(['target-refused', 'waits-for-failed']);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(lab.tenant()['user ann']).toMatchObject({ userPrincipalName: 'bob@contoso.com' });
    expect(await lab.findings()).toEqual([]);
  });
});

test('several changes to one object are one operation and one request', async () => {
  const lab = await company();
  await lab.sync();
  const before = { ...lab.target.written };
  lab.source.edit(guid('u5'), { attributes: { title: 'Boss', department: 'Sales', displayName: 'U 5' } });
  lab.source.edit(guid('u5'), { attributes: { mobile: '1' } });
  lab.source.edit(guid('u5'), { attributes: { title: 'Chief' } });
  const result = await lab.sync();
  expect(await lab.operations(result)).toEqual([
    'update user u5: displayName U 5, jobTitle Chief, department Sales, mobilePhone 1',
  ]);
  expect(lab.target.written).toEqual({ ...before, update: before.update + 1 });
});
