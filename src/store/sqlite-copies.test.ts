import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from './sqlite.ts';
import { backUpStore, type RestoredStore, restoreStore, tryOnCopies } from './sqlite-copies.ts';
import type { Store } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'dirbridge-copies-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let file: string;
let backup: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'x'));
  file = join(folder, 'store.db');
  backup = join(folder, 'backup.db');
});

async function withStore<T>(work: (store: Store) => Promise<T>, path = file): Promise<T> {
  const store = await openSqliteStore(path, { command: 'test' });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** A write to the tenant as apply logs it, with a mark of the state. */
async function write(mark: string, at: string): Promise<void> {
  await withStore(async (store) => {
    await store.setMeta('mark', mark);
    const entry = {
      mv: 1,
      type: 'user',
      anchor: 'a',
      name: 'ann',
      targetId: 't',
      action: 'update',
      body: '[]',
    } as const;
    await store.apply.log([{ run: '7', plan: '3', at, ...entry }]);
  });
}

function mark(path = file): Promise<string | null> {
  return withStore((store) => store.meta('mark'), path);
}

function back(force = false): ReturnType<typeof backUpStore> {
  return backUpStore(file, backup, { force, command: 'backup' });
}

function restore(
  older = false,
  prepare: (store: Store) => Promise<void> = async () => undefined,
): Promise<RestoredStore> {
  return restoreStore(file, backup, { older, command: 'restore', prepare });
}

const FIRST = '2030-01-01T00:00:00.000Z';
const SECOND = '2030-01-02T00:00:00.000Z';

describe('a backup', () => {
  test('is one file for its owner alone that holds the state, and says until when', async () => {
    await write('one', FIRST);
    expect(await back()).toEqual({ file: backup, bytes: statSync(backup).size, lastWrite: { at: FIRST, run: '7' } });
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual(['backup.db']);
    expect(await mark(backup)).toBe('one');
  });

  test('does not write over a file unless it is told, and never over the store', async () => {
    await write('one', FIRST);
    writeFileSync(backup, 'precious');
    await expect(back()).rejects.toMatchObject({ code: 'output-exists' });
    expect(readFileSync(backup, 'utf8')).toBe('precious');
    await back(true);
    expect(await mark(backup)).toBe('one');
    for (const own of [file, `${file}-wal`, `${file}.lock`])
      await expect(backUpStore(file, own, { force: true, command: 'backup' })).rejects.toMatchObject({ code: 'usage' });
    expect(await mark()).toBe('one');
  });

  test('names the folder that is not there', async () => {
    await write('one', FIRST);
    const nowhere = join(folder, 'nowhere', 'backup.db');
    await expect(backUpStore(file, nowhere, { force: false, command: 'backup' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(join(folder, 'nowhere')),
    });
  });

  test('taken while another process is in the middle of a transaction holds what was committed before, and stops nobody', async () => {
    await write('committed', FIRST);
    const script = `import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      const store = await openSqliteStore(${JSON.stringify(file)}, { command: 'sync' });
      await store.transaction(async () => {
        await store.setMeta('mark', 'half done');
        console.log('in the middle');
        await new Promise((resolve) => process.stdin.once('data', resolve));
      });
      console.log('done');
      await store.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await back();
    await expect(restore()).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining('"dirbridge sync"'),
    });
    child.stdin.end('go on\n');
    await once(child, 'close');
    expect(await mark(backup)).toBe('committed');
    expect(await mark()).toBe('half done');
  });
});

describe('a restore', () => {
  test('puts the state back as it is prepared, and keeps the store that was there', async () => {
    await write('one', FIRST);
    await back();
    await withStore((store) => store.setMeta('mark', 'changed, nothing written to the tenant'));
    const restored = await restore(false, (store) => store.setMeta('prepared', 'yes'));
    const lastWrite = { at: FIRST, run: '7' };
    expect(restored).toEqual({ lastWrite, kept: expect.stringContaining('store.db.replaced-'), replaced: lastWrite });
    expect(await mark()).toBe('one');
    expect(await withStore((store) => store.meta('prepared'))).toBe('yes');
    expect(await mark(restored.kept ?? '')).toBe('changed, nothing written to the tenant');
    expect(await withStore((store) => store.meta('prepared'), backup)).toBeNull();
  });

  test('of a state older than the last write to the tenant is refused unless told, and changes nothing', async () => {
    await write('one', FIRST);
    await back();
    await write('two', SECOND);
    await expect(restore()).rejects.toMatchObject({
      code: 'restore-older',
      message: `${backup} knows of writes until ${FIRST} (run 7), but ${file} has written to the tenant since, last at ${SECOND} (run 7)`,
    });
    expect(await mark()).toBe('two');
    expect(readdirSync(folder).filter((name) => /replaced|restoring/.test(name))).toEqual([]);
    expect(await restore(true)).toMatchObject({ replaced: { at: SECOND } });
    expect(await mark()).toBe('one');
  });

  test('counts a write that was sent and not answered yet as a write', async () => {
    await write('one', FIRST);
    await back();
    await withStore(async (store) => {
      const plan = await store.plans.createPlan('8', SECOND);
      await store.apply.addIntents([{ plan: String(plan), operation: 1, step: 'create', payload: '{}', at: SECOND }]);
    });
    await expect(restore()).rejects.toMatchObject({ code: 'restore-older' });
  });

  test('without a store that was there, or over one that cannot be read, goes and says so', async () => {
    await write('one', FIRST);
    await back();
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    expect(await restore()).toMatchObject({ kept: null, replaced: null });
    expect(await mark()).toBe('one');
    writeFileSync(file, 'torn to pieces by a broken disk, torn to pieces by a broken disk');
    const restored = await restore();
    expect(restored.replaced).toBe('unreadable');
    expect(readFileSync(restored.kept ?? '', 'utf8')).toMatch(/^torn to pieces/);
    expect(await mark()).toBe('one');
  });

  test('refuses what is no whole backup, before anything is replaced', async () => {
    await write('one', FIRST);
    await expect(restore()).rejects.toMatchObject({ code: 'backup-invalid', message: `there is no file ${backup}` });
    writeFileSync(backup, 'no database at all, whatever its name may say of it, no database');
    await expect(restore()).rejects.toMatchObject({ code: 'backup-invalid' });
    await back(true);
    truncateSync(backup, statSync(backup).size / 2);
    await expect(restore(true)).rejects.toMatchObject({ code: 'backup-invalid' });
    expect(await mark()).toBe('one');
    expect(existsSync(`${file}.restoring`)).toBe(false);
  });
});

describe('copies to try something out on', () => {
  const names = (): readonly string[] =>
    readdirSync(folder)
      .filter((name) => !name.endsWith('.lock'))
      .sort();

  test('are changed while the store is not, and are gone afterwards, also when it fails', async () => {
    await withStore((store) => store.setMeta('key', 'before'));
    const [before, bytes] = [names(), readFileSync(file)];
    const tried = await tryOnCopies(file, 'test', async (copies) => {
      const trial = await openSqliteStore(copies.trial, { command: 'test', holdsLock: true });
      await trial.setMeta('key', 'tried');
      await trial.close();
      const known = await openSqliteStore(copies.before, { command: 'test', readOnly: true });
      const value = await known.meta('key');
      await known.close();
      return value;
    });
    expect([tried, names()]).toEqual(['before', before]);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    const failing = tryOnCopies(file, 'test', async () => {
      throw new Error('no luck');
    });
    await expect(failing).rejects.toThrow('no luck');
    expect(names()).toEqual(before);
  });

  test('are had by one process at a time, and what a killed one left is written over', async () => {
    await withStore((store) => store.setMeta('key', 'before'));
    for (const end of ['.trial', '.before-trial']) writeFileSync(`${file}${end}`, 'half a copy');
    await tryOnCopies(file, 'test', async () => {
      await expect(tryOnCopies(file, 'test', async () => 1)).rejects.toMatchObject({ code: 'store-locked' });
    });
  });
});
