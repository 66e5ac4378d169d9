import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import process from 'node:process';
import { DirbridgeError, messageOf } from '../../errors.ts';

/** Who may hand passwords over: the owner of the socket (and root), or also the group of its folder. */
export const SOCKET_ACCESS = ['owner', 'group'] as const;
export type SocketAccess = (typeof SOCKET_ACCESS)[number];

/** The account that makes the socket. */
export interface SocketMaker {
  readonly user: number;
  readonly groups: readonly number[];
}

/** sun_path of unix(7), without the zero byte at its end. */
const MOST_PATH = 107;

/** A named pipe of Windows: it has no folder, and its own list of who may write to it. */
export function isPipe(path: string): boolean {
  return /^\\\\[.?]\\pipe\\/i.test(path);
}

const OTHER_THING = 'something other than a socket is there';

/** What is wrong with the place of the socket; null: nothing, or its folder is not there yet and can be made. */
export function findFault(path: string, access: SocketAccess, maker = ourselves()): string | null {
  if (isPipe(path)) return null;
  if (Buffer.byteLength(path) > MOST_PATH) return `its path is longer than ${MOST_PATH} bytes`;
  const folder = dirname(path);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return existsSync(dirname(folder)) ? null : `there is no folder ${dirname(folder)}`;
  if (!found.isDirectory()) return `${folder} is no folder`;
  if (maker !== null && found.uid !== maker.user)
    return `the folder ${folder} belongs to user ${found.uid}, not to user ${maker.user}`;
  if ((found.mode & (access === 'owner' ? 0o077 : 0o027)) !== 0)
    return `others may enter its folder ${folder} (mode ${(found.mode & 0o777).toString(8)}); give it mode ${folderMode(access).toString(8)}`;
  if (maker !== null && access === 'group' && !mayLetIn(found, maker))
    return `the folder ${folder} belongs to group ${found.gid}, which user ${maker.user} is not in, so the socket cannot be given to that group; put the user into the group, or give the folder a group that the user is in`;
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there === undefined || there.isSocket() ? null : OTHER_THING;
}

/** Null where accounts have no numbers (Windows). */
function ourselves(): SocketMaker | null {
  const user = process.geteuid?.();
  const group = process.getegid?.();
  return user === undefined || group === undefined ? null : { user, groups: [group, ...(process.getgroups?.() ?? [])] };
}

const SET_GROUP_ID = 0o2000;

/** chown(2): who owns a file may give it to a group of his own; in a folder with the set-group-ID bit it has the group of the folder from the beginning. */
function mayLetIn(folder: Stats, { user, groups }: SocketMaker): boolean {
  return user === 0 || groups.includes(folder.gid) || (folder.mode & SET_GROUP_ID) !== 0;
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

/** Lets those in whom the socket is for; until then the folder alone keeps everybody out. Throws `capture-socket`. */
export function letIn(path: string, access: SocketAccess): void {
  if (access === 'group') giveToGroup(path);
  chmodSync(path, access === 'owner' ? 0o600 : 0o660);
}

/** It was made with the group of our process, which need not be that of the folder. */
function giveToGroup(path: string): void {
  const { gid } = statSync(dirname(path));
  try {
    chownSync(path, -1, gid);
  } catch (error) {
    throw unusable(path, `it cannot be given to group ${gid}, that of its folder: ${messageOf(error)}`, error);
  }
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
