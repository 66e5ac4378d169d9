import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryLab, createTenant, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';

const REFUSAL = { code: 'Request_ResourceNotFound', message: 'Resource does not exist.', isMissing: true };
const MINUTE = 60_000;

let lab: MemoryLab;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2030, 0, 1);
  const target = createTenant({ restorableTypes: ['user', 'group'] });
  lab = await createMemoryLab({ target, now: () => new Date(now) });
  lab.source.put(user('ann'));
  lab.source.put(group('staff', []));
  await lab.sync();
});

const codes = async () => (await lab.findings()).map((one) => one.code);

describe('a write that the tenant refuses because something is missing', () => {
  test('is a warning while the object is minutes old, and is tried again', async () => {
    now += 2 * MINUTE;
    lab.source.edit(guid('ann'), { attributes: { title: 'Lead' } });
    lab.target.refuse((write) => write.action === 'update', REFUSAL);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(await lab.findings()).toMatchObject([
      {
        code: 'not-replicated-yet',
        severity: 'warning',
        object: { name: 'ann@contoso.com' },
        cause: expect.stringContaining('The tenant does not show ann@contoso.com everywhere yet'),
      },
    ]);
    expect(await lab.sync()).toMatchObject({ done: { update: 1 }, failed: 0 });
    expect(lab.tenant()['user ann']).toMatchObject({ title: 'Lead' });
    expect(await codes()).toEqual([]);
  });

  test('is an error when every replica must know the object', async () => {
    now += 16 * MINUTE;
    lab.source.edit(guid('ann'), { attributes: { title: 'Lead' } });
    lab.target.refuse((write) => write.action === 'update', REFUSAL);
    expect(await lab.sync()).toMatchObject({ failed: 1 });
    expect(await codes()).toEqual(['target-refused']);
  });

  test('is a warning when it is a member that is minutes old', async () => {
    now += 16 * MINUTE;
    lab.source.put(user('bob'));
    await lab.sync();
    now += MINUTE;
    lab.source.edit(guid('staff'), { references: { member: { add: [guid('bob')] } } });
    lab.target.refuse((write) => write.action === 'members', REFUSAL);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(await codes()).toEqual(['not-replicated-yet']);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['bob'] });
    expect(await codes()).toEqual([]);
  });

  test('holds back what needs a value of the object, and that is no error either', async () => {
    lab.source.put(user('bob'));
    await lab.sync();
    for (const [from, to] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      lab.source.edit(guid(from), { attributes: { userPrincipalName: `${to}@contoso.com` } });
    lab.target.refuse((write) => write.action === 'update', REFUSAL);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(await codes()).toEqual(['not-replicated-yet', 'not-replicated-yet']);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(lab.tenant()['user ann']).toMatchObject({ userPrincipalName: 'bob@contoso.com' });
    expect(await codes()).toEqual([]);
  });
});

describe.each(['user ann', 'group staff'] as const)('%s, who returns from the recycle bin', (name) => {
  const [type = '', word = ''] = name.split(' ');
  const isOf = (write: { readonly type: string }) => write.type === type;
  let id: string | undefined;

  beforeEach(async () => {
    id = idOf(word);
    lab.source.remove(guid(word));
    await lab.sync();
    now += MINUTE;
    lab.source.put(type === 'user' ? user(word, { title: 'Lead' }) : group(word, [], { description: 'new' }));
  });

  const idOf = (display: string): string | undefined =>
    [...lab.target.tenant.directory.objects()].find((one) => one.attributes['displayName'] === display)?.anchor;

  test('is asked for again, not made anew, when the tenant does not find it', async () => {
    lab.target.refuse((write) => write.action === 'restore' && isOf(write), REFUSAL);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(await codes()).toEqual(['not-replicated-yet']);
    const made = lab.target.written.create;
    expect(await lab.sync()).toMatchObject({ done: { restore: 1 }, failed: 0 });
    expect(lab.target.written.create).toBe(made);
    expect(idOf(word)).toBe(id);
    expect(await codes()).toEqual([]);
  });

  test('is told as restored also when it cannot be given its values', async () => {
    lab.target.refuse((write) => write.action === 'update' && isOf(write), REFUSAL);
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(await codes()).toEqual(['not-replicated-yet']);
    expect(idOf(word)).toBe(id);
    const anchor = String(lab.target.tenant.directory.get(id ?? '')?.attributes['sourceAnchor']);
    expect((await lab.store.apply.changesOf(anchor, 5))[0]).toMatchObject({ action: 'restore', body: '[]' });
    expect(await lab.sync()).toMatchObject({ failed: 0 });
    expect(await codes()).toEqual([]);
  });
});
