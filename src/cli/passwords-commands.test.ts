import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { type Ended, runCommand } from '../../test/lab/run-command.ts';
import { Session } from './session.ts';
import { writePasswordStatus, writePasswordSync } from './views/passwords-page.ts';

const BIN = fileURLToPath(new URL('../../bin/dirbridge.mjs', import.meta.url));
const PEOPLE = 'OU=People,DC=corp,DC=contoso,DC=com';

let emulator: Emulator;
let folder: string;

beforeAll(async () => {
  emulator = await startEmulator({ domains: ['contoso.com'], throttle: 'off' });
});
afterAll(() => emulator.close());

beforeEach(async () => {
  await fetch(`${emulator.url}/emulator/reset`, { method: 'POST' });
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-passwords-'));
  writeFileSync(join(folder, 'secret'), emulator.clientSecret, { mode: 0o600 });
  const ldif = `version: 1\n\ndn: DC=corp,DC=contoso,DC=com\nobjectClass: domainDNS\ndc: corp\n\ndn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: People\n\ndn: CN=anna,${PEOPLE}\nobjectClass: user\ncn: anna\nsAMAccountName: anna\nuserPrincipalName: anna@contoso.com\nuserAccountControl: 512\n`;
  writeFileSync(join(folder, 'corp.ldif'), ldif);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configure(more: string): void {
  const { url, tenant, clientId } = emulator;
  writeFileSync(
    join(folder, 'dirbridge.yaml'),
    `sources:
  - { name: corp, kind: ldif, path: ./corp.ldif }
target: { kind: entra, tenant: ${tenant}, clientId: ${clientId}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
${more}`,
  );
}

function dirbridge(...args: readonly string[]): Promise<Ended> {
  return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') });
}

describe('what cannot be done is an error that says why:', () => {
  test.each([
    ['passwords: { method: off }', ['passwords', 'sync'], /method: off \}, so no password is synchronized/],
    ['passwords: { method: hash }', ['passwords', 'sync'], /no source gives passwords \(they are of kind ldif\)/],
    ['passwords: { method: hash }\nstaging: true', ['passwords', 'sync'], /staging: true, so no password is ever sent/],
    ['', ['passwords', 'sync', '--full', 'anna'], /name users or give --full, not both/],
    ['passwords: { method: hash }', ['passwords', 'sync', ''], /the name of a user is empty/],
    ['passwords: { method: hash }', ['passwords', 'status'], /there is no store/],
    ['passwords: { method: hash, only: [People] }', ['passwords', 'sync'], /passwords\.only\[0\] must be a DN/],
    ['passwords: { method: hash, expiration: always }', ['passwords', 'sync'], /passwords\.expiration/],
    ['passwords: { method: hash, expiredAccounts: stop }', ['passwords', 'sync'], /passwords\.expiredAccounts/],
  ])('%s: %j', async (more, args, message) => {
    configure(more);
    const { code, out, err } = await dirbridge(...args);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });

  test('check tells it before the first cycle', async () => {
    configure('passwords: { method: hash }');
    const { code, out } = await dirbridge('check', '--json');
    const { checks } = JSON.parse(out) as {
      readonly checks: readonly { readonly what: string; readonly state: string }[];
    };
    expect(checks.filter(({ what }) => what === 'tenant: passwords')).toMatchObject([
      { state: 'error', detail: expect.stringContaining('no source gives passwords') },
    ]);
    expect(code).toBe(2);
  });
});

test('a secret that others can read is warned of once in a run', async () => {
  configure('passwords: { method: hash }');
  chmodSync(join(folder, 'secret'), 0o644);
  const child = spawn(process.execPath, [BIN, 'check'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (piece: string) => log.push(piece));
  await once(child, 'close');
  expect(log.join('').match(/can be read by other accounts/g)).toHaveLength(1);
});

test('check tells of a DN that would stop every cycle, as soon as the directory was read', async () => {
  configure(`passwords: { method: hash, only: ["${PEOPLE}"], except: ["OU=Piolt,${PEOPLE}"] }`);
  const told = async (): Promise<readonly object[]> => {
    const { checks } = JSON.parse((await dirbridge('check', '--json')).out) as {
      readonly checks: readonly { readonly what: string }[];
    };
    return checks.filter(({ what }) => what === 'whose passwords');
  };
  expect(await told()).toEqual([]);
  await dirbridge('plan', '--quiet');
  expect(await told()).toMatchObject([
    { state: 'error', code: 'scope-not-found', detail: expect.stringContaining(`passwords.except[0] names "OU=Piolt`) },
  ]);
});

test('the state is told before the first cycle, and has a line in the whole', async () => {
  configure('passwords: { method: hash }');
  await dirbridge('plan', '--quiet');
  const { code, out } = await dirbridge('passwords', 'status');
  expect(out).toBe('Method: hash\nLast cycle: none yet\nAccounts: 0 synchronized, 0 waiting, 0 failing, 0 left out\n');
  expect(code).toBe(0);
  const told = JSON.parse((await dirbridge('passwords', 'status', '--json')).out) as { readonly passwords: object };
  expect(told.passwords).toMatchObject({
    method: 'hash',
    last: null,
    synchronized: 0,
    waiting: 0,
    oldest: null,
    open: [],
  });
  expect((await dirbridge('status')).out).toContain('Passwords: 0 synchronized, 0 waiting');
  configure('');
  expect((await dirbridge('status')).out).not.toContain('Passwords:');
});

describe('what a cycle did reads like sentences', () => {
  const CYCLE = {
    startedAt: '2030-01-01T00:00:00.000Z',
    endedAt: '2030-01-01T00:00:02.000Z',
    mode: 'full',
    outcome: 'done',
    message: null,
    read: 1200,
    sent: 1000,
    blocked: 1,
    failed: 2,
    gone: 0,
  } as const;
  const OBJECT = { space: 'corp', anchor: '1', type: 'user', name: 'ann@contoso.com' };
  const OPEN = {
    object: OBJECT,
    state: 'failing',
    reason: null,
    changedAt: '2030-01-01T00:00:00.000Z',
    waitingSince: '2030-01-01T00:01:00.000Z',
    attempts: 2,
    nextAt: '2030-01-01T00:08:00.000Z',
    failure: 'not this one (2)',
  } as const;

  async function written(write: (session: Session) => Promise<void>): Promise<string> {
    const stdout = new PassThrough();
    const session = new Session({ stdout, stderr: new PassThrough(), environment: {} });
    await write(session);
    await session.out.finish();
    return String(stdout.read() ?? '');
  }

  test('of a cycle with users who were named', async () => {
    const waits = { ...OPEN, state: 'waiting', reason: 'not-in-tenant', failure: null } as const;
    const taken = { ...waits, state: 'synchronized', reason: null } as const;
    const users = [
      { ...OPEN, asked: 'ann', sentAt: null },
      { ...waits, asked: 'bob', sentAt: null, object: { ...OBJECT, name: 'bob@contoso.com' } },
      { ...taken, asked: 'cid', sentAt: CYCLE.endedAt, object: { ...OBJECT, name: 'cid@contoso.com' } },
      { ...taken, asked: 'dan', sentAt: '2029-12-31T23:00:00.000Z', object: { ...OBJECT, name: 'dan@contoso.com' } },
    ] as const;
    expect(await written((session) => writePasswordSync(session, 'capture', { cycle: CYCLE, users }))).toBe(
      [
        'Passwords: 1,000 sent, 1 of expired accounts blocked, 2 refused (1,200 accounts read, everybody, 2.0 s)',
        '  ann@contoso.com: refused by the tenant: not this one (2)',
        '  bob@contoso.com: not sent: the user is not in the tenant (yet); sent as soon as it is',
        '  cid@contoso.com: sent, and taken by the tenant',
        '  dan@contoso.com: not sent again: the tenant has this password since 2029-12-31 23:00:00 UTC, and it is not held any more',
        '  dirbridge findings --code password-refused',
        '',
      ].join('\n'),
    );
  });

  test('of a password of which the directory stores no hash: nobody has refused it', async () => {
    const open = { ...OPEN, reason: 'no-hash', failure: null } as const;
    const why =
      'changed, but the domain controller stores no NT hash of it: the tenant still takes the one before (finding password-without-hash)';
    const users = [{ ...open, asked: 'ann', sentAt: null }];
    const told = await written((session) =>
      writePasswordSync(session, 'hash', { cycle: { ...CYCLE, failed: 0 }, users }),
    );
    expect(told).toContain(`\n  ann@contoso.com: not sent: ${why}\n`);
    const status = {
      last: null,
      lastSent: null,
      synchronized: 9,
      waiting: 0,
      failing: 1,
      excluded: 0,
      reasons: [{ state: 'failing', reason: 'no-hash', count: 1 }],
      withoutAccount: 0,
      oldest: open,
    } as const;
    const state = await written((session) => writePasswordStatus(session, 'hash', status, [open]));
    expect(state).toContain(`\n  1 failing: ${why}\n`);
    expect(state).toContain(`password of 2030-01-01 00:00:00 UTC: ${why}\n`);
  });

  test('of hashes nothing is said that goes for handing over', async () => {
    const dan = { ...OPEN, state: 'synchronized', reason: null, failure: null, asked: 'dan' } as const;
    const users = [{ ...dan, sentAt: '2029-12-31T23:00:00.000Z' }];
    const sync = await written((session) => writePasswordSync(session, 'hash', { cycle: CYCLE, users }));
    expect(sync).toContain('not sent again: the tenant has this password since 2029-12-31 23:00:00 UTC\n');
    const waits = { ...OPEN, state: 'waiting', reason: 'next-change', failure: null } as const;
    const reasons = [{ state: 'waiting', reason: 'next-change', count: 1 }] as const;
    const nothing = { last: null, lastSent: null, synchronized: 0, failing: 0, excluded: 0, withoutAccount: 0 };
    const status = { ...nothing, waiting: 1, reasons, oldest: waits };
    const of = (method: 'hash' | 'capture') =>
      written((session) => writePasswordStatus(session, method, status, [waits]));
    expect(await of('hash')).not.toContain('handed');
    expect((await of('hash')).match(/is sent by the next cycle/g)).toHaveLength(2);
    expect((await of('capture')).match(/nobody has handed this password over/g)).toHaveLength(2);
  });

  test('of the state', async () => {
    const status = {
      last: { ...CYCLE, outcome: 'failed', message: 'the tenant did not answer' },
      lastSent: { ...CYCLE, endedAt: '2029-12-31T23:00:00.000Z', startedAt: '2029-12-31T22:59:59.000Z' },
      synchronized: 990,
      waiting: 0,
      failing: 3,
      excluded: 7,
      reasons: [{ state: 'excluded', reason: 'not-selected', count: 7 }],
      withoutAccount: 12,
      oldest: OPEN,
    } as const;
    expect(await written((session) => writePasswordStatus(session, 'hash', status, [OPEN]))).toBe(
      [
        'Method: hash',
        'Last cycle: 2030-01-01 00:00:02 UTC, failed: the tenant did not answer',
        'Last sent: 2029-12-31 23:00:00 UTC, 1,000 sent, 1 of expired accounts blocked, 2 refused (1,200 accounts read, everybody, 1.0 s)',
        'Accounts: 990 synchronized, 0 waiting, 3 failing, 7 left out',
        '  7 left out: not chosen by passwords.only and passwords.except',
        '  12 more users of the tenant: no inbound rule with passwordSync applies (a disabled account, as the shipped rules are)',
        'Wait or fail, the longest first',
        '  ann@contoso.com since 2030-01-01 00:01:00 UTC, password of 2030-01-01 00:00:00 UTC: refused 2 times: not this one (2); again at 2030-01-01 00:08:00 UTC',
        '  ... and 2 more: dirbridge passwords status --json --limit 100000',
        '',
      ].join('\n'),
    );
  });
});

describe('a server', () => {
  let server: ChildProcess | null = null;
  afterEach(() => server?.kill('SIGKILL'));

  /** Waits until its output matches; answers all of it. */
  async function serve(
    until: RegExp,
    ...args: readonly string[]
  ): Promise<{ readonly child: ChildProcess; readonly told: () => string }> {
    const child = spawn(process.execPath, [BIN, 'serve', ...args], {
      cwd: folder,
      env: { ...process.env, DIRBRIDGE_CONFIG: '', npm_command: '' },
    });
    server = child;
    let told = '';
    const isTold = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (piece: string) => {
          told += piece;
          if (until.test(told)) resolve();
        });
      child.once('close', () => reject(new Error(`it ended: ${told}`)));
    });
    await isTold;
    return { child, told: () => told };
  }

  test.each([
    'SIGTERM',
    'SIGINT',
  ] as const)('synchronizes, leaves the store free between cycles, and stops cleanly at %s', async (signal) => {
    configure('');
    const { child, told } = await serve(/sync: run 1 done, create 1/);
    expect(told()).toMatch(/a sync cycle every 30 min, a password cycle every 2 min/);
    expect(told()).toContain('no password cycles: passwords.method is off');
    const status = await dirbridge('sync');
    expect([status.code, status.err.includes('in use')]).toEqual([0, false]);
    const closed = once(child, 'close');
    child.kill(signal);
    expect(await closed).toEqual([0, null]);
    expect((await dirbridge('plan')).code).toBe(0);
  });

  test('tells of cycles that fail and goes on', async () => {
    configure('passwords: { method: hash }\nschedule: { every: 1s, passwords: 1s }');
    const { told } = await serve(/sync: run 3/);
    expect(told()).toMatch(
      /passwords: failed: .*no source gives passwords.*\n {2}What to do: Passwords come from a source of kind ad/,
    );
  });

  test('tells scripts in JSON, a line for each cycle', async () => {
    configure('');
    const { told } = await serve(/"cycle":"sync".*\n/, '--json', '--quiet');
    const [line = ''] = told().split('\n');
    expect(JSON.parse(line)).toMatchObject({ cycle: 'sync', run: '1', outcome: 'done', done: { create: 1 } });
  });
});
