import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommandLine } from './program.ts';
import { askSecret } from './terminal/ask-secret.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const CORP = `  - { name: corp, kind: ad, servers: [ldaps://127.0.0.1:9], user: svc-dirbridge@corp.example.com, password: { file: ./corp-password } }`;
const PARTNER = `  - { name: partner, kind: ad, servers: [ldaps://127.0.0.1:9], user: PARTNER\\sync, password: { file: ./partner-password } }`;
const FILE = '  - { name: guests, kind: ldif, path: ./guests.ldif }';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-account-'));
  writeConfig([CORP, FILE]);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeConfig(sources: readonly string[], more = ''): void {
  const target =
    'target: { kind: entra, tenant: contoso.onmicrosoft.com, clientId: 00000000-0000-0000-0000-000000000000, clientSecret: { env: NO } }';
  writeFileSync(join(folder, 'dirbridge.yaml'), `sources:\n${sources.join('\n')}\n${target}\n${more}`);
}

async function create(...args: readonly string[]): Promise<Ended> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  stdout.on('data', (piece: Buffer) => out.push(piece));
  stderr.on('data', (piece: Buffer) => err.push(piece));
  const environment = { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') };
  const code = await runCommandLine(['account', 'create', ...args], { stdout, stderr, environment });
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

test('the script comes alone on stdout, and what it does on stderr', async () => {
  const { code, out, err } = await create('--for', 'windows');
  expect(code).toBe(0);
  expect(out.startsWith('#Requires -Version 5.1\n')).toBe(true);
  expect(out).toContain("$name = 'svc-dirbridge'");
  expect(err).toContain('It prepares svc-dirbridge@corp.example.com, the account of the source corp');
  expect(err).toContain(
    '  Replicating Directory Changes, on the root of the domain: changes are asked for with DirSync\n',
  );
  expect(err).not.toContain('password of everybody');
  expect((await create('--for', 'samba')).out.startsWith('#!/bin/sh\n')).toBe(true);
});

test('who reads password hashes is told what that means', async () => {
  writeConfig([CORP], 'passwords: { method: hash }');
  const { out, err } = await create('--for', 'samba');
  expect(out).toContain('1131f6ad-9c07-11d1-f79f-00c04fc2dcd2');
  expect(err).toContain('Whoever has this account can read the password of everybody in the domain');
});

test('the script goes into a file that is written over only when asked, with the mark that Windows PowerShell needs', async () => {
  const file = join(folder, 'create.ps1');
  const first = await create('--for', 'windows', '--output', file);
  expect([first.code, first.out.split('\n')[0]]).toEqual([0, `Written: ${file}`]);
  const text = readFileSync(file, 'utf8');
  expect(text.startsWith('\ufeff#Requires')).toBe(true);
  writeFileSync(file, 'mine');
  const second = await create('--for', 'windows', '--output', file);
  expect([second.code, readFileSync(file, 'utf8')]).toEqual([2, 'mine']);
  expect(second.err).toContain('is there already');
  expect((await create('--for', 'windows', '--output', file, '--force')).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect((await create('--for', 'samba', '--output', join(folder, 'none', 'x.sh'))).code).toBe(2);
});

test('--json tells the rights with their GUIDs, and the script', async () => {
  const { code, out } = await create('--for', 'samba', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    source: 'corp',
    user: 'svc-dirbridge@corp.example.com',
    platform: 'samba',
    readsPasswords: false,
    rights: [
      { name: 'Replicating Directory Changes', guid: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2' },
      { name: 'List Contents and Read Property', guid: null },
    ],
    script: { fileName: 'create-service-account.sh', text: expect.stringContaining('#!/bin/sh') },
    written: null,
  });
});

test('of several directories one has to be named; files have no account', async () => {
  writeConfig([CORP, PARTNER, FILE]);
  const which = await create('--for', 'samba');
  expect(which.code).toBe(2);
  expect(which.err).toContain('several sources sign in to a directory: corp, partner');
  expect(which.err).toContain('--source');
  expect((await create('--for', 'samba', '--source', 'partner')).out).toContain("name='sync'");
  const file = await create('--for', 'samba', '--source', 'guests');
  expect([file.code, file.err.includes('no source of the name guests signs in to a directory')]).toEqual([2, true]);
  writeConfig([FILE]);
  expect((await create('--for', 'samba')).err).toContain('no source signs in to a directory');
});

test.each([
  [[], 'for which domain controllers?'],
  [['--for', 'samba', '--existing'], '--existing goes with --run'],
  [['--for', 'samba', '--admin-password-env', 'X'], '--admin-password-env goes with --run'],
  [['--run'], '--run needs an administrator'],
  [['--run', '--for', 'windows', '--admin', 'a@b'], '--run makes the account itself'],
  [['--run', '--admin', 'a@b'], 'there is no terminal'],
  [['--run', '--admin', 'a@b', '--admin-password-env', 'X', '--admin-password-file', 'x'], 'say the same twice'],
  [['--run', '--admin', 'a@b', '--password-length', '8'], 'must be a number from 16 to 127'],
  [['--for', 'samba', '--container', 'Service'], '"Service" is no DN'],
])('%j is a mistake that is told', async (args, message) => {
  const { code, out, err } = await create(...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(err).toContain('What to do:');
});

test('a directory that does not answer is told, and nothing is written', async () => {
  writeFileSync(join(folder, 'admin'), 'Secret-1\n', { mode: 0o600 });
  const { code, err } = await create(
    '--quiet',
    '--run',
    '--admin',
    'a@b',
    '--admin-password-file',
    join(folder, 'admin'),
  );
  expect(code).toBe(4);
  expect(err).toContain('no directory server answered');
  expect(() => readFileSync(join(folder, 'corp-password'))).toThrow(/ENOENT/);
});

test('a password is asked for without showing it, and may be refused', async () => {
  const shown: string[] = [];
  const output = new PassThrough();
  output.on('data', (piece: Buffer) => shown.push(piece.toString()));
  const answered = new PassThrough();
  const answer = askSecret('Password of admin: ', answered, output);
  answered.write('Secret-1\r');
  expect(await answer).toBe('Secret-1');
  const refused = new PassThrough();
  const none = askSecret('Password of admin: ', refused, output);
  refused.write('Sec\u0003');
  await expect(none).rejects.toMatchObject({ code: 'usage' });
  expect(shown.join('')).toBe('Password of admin: \nPassword of admin: \n');
});
