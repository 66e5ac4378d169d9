import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../../../test/lab/samba.ts';
import type { DirbridgeError } from '../../errors.ts';
import { SILENT_LOG } from '../../log.ts';
import { ContractSpace } from '../connector.contract.ts';
import type { CheckLine, Connector, ReadRequest } from '../connector.ts';
import { adSource } from './connector.ts';
import { addRecord, childDn, deleteRecord, replaceRecord } from './trial/domain-editor.ts';
import { FlakyProxy } from './trial/flaky-proxy.ts';

const run = promisify(execFile);
const LDAPS = 636;

function requestFrom(watermark: string | null): ReadRequest {
  return { watermark, attributes: ['cn', 'sn', 'member'], references: ['member'] };
}

function* crowd(baseDn: string) {
  const ou = childDn('Crowd', baseDn, 'OU');
  yield { dn: ou, attributes: { objectClass: ['organizationalUnit'] } };
  for (let index = 0; index < 400; index++)
    yield { dn: childDn(`person ${index}`, ou), attributes: { objectClass: ['contact'], sn: [`Name ${index}`] } };
}

/** The certificate of a server, in hexadecimal, as openssl shows it. */
async function fingerprintOf(domain: SambaDomain): Promise<string> {
  const file = join(domain.ca, '..', 'cert.pem');
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-fingerprint', '-sha256']);
  return stdout.trim().split('=')[1] ?? '';
}

describe.skipIf(!directoryServersAvailable())('a Samba domain that cannot be read as it should', () => {
  let domain: SambaDomain;
  let service: SambaAccount;
  const connectors: Connector[] = [];

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true, population: crowd });
    service = await domain.addServiceAccount({ replicationRights: true });
  });
  afterEach(async () => {
    for (const connector of connectors.splice(0)) await connector.close();
  });
  afterAll(() => domain?.stop());

  function connect(section: object, account: SambaAccount = service, readSecret = () => account.password): Connector {
    const parsed = adSource.section.parse({
      servers: [domain.ldapsUrl],
      tls: { ca: domain.ca },
      user: account.user,
      password: { env: 'PASSWORD' },
      ...section,
    });
    const connector = adSource.create(parsed, {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret,
      resolvePath: (path) => path,
    });
    connectors.push(connector);
    return connector;
  }

  /** A section for servers behind proxies: the certificate does not name them. */
  function behind(...proxies: readonly FlakyProxy[]): object {
    return { servers: proxies.map(({ url }) => url), tls: { ca: domain.ca, serverName: domain.hostName } };
  }

  async function failureOf(connector: Connector, watermark: string | null = null): Promise<DirbridgeError> {
    const kinds: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of connector.read(requestFrom(watermark))) kinds.push(event.kind);
    };
    const failure = await read().then(
      () => null,
      (error: DirbridgeError) => error,
    );
    expect(kinds).not.toContain('end');
    if (failure === null) throw new Error('the read did not fail');
    return failure;
  }

  async function check(connector: Connector): Promise<readonly CheckLine[]> {
    const lines: CheckLine[] = [];
    for await (const line of connector.check()) lines.push(line);
    return lines;
  }

  it('names server, reason, fingerprint and remedy of a certificate from an unknown authority', async () => {
    const failure = await failureOf(connect({ tls: {} }));
    const fingerprint = (await fingerprintOf(domain)).replaceAll(':', '').toLowerCase();
    expect(failure.code).toBe('directory-certificate');
    expect(failure.message).toContain(domain.ldapsUrl);
    expect(failure.message).toContain('certification authority is not trusted');
    expect(failure.message).toContain(fingerprint);
    expect(failure.remedy).toContain('tls: { ca: FILE }');
  });

  it('refuses a certificate for another name', async () => {
    const failure = await failureOf(connect({ tls: { ca: domain.ca, serverName: 'dc9.corp.example.com' } }));
    expect(failure.code).toBe('directory-certificate');
    expect(failure.message).toContain('another name');
  });

  it('takes a pinned certificate without its authority, and no other', async () => {
    const fingerprint = await fingerprintOf(domain);
    const outcome = await new ContractSpace().read(connect({ tls: { fingerprint } }), requestFrom(null));
    expect(outcome.begin.mode).toBe('full');
    const wrong = fingerprint.replace(/^../, fingerprint.startsWith('00') ? '01' : '00');
    const failure = await failureOf(connect({ tls: { fingerprint: wrong } }));
    expect(failure.code).toBe('directory-certificate');
    expect(failure.message).toContain('not the one that is pinned');
  });

  it('speaks StartTLS, and verifies it the same way', async () => {
    const section = { servers: [domain.ldapUrl], startTls: true };
    const outcome = await new ContractSpace().read(connect(section), requestFrom(null));
    expect(outcome.begin.mode).toBe('full');
    expect((await failureOf(connect({ ...section, tls: {} }))).code).toBe('directory-certificate');
  });

  it('sends nothing to a server that it would not be encrypted to', async () => {
    const received: number[] = [];
    const listener = createServer((socket) => {
      received.push(0);
      socket.on('data', (chunk) => received.push(chunk.length));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const url = `ldap://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const connector = connect({ servers: [url] });
    expect((await failureOf(connector)).code).toBe('directory-clear-bind');
    expect(await check(connector)).toEqual([expect.objectContaining({ state: 'error' })]);
    expect((await failureOf(connect({ servers: [domain.ldapsUrl, url] }))).code).toBe('directory-clear-bind');
    const fetched = connector.fetch(['3fa85f64-5717-4562-b3fc-2c963f66afa6'], requestFrom(null));
    await expect(fetched[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'directory-clear-bind' });
    // Connections are accepted in their order: when ours is the first, there was none before it.
    const ours = dial((listener.address() as AddressInfo).port, '127.0.0.1');
    await once(listener, 'connection');
    expect(received).toEqual([0]);
    ours.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });

  it('never signs in anonymously', async () => {
    const failure = await failureOf(connect({}, service, () => ''));
    expect(failure.code).toBe('directory-credentials');
    expect(failure.message).toContain('is empty');
  });

  it('tells a wrong password from a disabled account, without showing the password', async () => {
    const wrong = await failureOf(connect({}, service, () => 'Wrong-Secret-1'));
    expect(wrong).toMatchObject({ code: 'directory-credentials' });
    expect(wrong.message).toContain(service.user);
    expect(wrong.message).toContain('user or password is wrong');
    expect(wrong.message).not.toContain('Wrong-Secret-1');
    const disabled = await domain.addServiceAccount({ replicationRights: false, name: 'svc-disabled' });
    await domain.modify(replaceRecord(disabled.dn, { userAccountControl: '514' }));
    const failure = await failureOf(connect({}, disabled));
    expect(failure).toMatchObject({ code: 'directory-credentials' });
    expect(failure.message).toContain('disabled');
  });

  it('uses the next server when one does not answer', async () => {
    const dead = await FlakyProxy.start('127.0.0.1', 1);
    await dead.stop();
    const connector = connect({ servers: [dead.url, domain.ldapsUrl] });
    const outcome = await new ContractSpace().read(connector, requestFrom(null));
    expect(outcome.begin.mode).toBe('full');
    expect((await failureOf(connect({ servers: [dead.url] }))).code).toBe('directory-unreachable');
    expect((await check(connect({ servers: [dead.url] }))).map(({ state }) => state)).toEqual(['error']);
    const lines = await check(connect({ servers: [dead.url, domain.ldapsUrl] }));
    const away = lines.find((line) => line.what === dead.url);
    expect(away).toMatchObject({ state: 'warning', remedy: expect.stringContaining('this server is up') });
    expect(lines.find((line) => line.what === domain.ldapsUrl)?.state).toBe('ok');
  });

  it.each([
    'cut',
    'silence',
  ] as const)('goes on with a read that broke in the middle (%s), and repeats nothing', async (how) => {
    const proxy = await FlakyProxy.start(domain.address, LDAPS);
    const section = { ...behind(proxy), pageSize: 20, timeouts: { request: '500ms' } };
    proxy.breakOnceAfter(45_000, how);
    const outcome = await new ContractSpace().read(connect(section), requestFrom(null));
    expect(proxy.connections).toBe(2);
    const puts = outcome.changes.filter((change) => change.kind === 'put').map((change) => change.anchor);
    expect(new Set(puts).size).toBe(puts.length);
    const whole = await new ContractSpace().read(connect({}), requestFrom(null));
    expect([...puts].sort()).toEqual(whole.changes.map((change) => change.anchor).sort());
    await proxy.stop();
  });

  it('loses nothing of a read, wherever it breaks: also between an object and what has to be asked for besides', async () => {
    const whole = await new ContractSpace().read(connect({}), requestFrom(null));
    const anchors = whole.changes.map((change) => change.anchor).sort();
    let broken = 0;
    for (let bytes = 32_000; bytes < 50_000; bytes += 900) {
      const proxy = await FlakyProxy.start(domain.address, LDAPS);
      proxy.breakOnceAfter(bytes, 'cut');
      const { changes } = await new ContractSpace().read(
        connect({ ...behind(proxy), pageSize: 20 }),
        requestFrom(null),
      );
      const puts = changes.filter((change) => change.kind === 'put').map((change) => change.anchor);
      expect({ bytes, missing: anchors.filter((one) => !puts.includes(one)), puts: puts.length }).toEqual({
        bytes,
        missing: [],
        puts: anchors.length,
      });
      if (proxy.connections > 1) broken++;
      await proxy.stop();
    }
    expect(broken).toBeGreaterThan(10);
  });

  it('ends with an error when the server goes away for good in the middle of a read', async () => {
    const proxy = await FlakyProxy.start(domain.address, LDAPS);
    const connector = connect({ ...behind(proxy), pageSize: 20 });
    const kinds: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of connector.read(requestFrom(null))) {
        kinds.push(event.kind);
        if (event.kind === 'page') proxy.refuse();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'directory-unreachable' });
    expect(kinds).toContain('page');
    expect(kinds).not.toContain('end');
    await proxy.stop();
  });

  it('reads everything again when the cookie is refused, more attributes are asked for, or the domain is another', async () => {
    const connector = connect({});
    const { watermark } = await new ContractSpace().read(connector, requestFrom(null));
    const parsed: Record<string, unknown> = JSON.parse(watermark);
    const cases = [
      [requestFrom(JSON.stringify({ ...parsed, cookie: 'bm8gY29va2ll' })), /refused to go on/],
      [{ ...requestFrom(watermark), attributes: ['cn', 'sn', 'member', 'title'] }, /not read before: title/],
      [requestFrom(JSON.stringify({ ...parsed, namingContext: 'DC=old,DC=example' })), /DC=old,DC=example/],
      [requestFrom(JSON.stringify({ ...parsed, takenAt: '2020-01-01T00:00:00Z' })), /days old/],
      [requestFrom('{"version":99}'), /another version/],
    ] as const;
    for (const [request, reason] of cases) {
      const { begin } = await new ContractSpace().read(connector, request);
      expect(begin.mode).toBe('full');
      expect(begin.reason).toMatch(reason);
    }
    const { begin } = await new ContractSpace().read(connector, requestFrom(watermark));
    expect(begin).toMatchObject({ mode: 'delta', method: 'DirSync', reason: null });
  });

  it('uses uSNChanged where the configuration demands it, and says so', async () => {
    const { begin } = await new ContractSpace().read(connect({ delta: 'usn' }), requestFrom(null));
    expect(begin).toMatchObject({ method: 'paged search, then uSNChanged', reason: expect.stringMatching(/demands/) });
  });

  it('never reads a global catalog, which holds only some attributes', async () => {
    const failure = await failureOf(connect({ servers: [`${domain.ldapsUrl}:3269`] }));
    expect(failure).toMatchObject({ code: 'config-invalid', message: expect.stringContaining('global catalog') });
  });

  it('checks what the account may do, with a remedy for what it may not', async () => {
    const states = (lines: readonly CheckLine[]) =>
      lines.filter((line) => line.what === 'source corp').map((line) => line.state);
    expect(states(await check(connect({})))).toEqual(['ok', 'ok', 'ok']);
    const plain = await domain.addServiceAccount({ replicationRights: false, name: 'svc-check' });
    const lines = await check(connect({}, plain));
    expect(states(lines)).toEqual(['ok', 'warning', 'ok']);
    expect(lines.find((line) => line.state === 'warning' && line.what === 'source corp')?.remedy).toMatch(
      /Replicating/,
    );
  });

  describe('with a second server that has another invocation id', () => {
    let second: SambaDomain;

    beforeAll(async () => {
      second = await startSamba({ recycleBin: true, population: crowd });
      await setInvocationId(second, 'AAECAwQFBgcICQoLDA0ODw==');
      await domain.modify(
        addRecord(childDn('aa only first', domain.baseDn, 'OU'), { objectClass: 'organizationalUnit' }),
      );
      await second.modify(
        addRecord(childDn('zz only second', second.baseDn, 'OU'), { objectClass: 'organizationalUnit' }),
      );
    });
    afterAll(async () => {
      await domain.modify(deleteRecord(childDn('aa only first', domain.baseDn, 'OU')));
      await second?.stop();
    });

    it.each(['auto', 'usn'] as const)('reads everything again on it (delta: %s)', async (delta) => {
      const { watermark } = await new ContractSpace().read(connect({ delta }, domain.admin), requestFrom(null));
      const connector = connect({ delta, servers: [second.ldapsUrl], tls: { ca: second.ca } }, second.admin);
      const { begin } = await new ContractSpace().read(connector, requestFrom(watermark));
      expect(begin.mode).toBe('full');
      expect(begin.reason).toMatch(/invocation id/);
    });

    it('starts again there when the first one goes away in the middle, and ends with what the second one has', async () => {
      expect(second.admin.password).toBe(domain.admin.password);
      const ca = join(second.folder, 'both.pem');
      await writeFile(ca, (await readFile(domain.ca, 'utf8')) + (await readFile(second.ca, 'utf8')));
      const proxies = [
        await FlakyProxy.start(domain.address, LDAPS),
        await FlakyProxy.start(second.address, LDAPS),
      ] as const;
      const tls = { ca, serverName: domain.hostName };
      const connector = connect({ servers: proxies.map(({ url }) => url), tls, pageSize: 20 }, domain.admin);
      const space = new ContractSpace();
      const names = new Set<string>();
      let pages = 0;
      for await (const event of connector.read(requestFrom(null))) {
        if (event.kind !== 'page') continue;
        await space.apply(event.changes, connector, requestFrom(null));
        for (const anchor of space.objects.keys()) names.add(space.pathOf(anchor));
        if (++pages === 20) proxies[0].refuse();
      }
      const expected = new ContractSpace();
      await expected.read(
        connect({ servers: [second.ldapsUrl], tls: { ca: second.ca } }, second.admin),
        requestFrom(null),
      );
      expect([...space.objects.keys()].sort()).toEqual([...expected.objects.keys()].sort());
      expect(proxies[1].connections).toBe(1);
      for (const proxy of proxies) await proxy.stop();
    });
  });
});

async function setInvocationId(domain: SambaDomain, base64: string): Promise<void> {
  const file = join(domain.folder, 'invocation.ldif');
  const dn = `CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,${domain.baseDn}`;
  await writeFile(file, `dn: ${dn}\nchangetype: modify\nreplace: invocationId\ninvocationId:: ${base64}\n`);
  await run('ldbmodify', ['-H', join(domain.folder, 'domain', 'private', 'sam.ldb'), '--relax', file]);
  await domain.restart();
}
