import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { searchMemory } from '../lab/search-memory.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';

const PROCESS = fileURLToPath(new URL('./capturing-process.ts', import.meta.url));
const PASSWORDS = 12;
const ANN = '10000000-0000-4000-8000-000000000001';

let emulator: Emulator | undefined;
let child: ChildProcess | undefined;
let folder = '';

afterEach(async () => {
  child?.kill('SIGKILL');
  await emulator?.close();
  await removeTemporaryFolder(folder);
});

function requestOf(password: Buffer): Buffer {
  const head = Buffer.alloc(18);
  head.write('DBPW\x01', 'latin1');
  head.writeUInt16BE(ANN.length, 6);
  head.writeUInt16BE(password.length, 8);
  head.writeBigUInt64BE(BigInt(Date.now()), 10);
  return Buffer.concat([head, Buffer.from(ANN), password]);
}

/** Starts the process, hands twelve passwords over and answers what to search: something that must be there, and how all of the passwords begin. */
async function handOver(mode: 'send' | 'hold', expectLine: (index: number) => string): Promise<readonly Buffer[]> {
  folder = await makeTemporaryFolder('dirbridge-memory-');
  const users = [{ id: ANN, userPrincipalName: 'ann@contoso.com', displayName: 'Ann' }];
  emulator = await startEmulator({ domains: ['contoso.com'], throttle: 'off', seed: { users } });
  const { url, tenant, clientId, clientSecret } = emulator;
  const path = join(folder, 'own', 'passwords.sock');
  const about = JSON.stringify({ url, tenant, clientId, clientSecret });
  child = spawn(process.execPath, [PROCESS, path, about, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('it did not start');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  const beginning = Buffer.from(`Aa1-${randomBytes(12).toString('base64')}`);
  for (let index = 0; index < PASSWORDS; index++) {
    const socket = connect(path);
    socket.write(requestOf(Buffer.concat([beginning, Buffer.from(`-${index}`)])));
    await once(socket, 'data');
    expect((await lines.next()).value).toBe(expectLine(index));
  }
  return [Buffer.from(ANN), beginning, Buffer.from(beginning.toString('latin1'), 'utf16le')];
}

test.skipIf(process.platform !== 'linux')(
  'once a password is in the tenant, it is nowhere in the memory of the process any more',
  async () => {
    const needles = await handOver('send', () => 'done 0');
    const [user, ...counts] = searchMemory(child?.pid ?? 0, needles);
    // The search finds what is there.
    expect(user).toBeGreaterThan(0);
    expect(counts).toEqual([0, 0]);
  },
);

test.skipIf(process.platform !== 'linux')('a password that waits is in the memory of the process once', async () => {
  const needles = await handOver('hold', (index) => `held ${index + 1}`);
  const [, ...counts] = searchMemory(child?.pid ?? 0, needles);
  expect(counts).toEqual([PASSWORDS, 0]);
});
