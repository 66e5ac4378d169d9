import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'ldapts';
import type { DirectoryEntries, DirectoryEntry } from './directory-entry.ts';
import { findFreePort } from './loopback-address.ts';
import { makeServerCertificate, type ServerCertificate } from './server-certificate.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { ADDED_SCHEMA, toSlapdEntry } from './slapd-schema.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';
import { writeLdif } from './write-ldif.ts';

export interface SlapdOptions {
  /** Default `DC=corp,DC=example,DC=com`. The entry of the base DN is made here. */
  readonly baseDn?: string;
  /** Neutral entries, parents first: completed for OpenLDAP here and loaded before the start. */
  readonly entries?: DirectoryEntries;
  /** Or LDIF ready for OpenLDAP, in chunks, without the entry of the base DN. */
  readonly ldif?: AsyncIterable<string> | Iterable<string>;
}

/** A running OpenLDAP server for tests: Active Directory's schema as far as msuser has it, no DirSync. */
export interface SlapdServer {
  /** ldaps://127.0.0.1:PORT; takes a simple bind, pages of any size, searches of any length. */
  readonly url: string;
  /** ldap://127.0.0.1:PORT; offers StartTLS and refuses a simple bind without it. */
  readonly ldapUrl: string;
  /** Path of the PEM file to trust. */
  readonly ca: string;
  readonly bindDn: string;
  readonly password: string;
  /** Holds the password, for ldapsearch -y. */
  readonly passwordFile: string;
  readonly baseDn: string;
  readonly folder: string;
  /** Stops the server and removes its folder. Safe to repeat. */
  stop(): Promise<void>;
}

interface Layout {
  readonly folder: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly password: string;
  readonly certificate: ServerCertificate;
  readonly configuration: string;
}

const READY_LIMIT_MS = 60_000;
const POLL_MS = 25;
const START_ATTEMPTS = 3;
const SCHEMAS = ['core', 'cosine', 'inetorgperson', 'nis', 'msuser'] as const;
/** The size that the database may grow to, in bytes; its file is sparse. */
const DATABASE_LIMIT = 16 * 1024 ** 3;

/** Loads the entries with slapadd, starts slapd and waits until it answers an LDAPS bind. */
export async function startSlapd(options: SlapdOptions = {}): Promise<SlapdServer> {
  const folder = await makeTemporaryFolder('dirbridge-slapd-');
  try {
    const layout = await writeConfiguration(folder, options.baseDn ?? 'DC=corp,DC=example,DC=com');
    await load(layout, options);
    return await startOnFreePorts(layout);
  } catch (error) {
    await removeTemporaryFolder(folder);
    throw error;
  }
}

async function writeConfiguration(folder: string, baseDn: string): Promise<Layout> {
  const certificate = await makeServerCertificate(join(folder, 'tls'), { dns: ['localhost'], ip: ['127.0.0.1'] });
  const layout: Layout = {
    folder,
    baseDn,
    bindDn: `CN=Administrator,${baseDn}`,
    password: randomBytes(18).toString('base64url'),
    certificate,
    configuration: join(folder, 'slapd.conf'),
  };
  await mkdir(join(folder, 'database'));
  await writeFile(join(folder, 'added.schema'), ADDED_SCHEMA);
  await writeFile(join(folder, 'root.ldif'), `dn:\nobjectClass: extensibleObject\ndefaultNamingContext: ${baseDn}\n`);
  await writeFile(join(folder, 'password'), layout.password, { mode: 0o600 });
  await writeFile(layout.configuration, formatConfiguration(layout), { mode: 0o600 });
  return layout;
}

function formatConfiguration({ folder, baseDn, bindDn, password, certificate }: Layout): string {
  return `${SCHEMAS.map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
include ${join(folder, 'added.schema')}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(folder, 'slapd.pid')}
rootDSE ${join(folder, 'root.ldif')}
TLSCACertificateFile ${certificate.ca}
TLSCertificateFile ${certificate.certificate}
TLSCertificateKeyFile ${certificate.key}
security simple_bind=128
sizelimit unlimited
timelimit unlimited
database mdb
maxsize ${DATABASE_LIMIT}
suffix "${baseDn}"
rootdn "${bindDn}"
rootpw ${password}
directory ${join(folder, 'database')}
dbnosync
sortvals member
index objectClass,entryUUID eq
`;
}

async function load(layout: Layout, options: SlapdOptions): Promise<void> {
  const log: Buffer[] = [];
  const child = spawn('slapadd', ['-q', '-f', layout.configuration], { stdio: ['pipe', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(chunk));
  const closed = once(child, 'close');
  // When slapadd ends early, its stdin breaks; what it complained about says more than that.
  const fed = pipeline(Readable.from(formatContent(layout.baseDn, options)), child.stdin).catch(
    (error: unknown) => error,
  );
  const [code] = await closed;
  const failure: unknown = await fed;
  if (code !== 0) throw new Error(`slapadd failed: ${Buffer.concat(log).toString('utf8').trim()}`, { cause: failure });
  if (failure) throw failure;
}

async function* formatContent(baseDn: string, options: SlapdOptions): AsyncGenerator<string> {
  yield* writeLdif(completeEntries(baseDn, options.entries ?? []));
  if (options.ldif) yield* options.ldif;
}

async function* completeEntries(baseDn: string, entries: DirectoryEntries): AsyncGenerator<DirectoryEntry> {
  const dc = /^DC=([^,]+)/i.exec(baseDn)?.[1];
  if (!dc) throw new Error(`the base DN ${baseDn} does not begin with DC=`);
  let usn = 1000;
  yield toSlapdEntry({ dn: baseDn, attributes: { objectClass: ['top', 'domainDNS'], dc: [dc] } }, baseDn, usn);
  for await (const entry of entries) {
    usn += 1;
    yield toSlapdEntry(entry, baseDn, usn);
  }
}

/** A port that was free when we asked may be taken before slapd opens it: then others are tried. */
async function startOnFreePorts(layout: Layout): Promise<SlapdServer> {
  for (let attempt = 1; ; attempt += 1) {
    const url = `ldaps://127.0.0.1:${await findFreePort()}`;
    const ldapUrl = `ldap://127.0.0.1:${await findFreePort()}`;
    const server = startServerProcess({
      command: 'slapd',
      args: ['-d', '0', '-f', layout.configuration, '-h', `${url} ${ldapUrl}`],
      logFile: join(layout.folder, 'slapd.log'),
    });
    try {
      await waitUntilReady(server, url, layout);
      return describeServer(server, url, ldapUrl, layout);
    } catch (error) {
      await server.kill();
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

function describeServer(server: ServerProcess, url: string, ldapUrl: string, layout: Layout): SlapdServer {
  const { baseDn, bindDn, password, folder } = layout;
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTemporaryFolder(folder);
  };
  const passwordFile = join(folder, 'password');
  return { url, ldapUrl, ca: layout.certificate.ca, bindDn, password, passwordFile, baseDn, folder, stop };
}

async function waitUntilReady(server: ServerProcess, url: string, layout: Layout): Promise<void> {
  const ca = await readFile(layout.certificate.ca, 'utf8');
  const deadline = Date.now() + READY_LIMIT_MS;
  let lastFailure: unknown;
  while (server.isRunning() && Date.now() < deadline) {
    const client = new Client({ url, tlsOptions: { ca }, connectTimeout: 5_000 });
    try {
      await client.bind(layout.bindDn, layout.password);
      return;
    } catch (error) {
      lastFailure = error;
      await delay(POLL_MS);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  const state = server.isRunning() ? 'does not answer' : 'ended by itself';
  throw new Error(`slapd on ${url} ${state}:\n${server.readLogTail()}`, { cause: lastFailure });
}
