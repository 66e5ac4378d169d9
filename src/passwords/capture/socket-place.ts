import { existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import process from 'node:process';
import { DirbridgeError, messageOf } from '../../errors.ts';

/** Who may hand passwords over: the owner of the socket (and root), or also the group of its folder. */
export const SOCKET_ACCESS = ['owner', 'group'] as const;
export type SocketAccess = (typeof SOCKET_ACCESS)[number];

/** sun_path of unix(7), without the zero byte at its end. */
const MOST_PATH = 107;

/** A named pipe of Windows: it has no folder, and its own list of who may write to it. */
export function isPipe(path: string): boolean {
  return /^\\\\[.?]\\pipe\\/i.test(path);
}

const OTHER_THING = 'something other than a socket is there';

/** What is wrong with the place of the socket; null: nothing, or its folder is not there yet and can be made. */
export function findFault(path: string, access: SocketAccess): string | null {
  if (isPipe(path)) return null;
  if (Buffer.byteLength(path) > MOST_PATH) return `its path is longer than ${MOST_PATH} bytes`;
  const folder = dirname(path);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return existsSync(dirname(folder)) ? null : `there is no folder ${dirname(folder)}`;
  if (!found.isDirectory()) return `${folder} is no folder`;
  const self = process.getuid?.() ?? found.uid;
  if (found.uid !== self) return `the folder ${folder} belongs to user ${found.uid}, not to user ${self}`;
  if ((found.mode & (access === 'owner' ? 0o077 : 0o027)) !== 0)
    return `others may enter its folder ${folder} (mode ${(found.mode & 0o777).toString(8)}); give it mode ${folderMode(access).toString(8)}`;
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there === undefined || there.isSocket() ? null : OTHER_THING;
}

function folderMode(access: SocketAccess): number {
  return access === 'owner' ? 0o700 : 0o750;
}

/**
 * Makes the folder of the socket where it is not there, and sees that nobody else may enter it (or change it, where its group may): whoever can put a socket of his own there gets
 * the passwords. Throws `capture-socket`.
 */
export function prepareFolder(path: string, access: SocketAccess): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { mode: folderMode(access) });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unusable(path, `its folder cannot be made: ${messageOf(error)}`, error);
  }
  const fault = findFault(path, access);
  if (fault !== null) throw unusable(path, fault);
}

/** Removes a socket that a process left behind. Throws `capture-socket` when somebody listens on it, or when it is something else. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw unusable(path, OTHER_THING);
  if (await isListenedTo(path)) throw unusable(path, 'another process listens on it already');
  unlinkSync(path);
}

function isListenedTo(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT') resolve(false);
      else reject(unusable(path, messageOf(error), error));
    });
  });
}

export function unusable(path: string, reason: string, cause?: unknown): DirbridgeError {
  return new DirbridgeError('capture-socket', `${path}: ${reason}`, { cause });
}

export function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
