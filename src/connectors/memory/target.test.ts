import { describe, expect, it } from 'vitest';
import { ContractSpace } from '../connector.contract.ts';
import type { TargetWrite, WriteResult } from '../connector.ts';
import { makeReadonly } from '../readonly.ts';
import { createSimpleSchema } from './simple-schema.ts';
import { createMemoryTarget, type MemoryTarget } from './target.ts';

const REQUEST = {
  watermark: null,
  attributes: ['sourceAnchor', 'userPrincipalName', 'displayName'],
  references: ['member', 'manager'],
};

function createTarget(): MemoryTarget {
  return createMemoryTarget({ schema: createSimpleSchema(), now: () => new Date('2030-01-02T03:04:05Z') });
}

async function write(target: MemoryTarget, ...writes: readonly TargetWrite[]): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = [];
  async function* chunks() {
    yield writes;
  }
  for await (const page of target.write(chunks())) results.push(...page);
  return results;
}

function user(anchor: string, userPrincipalName: string): TargetWrite {
  return { id: `create ${anchor}`, action: 'create', type: 'user', anchor, attributes: { userPrincipalName } };
}

async function settle(target: MemoryTarget, ...writes: readonly TargetWrite[]): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for await (const page of target.settle(writes)) outcomes.push(...page.map((one) => one.outcome));
  return outcomes;
}

function idOf(target: MemoryTarget, anchor: string): string {
  return target.find(anchor)?.anchor ?? 'none';
}

describe('the memory target', () => {
  it('creates, and gives what it created in the next delta', async () => {
    const target = createTarget();
    const space = new ContractSpace();
    const { watermark } = await space.read(target, REQUEST);
    const [made] = await write(target, user('A1', 'ann@contoso.com'));
    expect(made).toEqual({ id: 'create A1', outcome: 'done', targetId: '00000000-0000-4000-8000-000000000001' });
    await space.read(target, { ...REQUEST, watermark });
    expect(space.objects.get('00000000-0000-4000-8000-000000000001')?.attributes).toEqual({
      userPrincipalName: 'ann@contoso.com',
      sourceAnchor: 'A1',
    });
  });

  it('refuses a value that another object holds, and takes it once it is released', async () => {
    const target = createTarget();
    await write(target, user('A1', 'ann@contoso.com'));
    const [refused] = await write(target, user('A2', 'ANN@contoso.com'));
    expect(refused).toMatchObject({ outcome: 'failed', failure: { code: 'conflict', attribute: 'userPrincipalName' } });
    const targetId = idOf(target, 'A1');
    const attributes = { userPrincipalName: 'new@contoso.com' };
    await write(target, { id: 'u', action: 'update', type: 'user', anchor: 'A1', targetId, attributes });
    const [taken] = await write(target, user('A2', 'ann@contoso.com'));
    expect(taken?.outcome).toBe('done');
  });

  it('never holds one source anchor twice', async () => {
    const target = createTarget();
    await write(target, user('A1', 'ann@contoso.com'));
    const [refused] = await write(target, user('A1', 'other@contoso.com'));
    expect(refused).toMatchObject({ outcome: 'failed', failure: { otherTargetId: idOf(target, 'A1') } });
  });

  it('keeps deleted users for restoring, and forgets deleted groups', async () => {
    const target = createTarget();
    const group: TargetWrite = {
      id: 'g',
      action: 'create',
      type: 'group',
      anchor: 'G',
      attributes: { displayName: 'G' },
    };
    await write(target, user('A1', 'ann@contoso.com'), group);
    const [userId, groupId] = [idOf(target, 'A1'), idOf(target, 'G')];
    const member = {
      id: 'm',
      action: 'members',
      type: 'group',
      anchor: 'G',
      targetId: groupId,
      attribute: 'member',
    } as const;
    await write(target, { ...member, add: [userId], remove: [] });
    const space = new ContractSpace();
    const { watermark } = await space.read(target, REQUEST);
    expect(space.objects.get(groupId)?.references['member']).toEqual(new Set([userId]));
    await write(target, { id: 'd', action: 'delete', type: 'user', anchor: 'A1', targetId: userId });
    const outcome = await space.read(target, { ...REQUEST, watermark });
    expect(outcome.changes).toContainEqual({
      kind: 'delete',
      anchor: userId,
      restorable: true,
      deletedAt: '2030-01-02T03:04:05.000Z',
    });
    expect(space.objects.get(groupId)?.references['member']).toEqual(new Set());
    const restore: TargetWrite = { id: 'r', action: 'restore', type: 'user', anchor: 'A1', targetId: userId };
    expect(await settle(target, restore)).toEqual(['not-done']);
    expect((await write(target, restore))[0]?.outcome).toBe('done');
    expect(idOf(target, 'A1')).toBe(userId);
    await write(target, { id: 'd', action: 'delete', type: 'group', anchor: 'G', targetId: groupId });
    const gone: TargetWrite = { id: 'r', action: 'restore', type: 'group', anchor: 'G', targetId: groupId };
    expect((await write(target, gone))[0]?.outcome).toBe('gone');
  });

  it('tells which members it refused and takes the others', async () => {
    const target = createTarget();
    const [userId, groupId] = [target.seed('user', {}), target.seed('group', {})];
    const [result] = await write(target, {
      id: 'm',
      action: 'members',
      type: 'group',
      anchor: 'G',
      targetId: groupId,
      attribute: 'member',
      add: [userId, 'nobody'],
      remove: [],
    });
    expect(result).toMatchObject({
      outcome: 'done',
      failedReferences: [{ to: 'nobody', failure: { code: 'notFound' } }],
    });
    expect(target.tenant.directory.get(groupId)?.references.get('member')).toEqual(new Set([userId]));
  });

  it('sets and clears a manager', async () => {
    const target = createTarget();
    const [targetId, boss, chief] = [target.seed('user', {}), target.seed('user', {}), target.seed('user', {})];
    const refer = { id: 'r', action: 'refer', type: 'user', anchor: 'A', targetId, attribute: 'manager' } as const;
    await write(target, { ...refer, to: boss }, { ...refer, to: chief });
    expect(target.tenant.directory.get(targetId)?.references.get('manager')).toEqual(new Set([chief]));
    await write(target, { ...refer, to: null });
    expect(target.tenant.directory.get(targetId)?.references.get('manager')).toBeUndefined();
    expect(await write(target, { ...refer, to: 'nobody' })).toMatchObject([{ outcome: 'failed' }]);
  });

  it('can break after a write took effect, and tells afterwards what became of it', async () => {
    const target = createTarget();
    target.breakAfter(1, new Error('cable pulled'));
    const writes = [user('A1', 'a@contoso.com'), user('A2', 'b@contoso.com')];
    await expect(write(target, ...writes)).rejects.toThrow('cable pulled');
    expect(await settle(target, ...writes)).toEqual(['done', 'not-done']);
    expect(target.written.create).toBe(1);
  });

  it('refuses what it is told to refuse, so often and no more', async () => {
    const target = createTarget();
    target.refuse((one) => one.anchor === 'A1', { code: 'told', message: 'told so' });
    expect((await write(target, user('A1', 'a@contoso.com')))[0]).toMatchObject({ outcome: 'failed' });
    expect((await write(target, user('A1', 'a@contoso.com')))[0]).toMatchObject({ outcome: 'done' });
  });
});

describe('a target in staging mode', () => {
  it('is read, but throws before anything is written', async () => {
    const target = createTarget();
    const staged = makeReadonly(target);
    async function* chunks() {
      yield [user('A1', 'a@contoso.com')];
    }
    expect(() => staged.write(chunks())).toThrow(expect.objectContaining({ code: 'bug' }));
    expect(target.written.create).toBe(0);
    expect((await new ContractSpace().read(staged, REQUEST)).begin.mode).toBe('full');
  });
});
