import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../test/lab/temporary-folder.ts';
import { SILENT_LOG } from '../../log.ts';
import { fillScript, type ScriptSettings } from './capture-script.ts';
import { type CaptureServer, startCaptureServer } from './capture-server.ts';
import type { HandOver } from './hand-over-request.ts';

/** Debian's, which has Samba's modules: what the domain controllers of the lab run. */
const PYTHON = '/usr/bin/python3';
const TEMPLATE = fileURLToPath(new URL('./check-password.py', import.meta.url));
const SELF = process.getuid?.() ?? 0;
const NOBODY = 65_534;
/** No change of a password may be held up for longer. */
const LIMIT = 2000;

let folder: string;
let own: string;
let server: CaptureServer | undefined;
let stranger: Server | undefined;
const taken: HandOver[] = [];

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-script-');
  own = join(folder, 'own');
  taken.length = 0;
});

afterEach(async () => {
  await server?.close();
  stranger?.close();
  server = undefined;
  stranger = undefined;
  await removeTemporaryFolder(folder);
});

const socketPath = (): string => join(own, 'passwords.sock');

async function startServer(): Promise<void> {
  const take = (one: HandOver): null => {
    taken.push(one);
    return null;
  };
  server = await startCaptureServer({ path: socketPath(), access: 'owner', take, log: SILENT_LOG });
}

function writeScript(more: Partial<ScriptSettings> = {}): string {
  const settings = { socket: socketPath(), owner: SELF, source: 'corp', earlier: '', ...more };
  const path = join(folder, 'check-password');
  writeFileSync(path, fillScript(readFileSync(TEMPLATE, 'utf8'), settings));
  chmodSync(path, 0o755);
  return path;
}

interface Verdict {
  readonly status: number | null;
  readonly output: string;
  readonly took: number;
}

function run(password: string | Uint8Array, more: Partial<ScriptSettings> = {}, account = 'ann'): Promise<Verdict> {
  return runScript(writeScript(more), password, account);
}

/** Runs it as Samba does: by the shell, the password on stdin, until all its outputs are closed. */
async function runScript(script: string, password: string | Uint8Array, account: string): Promise<Verdict> {
  const begun = performance.now();
  const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, SAMBA_CPS_ACCOUNT_NAME: account } });
  let output = '';
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    output += part.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(password);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output, took: performance.now() - begun };
}

const received = () => taken.map((one) => [one.source, one.account, Buffer.from(one.password).toString('utf8')]);

/** The script as a module. */
const LOADED = `
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader('ours', sys.argv[1])
spec = importlib.util.spec_from_loader('ours', loader)
module = importlib.util.module_from_spec(spec)
loader.exec_module(module)
`;

describe.skipIf(!directoryServersAvailable())('the verdict on a password', () => {
  /** Compares with the very function that Samba calls where there is no script. */
  const COMPARISON = `${LOADED}
import functools, random
from samba import check_password_quality as theirs
module.class_of = functools.lru_cache(None)(module.class_of)
codes = [code for code in range(1, 0x11000) if not 0xd800 <= code < 0xe000]
codes += [0x1d400, 0x1f600, 0x20000, 0x10ffff]
count = 0
def compare(text):
    global count
    count += 1
    if bool(theirs(text)) != module.is_complex(text.encode('utf-8')):
        sys.exit('%r: Samba says %s' % (text, theirs(text)))
for code in codes:
    for others in ('a1', 'A1', 'aA', '1!'):
        compare(others + chr(code))
draw = random.Random(7)
pools = [range(32, 127), range(0xa0, 0x250), range(0x370, 0x530), codes]
for _ in range(20000):
    pool = draw.choice(pools)
    compare(''.join(chr(draw.choice(pool)) for _ in range(draw.randint(0, 12))))
print(count)
`;

  test('is that of Samba for every character, and for 20,000 random passwords', () => {
    const compared = spawnSync(PYTHON, ['-c', COMPARISON, TEMPLATE], { encoding: 'utf8' });
    expect(compared.stderr).toBe('');
    expect(Number(compared.stdout)).toBeGreaterThan(250_000);
  }, 120_000);

  /** How often a character is put into a class. */
  const COUNTING = `${LOADED}
original = module.class_of
asked = []
def class_of(character):
    asked.append(character)
    return original(character)
module.class_of = class_of
print(module.is_complex(('\\u4e2d' * 60000 + 'Aa1').encode('utf-8')), len(asked))
`;

  test('looks at each character of the longest one once: Samba does not wait for ever', () => {
    const counted = spawnSync(PYTHON, ['-c', COUNTING, TEMPLATE], { encoding: 'utf8' });
    expect([counted.stdout, counted.stderr]).toEqual(['True 4\n', '']);
  });

  test.each([
    ['Passw0rd', 0],
    ['password1', 1],
    ['pass word', 1],
    ['Straße7', 0],
    ['', 1],
    [Buffer.from([0x41, 0x61, 0x31, 0xff]), 1],
    ['Aa\0' + '1!', 1],
  ])('%j ends with status %i, though Dirbridge is away', async (password, status) => {
    expect(await run(password)).toMatchObject({ status, output: '' });
  });

  test('is left to the script of before, which gets the password and the account as ever', async () => {
    await startServer();
    const kept = join(folder, 'kept');
    const earlier = `cat > '${kept}'; echo " $SAMBA_CPS_ACCOUNT_NAME" >> '${kept}'; echo told; exit 3`;
    expect(await run('Passw0rd!', { earlier })).toMatchObject({ status: 3, output: '' });
    expect(readFileSync(kept, 'utf8')).toBe('Passw0rd! ann\n');
    expect(taken).toEqual([]);
    // What it lets pass need not please Samba.
    expect(await run('simple', { earlier: 'cat > /dev/null' })).toMatchObject({ status: 0 });
    expect(received()).toEqual([['corp', 'ann', 'simple']]);
  });
});

describe.skipIf(!directoryServersAvailable())('handing over', () => {
  test('gives the password and the account as they are', async () => {
    await startServer();
    expect(await run('Größe"\\7😀', {}, 'Jürgen')).toMatchObject({ status: 0, output: '' });
    expect(received()).toEqual([['corp', 'Jürgen', 'Größe"\\7😀']]);
  });

  test('is not done with a password that is refused', async () => {
    await startServer();
    expect(await run('password')).toMatchObject({ status: 1 });
    expect(taken).toEqual([]);
  });

  test('does not hold the change up when Dirbridge takes it and says nothing', async () => {
    mkdirSync(own, { mode: 0o700 });
    stranger = createServer((socket) => socket.resume()).listen(socketPath());
    await once(stranger, 'listening');
    chmodSync(socketPath(), 0o600);
    const { status, took } = await run('Passw0rd!');
    expect(status).toBe(0);
    expect(took).toBeLessThan(LIMIT);
  });

  test('does not hold the change up when nobody takes connections any more', async () => {
    mkdirSync(own, { mode: 0o700 });
    const stopped = spawn(PYTHON, ['-c', STUCK, socketPath(), String(SELF)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(stopped.stdout, 'data');
    const { status, took } = await run('Passw0rd!');
    stopped.kill('SIGKILL');
    expect(status).toBe(0);
    expect(took).toBeLessThan(LIMIT);
  });

  test('is told in the system log each time that no answer came', async () => {
    mkdirSync(own, { mode: 0o700 });
    stranger = createServer((socket) => socket.resume()).listen(socketPath());
    await once(stranger, 'listening');
    chmodSync(socketPath(), 0o600);
    const names = Array.from({ length: 4 }, (_, index) => `user${index}`);
    const log = join(folder, 'log');
    const script = writeScript();
    // What goes to the log of the system goes to a file.
    const telling = `open(${JSON.stringify(log)}, "a").write(`;
    const text = readFileSync(script, 'utf8').replace('syslog.syslog(syslog.LOG_WARNING, ', telling);
    writeFileSync(script, text.replace('handed over: %s"', 'handed over: %s\\n"'));
    const verdicts = await Promise.all(names.map((name) => runScript(script, 'Passw0rd!', name)));
    expect(verdicts.map(({ status }) => status)).toEqual(names.map(() => 0));
    const told = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean).sort() : []);
    const line = (name: string) => `the new password of ${name} was not handed over: Dirbridge did not answer in time`;
    await expect.poll(told, { timeout: 10_000 }).toEqual(names.map(line));
  });

  test('counts though Dirbridge was busy for longer than anybody waits', async () => {
    await startServer();
    const script = writeScript();
    const before = Date.now();
    const environment = { ...process.env, SAMBA_CPS_ACCOUNT_NAME: 'ann' };
    const child = spawn('/bin/sh', ['-c', `printf %s 'Passw0rd!' | ${script}`], { env: environment, stdio: 'ignore' });
    const closed = once(child, 'close');
    // Nothing else happens in this process meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LIMIT);
    expect(await closed).toEqual([0, null]);
    await expect.poll(received).toEqual([['corp', 'ann', 'Passw0rd!']]);
    // The time is that of the hand-over, not that of its arrival.
    expect(taken[0]?.at).toBeGreaterThanOrEqual(before);
    expect(taken[0]?.at).toBeLessThan(before + LIMIT);
  });

  test('is not tried when an earlier script has used up the time that Samba gives', async () => {
    await startServer();
    const script = writeScript({ earlier: 'cat > /dev/null' });
    // As if nine seconds were over.
    writeFileSync(script, readFileSync(script, 'utf8').replace('WHOLE = 9.0', 'WHOLE = 0.0'));
    const child = spawnSync(script, { input: 'Passw0rd!', env: { SAMBA_CPS_ACCOUNT_NAME: 'ann' } });
    expect(child.status).toBe(0);
    expect(taken).toEqual([]);
  });

  test.each([
    ['a folder that others may change', () => chmodSync(own, 0o777)],
    ['a socket that others may use', () => chmodSync(socketPath(), 0o666)],
    ['a folder of another user', () => chownSync(own, NOBODY, NOBODY)],
    ['a socket of another user', () => chownSync(socketPath(), NOBODY, NOBODY)],
  ])('is refused to %s', async (_what, spoil) => {
    await startServer();
    spoil();
    expect(await run('Passw0rd!')).toMatchObject({ status: 0 });
    expect(taken).toEqual([]);
  });

  test('is refused to a user who listens in the place of Dirbridge', async () => {
    mkdirSync(own, { mode: 0o700 });
    const got = join(folder, 'got');
    const other = spawn(PYTHON, ['-c', IMPOSTOR, socketPath(), got, String(NOBODY)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(other, 'close');
    await once(other.stdout, 'data');
    expect(statSync(socketPath()).uid).toBe(SELF);
    expect(await run('Passw0rd!')).toMatchObject({ status: 0 });
    await closed;
    // It was connected to, and got nothing.
    expect(existsSync(got)).toBe(true);
    expect(readFileSync(got)).toEqual(Buffer.alloc(0));
  });
});

/** Listens with room for one connection, which it fills itself, and takes none. */
const STUCK = `
import os, socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o600)
listener.listen(0)
full = socket.socket(socket.AF_UNIX)
full.connect(sys.argv[1])
print('ready', flush=True)
time.sleep(60)
`;

/** The file of the socket is of one user; whoever listens is another. */
const IMPOSTOR = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o600)
out = open(sys.argv[2], 'wb')
os.seteuid(int(sys.argv[3]))
listener.listen(1)
print('ready', flush=True)
peer, _ = listener.accept()
while True:
    part = peer.recv(1000)
    if not part: break
    out.write(part)
out.close()
`;
