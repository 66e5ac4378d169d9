import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Client, Control, type SearchOptions } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from './directory-entry.ts';
import { directoryServersAvailable } from './directory-servers-available.ts';
import { type SambaAccount, type SambaDomain, startSamba } from './samba.ts';
import { readProcessStatus } from './server-process.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const DIR_SYNC = '1.2.840.113556.1.4.841';
const SHOW_DELETED = '1.2.840.113556.1.4.417';

/** [MS-ADTS] 3.1.1.3.4.1.3: flags, bytes at most, cookie; here all zero and empty, in BER. */
class DirSyncControl extends Control {
  constructor() {
    super(DIR_SYNC, { critical: true });
  }

  override writeControl(writer: Parameters<Control['writeControl']>[0]): void {
    writer.writeBuffer(Buffer.from([0x30, 0x08, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x04, 0x00]), 0x04);
  }
}

class ShowDeletedControl extends Control {
  constructor() {
    super(SHOW_DELETED, { critical: true });
  }
}

function* somePeople(baseDn: string): Generator<DirectoryEntry> {
  const ou = `OU=People,${baseDn}`;
  yield { dn: ou, attributes: { objectClass: ['organizationalUnit'] } };
  for (const name of ['ada', 'grace', 'kurt', '漢字']) {
    const dn = `CN=${name},${ou}`;
    yield {
      dn,
      attributes: { objectClass: ['user'], sAMAccountName: [name], userAccountControl: ['544'], givenName: [name] },
    };
  }
  yield {
    dn: `CN=all,${ou}`,
    attributes: { objectClass: ['group'], sAMAccountName: ['all'], member: [`CN=ada,${ou}`, `CN=漢字,${ou}`] },
  };
}

describe.skipIf(!directoryServersAvailable())('a Samba domain of the lab', () => {
  let domain: SambaDomain;

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true, population: somePeople });
  });

  afterAll(async () => {
    await domain.stop();
  });

  it('offers DirSync, notification, show deleted and extended DN', async () => {
    const root = await search(domain, domain.admin, '', { scope: 'base', attributes: ['supportedControl'] });
    expect(root[0]?.['supportedControl']).toEqual(
      expect.arrayContaining([DIR_SYNC, SHOW_DELETED, '1.2.840.113556.1.4.528', '1.2.840.113556.1.4.529']),
    );
  });

  it('holds the population it was given, with members resolved', async () => {
    const groups = await search(domain, domain.admin, domain.baseDn, { filter: '(cn=all)', attributes: ['member'] });
    expect(groups[0]?.['member']).toHaveLength(2);
    const users = await search(domain, domain.admin, domain.baseDn, { filter: '(givenName=漢字)' });
    expect(users).toHaveLength(1);
  });

  it('refuses a simple bind without TLS, and takes one after StartTLS', async () => {
    const ca = await readFile(domain.ca, 'utf8');
    const clear = new Client({ url: domain.ldapUrl });
    await expect(clear.bind(domain.admin.user, domain.admin.password)).rejects.toThrow(/transport encryption/i);
    await clear.unbind();
    const upgraded = new Client({ url: domain.ldapUrl });
    await upgraded.startTLS({ ca, host: domain.address });
    await upgraded.bind(domain.admin.user, domain.admin.password);
    await upgraded.unbind();
  });

  it('gives DirSync to a service account with replication rights only', async () => {
    const trusted = await domain.addServiceAccount({ name: 'svc-trusted', replicationRights: true });
    const plain = await domain.addServiceAccount({ name: 'svc-plain', replicationRights: false });
    const changed = await readByDirSync(domain, trusted);
    expect(changed).toEqual(
      expect.arrayContaining([expect.objectContaining({ dn: `CN=ada,OU=People,${domain.baseDn}` })]),
    );
    await expect(readByDirSync(domain, plain)).rejects.toThrow(/right/i);
  });

  it('keeps the attributes of a deleted object in its recycle bin and gives it back', async () => {
    const reader = await domain.addServiceAccount({ name: 'svc-reader', replicationRights: true });
    const dn = `CN=kurt,OU=People,${domain.baseDn}`;
    await domain.modify(`dn: ${dn}\nchangetype: delete\n`);
    const filter = '(&(isDeleted=TRUE)(sAMAccountName=kurt))';
    const deleted = await search(domain, reader, domain.baseDn, { filter }, new ShowDeletedControl());
    expect(deleted).toEqual([expect.objectContaining({ givenName: 'kurt' })]);
    await domain.restore(String(deleted[0]?.dn), dn);
    expect(await search(domain, domain.admin, dn, { scope: 'base', attributes: ['givenName'] })).toEqual([
      { dn, givenName: 'kurt' },
    ]);
  });

  it('shows at once what samba-tool changed', async () => {
    await domain.samba(['group', 'addmembers', 'all', 'grace']);
    const groups = await search(domain, domain.admin, domain.baseDn, { filter: '(cn=all)', attributes: ['member'] });
    expect(groups[0]?.['member']).toContain(`CN=grace,OU=People,${domain.baseDn}`);
  });

  it('names what it refuses', async () => {
    await expect(domain.modify(`dn: CN=nobody,${domain.baseDn}\nchangetype: delete\n`)).rejects.toThrow(
      /NoSuchObjectError/,
    );
    await expect(domain.samba(['group', 'addmembers', 'nobodies', 'grace'])).rejects.toThrow(/nobodies/);
    const orphan = { dn: `CN=x,OU=Nowhere,${domain.baseDn}`, attributes: { objectClass: ['user'] } };
    await expect(domain.add([orphan])).rejects.toThrow(/OU=Nowhere/);
  });

  it('comes back with its data after being killed', async () => {
    await domain.kill();
    await expect(domain.connect()).rejects.toThrow();
    await domain.restart();
    expect(await search(domain, domain.admin, domain.baseDn, { filter: '(cn=ada)' })).toHaveLength(1);
  });

  it('runs beside another one that was copied from the same cached domain', async () => {
    const other = await startSamba({ recycleBin: true });
    try {
      expect(other.address).not.toBe(domain.address);
      await other.modify(`dn: OU=Only here,${other.baseDn}\nchangetype: add\nobjectClass: organizationalUnit\n`);
      const filter = '(ou=Only here)';
      expect(await search(other, other.admin, other.baseDn, { filter })).toHaveLength(1);
      expect(await search(domain, domain.admin, domain.baseDn, { filter })).toHaveLength(0);
    } finally {
      await other.stop();
    }
    expect(existsSync(other.folder)).toBe(false);
  });
});

describe.skipIf(!directoryServersAvailable())('the process that started a Samba domain', () => {
  const start = new URL('./samba.ts', import.meta.url).href;
  const program = (folder: string, ending: string): string =>
    `const { startSamba } = await import('${start}');
     const domain = await startSamba({ folder: '${folder}' });
     const { readFileSync } = await import('node:fs');
     console.log(readFileSync(domain.folder + '/domain/run/samba.pid', 'utf8'));
     ${ending}`;

  it.each([
    ['throws', `setTimeout(() => { throw new Error('ended on purpose'); });`],
    ['exits', 'process.exit(3);'],
    ['gets SIGTERM', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`],
    ['gets SIGKILL', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`],
  ])('leaves no server running when it %s', async (_, ending) => {
    const folder = await makeTemporaryFolder('dirbridge-samba-test-');
    const ended = run(process.execPath, ['--input-type=module', '-e', program(folder, ending)]);
    const stdout = await ended.catch((error: { readonly stdout: string }) => error.stdout);
    const session = Number(stdout);
    expect(session).toBeGreaterThan(1);
    await expect.poll(() => findProcessesOfSession(session), { timeout: 20_000 }).toEqual([]);
    await removeTemporaryFolder(folder);
  });
});

/** Every process that the server forked stays in the session of the first one, whatever it calls itself. */
function findProcessesOfSession(session: number): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    // proc(5) "stat", after the command name in parentheses: state, parent, process group, session
    const fields = readProcessStatus(pid);
    return Number(fields[3]) === session && fields[0] !== 'Z';
  });
}

async function search(
  domain: SambaDomain,
  account: SambaAccount,
  base: string,
  options: SearchOptions,
  ...controls: readonly Control[]
) {
  const client = await connectAs(domain, account);
  try {
    return (await client.search(base, options, [...controls])).searchEntries;
  } finally {
    await client.unbind();
  }
}

function readByDirSync(domain: SambaDomain, account: SambaAccount) {
  const options: SearchOptions = { filter: '(objectClass=user)', attributes: ['sAMAccountName'] };
  return search(domain, account, domain.baseDn, options, new DirSyncControl());
}

async function connectAs(domain: SambaDomain, account: SambaAccount): Promise<Client> {
  const client = new Client({ url: domain.ldapsUrl, tlsOptions: { ca: await readFile(domain.ca, 'utf8') } });
  await client.bind(account.user, account.password);
  return client;
}
