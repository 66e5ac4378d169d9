import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../../../test/lab/samba.ts';
import { makeServerCertificate } from '../../../test/lab/server-certificate.ts';
import type { DirbridgeError } from '../../errors.ts';
import { SILENT_LOG } from '../../log.ts';
import { ContractSpace } from '../connector.contract.ts';
import type { Connector, ReadRequest } from '../connector.ts';
import { adSource } from './connector.ts';
import { addRecord, childDn, deleteRecord, replaceRecord } from './trial/domain-editor.ts';

const run = promisify(execFile);
const WRONG = 'Wrong-Secret-1';

function requestFrom(watermark: string | null): ReadRequest {
  return { watermark, attributes: ['cn', 'sn', 'member'], references: ['member'] };
}

function* crowd(baseDn: string) {
  const ou = childDn('Crowd', baseDn, 'OU');
  yield { dn: ou, attributes: { objectClass: ['organizationalUnit'] } };
  for (let index = 0; index < 200; index++)
    yield { dn: childDn(`person ${index}`, ou), attributes: { objectClass: ['contact'], sn: [`Name ${index}`] } };
}

describe.skipIf(!directoryServersAvailable())('a Samba domain to which something happened', () => {
  let domain: SambaDomain;
  let service: SambaAccount;
  let ou: string;
  const connectors: Connector[] = [];

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true, population: crowd });
    service = await domain.addServiceAccount({ replicationRights: true });
    ou = childDn('Crowd', domain.baseDn, 'OU');
  });
  afterEach(async () => {
    for (const connector of connectors.splice(0)) await connector.close();
  });
  afterAll(() => domain?.stop());

  function connect(section: object = {}, account = service, secret = account.password): Connector {
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
      readSecret: () => secret,
      resolvePath: (path) => path,
    });
    connectors.push(connector);
    return connector;
  }

  /** Each read by a connector of its own, as each run has one. */
  async function read(space: ContractSpace, watermark: string | null, section: object = {}) {
    const connector = connect(section);
    try {
      return await space.read(connector, requestFrom(watermark));
    } finally {
      await connector.close();
    }
  }

  async function failureOf(connector: Connector): Promise<DirbridgeError> {
    return new ContractSpace().read(connector, requestFrom(null)).then(
      () => expect.fail('the read did not fail'),
      (error: DirbridgeError) => error,
    );
  }

  /** The database as files, as a careless administrator keeps them. */
  const database = (): string => join(domain.folder, 'domain', 'private');

  it.each([
    'auto',
    'usn',
  ] as const)('put back to an earlier state is read anew (delta: %s), so that nothing stays that is gone', async (delta) => {
    const copy = join(domain.folder, `copy-${delta}`);
    const [stays, comes] = [childDn(`stays ${delta}`, ou), childDn(`comes ${delta}`, ou)];
    await domain.modify(addRecord(stays, { objectClass: 'contact', sn: 'Old' }));
    await domain.kill();
    await run('cp', ['-a', database(), copy]);
    await domain.restart();
    const space = new ContractSpace();
    const first = await read(space, null, { delta });
    await domain.modify(addRecord(comes, { objectClass: 'contact' }) + deleteRecord(stays));
    const second = await read(space, first.watermark, { delta });
    expect(second.begin.mode).toBe('delta');
    expect(namesIn(space)).toContain(`comes ${delta}`);
    expect(namesIn(space)).not.toContain(`stays ${delta}`);

    await domain.kill();
    await rm(database(), { recursive: true });
    await run('cp', ['-a', copy, database()]);
    await domain.restart();
    const third = await read(space, second.watermark, { delta });
    expect(third.begin).toMatchObject({
      mode: 'full',
      reason: expect.stringMatching(/put back to an earlier state.*highest USN is \d+, it was \d+/),
    });
    expect(namesIn(space)).not.toContain(`comes ${delta}`);
    expect(namesIn(space)).toContain(`stays ${delta}`);
    const fresh = new ContractSpace();
    await read(fresh, null, { delta });
    expect([...space.objects.keys()].sort()).toEqual([...fresh.objects.keys()].sort());
    expect((await read(space, third.watermark, { delta })).begin.mode).toBe('delta');
  });

  it('started again in the middle of a read loses nothing', async () => {
    const space = new ContractSpace();
    const connector = connect({ pageSize: 20 });
    let restarting: Promise<void> | null = null;
    const kinds = new Set<string>();
    const reading = async (): Promise<void> => {
      for await (const event of connector.read(requestFrom(null))) {
        kinds.add(event.kind);
        if (event.kind !== 'page') continue;
        await space.apply(event.changes, connector, requestFrom(null));
        restarting ??= domain.restart();
      }
    };
    const failure = await reading().then(
      () => null,
      (error: DirbridgeError) => error,
    );
    await restarting;
    // Whether it is back soon enough is a matter of luck; a read that did not get to its end must not look like one.
    expect(kinds.has('end')).toBe(failure === null);
    if (failure !== null) expect(failure.code).toMatch(/^directory-(unreachable|interrupted)$/);
    const [again, fresh] = [failure === null ? space : new ContractSpace(), new ContractSpace()];
    if (failure !== null) await read(again, null);
    await read(fresh, null);
    expect([...again.objects.keys()].sort()).toEqual([...fresh.objects.keys()].sort());
  });

  it('whose certificate has changed is refused with the reason, and read again when the new authority is named', async () => {
    const old = join(domain.folder, 'old-ca.pem');
    await writeFile(old, await readFile(domain.ca, 'utf8'));
    const names = { dns: [domain.hostName], ip: [domain.address] };
    await makeServerCertificate(join(database(), 'tls'), names);
    await domain.restart();
    const failure = await failureOf(connect({ tls: { ca: old } }));
    expect(failure).toMatchObject({ code: 'directory-certificate', exitCode: 4 });
    expect(failure.message).toContain(domain.ldapsUrl);
    expect((await read(new ContractSpace(), null)).begin.mode).toBe('full');
  });

  describe('whose account', () => {
    let account: SambaAccount;
    let count = 0;

    async function newAccount(): Promise<void> {
      account = await domain.addServiceAccount({ replicationRights: false, name: `svc-trouble-${++count}` });
    }

    it.each([
      ['is disabled', { userAccountControl: '514' }, /the account is disabled/, /Enable/],
      ['has expired', { accountExpires: '1' }, /the account has expired/, /expiry date/],
      [
        'must change its password',
        { pwdLastSet: '0' },
        /password of the account must be changed/,
        /need not be changed/,
      ],
    ] as const)('%s: the error names it and what to do', async (_, values, reason, remedy) => {
      await newAccount();
      await domain.modify(replaceRecord(account.dn, values));
      const failure = await failureOf(connect({}, account));
      expect(failure).toMatchObject({ code: 'directory-credentials', exitCode: 4 });
      expect(failure.message).toContain(account.user);
      expect(failure.message).toMatch(reason);
      expect(failure.remedy).toMatch(remedy);
    });

    it('was locked by wrong passwords: the error says so, and no longer when it is unlocked', async () => {
      await newAccount();
      await domain.samba(['domain', 'passwordsettings', 'set', '--account-lockout-threshold=2']);
      try {
        for (let attempt = 0; attempt < 2; attempt++) {
          const failure = await failureOf(connect({}, account, WRONG));
          expect(failure.message).toContain('user or password is wrong');
          expect(failure.message).not.toContain(WRONG);
        }
        const failure = await failureOf(connect({}, account));
        expect(failure).toMatchObject({ code: 'directory-credentials', exitCode: 4 });
        expect(failure.message).toContain('the account is locked');
        expect(failure.remedy).toContain('Unlock the account');
        await domain.modify(replaceRecord(account.dn, { lockoutTime: '0' }));
        expect((await new ContractSpace().read(connect({}, account), requestFrom(null))).begin.mode).toBe('full');
      } finally {
        await domain.samba(['domain', 'passwordsettings', 'set', '--account-lockout-threshold=0']);
      }
    });
  });
});

function namesIn(space: ContractSpace): readonly string[] {
  return [...space.objects.values()].map((object) => String(object.attributes['cn']));
}
