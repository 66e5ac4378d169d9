import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { backUpStore, restoreStore } from '../store/sqlite-copies.ts';
import { markRestored } from './mark-restored.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-restored-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

interface SavedLab {
  readonly file: string;
  readonly backup: string;
  lab: MemoryLab;
}

/** A company in step with the tenant, and a backup of that state. */
async function company(): Promise<SavedLab> {
  const file = join(folder, `${files++}.db`);
  const lab = await createMemoryLab({ store: await openSqliteStore(file, { command: 'sync' }) });
  for (const name of ['ann', 'bob', 'cem']) lab.source.put(user(name));
  lab.source.put(group('staff', ['ann', 'bob']));
  await lab.sync();
  const backup = `${file}.backup`;
  await backUpStore(file, backup, { force: false, command: 'backup' });
  return { file, backup, lab };
}

async function restore(saved: SavedLab): Promise<MemoryLab> {
  const { source, target } = saved.lab;
  await saved.lab.store.close();
  const prepare = (store: MemoryLab['store']) => markRestored(store, 'restore', '2030-01-01T00:00:00.000Z');
  await restoreStore(saved.file, saved.backup, { older: true, command: 'restore', prepare });
  const store = await openSqliteStore(saved.file, { command: 'sync' });
  // A day later: so soon after a creation an object that the tenant does not list is not taken for gone.
  let seconds = 0;
  const now = (): Date => new Date(Date.UTC(2030, 0, 2) + 1000 * seconds++);
  return createMemoryLab({ source, target, store, now });
}

/** New users and groups, deletions, changed values and memberships. */
async function goOn({ lab }: SavedLab): Promise<void> {
  lab.source.put(user('dan', { title: 'New' }, { manager: 'ann' }));
  lab.source.put(group('new', ['dan', 'ann']));
  lab.source.put(user('bob', { title: 'Boss' }));
  lab.source.put(group('staff', ['ann', 'dan']));
  lab.source.remove(guid('cem'));
  expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
}

describe('a state put back from a backup', () => {
  test('is reconciled by the next run: nothing is created twice, nothing deleted, nothing changed', async () => {
    const saved = await company();
    await goOn(saved);
    const before = saved.lab.tenant();
    const { create, delete: deleted } = saved.lab.target.written;
    const lab = await restore(saved);
    const run = await lab.sync();
    expect(run).toMatchObject({ outcome: 'done', failed: 0 });
    expect(await lab.operations(run)).toEqual([]);
    expect(lab.tenant()).toEqual(before);
    expect(lab.target.written).toMatchObject({ create, delete: deleted });
    expect(await lab.findings()).toEqual([]);
    const steps = (await lab.store.runs.run(run.run))?.steps ?? [];
    expect(
      steps.filter((step) => /^(import|sync)/.test(step.step)).every((step) => step.detail.startsWith('full')),
    ).toBe(true);
  });

  test('follows from then on as if it had never been away, changes since included', async () => {
    const saved = await company();
    await goOn(saved);
    const lab = await restore(saved);
    lab.source.put(user('dan', { title: 'Newer' }));
    lab.source.put(user('eve'));
    lab.source.remove(guid('ann'));
    expect([...(await lab.operations(await lab.sync()))].map((one) => one.split(':')[0]).sort()).toEqual([
      'create user eve',
      'delete user ann',
      'link user dan',
    ]);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
    const steps = (await lab.store.runs.run((await lab.plan()).run))?.steps ?? [];
    expect(steps.find((step) => step.step === 'import corp')?.detail).toMatch(/^delta/);
    lab.source.remove(guid('dan'));
    expect(await lab.operations(await lab.sync())).toContain('delete user dan');
  });

  test('carries out no plan that it holds: each is stale', async () => {
    const saved = await company();
    saved.lab.source.put(user('dan'));
    const plan = await saved.lab.plan();
    await backUpStore(saved.file, saved.backup, { force: true, command: 'backup' });
    const lab = await restore(saved);
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'stale' });
  });

  test('saved in the middle of an apply knows by the intents what was under way', async () => {
    const saved = await company();
    for (let number = 0; number < 20; number++) saved.lab.source.put(user(`u${number}`));
    saved.lab.target.breakAfter(9, new Error('killed'));
    await expect(saved.lab.sync()).rejects.toThrow('killed');
    await backUpStore(saved.file, saved.backup, { force: true, command: 'backup' });
    await saved.lab.sync();
    const before = saved.lab.tenant();
    const lab = await restore(saved);
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(lab.tenant()).toEqual(before);
    expect(await lab.store.apply.openIntents()).toEqual([]);
  });
});
