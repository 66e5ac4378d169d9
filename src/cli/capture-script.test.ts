import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, runCommand } from '../../test/lab/run-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-script-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TARGET =
  'target: { kind: entra, tenant: contoso.onmicrosoft.com, clientId: abc, clientSecret: { env: SECRET } }\n';

function sourceNamed(name: string): string {
  return `  - { name: ${name}, kind: ad, servers: ["ldaps://dc1.${name}.example.com"], user: svc, password: { env: PASSWORD } }\n`;
}

function configure(sources: readonly string[], passwords: string): void {
  writeFileSync(
    join(folder, 'dirbridge.yaml'),
    `sources:\n${sources.map(sourceNamed).join('')}${TARGET}passwords: ${passwords}\n`,
  );
}

function dirbridge(...args: readonly string[]): Promise<Ended> {
  return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') });
}

const CAPTURE = '{ method: capture, socket: /run/dirbridge/passwords.sock }';

test('the script is printed with the socket, the owner and the source, and smb.conf is told', async () => {
  configure(['corp'], CAPTURE);
  const { code, out, err } = await dirbridge('passwords', 'capture-script', '--owner', '990');
  expect(code).toBe(0);
  expect(out.split('\n')[0]).toBe('#!/usr/bin/python3 -IS');
  expect(out).toContain('\nSOCKET = "/run/dirbridge/passwords.sock"\nOWNER = 990\nSOURCE = "corp"\n');
  expect(out).toContain('\nEARLIER = ""\n');
  expect(err).toContain('check password script = /usr/local/sbin/dirbridge-check-password');
});

test('whatever stands in the script of before reaches Python as it is', async () => {
  configure(['corp'], CAPTURE);
  const earlier = `/usr/bin/check "a b" '$1' \\ ä 😀 $& $\` \t`;
  const { out } = await dirbridge('passwords', 'capture-script', '--earlier', earlier);
  const print =
    'import sys; ns = {"__name__": "read"}; exec(sys.stdin.read(), ns); sys.stdout.buffer.write(ns["EARLIER"].encode())';
  const read = spawnSync('python3', ['-c', print], { input: out, encoding: 'utf8' });
  expect([read.stdout, read.stderr]).toEqual([earlier, '']);
});

test('the owner of the folder of the socket is taken where nobody else is named', async () => {
  const own = join(folder, 'own');
  mkdirSync(own, { mode: 0o700 });
  configure(['corp'], `{ method: capture, socket: ${own}/a.sock }`);
  const { out } = await dirbridge('passwords', 'capture-script', '--json');
  expect(JSON.parse(out)).toMatchObject({ owner: process.getuid?.() ?? 0, source: 'corp', socket: `${own}/a.sock` });
});

test('of several sources one has to be named', async () => {
  configure(['corp', 'lab'], CAPTURE);
  const unclear = await dirbridge('passwords', 'capture-script');
  expect([unclear.code, unclear.err]).toEqual([2, expect.stringContaining('--source')]);
  const wrong = await dirbridge('passwords', 'capture-script', '--source', 'other');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('there is corp, lab')]);
  expect((await dirbridge('passwords', 'capture-script', '--source', 'lab')).out).toContain('SOURCE = "lab"');
});

test.each([
  ['{ method: hash }', 'does not say passwords: { method: capture'],
  ['{ method: capture }', 'passwords.socket is missing'],
  ['{ method: capture, socket: own/a.sock }', 'must be an absolute path'],
  ['{ method: capture, socket: /run/a.sock, expiredAccounts: block }', 'passwords.expiredAccounts cannot be block'],
])('a configuration that says %s is refused', async (passwords, message) => {
  configure(['corp'], passwords);
  const { code, err } = await dirbridge('passwords', 'capture-script');
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});

test('a number that is none is no owner', async () => {
  configure(['corp'], CAPTURE);
  const { code, err } = await dirbridge('passwords', 'capture-script', '--owner', 'dirbridge');
  expect([code, err]).toEqual([2, expect.stringContaining('id -u NAME')]);
});
