import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../../../../test/lab/directory-servers-available.ts';
import { findFreePort } from '../../../../test/lab/loopback-address.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../../../../test/lab/samba.ts';
import { DirbridgeError } from '../../../errors.ts';
import type { Connector } from '../../connector.ts';
import { replaceRecord } from '../trial/domain-editor.ts';
import { FlakyProxy } from '../trial/flaky-proxy.ts';
import { ntHash } from './ciphers/md4.ts';
import { DRSUAPI } from './drsuapi/bind.ts';
import { findPort } from './rpc/endpoint-mapper.ts';
import { type Credentials, checkPasswords, collectPasswords, hexOf, sourceOf } from './trial/collect-passwords.ts';

const LIMITS = { connectTimeoutMs: 10_000, requestTimeoutMs: 60_000, mostAnswerBytes: 1 << 24 };
const WRONG = 'this-is-not-it';

describe.skipIf(!directoryServersAvailable())('a Samba domain whose passwords cannot be read as they should', () => {
  let domain: SambaDomain;
  let reader: SambaAccount;
  const sources: Connector[] = [];
  const proxies: FlakyProxy[] = [];

  beforeAll(async () => {
    domain = await startSamba();
    reader = await domain.addServiceAccount({ name: 'reader', replicationRights: true });
    await grant(reader, 'get-changes-all');
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.close();
    for (const proxy of proxies.splice(0)) await proxy.stop();
  });
  afterAll(() => domain?.stop());

  function connect(account: Credentials, section: object = {}): Connector {
    const source = sourceOf({ servers: [domain.ldapsUrl], tls: { ca: domain.ca }, ...section }, account);
    sources.push(source);
    return source;
  }

  function grant(account: SambaAccount, right: string): Promise<string> {
    const who = [`--trusteedn=${account.dn}`, `--objectdn=${domain.baseDn}`];
    return domain.samba(['dsacl', 'set', '--action=allow', `--car=${right}`, ...who]);
  }

  async function failureOf(source: Connector): Promise<DirbridgeError> {
    const failure = await collectPasswords(source, null).catch((error: unknown) => error);
    if (failure instanceof DirbridgeError) return failure;
    throw new Error(`no failure of ours: ${failure}`);
  }

  /** A source that replicates through a proxy. */
  async function connectThrough(
    account: Credentials,
  ): Promise<{ readonly source: Connector; readonly proxy: FlakyProxy }> {
    const mapper = { label: 'mapper', host: domain.address, port: 135 };
    const replication = await FlakyProxy.start(domain.address, await findPort(mapper, DRSUAPI, LIMITS));
    const ldap = await FlakyProxy.start(domain.address, 636);
    proxies.push(replication, ldap);
    const section = {
      servers: [ldap.url],
      tls: { ca: domain.ca, serverName: domain.hostName },
      replication: { port: Number(new URL(replication.url).port) },
      timeouts: { connect: '1s', request: '500ms' },
    };
    return { source: connect(account, section), proxy: replication };
  }

  describe('because of a right', () => {
    it('names both rights when neither is there, and the commands that grant them do', async () => {
      const account = await domain.addServiceAccount({ name: 'svc-none', replicationRights: false });
      const failure = await failureOf(connect(account));
      expect(failure).toMatchObject({ code: 'password-rights', exitCode: 4 });
      expect(failure.message).toContain(
        `${account.user} lacks the right "Replicating Directory Changes" (DS-Replication-Get-Changes) on ${domain.baseDn}`,
      );
      expect(failure.message).toContain('(DS-Replication-Get-Changes-All) too');
      expect(failure.remedy).toContain(
        `dsacls "${domain.baseDn}" /G "${account.user}:CA;Replicating Directory Changes"`,
      );
      expect(failure.remedy).toMatch(/^"dirbridge account create" gives what is missing.* By hand: On Windows:/);
      await runSambaCommands(domain, failure.remedy);
      expect((await collectPasswords(connect(account), null)).accounts.size).toBeGreaterThan(0);
    });

    it('names the one that is missing', async () => {
      const account = await domain.addServiceAccount({ name: 'svc-half', replicationRights: true });
      const failure = await failureOf(connect(account));
      expect(failure.code).toBe('password-rights');
      expect(failure.message).toMatch(
        /lacks the right "Replicating Directory Changes All" \(DS-Replication-Get-Changes-All\) on DC=corp,DC=example,DC=com$/,
      );
      const [line] = await checkPasswords(connect(account));
      expect(line).toMatchObject({ state: 'error', code: 'password-rights', detail: failure.message });
      await runSambaCommands(domain, failure.remedy);
      expect(await checkPasswords(connect(account))).toMatchObject([{ state: 'ok' }]);
    });

    it('of replication.user is not given by a command that prepares another account, which nobody is sent to', async () => {
      const account = await domain.addServiceAccount({ name: 'svc-apart', replicationRights: false });
      const replication = { replication: { user: `${domain.realm}\\svc-apart`, password: { env: 'OTHER' } } };
      const connectApart = (): Connector => connect({ ...reader, others: { OTHER: account.password } }, replication);
      const failure = await failureOf(connectApart());
      const [line] = await checkPasswords(connectApart());
      expect(line).toMatchObject({ code: 'password-rights', remedy: failure.remedy });
      expect(failure.remedy).not.toContain('account create');
      expect(failure.remedy).toContain(
        `Give ${domain.realm}\\svc-apart, which replication.user names, "Replicating Directory Changes" and "Replicating Directory Changes All" on ${domain.baseDn}. On Windows: dsacls`,
      );
      await runSambaCommands(domain, failure.remedy);
      expect(await checkPasswords(connectApart())).toMatchObject([{ state: 'ok' }]);
    });

    it('is not needed in Builtin\\Administrators, and with both rights an ordinary account reads passwords of others', async () => {
      const administrator = await domain.addServiceAccount({ name: 'svc-admin', replicationRights: false });
      await domain.samba(['group', 'addmembers', 'Administrators', 'svc-admin']);
      for (const account of [administrator, reader]) {
        expect(await checkPasswords(connect(account))).toMatchObject([{ state: 'ok' }]);
        const { accounts } = await collectPasswords(connect(account), null);
        const hashes = [...accounts.values()].map(hexOf);
        expect(hashes).toContain(ntHash(reader.password).toString('hex'));
        expect(hashes).toContain(ntHash(administrator.password).toString('hex'));
      }
    });
  });

  describe('because of the account', () => {
    it('takes its name in every form', async () => {
      const { netbios, realm } = domain;
      const [dns, short] = [realm.toLowerCase(), netbios.toLowerCase()];
      const names = [
        reader.user,
        `${netbios}\\reader`,
        `${short}\\reader`,
        `${dns}\\reader`,
        `${realm}\\reader`,
        'reader',
      ];
      for (const user of [...names, reader.dn]) {
        const replication = { user, password: { env: 'OTHER' } };
        expect(await checkPasswords(connect(reader, { replication })), user).toMatchObject([
          { state: 'ok', detail: expect.stringContaining('its own was read and is right') },
        ]);
      }
    });

    it('takes a name with letters whose capitals languages and directories do not agree on', async () => {
      const account = await domain.addServiceAccount({ name: 'svc-größe-µ', replicationRights: true });
      for (const user of [account.user, `${domain.netbios}\\svc-größe-µ`])
        expect(await checkPasswords(connect({ ...account, user }))).toMatchObject([{ code: 'password-rights' }]);
    });

    it('uses the account of the replication where there is one', async () => {
      const section = { replication: { user: reader.user, password: { env: 'OTHER' } } };
      const plain = await domain.addServiceAccount({ name: 'svc-plain', replicationRights: false });
      const source = connect({ ...plain, others: { OTHER: reader.password } }, section);
      const lines = await checkPasswords(source);
      expect(lines).toMatchObject([{ state: 'ok' }]);
      expect(lines[0]?.detail).toContain(`${reader.user} may read passwords`);
    });

    it.each([
      ['has another password', {}, WRONG, /user or password is wrong/, /Check user and password/],
      ['is disabled', { userAccountControl: '514' }, null, /the account is disabled/, /Enable the account/],
      ['has expired', { accountExpires: '130000000000000000' }, null, /the account has expired/, /another expiry date/],
      ['must change its password', { pwdLastSet: '0' }, null, /must be changed first/, /need not be changed/],
    ])('that %s is told so, with what to do', async (_what, values, password, reason, remedy) => {
      const name = `svc-${randomBytes(4).toString('hex')}`;
      const account = await domain.addServiceAccount({ name, replicationRights: true });
      if (Object.keys(values).length > 0) await domain.modify(replaceRecord(account.dn, values));
      const failure = await failureOf(connect(password === null ? account : { ...account, password }));
      expect(failure).toMatchObject({ code: 'directory-credentials', exitCode: 4 });
      expect(failure.message).toContain(account.user);
      expect(failure.message).toMatch(reason);
      expect(failure.remedy).toMatch(remedy);
      expect(`${failure.stack}${failure.cause}`).not.toContain(WRONG);
    });

    it('is locked: the error says so', async () => {
      const account = await domain.addServiceAccount({ name: 'svc-locked', replicationRights: true });
      await domain.samba(['domain', 'passwordsettings', 'set', '--account-lockout-threshold=2']);
      try {
        for (let attempt = 0; attempt < 2; attempt++) await failureOf(connect({ ...account, password: WRONG }));
        const failure = await failureOf(connect(account));
        expect(failure.message).toContain('the account is locked');
        expect(failure.remedy).toContain('Unlock the account');
      } finally {
        await domain.samba(['domain', 'passwordsettings', 'set', '--account-lockout-threshold=0']);
      }
    });

    it('of an unknown domain, and one with an empty password, are told so', async () => {
      const stranger = await failureOf(connect({ user: 'ann@elsewhere.example.org', password: 'any' }));
      expect(stranger).toMatchObject({ code: 'directory-credentials' });
      expect(stranger.message).toContain('ann@elsewhere.example.org');
      const empty = await failureOf(connect({ user: reader.user, password: '' }));
      expect(empty.message).toContain('is empty');
    });
  });

  describe('because of the connection', () => {
    it('names the port that is closed, and what has to be open', async () => {
      const away = await failureOf(connect(reader, { servers: ['ldaps://127.0.0.251'] }));
      expect(away).toMatchObject({ code: 'directory-unreachable' });
      expect(away.message).toMatch(/127\.0\.0\.251, port 135 \(endpoint mapper\).*ECONNREFUSED/);
      expect(away.remedy).toContain('135');
      const port = await findFreePort();
      const closed = await failureOf(connect(reader, { replication: { port } }));
      expect(closed.message).toContain(`port ${port} (directory replication)`);
    });

    it('reads from the next server when the first does not answer, and check says which stands in', async () => {
      const source = connect(reader, { servers: ['ldaps://127.0.0.251', domain.ldapsUrl] });
      expect((await collectPasswords(source, null)).accounts.size).toBeGreaterThan(0);
      const lines = await checkPasswords(source);
      expect(lines.map(({ what, state }) => [what, state])).toEqual([
        [`passwords from ${domain.address}`, 'ok'],
        ['passwords from 127.0.0.251', 'warning'],
      ]);
    });

    it.each(['cut', 'silence'] as const)('is taken up again after a %s at any point', async (then) => {
      const whole = await collectPasswords(connect(reader), null);
      const wanted = [...whole.accounts].map(([anchor, account]) => [anchor, hexOf(account)]);
      for (const bytes of [0, 200, 600, 2_000, 2_600]) {
        const { source, proxy } = await connectThrough(reader);
        proxy.breakOnceAfter(bytes, then);
        const { accounts } = await collectPasswords(source, null);
        expect([...accounts].map(([anchor, account]) => [anchor, hexOf(account)])).toEqual(wanted);
        expect(proxy.connections).toBe(2);
      }
    });

    it('ends with our own error when the server does not come back', async () => {
      const { source, proxy } = await connectThrough(reader);
      proxy.refuse();
      const failure = await failureOf(source);
      expect(['directory-unreachable', 'directory-credentials']).toContain(failure.code);
    });
  });

  it('because it stores no hash tells of a password that was changed all the same: a newer one, without a hash', async () => {
    const account = await domain.addServiceAccount({ name: 'changed', replicationRights: false });
    const before = await collectPasswords(connect(reader), null);
    const known = [...before.accounts.values()].find((one) => hexOf(one) === ntHash(account.password).toString('hex'));
    const configuration = await readFile(domain.smbConf, 'utf8');
    await writeFile(domain.smbConf, configuration.replace('[global]', '[global]\n\tnt hash store = never'));
    await domain.restart();
    try {
      await domain.samba(['user', 'setpassword', 'changed', '--newpassword=Another-one-1']);
      const { accounts } = await collectPasswords(connect(reader), before.watermark);
      const changed = accounts.get(known?.anchor ?? '');
      expect(changed).toMatchObject({ ntHash: null });
      expect(changed?.version).toBeGreaterThan(known?.version ?? 0);
    } finally {
      await writeFile(domain.smbConf, configuration);
      await domain.restart();
    }
  });

  it('that refuses NTLM is told apart from a wrong password', async () => {
    const before = await readFile(domain.smbConf, 'utf8');
    await writeFile(domain.smbConf, before.replace('[global]', '[global]\n\tntlm auth = disabled'));
    await domain.restart();
    try {
      const failure = await failureOf(connect(reader));
      expect(failure).toMatchObject({ code: 'directory-credentials' });
      expect(failure.message).toContain('can sign in over LDAP, but not with NTLM');
      expect(failure.remedy).toContain('Protected Users');
    } finally {
      await writeFile(domain.smbConf, before);
      await domain.restart();
    }
  });
});

/** Carries out the commands that a remedy gives for Samba, word for word. */
async function runSambaCommands(domain: SambaDomain, remedy: string): Promise<void> {
  const commands = [...remedy.matchAll(/samba-tool (dsacl set (?:--\w+=(?:"[^"]*"|\S+) ?)+)/g)].map(
    ([, args = '']) => args,
  );
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const args = [...command.matchAll(/(--\w+=)"([^"]*)"|\S+/g)].map(([whole, key, value]) =>
      key ? `${key}${value}` : whole,
    );
    await domain.samba(args);
  }
}
