import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../../../../test/lab/directory-servers-available.ts';
import { type SambaDomain, startSamba } from '../../../../test/lab/samba.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../../test/lab/temporary-folder.ts';
import { DirbridgeError } from '../../../errors.ts';
import { SILENT_LOG } from '../../../log.ts';
import type { AccountOrder, CheckLine, Connector, ConnectorContext, SourceAccount } from '../../connector.ts';
import { type AdSection, adSection } from '../config.ts';
import { adSource } from '../connector.ts';
import { readSecurityDescriptor, writeSecurityDescriptor } from '../security/security-descriptor.ts';
import { addRecord, childDn, deleteRecord, replaceRecord } from '../trial/domain-editor.ts';
import { FlakyProxy } from '../trial/flaky-proxy.ts';
import { accountOf } from './source-account.ts';

const run = promisify(execFile);
const NORMAL = 0x200;
const PASSWORD_NEVER_EXPIRES = 0x10000;
const NOT_DELEGATED = 0x100000;

describe.skipIf(!directoryServersAvailable())('the service account in a Samba domain', () => {
  let domain: SambaDomain;
  let folder: string;
  let name: string;
  let count = 0;
  const connectors: Connector[] = [];

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true });
    await domain.modify(addRecord(`OU=Service,${domain.baseDn}`, { objectClass: 'organizationalUnit' }));
  });
  afterAll(() => domain?.stop());
  beforeEach(async () => {
    folder = await makeTemporaryFolder('dirbridge-account-');
    name = `svc-${++count}`;
  });
  afterEach(async () => {
    for (const connector of connectors.splice(0)) await connector.close();
    await removeTemporaryFolder(folder);
  });

  const passwordFile = (): string => join(folder, 'corp-password');
  const userName = (): string => `${name}@corp.example.com`;

  function section(more: object = {}): AdSection {
    return adSection.parse({
      servers: [domain.ldapsUrl],
      tls: { ca: domain.ca },
      user: userName(),
      password: { file: 'corp-password' },
      ...more,
    });
  }

  function context(): ConnectorContext {
    return {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: (source) => readFileSync(join(folder, 'file' in source ? source.file : ''), 'utf8'),
      resolvePath: (path) => (path.startsWith('/') ? path : join(folder, path)),
    };
  }

  function account(wishes: { readsPasswords?: boolean; container?: string } = {}, more: object = {}): SourceAccount {
    const { readsPasswords = false, container = null } = wishes;
    return accountOf(section(more), context(), { readsPasswords, container });
  }

  function order(more: Partial<AccountOrder> = {}): AccountOrder {
    const { user, password } = domain.admin;
    const admin = { user, readPassword: () => password };
    return { admin, useExisting: false, overwrite: false, passwordLength: 40, ...more };
  }

  async function create(of: SourceAccount, more: Partial<AccountOrder> = {}): Promise<readonly CheckLine[]> {
    const lines: CheckLine[] = [];
    for await (const line of of.create(order(more))) lines.push(line);
    return lines;
  }

  async function failureOf(work: Promise<unknown>): Promise<DirbridgeError> {
    const error = await work.then(
      () => new Error('nothing failed'),
      (thrown: unknown) => thrown,
    );
    if (error instanceof DirbridgeError) return error;
    throw error;
  }

  async function find(filter: string, attributes: readonly string[]) {
    const client = await domain.connect();
    try {
      const { searchEntries } = await client.search(domain.baseDn, { filter, attributes: [...attributes] });
      return searchEntries;
    } finally {
      await client.unbind();
    }
  }

  /** In SDDL, entry by entry, read from the database itself. */
  async function readAccessList(dn: string): Promise<{ readonly head: string; readonly entries: readonly string[] }> {
    const database = join(domain.folder, 'domain', 'private', 'sam.ldb');
    const args = ['-H', database, '--show-deleted', '-s', 'base', '-b', dn, 'nTSecurityDescriptor'];
    const { stdout } = await run('ldbsearch', args);
    const text = /^nTSecurityDescriptor: (.*)$/m.exec(stdout.replaceAll('\n ', ''))?.[1] ?? '';
    return { head: text.replace(/\(.*?\)/g, '()'), entries: [...text.matchAll(/\(.*?\)/g)].map(([entry]) => entry) };
  }

  async function writeOwner(dn: string, owner: string): Promise<void> {
    const database = join(domain.folder, 'domain', 'private', 'sam.ldb');
    const { head, entries } = await readAccessList(dn);
    const left = [...entries];
    const value = head.replace(/^O:\w+?(?=G:)/, `O:${owner}`).replace(/\(\)/g, () => left.shift() ?? '');
    const record = `dn: ${dn}\nchangetype: modify\nreplace: nTSecurityDescriptor\nnTSecurityDescriptor: ${value}\n`;
    const file = join(folder, 'owner.ldif');
    writeFileSync(file, record);
    await run('ldbmodify', ['-H', database, '--show-deleted', file]);
    rmSync(file);
  }

  async function addedTo(dn: string, work: () => Promise<unknown>): Promise<readonly string[]> {
    const before = await readAccessList(dn);
    await work();
    const after = await readAccessList(dn);
    const added = after.entries.filter((entry) => !before.entries.includes(entry));
    expect(after.entries.filter((entry) => !added.includes(entry))).toEqual(before.entries);
    expect(after.head.replaceAll('()', '')).toBe(before.head.replaceAll('()', ''));
    return added.map((entry) => entry.replace(/S-1-5-21-[\d-]+/, 'SID'));
  }

  it('is created with the rights that reading needs and no others, and works', async () => {
    const lines: CheckLine[] = [];
    const deletedObjects = `CN=Deleted Objects,${domain.baseDn}`;
    let onDeleted: readonly string[] = [];
    const onRoot = await addedTo(domain.baseDn, async () => {
      onDeleted = await addedTo(deletedObjects, async () => lines.push(...(await create(account()))));
    });
    expect(onRoot).toEqual(['(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;SID)']);
    expect(onDeleted).toEqual(['(A;;RPLC;;;SID)']);
    expect(lines.map(({ state }) => state)).not.toContain('error');
    expect(lines.at(-1)?.detail).toBe('changes are read by DirSync');
    const [user] = await find(`(sAMAccountName=${name})`, ['userAccountControl', 'userPrincipalName', 'memberOf']);
    expect(user).toEqual({
      dn: `CN=${name},CN=Users,${domain.baseDn}`,
      userAccountControl: String(NORMAL | PASSWORD_NEVER_EXPIRES | NOT_DELEGATED),
      userPrincipalName: userName(),
      memberOf: [],
    });
  });

  it('has its password in the secret file alone, which nobody else may read', async () => {
    const lines = await create(account());
    const password = readFileSync(passwordFile(), 'utf8');
    expect(password).toMatch(/^\S{40}$/);
    expect(statSync(passwordFile()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['corp-password']);
    expect(JSON.stringify(lines)).not.toContain(password);
  });

  it('may replicate everything only where password hashes are to be read', async () => {
    const added = await addedTo(domain.baseDn, () => create(account({ readsPasswords: true })));
    expect([...added].sort()).toEqual([
      '(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;SID)',
      '(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;SID)',
    ]);
  });

  it('gives Deleted Objects back to the system also when an attempt before it was broken off in between', async () => {
    const deletedObjects = `CN=Deleted Objects,${domain.baseDn}`;
    const { head } = await readAccessList(deletedObjects);
    expect(head).toMatch(/^O:SY/);
    await writeOwner(deletedObjects, 'BA');
    expect((await readAccessList(deletedObjects)).head).toMatch(/^O:BA/);
    await create(account());
    expect((await readAccessList(deletedObjects)).head).toMatch(/^O:SY/);
  });

  it('is warned of the file that an attempt left which was killed', async () => {
    await create(account());
    writeFileSync(`${passwordFile()}.new`, 'of the attempt');
    const lines = await create(account(), { useExisting: true });
    const warning = lines.find(({ state }) => state === 'warning');
    expect(warning?.detail).toContain(`${passwordFile()}.new`);
    await create(account(), { useExisting: true, overwrite: true });
    expect(readdirSync(folder)).toEqual(['corp-password']);
  });

  it('may have a name with spaces, brackets, quotation marks and letters of every kind', async () => {
    name = `o'Größe (svc) ${count}`;
    expect((await create(account())).at(-1)?.state).toBe('ok');
    expect((await failureOf(create(account()))).code).toBe('account-exists');
    expect((await create(account(), { useExisting: true })).at(-1)?.state).toBe('ok');
    const script = join(folder, 'create.sh');
    writeFileSync(script, account().writeScript('samba').text);
    const env = { ...process.env, SMB_CONF: domain.smbConf };
    const { stdout } = await run('sh', [script], { env, cwd: folder });
    expect(stdout).toContain(`there already: ${name}`);
    expect(stdout).toContain('its password stays as it is');
  });

  it('is told of an object that is deleted', async () => {
    await create(account());
    const leaver = childDn(`leaver of ${name}`, `CN=Users,${domain.baseDn}`);
    await domain.modify(addRecord(leaver, { objectClass: 'contact' }));
    const connector = adSource.create(section(), context());
    connectors.push(connector);
    const request = { attributes: ['cn'], references: [] };
    let watermark: string | null = null;
    for await (const event of connector.read({ ...request, watermark: null }))
      if (event.kind === 'end') watermark = event.watermark;
    await domain.modify(deleteRecord(leaver));
    const kinds: string[] = [];
    for await (const event of connector.read({ ...request, watermark })) {
      if (event.kind === 'begin') expect(event).toMatchObject({ mode: 'delta', method: 'DirSync', reason: null });
      if (event.kind === 'page') kinds.push(...event.changes.map(({ kind }) => kind));
    }
    expect(kinds).toContain('delete');
  });

  it('is refused when it is there already, and nothing is changed', async () => {
    await create(account());
    const password = readFileSync(passwordFile(), 'utf8');
    const added = await addedTo(domain.baseDn, async () => {
      const failure = await failureOf(create(account({ readsPasswords: true })));
      expect(failure).toMatchObject({ code: 'account-exists', exitCode: 2 });
      expect(failure.message).toContain(`CN=${name},CN=Users,${domain.baseDn}`);
      expect(failure.remedy).toContain('--existing');
    });
    expect(added).toEqual([]);
    expect(readFileSync(passwordFile(), 'utf8')).toBe(password);
  });

  it('that is there is completed when asked, twice without a change, and keeps its password', async () => {
    await create(account());
    const password = readFileSync(passwordFile(), 'utf8');
    const dn = `CN=${name},CN=Users,${domain.baseDn}`;
    await domain.modify(replaceRecord(dn, { userAccountControl: String(NORMAL) }));
    const wider = account({ readsPasswords: true });
    expect(await addedTo(domain.baseDn, () => create(wider, { useExisting: true }))).toHaveLength(1);
    const [user] = await find(`(sAMAccountName=${name})`, ['userAccountControl']);
    expect(user?.['userAccountControl']).toBe(String(NORMAL | PASSWORD_NEVER_EXPIRES | NOT_DELEGATED));
    const rights = (await create(wider, { useExisting: true })).filter(({ what }) => what === 'right');
    expect(rights).toHaveLength(3);
    expect(rights.every(({ detail }) => detail.endsWith('was there already'))).toBe(true);
    expect(readFileSync(passwordFile(), 'utf8')).toBe(password);
  });

  it('gets a new password over the old one only when asked', async () => {
    await create(account());
    const old = readFileSync(passwordFile(), 'utf8');
    const lines = await create(account(), { useExisting: true, overwrite: true });
    expect(lines.map(({ state }) => state)).not.toContain('error');
    const password = readFileSync(passwordFile(), 'utf8');
    expect(password).not.toBe(old);
    expect(statSync(passwordFile()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['corp-password']);
  });

  it('is not created when the secret file is there: what is in it stays', async () => {
    writeFileSync(passwordFile(), 'of another account');
    expect(await failureOf(create(account()))).toMatchObject({ code: 'output-exists', exitCode: 2 });
    expect(readFileSync(passwordFile(), 'utf8')).toBe('of another account');
    expect(await find(`(sAMAccountName=${name})`, ['cn'])).toEqual([]);
  });

  it('goes into the container that is given, and is not created when there is none', async () => {
    const nowhere = `OU=Nowhere,${domain.baseDn}`;
    const failure = await failureOf(create(account({ container: nowhere })));
    expect(failure).toMatchObject({ code: 'account-container', exitCode: 2 });
    expect(failure.message).toContain(nowhere);
    const elsewhere = await failureOf(create(account({ container: 'OU=Service,DC=other,DC=example' })));
    expect(elsewhere.code).toBe('account-container');
    expect(existsSync(passwordFile())).toBe(false);
    await create(account({ container: `OU=Service,${domain.baseDn}` }));
    const [user] = await find(`(sAMAccountName=${name})`, ['cn']);
    expect(user?.dn).toBe(`CN=${name},OU=Service,${domain.baseDn}`);
  });

  it('may be named by its DN, or as DOMAIN\\name', async () => {
    const dn = `CN=${name},OU=Service,${domain.baseDn}`;
    expect((await create(account({}, { user: dn }))).at(-1)?.state).toBe('ok');
    name = `${name}-b`;
    await removeTemporaryFolder(folder);
    folder = await makeTemporaryFolder('dirbridge-account-');
    expect((await create(account({}, { user: `CORP\\${name}` }))).at(-1)?.state).toBe('ok');
    const [user] = await find(`(sAMAccountName=${name})`, ['userPrincipalName']);
    expect(user?.['userPrincipalName']).toBe(userName());
  });

  describe('with a sign-in name of another suffix', () => {
    const wanted = (): string => `${name}@alt.example.org`;
    const dn = (): string => `CN=${name},CN=Users,${domain.baseDn}`;
    const named = (): SourceAccount => account({}, { user: wanted() });
    const again = { useExisting: true, overwrite: true };

    async function principal(): Promise<unknown> {
      const [user] = await find(`(sAMAccountName=${name})`, ['userPrincipalName']);
      return user?.['userPrincipalName'];
    }

    it.each(['no', 'the usual'])('is given it when it is there with %s name, and signs in', async (kind) => {
      await create(account());
      if (kind === 'no') await domain.modify(`dn: ${dn()}\nchangetype: modify\ndelete: userPrincipalName\n`);
      // The name of account and domain signs in, written or not: nobody loses it.
      await signIn(readFileSync(passwordFile(), 'utf8'));
      const lines = await create(named(), again);
      expect(lines.find(({ detail }) => detail.includes('sign-in name'))?.detail).toContain(wanted());
      expect(lines.at(-1)).toMatchObject({ state: 'ok', detail: 'changes are read by DirSync' });
      expect(await principal()).toBe(wanted());
      await signIn(readFileSync(passwordFile(), 'utf8'));
      const third = await create(named(), again);
      expect(third.filter(({ detail }) => detail.includes('sign-in name'))).toEqual([]);
    });

    it('is refused when it has another one, which both ways out name, and nothing is changed', async () => {
      await create(account());
      const other = `${name}@other.example.org`;
      await domain.modify(replaceRecord(dn(), { userPrincipalName: other, userAccountControl: String(NORMAL) }));
      const password = readFileSync(passwordFile(), 'utf8');
      const failure = await failureOf(create(named(), again));
      expect(failure).toMatchObject({ code: 'account-unsuitable', exitCode: 2 });
      expect(failure.message).toContain(`${dn()} signs in as ${other}, not as ${wanted()}`);
      expect(failure.remedy).toContain(`user: ${other}`);
      expect(await principal()).toBe(other);
      expect(readFileSync(passwordFile(), 'utf8')).toBe(password);
      const [user] = await find(`(sAMAccountName=${name})`, ['userAccountControl']);
      expect(user?.['userAccountControl']).toBe(String(NORMAL));
      // Named by what it has, or by the name that always counts, it is as good as any.
      expect((await create(account({}, { user: other }), again)).at(-1)?.state).toBe('ok');
      expect((await create(account(), again)).at(-1)?.state).toBe('ok');
      expect(await principal()).toBe(other);
    });

    it('is completed by the script that was refused the name, as soon as the name is free', async () => {
      const other = await domain.addServiceAccount({ name: `holder-${count}`, replicationRights: false });
      await domain.modify(replaceRecord(other.dn, { userPrincipalName: wanted() }));
      const refused = await carryOut(named());
      expect(refused.code).toBe(4);
      expect(refused.err).toContain(`the sign-in name ${wanted()} was refused`);
      await domain.modify(replaceRecord(other.dn, { userPrincipalName: other.user }));
      const done = await carryOut(named());
      expect(done).toMatchObject({ code: 0, err: '' });
      expect(await principal()).toBe(wanted());
      const lines = await create(named(), { useExisting: true });
      expect(lines.at(-1)).toMatchObject({ state: 'ok', detail: 'changes are read by DirSync' });
    });

    it('is left alone by the script when it has another one', async () => {
      await create(account());
      const other = `${name}@other.example.org`;
      await domain.modify(replaceRecord(dn(), { userPrincipalName: other }));
      const refused = await carryOut(named());
      expect(refused.code).toBe(2);
      expect(refused.err).toContain(`${name} signs in as ${other}, not as ${wanted()}`);
      expect(await principal()).toBe(other);
    });
  });

  async function carryOut(of: SourceAccount): Promise<{ readonly code: unknown; readonly err: string }> {
    const script = join(folder, 'create.sh');
    writeFileSync(script, of.writeScript('samba').text);
    const env = { ...process.env, SMB_CONF: domain.smbConf };
    return run('sh', [script, `--password-file=${passwordFile()}`], { env, cwd: folder }).then(
      ({ stderr }) => ({ code: 0, err: stderr }),
      ({ code, stderr }: { readonly code: unknown; readonly stderr: string }) => ({ code, err: stderr }),
    );
  }

  it('is not created by whoever may not, who is named, and leaves no file behind', async () => {
    const clerk = await domain.addServiceAccount({ name: `clerk-${count}`, replicationRights: false });
    const admin = { user: clerk.user, readPassword: () => clerk.password };
    const failure = await failureOf(create(account(), { admin }));
    expect(failure).toMatchObject({ code: 'account-refused', exitCode: 4 });
    expect(failure.message).toContain(clerk.user);
    expect(failure.remedy).toContain('Domain Admins');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not created by an administrator whose password is wrong', async () => {
    const admin = { user: domain.admin.user, readPassword: () => 'wrong' };
    const failure = await failureOf(create(account(), { admin }));
    expect(failure).toMatchObject({ code: 'directory-credentials', exitCode: 4 });
    expect(failure.remedy).toContain('--admin');
  });

  it('is the account of nobody else: not of the system, and not with a name that another one has', async () => {
    const system = await failureOf(
      create(account({}, { user: domain.admin.user }), { useExisting: true, overwrite: true }),
    );
    expect(system.code).toBe('account-unsuitable');
    const other = await domain.addServiceAccount({ name: `other-${count}`, replicationRights: false });
    await domain.modify(replaceRecord(other.dn, { userPrincipalName: userName() }));
    const taken = await failureOf(create(account(), { useExisting: true }));
    expect(taken).toMatchObject({ code: 'account-exists' });
    expect(taken.message).toContain(other.dn);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not created where the password policy refuses the password, which the error says', async () => {
    await domain.modify(replaceRecord(domain.baseDn, { minPwdLength: '60' }));
    try {
      const failure = await failureOf(create(account()));
      expect(failure).toMatchObject({ code: 'account-refused', exitCode: 4 });
      expect(failure.remedy).toContain('--password-length');
      expect(readdirSync(folder)).toEqual([]);
      expect(await find(`(sAMAccountName=${name})`, ['cn'])).toEqual([]);
      await create(account(), { passwordLength: 70 });
      expect(readFileSync(passwordFile())).toHaveLength(70);
    } finally {
      await domain.modify(replaceRecord(domain.baseDn, { minPwdLength: '7' }));
    }
  });

  it('tells how far it came when a right is refused to whoever may create accounts, and goes on from there', async () => {
    const operator = await domain.addServiceAccount({ name: `operator-${count}`, replicationRights: false });
    await domain.samba(['group', 'addmembers', 'Account Operators', `operator-${count}`]);
    const admin = { user: operator.user, readPassword: () => operator.password };
    const failure = await failureOf(create(account(), { admin }));
    expect(failure).toMatchObject({ code: 'account-refused', exitCode: 4 });
    expect(failure.message).toMatch(/Replicating Directory Changes.*The account itself is there/);
    expect(await find(`(sAMAccountName=${name})`, ['cn'])).toHaveLength(1);
    const lines = await create(account(), { useExisting: true });
    expect(lines.at(-1)).toMatchObject({ state: 'ok', detail: 'changes are read by DirSync' });
  });

  describe('made over a connection that breaks', () => {
    let proxy: FlakyProxy;
    beforeEach(async () => {
      proxy = await FlakyProxy.start(domain.address, 636);
    });
    afterEach(() => proxy.stop());

    const behind = (): object => ({ servers: [proxy.url], tls: { ca: domain.ca, serverName: domain.hostName } });

    it('is not left with a password that nobody knows when the answer to its creation is lost', async () => {
      const creation = failureOf(create(account({}, behind())));
      // The password is written right before the directory is asked, which takes its time to answer.
      while (!existsSync(passwordFile())) await new Promise((resolve) => setImmediate(resolve));
      proxy.breakOnceAfter(0);
      const failure = await creation;
      expect(failure).toMatchObject({ code: 'directory-interrupted', exitCode: 4 });
      expect(failure.message).toContain(`The new password lies in ${passwordFile()}.`);
      expect(failure.remedy).toContain('--existing --force');
      await expect.poll(() => find(`(sAMAccountName=${name})`, ['cn'])).toHaveLength(1);
      await signIn(readFileSync(passwordFile(), 'utf8'));
    });

    it('is completed by the next attempt, wherever that was', async () => {
      const own = name;
      for (let bytes = 2400; bytes < 24_000; bytes += 1900) {
        name = `${own}-${bytes}`;
        await removeTemporaryFolder(folder);
        folder = await makeTemporaryFolder('dirbridge-account-');
        proxy.breakOnceAfter(bytes);
        await create(account({}, behind())).catch((error: unknown) => expect(error).toBeInstanceOf(DirbridgeError));
        const [made] = await find(`(sAMAccountName=${name})`, ['cn']);
        if (made !== undefined) await signIn(readFileSync(passwordFile(), 'utf8'));
        const again = await create(account(), { useExisting: true, overwrite: made === undefined });
        expect(again.at(-1)).toMatchObject({ state: 'ok', detail: 'changes are read by DirSync' });
      }
    });
  });

  async function signIn(password: string): Promise<void> {
    const client = new Client({ url: domain.ldapsUrl, tlsOptions: { ca: readFileSync(domain.ca, 'utf8') } });
    await client.bind(userName(), password);
    await client.unbind();
  }

  it('needs a file for its password', () => {
    expect(() => account({}, { password: { env: 'CORP_PASSWORD' } }).create(order())).toThrow(/CORP_PASSWORD/);
  });

  it('is the same when an administrator carries the script out, once or twice', async () => {
    const script = join(folder, 'create.sh');
    const ou = `OU=Größe (${'long '.repeat(12)}name) of ${name},OU=Service,${domain.baseDn}`;
    await domain.modify(addRecord(ou, { objectClass: 'organizationalUnit' }));
    writeFileSync(script, account({ readsPasswords: true, container: ou }).writeScript('samba').text);
    const carryOut = async (...more: readonly string[]): Promise<string> => {
      const env = { ...process.env, SMB_CONF: domain.smbConf };
      return (await run('sh', [script, `--password-file=${passwordFile()}`, ...more], { env, cwd: folder })).stdout;
    };
    const added = await addedTo(domain.baseDn, async () => {
      const told = await carryOut();
      expect(told).toContain(`created: CN=${name},${ou}`);
      expect(told).not.toContain(readFileSync(passwordFile(), 'utf8'));
    });
    expect(added).toHaveLength(2);
    expect(statSync(passwordFile()).mode & 0o777).toBe(0o600);
    expect(await addedTo(domain.baseDn, carryOut)).toEqual([]);
    const [user] = await find(`(sAMAccountName=${name})`, ['userAccountControl', 'userPrincipalName', 'memberOf']);
    expect(user).toMatchObject({
      userAccountControl: String(NORMAL | PASSWORD_NEVER_EXPIRES | NOT_DELEGATED),
      userPrincipalName: userName(),
      memberOf: [],
    });
    const lines = await create(account({ readsPasswords: true }), { useExisting: true });
    expect(
      lines.filter(({ what }) => what === 'right').every(({ detail }) => detail.endsWith('was there already')),
    ).toBe(true);
    expect(lines.at(-1)).toMatchObject({ state: 'ok', detail: 'changes are read by DirSync' });
  });

  it('is not given its password by the script through a link, or into a file that is there', async () => {
    const script = join(folder, 'create.sh');
    writeFileSync(script, account().writeScript('samba').text);
    symlinkSync(join(folder, 'elsewhere'), passwordFile());
    const env = { ...process.env, SMB_CONF: domain.smbConf };
    const failure = await run('sh', [script, `--password-file=${passwordFile()}`], { env, cwd: folder }).catch(
      (error: { readonly stderr: string }) => error,
    );
    expect(failure.stderr).toContain('is there already');
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it('is taken away, with every entry of it, by the commands of the guide', async () => {
    const deletedObjects = `CN=Deleted Objects,${domain.baseDn}`;
    const lists = async () => [await readAccessList(domain.baseDn), await readAccessList(deletedObjects)];
    const before = await lists();
    await create(account({ readsPasswords: true }));
    expect(await lists()).not.toEqual(before);
    const guide = readFileSync(new URL('../../../../docs/guide/service-account.md', import.meta.url), 'utf8');
    const [commands = ''] = guide.match(/(?<=```sh\n)DB=.*?(?=```)/s) ?? [];
    expect(commands).toContain('samba-tool user delete svc-dirbridge');
    const script = commands
      .replace(/^DB=.*$/m, `DB=${join(domain.folder, 'domain', 'private', 'sam.ldb')}`)
      .replace(/^BASE=.*$/m, `BASE=${domain.baseDn}`)
      .replaceAll('svc-dirbridge', name);
    await run('sh', ['-eu', '-c', script], { env: { ...process.env, SMB_CONF_PATH: domain.smbConf } });
    expect(await lists()).toEqual(before);
    expect(await find(`(sAMAccountName=${name})`, ['cn'])).toEqual([]);
  });

  it('stands on descriptors that are read and written as the domain has them', async () => {
    const client = await domain.connect();
    try {
      const options = {
        filter: '(objectClass=*)',
        attributes: ['nTSecurityDescriptor'],
        explicitBufferAttributes: ['nTSecurityDescriptor'],
      };
      const { searchEntries } = await client.search(domain.baseDn, options);
      const values = searchEntries.map((entry) => entry['nTSecurityDescriptor']).filter(Buffer.isBuffer);
      expect(values.length).toBeGreaterThan(100);
      for (const value of values) {
        const read = readSecurityDescriptor(value);
        expect(read.dacl?.entries.length).toBeGreaterThan(0);
        const written = writeSecurityDescriptor(read);
        expect(written).toHaveLength(value.length);
        expect(readSecurityDescriptor(written)).toEqual(read);
      }
    } finally {
      await client.unbind();
    }
  });
});
