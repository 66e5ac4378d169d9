import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { runAtProcessEnd } from './process-end.ts';

/** A server in a process group of its own. It never outlives this process: the group is killed when this one ends. */
export interface ServerProcess {
  readonly pid: number;
  isRunning(): boolean;
  /** Asks the group to end (SIGTERM), kills it after ten seconds. Safe to repeat. */
  stop(): Promise<void>;
  /** SIGKILL to the whole group: what a power cut looks like. Safe to repeat. */
  kill(): Promise<void>;
  /** The last lines of what the server wrote, for messages about failures. */
  readLogTail(): string;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Receives stdout and stderr of the server; grows over restarts. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TERMINATION_LIMIT_MS = 10_000;
const runningGroups = new Set<number>();
let isWatchingOurEnd = false;

/**
 * Starts a server that stays in the foreground.
 * `setpriv --pdeathsig` covers the one end that no handler sees, SIGKILL to this process; Samba, whose children that
 * does not reach, notices the closed stdin by itself and ends its group.
 */
export function startServerProcess(options: ServerCommand): ServerProcess {
  watchOurEnd();
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', options.command, ...options.args], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${options.command}: is it installed, and setpriv beside it?`);
  runningGroups.add(pid);
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  letUsEndBefore(child);
  return {
    pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: () => endGroup(child, pid, 'SIGTERM', exited),
    kill: () => endGroup(child, pid, 'SIGKILL', exited),
    readLogTail: () => readFileSync(options.logFile, 'utf8').split('\n').slice(-25).join('\n'),
  };
}

function letUsEndBefore(child: ChildProcess): void {
  child.unref();
  const stdin = child.stdin;
  if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
}

async function endGroup(
  child: ChildProcess,
  pid: number,
  signal: 'SIGTERM' | 'SIGKILL',
  exited: Promise<void>,
): Promise<void> {
  if (!runningGroups.has(pid)) return;
  child.ref();
  signalGroup(pid, signal);
  const deadline = Date.now() + TERMINATION_LIMIT_MS;
  while (isGroupAlive(pid)) {
    if (Date.now() > deadline) signalGroup(pid, 'SIGKILL');
    await delay(10);
  }
  await exited;
  runningGroups.delete(pid);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
  } catch (error) {
    if (isNoSuchProcess(error)) return false;
    throw error;
  }
  return hasLivingMember(pid);
}

/** Where the first process of a container does not reap orphans, dead members of the group stay listed as zombies. */
function hasLivingMember(group: number): boolean {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [state, , processGroup] = readProcessStatus(name);
    if (Number(processGroup) === group && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

/** The fields of proc(5) "stat" that follow the command name in parentheses: state, parent, process group, ... */
export function readProcessStatus(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}

function watchOurEnd(): void {
  if (isWatchingOurEnd) return;
  isWatchingOurEnd = true;
  runAtProcessEnd(killAllGroups);
}

function killAllGroups(): void {
  for (const pid of runningGroups) signalGroup(pid, 'SIGKILL');
  runningGroups.clear();
}
