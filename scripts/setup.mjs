// Installs what is missing. Runs on Node 20 and without any dependency: it is what brings the dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.dirbridge-installed');
const OWN_NODE = join(MODULES, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const OLDEST_NODE = 24;

/** What a real directory server for tests needs, from Debian 12. */
export const DIRECTORY_PACKAGES = [
  'samba',
  'samba-ad-dc',
  'samba-dsdb-modules',
  'samba-vfs-modules',
  'samba-ad-provision',
  'winbind',
  'ldb-tools',
  'ldap-utils',
  'slapd',
  'openssl',
  'python3-impacket',
];
const SERVICES = ['slapd', 'samba-ad-dc', 'smbd', 'nmbd', 'winbind'];
const POLICY = '/usr/sbin/policy-rc.d';

/** A failure with a message that is enough by itself: no stack is shown. */
export class SetupError extends Error {}

/** Runs the script; a SetupError ends it with its message and exit code 1. */
export async function main(script) {
  try {
    await script();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/**
 * Brings node_modules in line with package-lock.json, and makes sure that the Node in it runs.
 * Does nothing when both are right. Throws SetupError.
 */
export function ensureInstalled() {
  giveHome();
  const wanted = hash(readFileSync(join(ROOT, 'package-lock.json')));
  if (!isInstalled(wanted)) {
    say('installing the dependencies (npm ci) ...');
    installLockedPackages();
  }
  ensureOwnNode();
  ensureCommandLinks();
  if (readStamp() !== wanted) writeFileSync(STAMP, wanted);
}

/**
 * npm ci refuses a lock file that lacks an optional package, which is what npm writes where a registry does not carry
 * the builds for other platforms. npm install takes it: it keeps the locked versions and here does not write the file.
 */
function installLockedPackages() {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const refusal = tryNpm(['ci', ...quiet]);
  if (refusal === undefined) return;
  if (!refusal.includes('EUSAGE')) {
    process.stderr.write(refusal);
    throw new SetupError('npm ci failed: see its output above. It needs the npm registry.');
  }
  say('npm ci finds package-lock.json incomplete; installing with npm install, at the versions it locks ...');
  for (const line of refusal.split('\n').filter((each) => each.includes('from lock file'))) say(line);
  runNpm(['install', '--no-save', ...quiet]);
}

function isInstalled(wanted) {
  const stamp = readStamp();
  if (stamp !== undefined) return stamp === wanted;
  return holdsLockedPackages();
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
}

/** For a node_modules that somebody else installed: npm writes there what it installed. */
function holdsLockedPackages() {
  const record = join(MODULES, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(locked).every(
    ([path, entry]) => path === '' || entry.optional || entry.peer || installed[path]?.version === entry.version,
  );
}

/** The package "node" fetches its binary in an install script, which npm may have been told not to run. */
function ensureOwnNode() {
  if (ownNodeRuns()) return;
  say('the Node beside the project does not run; repairing it (npm rebuild node) ...');
  runNpm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts', '--loglevel=error']);
  if (ownNodeRuns()) return;
  throw new SetupError(
    `${OWN_NODE} does not run, not even after "npm rebuild node". Its install script fetches it from the npm ` +
      'registry: allow install scripts for the package "node", remove node_modules and try again.',
  );
}

/** npm's "prepare" step makes them, unless npm was told not to run scripts. */
function ensureCommandLinks() {
  if (existsSync(join(MODULES, '.bin', onWindows() ? 'dirbridge.cmd' : 'dirbridge'))) return;
  spawnSync(process.execPath, [join(ROOT, 'scripts', 'link-bins.mjs')], { stdio: passOn() });
}

function ownNodeRuns() {
  const { status, stdout } = spawnSync(OWN_NODE, ['--version'], { encoding: 'utf8', shell: onWindows() });
  return status === 0 && Number(/^v(\d+)\./.exec(stdout)?.[1]) >= OLDEST_NODE;
}

function runNpm(args) {
  const { status, error } = spawnNpm(args, passOn());
  if (status === 0) return;
  throw new SetupError(
    `npm ${args[0]} failed${error ? ` (${error.message})` : ''}: see its output above. It needs the npm registry.`,
  );
}

/** Answers what npm complained about; undefined when it succeeded. */
function tryNpm(args) {
  const { status, stderr, error } = spawnNpm(args, ['ignore', 2, 'pipe']);
  return status === 0 ? undefined : `${stderr ?? ''}${error ? `${error.message}\n` : ''}`;
}

function spawnNpm(args, stdio) {
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const shell = command === 'npm' && onWindows();
  return spawnSync(command, [...first, ...args], { cwd: ROOT, stdio, shell, encoding: 'utf8' });
}

/** npm writes its cache and logs into the home folder; where there is none that can be used, it gets one for now. */
function giveHome() {
  if (process.env.HOME === undefined || onWindows()) return;
  if (process.env.HOME !== '' && existsSync(homedir())) return;
  const home = mkdtempSync(join(tmpdir(), 'dirbridge-home-'));
  process.env.HOME = home;
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
}

/**
 * Installs those of the Debian packages that are missing, when this is Debian and we are root.
 * Answers the names of those that are missing afterwards; never throws for them.
 */
export function ensureDebianPackages(names) {
  const missing = listMissingPackages(names);
  if (missing.length === 0 || !isRoot() || !canRun('apt-get')) return missing;
  say(`installing Debian packages: ${missing.join(' ')} ...`);
  const removePolicy = forbidServiceStarts();
  try {
    if (!aptGet('install', ...missing)) {
      // Without package lists, or with old ones, the first try ends in "unable to locate" or "404".
      aptGet('update');
      aptGet('install', ...missing);
    }
  } finally {
    removePolicy();
  }
  stopServices();
  return listMissingPackages(names);
}

export function isRoot() {
  return process.getuid?.() === 0;
}

function listMissingPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of dpkg-query
  const query = ['-W', '-f', '${db:Status-Status} ${Package}\\n', ...names];
  const { stdout } = spawnSync('dpkg-query', query, { encoding: 'utf8' });
  const installed = new Set((stdout ?? '').split('\n'));
  return names.filter((name) => !installed.has(`installed ${name}`));
}

function aptGet(verb, ...names) {
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', [verb, ...options, ...names], { stdio: passOn(), env }).status === 0;
}

/** Debian starts what it installs: slapd would take port 389 from Samba. Unless a policy exists already, ours says no. */
function forbidServiceStarts() {
  if (existsSync(POLICY)) return () => {};
  const remove = () => rmSync(POLICY, { force: true });
  writeFileSync(POLICY, '#!/bin/sh\n# Written by dirbridge while it installs packages; safe to remove.\nexit 101\n', {
    mode: 0o755,
  });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}

/** With systemd the services we just installed would start now, or with the machine. Only tests use them. */
function stopServices() {
  if (existsSync('/run/systemd/system')) {
    for (const name of SERVICES) spawnSync('systemctl', ['disable', '--now', name], { stdio: 'ignore' });
    return;
  }
  for (const name of SERVICES) {
    if (existsSync(`/etc/init.d/${name}`)) spawnSync('service', [name, 'stop'], { stdio: 'ignore' });
  }
}

function canRun(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** No stdin: nothing may wait for an answer. What the tools print is progress, so it goes to stderr. */
function passOn() {
  return ['ignore', 2, 2];
}

function onWindows() {
  return process.platform === 'win32';
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function hash(content) {
  return createHash('sha256').update(content).digest('hex');
}
