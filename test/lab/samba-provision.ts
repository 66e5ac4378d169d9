import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE_FOLDER = fileURLToPath(new URL('../../.work/samba', import.meta.url));
const SAM_DATABASE_SCRIPT = fileURLToPath(new URL('./sam-database.py', import.meta.url));
const PASSWORD_FILE = 'admin-password';
/** Part of the key of a cached domain: raise it when what provisioning does changes. */
const RECIPE = 1;
const ENOUGH_OUTPUT = 64 * 1024 * 1024;

export interface DomainIdentity {
  readonly realm: string;
  readonly netbios: string;
  readonly hostName: string;
  readonly recycleBin: boolean;
}

/**
 * Puts a provisioned domain that was never started into the folder, and answers its administrator's password.
 * Provisioned once for each identity and Samba version, then copied: copies share their SIDs, GUIDs and invocation id.
 * With `fresh` nothing is taken from or put into the cache, so these differ from every other domain's.
 */
export async function provisionDomain(folder: string, identity: DomainIdentity, fresh: boolean): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const domain = join(folder, 'domain');
  if (fresh) await provision(domain, identity);
  else await run('cp', ['-a', '--reflink=auto', await findOrProvision(identity), domain]);
  return readFile(join(domain, PASSWORD_FILE), 'utf8');
}

async function findOrProvision(identity: DomainIdentity): Promise<string> {
  const { stdout: version } = await run('samba', ['--version']);
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, version, identity]))
    .digest('hex')
    .slice(0, 16);
  const cached = join(CACHE_FOLDER, `${identity.netbios.toLowerCase()}-${key}`);
  if (existsSync(cached)) return cached;
  await mkdir(CACHE_FOLDER, { recursive: true });
  const unfinished = `${cached}.${randomBytes(4).toString('hex')}`;
  try {
    await provision(unfinished, identity);
    await rename(unfinished, cached);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process provisioned the same domain meanwhile: one of them is as good as the other.
    if (!existsSync(cached)) throw error;
  }
  return cached;
}

async function provision(target: string, identity: DomainIdentity): Promise<void> {
  const password = `Aa1-${randomBytes(18).toString('base64url')}`;
  await runTool('samba-tool', [
    ...['domain', 'provision', `--targetdir=${target}`, '--server-role=dc', '--dns-backend=NONE'],
    ...[`--realm=${identity.realm}`, `--domain=${identity.netbios}`, `--host-name=${identity.hostName}`],
    ...['--host-ip=127.0.0.21', '--option=interfaces=127.0.0.21/8', '--option=bind interfaces only=yes'],
    ...['--option=acl_xattr:security_acl_name=user.NTACL', `--adminpass=${password}`],
  ]);
  await writeFile(join(target, PASSWORD_FILE), password, { mode: 0o600 });
  if (identity.recycleBin) await runSamScript('enable-recycle-bin', join(target, 'etc', 'smb.conf'));
}

/** Runs sam-database.py with Debian's Python, the one that has Samba's modules. */
export async function runSamScript(command: string, smbConf: string, ...args: readonly string[]): Promise<string> {
  return runTool('/usr/bin/python3', [SAM_DATABASE_SCRIPT, command, smbConf, ...args]);
}

/** A command of it that takes JSON lines on its stdin. */
export function describeSamScript(command: string, smbConf: string): readonly [string, readonly string[]] {
  return ['/usr/bin/python3', [SAM_DATABASE_SCRIPT, command, smbConf]];
}

/** Runs a program to its end and answers what it printed. Throws with what it complained about; never shows passwords. */
export async function runTool(
  command: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    const options = { maxBuffer: ENOUGH_OUTPUT, env: { ...process.env, ...env } };
    return (await run(command, args, options)).stdout;
  } catch (error) {
    const output = readOutput(error, 'stderr') || readOutput(error, 'stdout') || String(error);
    // Neither all arguments nor the cause, which repeats them: there are passwords among them.
    throw new Error(`${command} ${args.slice(0, 2).join(' ')} failed:\n${output.trim()}`);
  }
}

function readOutput(error: unknown, stream: 'stderr' | 'stdout'): string {
  if (!(error instanceof Error)) return '';
  const output: unknown = Reflect.get(error, stream);
  return typeof output === 'string' ? output : '';
}
