import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  createTenant,
  group,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  user,
} from '../../test/memory/memory-lab.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { explainObject } from './explain.ts';

const DAY = 86_400_000;
const START = Date.UTC(2030, 0, 1, 12);

/** A lab whose clock stands still until it is told how many days have passed. */
async function createLab(
  options: MemoryLabOptions = {},
): Promise<{ readonly lab: MemoryLab; passDays(days: number): void }> {
  let time = START;
  const lab = await createMemoryLab({
    deletions: { disableFirst: true, after: 14 * DAY },
    now: () => new Date(time),
    ...options,
  });
  return {
    lab,
    passDays: (days) => {
      time += days * DAY;
    },
  };
}

/** Anna and Berta, both in the group Sales, which Anna manages Berta in. */
async function company(options: MemoryLabOptions = {}): ReturnType<typeof createLab> {
  const started = await createLab(options);
  const { source } = started.lab;
  source.put(user('anna'));
  source.put(user('berta', {}, { manager: 'anna' }));
  source.put(group('Sales', ['anna', 'berta']));
  expect(await started.lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
  return started;
}

describe('a user who leaves', () => {
  test('is disabled first, keeps the memberships, and is deleted when the time is over', async () => {
    const { lab, passDays } = await company();
    lab.source.remove(guid('anna'));
    const left = await lab.sync();
    expect(await lab.operations(left)).toEqual(['update user anna: accountEnabled false']);
    expect(left.plan.counts.types.user).toMatchObject({ disable: 1, delete: 0 });
    expect(lab.tenant()).toMatchObject({
      'user anna': { accountEnabled: false },
      'user berta': { manager: ['anna'] },
      'group Sales': { member: ['anna', 'berta'] },
    });
    passDays(13);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await lab.operations(await lab.sync({ full: true }))).toEqual([]);
    passDays(1);
    const gone = await lab.sync();
    expect(await lab.operations(gone)).toEqual(['delete user anna']);
    expect(gone.plan.counts.types.user).toMatchObject({ disable: 0, delete: 1 });
    expect(Object.keys(lab.tenant())).toEqual(['group Sales', 'user berta']);
    expect(await lab.store.leaving.summary()).toEqual({ count: 0, since: null });
    expect(await lab.operations(await lab.sync())).toEqual([]);
  });

  test('comes back enabled with everything when it returns within the time', async () => {
    const { lab, passDays } = await company();
    const before = lab.tenant();
    lab.source.remove(guid('anna'));
    await lab.sync();
    passDays(10);
    lab.source.put(user('anna'));
    lab.source.edit(guid('Sales'), { references: { member: { add: [guid('anna')] } } });
    lab.source.edit(guid('berta'), { references: { manager: { add: [guid('anna')] } } });
    const back = await lab.sync();
    expect(await lab.operations(back)).toEqual(['update user anna: accountEnabled true']);
    expect(lab.tenant()).toEqual(before);
    expect(await lab.findings('leaves-later')).toEqual([]);
    passDays(10);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    lab.source.remove(guid('anna'));
    await lab.sync();
    passDays(13);
    expect(await lab.operations(await lab.sync())).toEqual([]);
  });

  test('is told with the day on which it leaves, by findings and explain', async () => {
    const { lab } = await company();
    lab.source.remove(guid('anna'));
    await lab.sync();
    expect(await lab.findings('leaves-later')).toMatchObject([
      {
        severity: 'info',
        object: { name: 'anna@contoso.com' },
        cause:
          'anna@contoso.com has left (CN=anna,OU=People,DC=corp,DC=example,DC=com: it was deleted there). It is switched off in the tenant and is deleted there on 2030-01-15.',
      },
    ]);
    const [explained] = await explainObject(lab.context, 'anna@contoso.com');
    expect(explained?.verdict).toContain('there it leaves on 2030-01-15, unless it returns before');
  });

  test('is switched off again when somebody in the tenant switches it on', async () => {
    const { lab } = await company();
    lab.source.remove(guid('anna'));
    await lab.sync();
    const anna = [...lab.target.tenant.directory.objects()].find((one) => one.attributes['displayName'] === 'anna');
    lab.target.tenant.edit(anna?.anchor ?? '', { attributes: { accountEnabled: true } });
    expect(await lab.operations(await lab.sync())).toEqual(['update user anna: accountEnabled false']);
  });

  test('that was never disabled, because nothing was carried out, is not deleted at once either', async () => {
    const { lab, passDays } = await company();
    lab.source.remove(guid('anna'));
    await lab.plan();
    passDays(20);
    expect(await lab.operations(await lab.sync())).toEqual(['update user anna: accountEnabled false']);
    passDays(13);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    passDays(1);
    expect(await lab.operations(await lab.sync())).toEqual(['delete user anna']);
  });

  test('whom the tenant refuses to disable is not deleted before that has worked', async () => {
    const { lab, passDays } = await company();
    lab.target.refuse((write) => write.action === 'update', { code: 'Authorization_RequestDenied', message: 'no' });
    lab.source.remove(guid('anna'));
    expect(await lab.sync()).toMatchObject({ failed: 1 });
    passDays(14);
    expect(await lab.operations(await lab.sync())).toEqual(['update user anna: accountEnabled false']);
    passDays(14);
    expect(await lab.operations(await lab.sync())).toEqual(['delete user anna']);
  });

  test('that somebody deleted in the tenant meanwhile is forgotten', async () => {
    const { lab, passDays } = await company();
    lab.source.remove(guid('anna'));
    await lab.sync();
    const anna = [...lab.target.tenant.directory.objects()].find((one) => one.attributes['displayName'] === 'anna');
    lab.target.tenant.remove(anna?.anchor ?? '');
    await lab.sync();
    expect((await lab.store.leaving.summary()).count).toBe(0);
    passDays(20);
    expect(await lab.operations(await lab.sync())).toEqual([]);
  });
});

describe('a group that leaves', () => {
  test('waits unchanged with its members, and is deleted in time', async () => {
    const { lab, passDays } = await company();
    const before = lab.tenant();
    lab.source.remove(guid('Sales'));
    expect(await lab.operations(await lab.sync())).toEqual([]);
    lab.source.edit(guid('berta'), { attributes: { title: 'Chief' } });
    await lab.sync();
    expect(lab.tenant()['group Sales']).toEqual(before['group Sales']);
    expect(await lab.findings('leaves-later')).toMatchObject([
      { cause: expect.stringContaining('stays as it is in the tenant and is deleted there on 2030-01-15') },
    ]);
    passDays(14);
    expect(await lab.operations(await lab.sync())).toEqual(['delete group Sales']);
  });
});

describe('the grace period', () => {
  test('without disabling leaves the account as it is', async () => {
    const { lab, passDays } = await company({ deletions: { disableFirst: false, after: 2 * DAY } });
    lab.source.remove(guid('anna'));
    expect(await lab.operations(await lab.sync())).toEqual([]);
    passDays(2);
    expect(await lab.operations(await lab.sync())).toEqual(['delete user anna']);
  });

  test('that is made longer or taken out of the configuration goes for those who wait too', async () => {
    const { lab, passDays } = await company();
    lab.source.remove(guid('anna'));
    await lab.sync();
    lab.context = { ...lab.context, deletions: { disableFirst: true, after: 30 * DAY } };
    await lab.sync();
    expect(await lab.findings('leaves-later')).toMatchObject([{ cause: expect.stringContaining('2030-01-31') }]);
    passDays(14);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    lab.context = { ...lab.context, deletions: { disableFirst: false, after: null } };
    expect(await lab.operations(await lab.sync())).toEqual(['delete user anna']);
  });

  test('survives the end of the process, in the middle of the apply too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leaving-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'store.db');
    const [source, target] = [createDirectory('corp'), createTenant()];
    const first = await company({ source, target, store: await openSqliteStore(file, { command: 'test' }) });
    source.remove(guid('anna'));
    target.breakAfter(1, new Error('killed'));
    await expect(first.lab.sync()).rejects.toThrow('killed');
    await first.lab.store.close();
    const second = await createLab({ source, target, store: await openSqliteStore(file, { command: 'test' }) });
    await second.lab.sync();
    second.passDays(13);
    expect(await second.lab.operations(await second.lab.sync())).toEqual([]);
    await second.lab.store.close();
    const third = await createLab({ source, target, store: await openSqliteStore(file, { command: 'test' }) });
    third.passDays(14);
    expect(await third.lab.operations(await third.lab.sync())).toEqual(['delete user anna']);
    await third.lab.store.close();
  });

  test('lets guards see a disablement when it begins and a deletion when it ends', async () => {
    const guards = { disablements: { count: 0 }, deletions: { count: 0 } };
    const { lab, passDays } = await company({ guards });
    lab.source.remove(guid('anna'));
    const stopped = await lab.sync();
    expect(stopped.plan.guards.filter((one) => one.blocked).map((one) => one.name)).toEqual(['disablements']);
    await lab.sync({ approvedBy: 'jane' });
    passDays(14);
    const again = await lab.sync();
    expect(again.plan.guards.filter((one) => one.blocked).map((one) => one.name)).toEqual(['deletions']);
    expect(lab.tenant()['user anna']).toMatchObject({ accountEnabled: false });
  });

  test('does not hide a narrowed scope from its guard, though nothing is written for a group', async () => {
    const { lab, passDays } = await company({ guards: { scopeChange: { count: 0 } } });
    const [source] = lab.context.sources;
    if (source === undefined) throw new Error('no source');
    const exclude = ['OU=People,DC=corp,DC=example,DC=com'];
    lab.context = { ...lab.context, sources: [{ ...source, scope: { include: [], exclude, groups: [] } }] };
    const stopped = await lab.sync();
    expect(stopped.plan.guards.filter((one) => one.blocked)).toMatchObject([
      { name: 'scope-change', found: 3, objects: ['Sales', 'anna@contoso.com', 'berta@contoso.com'] },
    ]);
    passDays(20);
    expect((await lab.sync()).outcome).toBe('blocked');
    expect(await lab.sync({ approvedBy: 'jane' })).toMatchObject({ outcome: 'done', done: { update: 2 } });
    passDays(14);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', done: { delete: 3 } });
  });
});
