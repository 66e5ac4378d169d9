import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'ldapts';
import { applyLdif } from './apply-ldif.ts';
import type { DirectoryEntries } from './directory-entry.ts';
import { addExchangeSchema } from './exchange-schema.ts';
import { claimLoopbackAddress, type LoopbackAddress } from './loopback-address.ts';
import { formatSambaConfiguration } from './samba-configuration.ts';
import { describeSamScript, provisionDomain, runSamScript, runTool } from './samba-provision.ts';
import { makeServerCertificate } from './server-certificate.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';

export interface SambaOptions {
  /** Of 127.0.0.0/8; the first free one by default, so that several domains run at once. */
  readonly address?: string;
  /** Default `CORP.EXAMPLE.COM`; the base DN follows from it. Give two domains that run in one test two realms. */
  readonly realm?: string;
  /** Default: the first label of the realm. */
  readonly netbios?: string;
  /** Default `dc1`. */
  readonly hostName?: string;
  /** Where the domain lives. Default: a temporary folder that stop() removes. */
  readonly folder?: string;
  /** Enables the recycle bin optional feature. Default false. */
  readonly recycleBin?: boolean;
  /** Provisions anew instead of copying a cached domain: other SIDs, GUIDs and invocation id. Default false. */
  readonly fresh?: boolean;
  /**
   * Starts on a copy of this domain's database, under an invocation id of its own, as a domain controller does that was put back from a copy. The other one must
   * not be running meanwhile (kill()); realm, names and passwords are its own.
   */
  readonly copyOf?: SambaDomain;
  /** Adds the attributes of Exchange Server that a linked mailbox is made of. Default false. */
  readonly exchangeSchema?: boolean;
  /** More lines for the section [global] of smb.conf, made for the folder of the domain. */
  readonly settings?: (folder: string) => Readonly<Record<string, string>>;
  /** Entries to put into the database before the start, parents first; about 150 a second. */
  readonly population?: (baseDn: string) => DirectoryEntries;
}

/** A running Active Directory domain controller, for tests. */
export interface SambaDomain {
  /** ldaps://ADDRESS; the certificate names the address and the host name. */
  readonly ldapsUrl: string;
  /** ldap://ADDRESS; offers StartTLS and refuses a simple bind without it. */
  readonly ldapUrl: string;
  readonly address: string;
  /** Fully qualified, in lower case; no name server knows it. */
  readonly hostName: string;
  /** In upper case. */
  readonly realm: string;
  readonly netbios: string;
  readonly baseDn: string;
  /** User principal name and password of the administrator; the file holds the password. */
  readonly admin: SambaAccount & { readonly passwordFile: string };
  /** Path of the PEM file to trust. */
  readonly ca: string;
  readonly folder: string;
  readonly smbConf: string;
  /** Stops the server, releases its address, removes a temporary folder. Safe to repeat. */
  stop(): Promise<void>;
  /** SIGKILL to the server and all its children, the data stays: restart() goes on from there. */
  kill(): Promise<void>;
  /** Stops the server if it runs, starts it again on the same data and waits until it answers. */
  restart(): Promise<void>;
  /** Runs samba-tool on the database of this domain (the running server sees it at once); answers stdout. */
  samba(args: readonly string[]): Promise<string>;
  /** Carries LDIF change records out over LDAPS as the administrator. Throws at the first refused one. */
  modify(ldif: string): Promise<void>;
  /** Gives a deleted object its place back: the DN it has among the deleted objects, and the one it shall have. */
  restore(deletedDn: string, dn: string): Promise<void>;
  /** Adds entries to the database directly, parents first; answers their number. Much faster than LDAP. */
  add(entries: DirectoryEntries): Promise<number>;
  /**
   * Sets passwords by sAMAccountName, as an administrator does; about 50 a second. `hashes`: NT hashes in hexadecimal instead, much faster; the users then have
   * no keys of Kerberos. The first goes by the password policy, the second does not.
   */
  setPasswords(
    passwords: Iterable<readonly [name: string, password: string]>,
    as?: 'passwords' | 'hashes',
  ): Promise<void>;
  /** The NT hashes of all users by objectGUID, in hexadecimal, as the database itself holds them; null: none. */
  readHashes(): Promise<ReadonlyMap<string, string | null>>;
  addServiceAccount(options: ServiceAccountOptions): Promise<SambaAccount>;
  /** An LDAPS client bound as the administrator; unbind it. */
  connect(): Promise<Client>;
}

export interface SambaAccount {
  readonly dn: string;
  /** User principal name: what simple binds take. */
  readonly user: string;
  readonly password: string;
}

export interface ServiceAccountOptions {
  /** Replicating Directory Changes on the domain, and read access to the deleted objects. */
  readonly replicationRights: boolean;
  /** sAMAccountName; default `svc-dirbridge`. */
  readonly name?: string;
}

const READY_LIMIT_MS = 90_000;
const POLL_MS = 50;

/** Provisions (or copies) a domain, populates and starts it, and waits until it answers an LDAPS bind. Needs root. */
export async function startSamba(options: SambaOptions = {}): Promise<SambaDomain> {
  if (process.getuid?.() !== 0) throw new Error('Samba needs root: it listens on port 389 and 636');
  const claim = await claimLoopbackAddress(options.address);
  const folder = options.folder ?? (await makeTemporaryFolder('dirbridge-samba-'));
  const removeFolder = options.folder === undefined;
  try {
    const domain = await createDomain(folder, claim, options, removeFolder);
    if (options.exchangeSchema) await addExchangeSchema(domain.smbConf);
    if (options.population) await domain.add(options.population(domain.baseDn));
    await domain.restart();
    return domain;
  } catch (error) {
    await claim.release();
    if (removeFolder) await removeTemporaryFolder(folder);
    throw error;
  }
}

async function createDomain(
  folder: string,
  claim: LoopbackAddress,
  options: SambaOptions,
  removeFolder: boolean,
): Promise<Domain> {
  const realm = (options.realm ?? 'CORP.EXAMPLE.COM').toUpperCase();
  const netbios = (options.netbios ?? realm.split('.')[0] ?? 'CORP').toUpperCase().slice(0, 15);
  const hostName = options.hostName ?? 'dc1';
  await mkdir(folder, { recursive: true });
  // Samba refuses to keep its sockets in a folder that others may not search.
  await chmod(folder, 0o755);
  const identity = { realm, netbios, hostName, recycleBin: options.recycleBin ?? false };
  const password = options.copyOf
    ? await copyDomain(options.copyOf, folder)
    : await provisionDomain(folder, identity, options.fresh ?? false);
  const data = join(folder, 'domain');
  const fullName = `${hostName}.${realm}`.toLowerCase();
  const names = { dns: [fullName], ip: [claim.address] };
  const certificate = await makeServerCertificate(join(data, 'private', 'tls'), names);
  const smbConf = join(data, 'etc', 'smb.conf');
  const address = claim.address;
  const settings = options.settings?.(folder) ?? {};
  await writeFile(
    smbConf,
    formatSambaConfiguration({ folder: data, realm, netbios, hostName, address, certificate, settings }),
  );
  if (options.copyOf) await runSamScript('renew-invocation-id', smbConf);
  return new Domain({ claim, folder, data, removeFolder, realm, netbios, fullName, password, ca: certificate.ca });
}

async function copyDomain(original: SambaDomain, folder: string): Promise<string> {
  await runTool('cp', ['-a', join(original.folder, 'domain'), join(folder, 'domain')]);
  return original.admin.password;
}

interface DomainFacts {
  readonly claim: LoopbackAddress;
  readonly folder: string;
  readonly data: string;
  readonly removeFolder: boolean;
  readonly realm: string;
  readonly netbios: string;
  readonly fullName: string;
  readonly password: string;
  readonly ca: string;
}

class Domain implements SambaDomain {
  readonly ldapsUrl: string;
  readonly ldapUrl: string;
  readonly address: string;
  readonly hostName: string;
  readonly realm: string;
  readonly netbios: string;
  readonly baseDn: string;
  readonly admin: SambaDomain['admin'];
  readonly ca: string;
  readonly folder: string;
  readonly smbConf: string;
  readonly #facts: DomainFacts;
  #server: ServerProcess | undefined;
  /** Bound as the administrator; null until something is changed. */
  #editor: Client | null = null;
  #isReleased = false;

  constructor(facts: DomainFacts) {
    this.#facts = facts;
    this.address = facts.claim.address;
    this.ldapsUrl = `ldaps://${this.address}`;
    this.ldapUrl = `ldap://${this.address}`;
    this.hostName = facts.fullName;
    this.realm = facts.realm;
    this.netbios = facts.netbios;
    this.baseDn = facts.realm
      .toLowerCase()
      .split('.')
      .map((label) => `DC=${label}`)
      .join(',');
    this.admin = {
      dn: `CN=Administrator,CN=Users,${this.baseDn}`,
      user: `Administrator@${facts.realm.toLowerCase()}`,
      password: facts.password,
      passwordFile: join(facts.data, 'admin-password'),
    };
    this.ca = facts.ca;
    this.folder = facts.folder;
    this.smbConf = join(facts.data, 'etc', 'smb.conf');
  }

  async stop(): Promise<void> {
    await this.#leaveServer();
    await this.#server?.stop();
    if (this.#isReleased) return;
    this.#isReleased = true;
    await this.#facts.claim.release();
    if (this.#facts.removeFolder) await removeTemporaryFolder(this.folder);
  }

  async kill(): Promise<void> {
    await this.#leaveServer();
    await this.#server?.kill();
  }

  async restart(): Promise<void> {
    if (this.#isReleased) throw new Error(`the domain ${this.realm} was stopped for good`);
    await this.#leaveServer();
    await this.#server?.stop();
    this.#server = startServerProcess({
      command: 'samba',
      args: ['-i', '-M', 'prefork', '-s', this.smbConf],
      logFile: join(this.folder, 'console.log'),
    });
    try {
      await this.#waitUntilReady(this.#server);
    } catch (error) {
      await this.#server.kill();
      throw error;
    }
  }

  samba(args: readonly string[]): Promise<string> {
    return runTool('samba-tool', [...args, '-s', this.smbConf]);
  }

  /** Over one connection that stays: a process for each change would take most of the time of tests that make hundreds. */
  async modify(ldif: string): Promise<void> {
    if (!this.#editor?.isConnected) this.#editor = await this.connect();
    await applyLdif(this.#editor, ldif);
  }

  async #leaveServer(): Promise<void> {
    const editor = this.#editor;
    this.#editor = null;
    await editor?.unbind().catch(() => undefined);
  }

  async restore(deletedDn: string, dn: string): Promise<void> {
    await runSamScript('restore', this.smbConf, deletedDn, dn);
  }

  async add(entries: DirectoryEntries): Promise<number> {
    return Number(await this.#feed('add', formatJsonLines(entries)));
  }

  async setPasswords(
    passwords: Iterable<readonly [name: string, password: string]>,
    as: 'passwords' | 'hashes' = 'passwords',
  ): Promise<void> {
    await this.#feed(`set-${as}`, formatJsonLines(passwords));
  }

  async readHashes(): Promise<ReadonlyMap<string, string | null>> {
    const hashes: Record<string, string | null> = JSON.parse(await runSamScript('read-hashes', this.smbConf));
    return new Map(Object.entries(hashes));
  }

  async #feed(command: string, lines: AsyncIterable<string>): Promise<string> {
    const [python, args] = describeSamScript(command, this.smbConf);
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const outcome = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
    // When the script ends early, its stdin breaks; what it complained about says more than that.
    const fed = pipeline(Readable.from(lines), child.stdin).catch((error: unknown) => error);
    const [stdout, stderr, [code]] = await outcome;
    if (code !== 0) throw new Error(`${command} in ${this.realm} failed: ${stderr.trim()}`, { cause: await fed });
    const failure: unknown = await fed;
    if (failure) throw failure;
    return stdout;
  }

  async addServiceAccount(options: ServiceAccountOptions): Promise<SambaAccount> {
    const name = options.name ?? 'svc-dirbridge';
    const password = `Aa1-${randomBytes(18).toString('base64url')}`;
    const account = { dn: `CN=${name},CN=Users,${this.baseDn}`, user: `${name}@${this.realm.toLowerCase()}`, password };
    const client = await this.connect();
    try {
      await client.add(account.dn, {
        objectClass: 'user',
        sAMAccountName: name,
        userPrincipalName: account.user,
        userAccountControl: '512',
        // [MS-ADTS] 3.1.1.3.1.5: the password in quotation marks as UTF-16 in little-endian order.
        unicodePwd: Buffer.from(`"${password}"`, 'utf16le').toString('latin1'),
      });
    } finally {
      await client.unbind();
    }
    if (options.replicationRights) await this.#grantReplicationRights(account.dn);
    return account;
  }

  async #grantReplicationRights(dn: string): Promise<void> {
    const grant = ['dsacl', 'set', '--action=allow', '--car=get-changes', `--trusteedn=${dn}`];
    await this.samba([...grant, `--objectdn=${this.baseDn}`]);
    await runSamScript('allow-deleted-objects', this.smbConf, dn);
  }

  async connect(): Promise<Client> {
    const ca = await readFile(this.ca, 'utf8');
    const client = new Client({ url: this.ldapsUrl, tlsOptions: { ca }, connectTimeout: 5_000, timeout: 60_000 });
    try {
      await client.bind(this.admin.user, this.admin.password);
      return client;
    } catch (error) {
      await client.unbind().catch(() => undefined);
      throw error;
    }
  }

  async #waitUntilReady(server: ServerProcess): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    let lastFailure: unknown;
    while (server.isRunning() && Date.now() < deadline) {
      try {
        const client = await this.connect();
        await client.search(this.baseDn, { scope: 'base', attributes: ['objectGUID'] });
        await client.unbind();
        return;
      } catch (error) {
        lastFailure = error;
        await delay(POLL_MS);
      }
    }
    const state = server.isRunning() ? `does not answer after ${READY_LIMIT_MS / 1000} s` : 'ended by itself';
    throw new Error(`Samba on ${this.address} ${state}:\n${server.readLogTail()}`, { cause: lastFailure });
  }
}

async function* formatJsonLines(entries: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
