import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Attribute, Change, Client } from 'ldapts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { captureScript } from '../../src/app.ts';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { type SambaDomain, startSamba } from '../lab/samba.ts';
import { searchMemory } from '../lab/search-memory.ts';
import { signInAs } from '../lab/sign-in-as.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';
import { COMMAND_LINE } from './while-syncing.ts';

const TEMPLATE = fileURLToPath(new URL('../../src/passwords/capture/check-password.py', import.meta.url));
/** No change of a password may be held up for longer. */
const LIMIT = 2000;
const NAMES = ['ann', 'bob', 'cid', 'dan'];
const FIRST = 'First-Word-1';
const BEGINNING = 'Nowhere-7f3d21c9';

describe.skipIf(!directoryServersAvailable())('passwords handed over by a Samba domain controller', () => {
  let domain: SambaDomain;
  let tenant: SynchronizedTenant;
  let running: { stop(): Promise<void>; readonly failures: string[] } | null = null;

  beforeAll(async () => {
    domain = await startSamba({
      settings: (folder) => ({ 'check password script': writeScript(folder) }),
    });
    await domain.samba(['domain', 'passwordsettings', 'set', '--min-pwd-age=0']);
    await domain.samba(['ou', 'add', `OU=People,${domain.baseDn}`]);
    for (const name of NAMES) await hire(name);
    const service = await domain.addServiceAccount({ replicationRights: true });
    const source = {
      name: 'corp',
      kind: 'ad',
      servers: [domain.ldapsUrl],
      tls: { ca: domain.ca },
      user: service.user,
      password: { file: './corp-password' },
      scope: { include: [`OU=People,${domain.baseDn}`] },
    };
    const config = {
      passwords: { method: 'capture', socket: socketIn(domain.folder) },
      schedule: { every: '1h', passwords: '5s' },
    };
    tenant = await SynchronizedTenant.start([source], { config }, { 'corp-password': service.password });
    await tenant.sync();
  }, 180_000);

  afterEach(async () => {
    const failures = running?.failures ?? [];
    await running?.stop();
    running = null;
    expect(failures).toEqual([]);
  });

  afterAll(async () => {
    await tenant?.stop();
    await domain?.stop();
  });

  const socketIn = (folder: string): string => join(folder, 'own', 'passwords.sock');

  function writeScript(folder: string): string {
    const path = join(folder, 'dirbridge-check-password');
    const settings = { socket: socketIn(folder), owner: process.getuid?.() ?? 0, source: 'corp', earlier: '' };
    writeFileSync(path, captureScript(readFileSync(TEMPLATE, 'utf8'), settings));
    chmodSync(path, 0o755);
    return path;
  }

  async function hire(name: string): Promise<void> {
    await domain.samba(['user', 'create', name, FIRST, '--userou=OU=People', `--mail-address=${name}@contoso.com`]);
    const dn = `CN=${name},OU=People,${domain.baseDn}`;
    await domain.modify(
      `dn: ${dn}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: ${name}@contoso.com\n`,
    );
  }

  /** `dirbridge serve`, once it takes passwords and its first cycles are over. */
  async function serve(): Promise<void> {
    const stop = new AbortController();
    const first = Promise.withResolvers<void>();
    const failures: string[] = [];
    const ended = tenant.app('serve').serve({
      signal: stop.signal,
      onSync: () => undefined,
      onPasswords: () => first.resolve(),
      onFailure: (job, error) => failures.push(`${job}: ${error}`),
      onNoPasswords: (why) => first.reject(new Error(why)),
    });
    await Promise.race([first.promise, ended]);
    running = {
      failures,
      stop: async () => {
        stop.abort();
        await ended;
      },
    };
  }

  async function signIn(name: string, password: string): Promise<string> {
    const answer = await signInAs(tenant.emulator, `${name}@contoso.com`, password);
    return answer === 'ok' ? 'welcome' : answer;
  }

  /** Waits until the tenant lets the user in with this password. */
  async function untilWelcome(name: string, password: string): Promise<void> {
    await until(`${name} can sign in`, async () => (await signIn(name, password)) === 'welcome');
  }

  async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!(await isTrue())) {
      if (Date.now() > deadline) throw new Error(`it did not come that ${what}: ${JSON.stringify(await states())}`);
      await delay(100);
    }
  }

  /** The user changes the password, as a workstation does it for him; answers what came of it and how long it took. */
  async function change(name: string, from: string, to: string): Promise<{ outcome: string; took: number }> {
    const client = new Client({ url: domain.ldapsUrl, tlsOptions: { ca: readFileSync(domain.ca) } });
    const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');
    const part = (operation: 'add' | 'delete', password: string): Change =>
      new Change({ operation, modification: new Attribute({ type: 'unicodePwd', values: [quoted(password)] }) });
    await client.bind(`${name}@contoso.com`, from);
    const begun = performance.now();
    try {
      await client.modify(`CN=${name},OU=People,${domain.baseDn}`, [part('delete', from), part('add', to)]);
      return { outcome: 'changed', took: performance.now() - begun };
    } catch (error) {
      return { outcome: String(error), took: performance.now() - begun };
    } finally {
      await client.unbind();
    }
  }

  async function states(): Promise<Readonly<Record<string, string>>> {
    const open = await tenant.app('passwords status').openPasswords(100);
    return Object.fromEntries(
      open.map(({ object, state, reason }) => [object.name.split(/[,@]/)[0] ?? '', `${state} ${reason}`]),
    );
  }

  async function countSettings(): Promise<number> {
    const { requests } = (await tenant.control('stats')) as {
      readonly requests: readonly { method: string; path: string; count: number }[];
    };
    return requests
      .filter(({ method, path }) => method === 'PATCH' && path.includes('/users/'))
      .reduce((sum, { count }) => sum + count, 0);
  }

  test('can be taken, says the check', async () => {
    const about = /times of passwords|socket for new passwords|setting passwords/;
    const lines: string[] = [];
    for await (const { what, state } of tenant.app('check').check())
      if (about.test(what)) lines.push(`${what}: ${state}`);
    expect(lines).toEqual([
      'corp: times of passwords: ok',
      'tenant: socket for new passwords: ok',
      'tenant: setting passwords: ok',
    ]);
  });

  test('wait for the next change of everybody at first, and open the tenant from then on', async () => {
    await serve();
    expect(Object.values(await states())).toEqual(Array(4).fill('waiting next-change'));
    expect(await signIn('ann', FIRST)).toBe('AADSTS50126');
    const { outcome, took } = await change('ann', FIRST, 'Second-"Wörd"\\2');
    expect(outcome).toBe('changed');
    expect(took).toBeLessThan(LIMIT);
    // Beyond ASCII: the domain takes it, the tenant does not.
    await until('it is refused', async () => (await states())['ann']?.startsWith('failing') === true);
    expect(await tenant.listFindings()).toEqual(['password-refused ann@contoso.com']);
    expect((await change('ann', 'Second-"Wörd"\\2', 'Third-"Word"\\3')).outcome).toBe('changed');
    await untilWelcome('ann', 'Third-"Word"\\3');
    expect(await tenant.listFindings()).toEqual([]);
    expect(Object.keys(await states())).toHaveLength(3);
  });

  test('are set in the tenant when an administrator sets them, and the last one when there are two', async () => {
    await serve();
    await domain.samba(['user', 'setpassword', 'bob', '--newpassword=Set-by-admin-1']);
    await untilWelcome('bob', 'Set-by-admin-1');
    await domain.samba(['user', 'setpassword', 'bob', '--newpassword=Set-by-admin-2']);
    await domain.samba(['user', 'setpassword', 'bob', '--newpassword=Set-by-admin-3']);
    await untilWelcome('bob', 'Set-by-admin-3');
    expect(await signIn('bob', 'Set-by-admin-2')).toBe('AADSTS50126');
  });

  test('that the domain refuses are never set in the tenant', async () => {
    await serve();
    await change('cid', FIRST, 'Second-Word-2');
    await untilWelcome('cid', 'Second-Word-2');
    const before = await countSettings();
    // The script lets it pass and hands it over; the history of the domain does not.
    expect((await change('cid', 'Second-Word-2', FIRST)).outcome).toContain('in history');
    expect((await change('cid', 'Second-Word-2', 'simple-words')).outcome).toContain('Constraint violation');
    await change('bob', 'Set-by-admin-3', 'After-that-4');
    await untilWelcome('bob', 'After-that-4');
    expect(await countSettings()).toBe(before + 1);
    expect(await signIn('cid', 'Second-Word-2')).toBe('welcome');
  });

  test('are set when the tenant is back', async () => {
    await serve();
    await tenant.fault({ match: 'PATCH /v1.0/users/*', fault: '503', times: 1000 });
    expect((await change('cid', 'Second-Word-2', 'While-away-3')).outcome).toBe('changed');
    await until('it was tried', async () => running?.failures.some((one) => one.includes('503')) === true);
    running?.failures.splice(0);
    await tenant.fault();
    await untilWelcome('cid', 'While-away-3');
    running?.failures.splice(0);
  });

  test('that must be changed are withheld until the user has done so', async () => {
    await serve();
    await domain.samba(['user', 'setpassword', 'cid', '--newpassword=Only-for-now-4', '--must-change-at-next-login']);
    await until('it waits', async () => (await states())['cid'] === 'waiting temporary');
    expect(await signIn('cid', 'While-away-3')).toBe('welcome');
    await domain.samba(['user', 'setpassword', 'cid', '--newpassword=For-long-5']);
    await untilWelcome('cid', 'For-long-5');
  });

  test('are changed as ever while Dirbridge is away, and wait for the next change then', async () => {
    await serve();
    await domain.samba(['user', 'setpassword', 'dan', '--newpassword=With-us-1']);
    await untilWelcome('dan', 'With-us-1');
    await running?.stop();
    running = null;
    const { outcome, took } = await change('dan', 'With-us-1', 'Without-us-2');
    expect(outcome).toBe('changed');
    expect(took).toBeLessThan(LIMIT);
    await serve();
    expect((await states())['dan']).toBe('waiting next-change');
    expect(await signIn('dan', 'With-us-1')).toBe('welcome');
    await change('dan', 'Without-us-2', 'With-us-again-3');
    await untilWelcome('dan', 'With-us-again-3');
    expect(await states()).toEqual({});
  });

  test.skipIf(process.platform !== 'linux')('are nowhere in the memory of the process once they are set', async () => {
    const child = spawn(process.execPath, [COMMAND_LINE, '--config', tenant.configFile, 'serve', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface(child.stdout);
      // The socket is there before the first cycle, and a password that is handed over before it ends is set all the same.
      await once(lines, 'line');
      // All of them begin alike, so that a piece of one is found as well.
      const chosen = NAMES.map((name) => [name, `${BEGINNING}-${name}`] as const);
      for (const [name, password] of chosen)
        await domain.samba(['user', 'setpassword', name, `--newpassword=${password}`]);
      for (const [name, password] of chosen) await untilWelcome(name, password);
      await until('nothing is underway', async () => Object.keys(await states()).length === 0);
      const needles = [BEGINNING, 'ann@contoso.com'].map((text) => Buffer.from(text));
      const wide = Buffer.from(BEGINNING, 'utf16le');
      const [found, user, foundWide] = searchMemory(child.pid ?? 0, [...needles, wide]);
      // The search finds what is there.
      expect(user).toBeGreaterThan(0);
      expect([found, foundWide]).toEqual([0, 0]);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
