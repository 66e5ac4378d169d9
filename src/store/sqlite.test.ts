import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { describePasswordStoreContract } from './passwords.contract.ts';
import { describePeerContract } from './peers.contract.ts';
import { openSqliteDriver, openSqliteStore, storeExists } from './sqlite.ts';
import { describeStoreContract } from './store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-store-'));
let number = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newFile(): string {
  number++;
  return join(folder, String(number), 'store.db');
}

/** A process of its own that opens the store and prints a line, then does what the script says. */
function startChild(file: string, script: string): ReturnType<typeof spawn> {
  const module = new URL('./sqlite.ts', import.meta.url).href;
  const text = `import { openSqliteStore } from ${JSON.stringify(module)};
    const store = await openSqliteStore(${JSON.stringify(file)}, { command: 'sync' });
    ${script}`;
  return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** What the child has printed, as soon as it is enough; the child goes on printing. */
function waitForOutput(child: ReturnType<typeof spawn>, isEnough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (isEnough(text)) resolve(text.trim());
    });
    child.once('close', () => reject(new Error(`the child ended after printing "${text}"`)));
  });
}

function firstLine(child: ReturnType<typeof spawn>): Promise<string> {
  return waitForOutput(child, (text) => text.includes('\n'));
}

async function kill(child: ReturnType<typeof spawn>): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}

describeStoreContract('in memory', () => openSqliteStore(':memory:', { command: 'test' }));
describePasswordStoreContract('in memory', () => openSqliteStore(':memory:', { command: 'test' }));
describePeerContract('in memory', () => openSqliteStore(':memory:', { command: 'test' }));
describeStoreContract('in a file', () => openSqliteStore(newFile(), { command: 'test' }));

describe('a store file', () => {
  test('is made with its folder, and holds what was stored when it is opened again', async () => {
    const file = newFile();
    expect(storeExists(file)).toBe(false);
    const store = await openSqliteStore(file, { command: 'sync' });
    await store.setMeta('a', 'b');
    await store.close();
    expect(storeExists(file)).toBe(true);
    const again = await openSqliteStore(file, { command: 'sync' });
    expect(await again.meta('a')).toBe('b');
    await again.close();
  });

  test('lets one process write: a second is refused and told who the first is, until that one ends, however it ends', async () => {
    const file = newFile();
    const child = startChild(file, `console.log('open'); setInterval(() => undefined, 1000);`);
    expect(await firstLine(child)).toBe('open');
    await expect(openSqliteStore(file, { command: 'plan' })).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining(`"dirbridge sync" (process ${child.pid} on `),
    });
    await kill(child);
    const store = await openSqliteStore(file, { command: 'plan' });
    await store.close();
  });

  test('can be read while another process is in the middle of writing', async () => {
    const file = newFile();
    const child = startChild(
      file,
      `await store.setMeta('a', 'before');
       await store.transaction(async () => {
         await store.setMeta('a', 'after');
         console.log('writing');
         await new Promise(() => setInterval(() => undefined, 1000));
       });`,
    );
    expect(await firstLine(child)).toBe('writing');
    const reader = await openSqliteStore(file, { command: 'status', readOnly: true });
    expect(await reader.meta('a')).toBe('before');
    await reader.close();
    await kill(child);
  });

  test('of a newer version is refused', async () => {
    const file = newFile();
    await (await openSqliteStore(file, { command: 'sync' })).close();
    const database = new DatabaseSync(file);
    database.exec('pragma user_version = 999');
    database.close();
    const refused = { code: 'store-version', message: expect.stringContaining('999') };
    await expect(openSqliteStore(file, { command: 'sync' })).rejects.toMatchObject(refused);
    // The refusal itself must not leave the file locked.
    await expect(openSqliteStore(file, { command: 'sync' })).rejects.toMatchObject(refused);
  });

  test('that is something else is refused and left as it is', async () => {
    const file = newFile();
    await (await openSqliteStore(file, { command: 'sync' })).close();
    writeFileSync(file, 'no database at all, but long enough to be looked at as one '.repeat(100));
    await expect(openSqliteStore(file, { command: 'sync' })).rejects.toMatchObject({ code: 'store-damaged' });
    const other = join(folder, 'other.db');
    const database = new DatabaseSync(other);
    database.exec('create table music (title text)');
    await expect(openSqliteStore(other, { command: 'sync' })).rejects.toMatchObject({ code: 'store-damaged' });
    expect(database.prepare('select count(*) as n from sqlite_master').get()).toEqual({ n: 1 });
    database.close();
  });

  test('that cannot be opened, or whose disk is full, is told as that and not as one in use or damaged', async () => {
    const file = newFile();
    mkdirSync(`${file}.lock`, { recursive: true });
    const refused = {
      code: 'store-unwritable',
      message: expect.stringContaining(`${file}.lock cannot be read or written`),
    };
    await expect(openSqliteStore(file, { command: 'sync' })).rejects.toMatchObject(refused);
    await expect(openSqliteStore(dirname(file), { command: 'status', readOnly: true })).rejects.toMatchObject({
      code: 'store-unwritable',
    });
    const driver = openSqliteDriver(newFile(), { command: 'sync' });
    await driver.get('pragma max_page_count = 60');
    await expect(driver.run('insert into meta values (?, ?)', 'a', 'x'.repeat(1 << 20))).rejects.toMatchObject({
      code: 'store-unwritable',
      message: expect.stringContaining('disk is full'),
    });
    await driver.close();
  });

  test('has every migration behind it once, in order', async () => {
    const file = newFile();
    for (let turn = 0; turn < 2; turn++) await (await openSqliteStore(file, { command: 'sync' })).close();
    const database = new DatabaseSync(file);
    const format = database.prepare('pragma user_version').get() as { readonly user_version: number };
    expect(format.user_version).toBeGreaterThan(0);
    database.close();
  });

  test.each([
    1, 2,
  ])('has sync look once, after the update, at what domains only refer to: with %i of them', async (domains) => {
    const file = newFile();
    const store = await openSqliteStore(file, { command: 'sync' });
    for (let number = 0; number < domains; number++) {
      const { id } = await store.spaces.openSpace(`domain ${number}`, 'ad');
      const generation = await store.spaces.beginImport(id);
      const references = { manager: { kind: 'complete', targets: ['elsewhere'] } } as const;
      const user = { kind: 'put', anchor: 'u', type: 'user', place: null, attributes: {}, references } as const;
      await store.transaction(() => store.spaces.storeChanges(id, generation, [user], null));
    }
    await store.sync.clearPending(0, 1000);
    await store.close();
    // As it was before that update: without what later ones have made.
    const database = new DatabaseSync(file);
    for (const table of [
      'departure',
      'role_holder',
      'leaving',
      'tenant_match',
      'hand_link',
      'drift',
      'reference_drift',
      'undo_plan',
      'not_undone',
      'kept_licence',
      'password_account',
      'first_password',
    ])
      database.exec(`drop table ${table}`);
    database.exec('drop index run_server');
    for (const column of ['server', 'server_run']) database.exec(`alter table run drop column ${column}`);
    for (const column of ['password_source', 'password_since'])
      database.exec(`alter table metaverse drop column ${column}`);
    database.exec('alter table operation_reference drop column drift');
    database.exec('pragma user_version = 3');
    database.close();
    const updated = await openSqliteStore(file, { command: 'sync' });
    expect(await updated.sync.countPending()).toBe(domains === 1 ? 0 : 2);
    await updated.close();
  });

  test('survives that its writer is killed at any moment: whole transactions are there, or nothing of them', async () => {
    const file = newFile();
    let last = -1;
    for (let turn = 0; turn < 6; turn++) {
      const child = startChild(
        file,
        `const space = await store.spaces.openSpace('corp', 'memory');
         let count = Number((await store.meta('count')) ?? 0);
         console.log('open');
         for (;;) {
           await store.transaction(async () => {
             const generation = await store.spaces.beginImport(space.id);
             const users = Array.from({ length: 20 }, (_, at) => ({
               kind: 'put', anchor: 'u' + count + '-' + at, type: 'user', place: null, attributes: { n: 'x' },
               references: { manager: { kind: 'complete', targets: ['u' + count + '-' + ((at + 1) % 20)] } },
             }));
             await store.spaces.storeChanges(space.id, generation, users, () => []);
             count++;
             await store.setMeta('count', String(count));
           });
           if (count % 10 === 0) process.stdout.write('.');
         }`,
      );
      await waitForOutput(child, (text) => text.length > 'open\n'.length + turn);
      await kill(child);
      const store = await openSqliteStore(file, { command: 'plan' });
      const space = (await store.spaces.spaces())[0];
      const count = Number(await store.meta('count'));
      expect(count).toBeGreaterThan(last);
      last = count;
      expect(await store.spaces.liveCounts(space?.id ?? 0)).toEqual({ user: count * 20 });
      expect(await store.sync.pendingObjects(1_000_000)).toHaveLength(count * 20);
      expect(await store.spaces.objectByAnchor(space?.id ?? 0, `u${count}-0`)).toBeNull();
      await store.close();
      const database = new DatabaseSync(file);
      expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
      expect(database.prepare('select count(*) as n from reference').get()).toEqual({ n: count * 20 });
      database.close();
    }
  });
});
