import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirbridgeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { readOpenPasswords, readPasswordStatus } from '../../src/passwords/status.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { PasswordLab } from './password-lab.ts';

const CHUNK = 1 << 20;

/** Texts to search for are kept apart from what is searched: as bytes, which a heap snapshot does not show. */
interface Needle {
  readonly what: string;
  readonly bytes: Buffer;
}

/** Every form in which a hash could have got somewhere. */
function formsOf(what: string, bytes: Uint8Array): readonly Needle[] {
  const hex = Buffer.alloc(bytes.length * 2);
  const upper = Buffer.alloc(bytes.length * 2);
  const digits = Buffer.from('0123456789abcdef0123456789ABCDEF');
  for (const [index, byte] of bytes.entries()) {
    hex[index * 2] = digits[byte >> 4] ?? 0;
    hex[index * 2 + 1] = digits[byte & 15] ?? 0;
    upper[index * 2] = digits[16 + (byte >> 4)] ?? 0;
    upper[index * 2 + 1] = digits[16 + (byte & 15)] ?? 0;
  }
  return [
    { what: `${what} in hexadecimal`, bytes: hex },
    { what: `${what} in upper-case hexadecimal`, bytes: upper },
    { what: `${what} in UTF-16`, bytes: widen(upper) },
    { what: `${what} in base64`, bytes: base64Of(bytes) },
    { what: `${what} as bytes`, bytes: Buffer.from(bytes) },
  ];
}

function widen(text: Buffer): Buffer {
  const wide = Buffer.alloc(text.length * 2);
  for (const [index, byte] of text.entries()) wide[index * 2] = byte;
  return wide;
}

/** Without a text in between; without the last letters, which depend on what follows. */
function base64Of(bytes: Uint8Array): Buffer {
  const letters = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
  const out: number[] = [];
  for (let at = 0; at + 2 < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (const shift of [18, 12, 6, 0]) out.push(letters[(group >> shift) & 63] ?? 0);
  }
  return Buffer.from(out);
}

/** Which of them a file holds; read in pieces, since a heap snapshot is large. */
function findIn(file: string, needles: readonly Needle[]): readonly string[] {
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  const found = new Set<string>();
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(CHUNK + longest);
  let kept = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, kept, CHUNK, null);
    if (read === 0) break;
    const filled = buffer.subarray(0, kept + read);
    for (const { what, bytes } of needles) if (filled.includes(bytes)) found.add(what);
    kept = Math.min(longest, filled.length);
    filled.copy(buffer, 0, filled.length - kept);
  }
  closeSync(descriptor);
  return [...found].sort();
}

describe('after a cycle over known passwords', () => {
  let folder: string;
  let lab: PasswordLab;
  let written = '';
  const needles: Needle[] = [];

  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (fields: object, message: string) => {
        written += `${level} ${message} ${JSON.stringify(fields)}\n`;
      },
    ]),
  ) as unknown as Log;

  /** What the product was handed and made, copied before it is overwritten. */
  function watch(): void {
    const { passwords } = lab.source;
    const { target } = lab;
    const fetch = passwords.fetch.bind(passwords);
    const read = passwords.read.bind(passwords);
    const write = target.write.bind(target);
    Object.assign(passwords, {
      async *read(request: Parameters<typeof read>[0]) {
        for await (const event of read(request)) {
          if (event.kind === 'page')
            note(
              'a hash',
              event.passwords.flatMap(({ ntHash }) => ntHash ?? []),
            );
          yield event;
        }
      },
      async *fetch(anchors: Parameters<typeof fetch>[0]) {
        for await (const page of fetch(anchors)) {
          note(
            'a hash',
            page.flatMap(({ ntHash }) => ntHash ?? []),
          );
          yield page;
        }
      },
    });
    Object.assign(target, {
      write: (writes: Parameters<typeof write>[0]) => {
        for (const { credential } of writes) {
          needles.push({ what: 'a credential', bytes: Buffer.from(credential.subarray(12)) });
          // The key alone, in case it was cut off.
          needles.push({ what: 'a derived key', bytes: Buffer.from(credential.subarray(-65, -1)) });
        }
        return write(writes);
      },
    });
  }

  function note(what: string, hashes: readonly Uint8Array[]): void {
    for (const hash of hashes) needles.push(...formsOf(what, hash));
  }

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-secrets-');
    mkdirSync(join(folder, 'store'));
    lab = await PasswordLab.begin({ file: join(folder, 'store', 'dirbridge.db'), log, expiredAccounts: 'block' });
    watch();
    for (let index = 0; index < 60; index++) lab.hire(`user${index}`, `Geheim-${index}`);
    lab.setPassword('user1', 'Temporary-1', { mustChange: true });
    lab.setPassword('user2', 'Expired-2', { expiresAt: '2029-01-01T00:00:00.000Z' });
    await lab.sync();
    const failure = { code: '2', message: 'not this one' };
    lab.target.refuse(({ targetId }) => targetId === lab.idOf('user3'), failure, 2);
    await lab.cycle();
    // Also on the ways that fail, and for whom everything is fetched.
    lab.target.breakDown(new DirbridgeError('tenant-unreachable', 'the tenant did not answer'));
    lab.setPassword('user4', 'Herbst-4');
    await lab.cycle().catch((error: unknown) => log.error({ error: String(error) }, 'as it should'));
    lab.target.breakDown(null);
    lab.pass(3_600_000);
    await lab.cycle({ full: true });
    expect(needles.length).toBeGreaterThan(600);
  });
  afterAll(async () => {
    await lab.end();
    await removeTemporaryFolder(folder);
  });

  /** A needle that everybody may know: the search itself works. */
  function expectFound(text: string, isThere: (needle: Needle) => boolean): void {
    expect(isThere({ what: 'what is public', bytes: Buffer.from(text) })).toBe(true);
  }

  test('the store file and its journal hold none of them', () => {
    const files = readdirSync(join(folder, 'store')).map((name) => join(folder, 'store', name));
    expect(files.some((file) => file.endsWith('-wal'))).toBe(true);
    for (const file of files) expect(findIn(file, needles)).toEqual([]);
    expectFound('user4@contoso.com', (needle) => files.some((file) => findIn(file, [needle]).length > 0));
  });

  test('the log at its most verbose holds none of them', () => {
    const bytes = Buffer.from(written);
    expect(needles.filter((needle) => bytes.includes(needle.bytes)).map(({ what }) => what)).toEqual([]);
    expectFound('a password was taken', (needle) => bytes.includes(needle.bytes));
  });

  test('what is told as JSON holds none of them', async () => {
    const nameOf = (space: number, anchor: string) =>
      Promise.resolve({ space: String(space), anchor, type: 'user', name: anchor });
    const told = Buffer.from(
      JSON.stringify([
        await readPasswordStatus(lab.store, nameOf),
        await readOpenPasswords(lab.store, nameOf, { limit: 1000, offset: 0 }),
        await lab.lab.findings(),
        await lab.store.runs.runs(100),
      ]),
    );
    expect(needles.filter((needle) => told.includes(needle.bytes)).map(({ what }) => what)).toEqual([]);
    expectFound('synchronized', (needle) => told.includes(needle.bytes));
  });

  test('the heap of the process holds none of them, and would show one that was kept', () => {
    const clean = writeHeapSnapshot(join(folder, 'clean.heapsnapshot'));
    expect(findIn(clean, needles)).toEqual([]);
    // A deliberate leak, as a careless line would make it.
    const hash = needles.find(({ what }) => what === 'a hash in hexadecimal')?.bytes ?? Buffer.alloc(0);
    const credential = needles.find(({ what }) => what === 'a credential')?.bytes ?? Buffer.alloc(0);
    const leak = { hash: hash.toString('latin1'), error: new Error(`refused: ${credential.toString('latin1')}`) };
    const leaky = writeHeapSnapshot(join(folder, 'leaky.heapsnapshot'));
    expect(findIn(leaky, needles)).toEqual(expect.arrayContaining(['a credential', 'a hash in hexadecimal']));
    expect(leak.hash.length).toBe(32);
    expect(readFileSync(join(folder, 'clean.heapsnapshot')).length).toBeGreaterThan(CHUNK);
  });
});
