import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_LOG } from '../../log.ts';
import { type CaptureServer, type CaptureServerOptions, startCaptureServer } from './capture-server.ts';
import type { HandOver } from './hand-over-request.ts';
import { findFault, type SocketAccess } from './socket-place.ts';

/** Numbers that are nobody's here. */
const SOME_GROUP = 54_321;
const SOME_USER = 54_322;

let folder: string;
let server: CaptureServer | undefined;
const taken: HandOver[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-capture-'));
  taken.length = 0;
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const pathOf = (): string => join(folder, 'own', 'passwords.sock');

async function start(more: Partial<CaptureServerOptions> = {}): Promise<void> {
  const take = (one: HandOver): null => {
    taken.push(one);
    return null;
  };
  server = await startCaptureServer({ path: pathOf(), access: 'owner', take, log: SILENT_LOG, ...more });
}

const REQUEST = Buffer.from('DBPW\x01\x04\0\x03\0\x06\0\0\x01\x9c\0\0\0\0corpannsecret', 'latin1');

async function open(): Promise<Socket> {
  const socket = connect(pathOf());
  await once(socket, 'connect');
  return socket;
}

/** What the server says until it hangs up. */
async function answerOf(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

async function ask(bytes: Uint8Array): Promise<string> {
  const socket = await open();
  socket.write(bytes);
  return answerOf(socket);
}

const refusalOf = (work: Promise<unknown>) => work.then(() => 'started').catch((error: Error) => error);

describe('the socket', () => {
  test('takes a password, answers and hangs up', async () => {
    await start();
    expect(await ask(Uint8Array.from(REQUEST))).toBe('taken\n');
    expect(taken).toMatchObject([{ source: 'corp', account: 'ann' }]);
    expect(Buffer.from(taken[0]?.password ?? []).toString()).toBe('secret');
  });

  test('takes one that comes byte by byte', async () => {
    await start();
    const socket = await open();
    const answer = answerOf(socket);
    for (const byte of REQUEST) socket.write(Uint8Array.of(byte));
    expect(await answer).toBe('taken\n');
  });

  test('takes as many as come, one after another, and can be closed afterwards', async () => {
    await start();
    for (let index = 0; index < 100; index++) expect(await ask(Uint8Array.from(REQUEST))).toBe('taken\n');
    await server?.close();
    server = undefined;
    expect(taken).toHaveLength(100);
  });

  test('says why it did not take one, and overwrites it', async () => {
    const seen: HandOver[] = [];
    const take = (one: HandOver) => {
      seen.push(one);
      return 'busy' as const;
    };
    await start({ take });
    expect(await ask(Uint8Array.from(REQUEST))).toBe('refused busy\n');
    expect(seen[0]?.password).toEqual(Buffer.alloc(6));
    expect(await ask(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('refused not-understood\n');
  });

  test('answers though taking it failed', async () => {
    await start({
      take: () => {
        throw new Error('no memory');
      },
    });
    expect(await ask(Uint8Array.from(REQUEST))).toBe('refused busy\n');
  });

  test('hangs up on a peer that says nothing, and serves others meanwhile', async () => {
    await start({ patience: 50 });
    const silent = await open();
    const half = await open();
    half.write(Uint8Array.from(REQUEST.subarray(0, 9)));
    expect(await ask(Uint8Array.from(REQUEST))).toBe('taken\n');
    expect(await Promise.all([answerOf(silent), answerOf(half)])).toEqual(['', '']);
    expect(taken).toHaveLength(1);
  });

  test('takes a password that came in time, though there was no time to read it', async () => {
    await start({ patience: 5 });
    const socket = connect(pathOf());
    socket.write(Uint8Array.from(REQUEST));
    let isOver = false;
    const answer = answerOf(socket).finally(() => {
      isOver = true;
    });
    // Nothing else happens in this process meanwhile, and then the loop goes round once: the time is over between the connection and the reading.
    while (!isOver) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([await answer, taken.length]).toEqual(['taken\n', 1]);
  });

  test('may be entered by its owner only, or by the group of its folder where that is asked for', async () => {
    await start();
    expect(statSync(pathOf()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o700);
    await server?.close();
    expect(existsSync(pathOf())).toBe(false);
    chmodSync(join(folder, 'own'), 0o750);
    await start({ access: 'group' });
    expect(statSync(pathOf()).mode & 0o777).toBe(0o660);
  });
});

test.skipIf(process.getuid?.() !== 0)(
  'the socket is of the group of its folder, whatever group we are of',
  async () => {
    mkdirSync(join(folder, 'own'));
    chmodSync(join(folder, 'own'), 0o750);
    chownSync(join(folder, 'own'), 0, SOME_GROUP);
    await start({ access: 'group' });
    const { uid, gid, mode } = statSync(pathOf());
    expect([uid, gid, mode & 0o777]).toEqual([0, SOME_GROUP, 0o660]);
  },
);

test('a folder of a group that we are not in is told before anybody is kept out', () => {
  mkdirSync(join(folder, 'own'));
  chmodSync(join(folder, 'own'), 0o750);
  const { uid, gid } = statSync(join(folder, 'own'));
  const user = uid === 0 ? SOME_USER : uid;
  if (uid === 0) chownSync(join(folder, 'own'), user, gid);
  const faultOf = (access: SocketAccess, groups: readonly number[]) => findFault(pathOf(), access, { user, groups });
  expect(faultOf('group', [gid + 1, gid])).toBe(null);
  expect(faultOf('group', [gid + 1])).toContain(`belongs to group ${gid}, which user ${user} is not in`);
  chmodSync(join(folder, 'own'), 0o2750);
  expect(faultOf('group', [gid + 1])).toBe(null);
});

describe('a place that cannot be trusted is refused', () => {
  const isRefused = (text: string) => ({ code: 'capture-socket', message: expect.stringContaining(text) });

  test.each([
    ['that others may enter', 0o711],
    ['that others may read', 0o744],
    ['that the group may enter', 0o710],
  ])('a folder %s', async (_what, mode) => {
    mkdirSync(join(folder, 'own'));
    chmodSync(join(folder, 'own'), mode);
    expect(await refusalOf(start())).toMatchObject(isRefused('others may enter its folder'));
  });

  test('a folder that its group may change', async () => {
    mkdirSync(join(folder, 'own'));
    chmodSync(join(folder, 'own'), 0o770);
    expect(await refusalOf(start({ access: 'group' }))).toMatchObject(isRefused('mode 770); give it mode 750'));
  });

  test('something else in the place of the socket, which stays', async () => {
    mkdirSync(join(folder, 'own'), { mode: 0o700 });
    writeFileSync(pathOf(), 'precious');
    expect(await refusalOf(start())).toMatchObject(isRefused('something other than a socket'));
    expect(existsSync(pathOf())).toBe(true);
    expect(findFault(pathOf(), 'owner')).toBe('something other than a socket is there');
  });

  test('a path that no socket can have', async () => {
    const path = join(folder, 'own', 'x'.repeat(100));
    expect(await refusalOf(start({ path }))).toMatchObject(isRefused('longer than 107 bytes'));
  });

  test('a folder that cannot be made', async () => {
    const path = join(folder, 'gone', 'own', 'a.sock');
    expect(await refusalOf(start({ path }))).toMatchObject(isRefused('its folder cannot be made'));
  });
});

test('a socket that a killed process left is taken over, one that somebody listens on is not', async () => {
  mkdirSync(join(folder, 'own'), { mode: 0o700 });
  // Moved away, it stays when its server closes.
  const left = createServer().listen(pathOf());
  await once(left, 'listening');
  expect(await refusalOf(start())).toMatchObject({ message: expect.stringContaining('another process listens') });
  renameSync(pathOf(), `${pathOf()}.kept`);
  left.close();
  await once(left, 'close');
  renameSync(`${pathOf()}.kept`, pathOf());
  await start();
  expect(await ask(Uint8Array.from(REQUEST))).toBe('taken\n');
});
