/**
 * The first run, as README.md tells it: an emulated tenant in this process, the directory of a made-up company, and the real command line.
 * Everything happens in a temporary folder, which is gone at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { styleText } from 'node:util';
import { startEmulator } from '../../emulator/server.ts';
import { CHANGES } from './changes.ts';

const DIRBRIDGE = new URL('../../bin/dirbridge.mjs', import.meta.url).pathname;
const DIRECTORY = new URL('directory.ldif', import.meta.url);
const CONFIG = new URL('dirbridge.yaml', import.meta.url);
const CONFIG_URL = 'http://127.0.0.1:8080';
const CLIENT_ID = '5f2b7a1c-8d0e-4a63-9c1d-27e4b6f0a933';

/** Done; with findings of severity error, which this directory has on purpose. */
const WITH_FINDINGS = 1;

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-first-run-'));
let child: ChildProcess | null = null;

function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  say(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(0, 96 - text.length))}`)}`);
}

/** Runs one command of the real command line, shown as one would type it; throws when it ends in another way than expected. */
async function dirbridge(args: readonly string[], expected: number): Promise<void> {
  say(
    `\n${styleText('cyan', `$ npx dirbridge ${args.map((arg) => (/[ ,]/.test(arg) ? `"${arg}"` : arg)).join(' ')}`)}`,
  );
  const environment = { ...process.env, npm_command: 'exec', DIRBRIDGE_CONFIG: '' };
  const started = spawn(process.execPath, [DIRBRIDGE, ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment,
  });
  child = started;
  const code = await new Promise<number | null>((resolve, reject) => {
    started.once('error', reject);
    started.once('exit', resolve);
  });
  child = null;
  if (code !== expected)
    throw new Error(`"dirbridge ${args.join(' ')}" ended with exit code ${code} instead of ${expected}`);
}

async function showFirstRun(url: string, secret: string): Promise<void> {
  const ldif = join(folder, 'directory.ldif');
  copyFileSync(DIRECTORY, ldif);
  writeFileSync(join(folder, 'dirbridge.yaml'), readFileSync(CONFIG, 'utf8').replaceAll(CONFIG_URL, url));
  writeFileSync(join(folder, 'client-secret'), secret, { mode: 0o600 });

  heading('Kestrel Instruments: 40 people in an LDIF file, an empty (emulated) tenant');
  await dirbridge(['check'], 0);

  heading('What would be done? A plan changes nothing');
  await dirbridge(['plan'], WITH_FINDINGS);

  heading('Carry it out: exactly the plan that was shown');
  say('Exit code 1 here and below means: done, and some objects of the directory need a look.');
  await dirbridge(['apply'], WITH_FINDINGS);

  heading('A day later');
  let changed = readFileSync(ldif, 'utf8');
  for (const { what, edit } of CHANGES) {
    say(`  * ${what}`);
    changed = edit(changed);
  }
  writeFileSync(ldif, changed);
  const before = await countWrites(url);
  await dirbridge(['plan'], WITH_FINDINGS);
  await dirbridge(['sync'], WITH_FINDINGS);
  say(
    `The tenant was written to ${(await countWrites(url)) - before} times since the change, ${before} times before it.`,
  );

  heading('Nothing has changed since');
  await dirbridge(['sync'], WITH_FINDINGS);

  heading('What is wrong with the directory, and what to do about it');
  await dirbridge(['findings'], WITH_FINDINGS);

  heading('Why is this value what it is?');
  await dirbridge(['explain', 'emma.bailey@kestrel.example', '--attribute', 'mail'], 0);
  await dirbridge(['status'], 0);
}

/** Writes that the emulated tenant has carried out. */
async function countWrites(url: string): Promise<number> {
  const stats = (await (await fetch(`${url}/emulator/stats`)).json()) as { readonly directoryWrites: number };
  return stats.directoryWrites;
}

function sayWhereNext(): void {
  heading('Where to look next');
  say('  examples/first-run/   what you have just seen: directory, configuration, this script');
  say('  docs/guide/           a first synchronization of a real Active Directory');
  say('  npm run lab           a real Samba domain and an emulated tenant to play with');
  say('  npx dirbridge --help  the commands');
}

function cleanUp(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Whoever started us is gone or wants us to end: nothing stays behind. */
function end(): void {
  child?.kill('SIGKILL');
  cleanUp();
  process.exit(130);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
process.once('disconnect', end);
process.channel?.unref();

const startedAt = Date.now();
const emulator = await startEmulator({
  tenant: 'kestrel.onmicrosoft.com',
  domains: ['kestrel.example'],
  clientId: CLIENT_ID,
});
try {
  await showFirstRun(emulator.url, emulator.clientSecret);
  sayWhereNext();
  say(`\nDone in ${Math.round((Date.now() - startedAt) / 1000)} s; nothing is left running.`);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(
    `\nThe first run did not come through: ${error instanceof Error ? error.message : String(error)}\n`,
  );
} finally {
  await emulator.close();
  cleanUp();
  process.off('disconnect', end);
  process.channel?.unref();
}
