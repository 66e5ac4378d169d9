import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What the figures were measured on. Says nothing about whose machine it is or where. */
export async function describeMachine() {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMegabytes: Math.round(totalmem() / 1e6),
    kernel: `${type()} ${release()}`,
  };
}

/** What was measured, and with which servers. */
export async function describeVersions() {
  const [commit, changes, samba, slapd] = await Promise.all([
    readOutput('git', ['rev-parse', 'HEAD']),
    readOutput('git', ['status', '--porcelain', '--', 'src', 'emulator', 'bench', 'package-lock.json']),
    readOutput('samba', ['--version']),
    readOutput('slapd', ['-VV']),
  ]);
  return {
    commit: `${commit || 'unknown'}${changes === '' ? '' : ' with changes'}`,
    node: process.version,
    sqlite: readSqliteVersion(),
    samba: /\d+\.\d+\.\d+\S*/.exec(samba)?.[0] ?? null,
    slapd: /slapd (\S+)/.exec(slapd)?.[1] ?? null,
    dependencies: await readDependencies(),
  };
}

async function readOutput(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd: ROOT });
    return `${stdout}${stderr}`.trim();
  } catch {
    return '';
  }
}

function readSqliteVersion(): string {
  const database = new DatabaseSync(':memory:');
  const row = database.prepare('select sqlite_version() as version').get();
  database.close();
  return String(row?.['version']);
}

const lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });
const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

async function readDependencies(): Promise<Readonly<Record<string, string>>> {
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(`${ROOT}${name}`, 'utf8'));
  const { packages } = lock.parse(await read('package-lock.json'));
  const { dependencies } = manifest.parse(await read('package.json'));
  const names = Object.keys(dependencies);
  return Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`]?.version ?? 'unknown']));
}
