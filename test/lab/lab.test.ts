import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { directoryServersAvailable } from './directory-servers-available.ts';
import { runAtProcessEnd } from './process-end.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const LAB = fileURLToPath(new URL('./lab.ts', import.meta.url));

interface LabConfiguration {
  readonly sources: readonly [{ readonly servers: readonly [string]; readonly user: string }];
  readonly target: { readonly graph: string };
}

describe.skipIf(!directoryServersAvailable())('the lab', () => {
  let folder: string;
  let lab: ChildProcess;
  let output = '';
  let configuration: LabConfiguration;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-lab-test-');
    lab = spawn(process.execPath, [LAB, '--folder', folder], { cwd: folder });
    runAtProcessEnd(() => lab.kill());
    for (const stream of [lab.stdout, lab.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const isSettled = (): boolean => lab.exitCode !== null || output.includes('Ctrl-C stops everything');
    await vi.waitUntil(isSettled, { timeout: 120_000 });
    expect(lab.exitCode, output).toBeNull();
    configuration = parse(await readFile(join(folder, 'dirbridge.yaml'), 'utf8'));
  });

  afterAll(async () => {
    lab.kill('SIGKILL');
    await removeTemporaryFolder(folder);
  });

  it('writes a configuration with which the directory answers, and keeps secrets to their owner', async () => {
    const [source] = configuration.sources;
    const ca = await readFile(join(folder, 'contoso-ca.pem'), 'utf8');
    const client = new Client({ url: source.servers[0], tlsOptions: { ca } });
    await client.bind(source.user, await readFile(join(folder, 'contoso-password'), 'utf8'));
    const base = 'OU=Accounts,DC=corp,DC=contoso,DC=com';
    const { searchEntries } = await client.search(base, { filter: '(employeeID=*)', attributes: ['cn'] });
    await client.unbind();
    expect(searchEntries).toHaveLength(200);
    for (const secret of ['contoso-password', 'client-secret']) {
      expect((await stat(join(folder, secret))).mode & 0o777).toBe(0o600);
    }
  });

  it('has a tenant with the domain of the user principal names', async () => {
    const answer = await fetch(`${configuration.target.graph}/emulator/dump`);
    expect(await answer.text()).toContain('contoso.com');
  });

  it('prints changes that work as they stand', async () => {
    const commands = output.slice(output.indexOf('Change the directory'), output.indexOf('What the tenant holds'));
    const script = commands.slice(commands.indexOf('\n'));
    expect(script).toContain('samba-tool user disable');
    const { stdout } = await run('sh', ['-e', '-c', script], { cwd: folder });
    expect(stdout).toContain('Renamed ou');
  });

  it('stops everything at Ctrl-C', async () => {
    const ended = once(lab, 'exit');
    lab.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    await expect(fetch(configuration.target.graph)).rejects.toThrow();
    const client = new Client({ url: configuration.sources[0].servers[0], connectTimeout: 5_000 });
    await expect(client.bind('x', 'y')).rejects.toThrow(/ECONNREFUSED/);
  });
});
