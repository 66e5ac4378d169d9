import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DirbridgeError, messageOf } from '../../../errors.ts';

const OWNER_ONLY = 0o600;

/**
 * The secret file of a source. The password is written before the directory gets it, so that it is never lost; what was there is replaced only after the directory
 * took the new one.
 */
export class PasswordFile {
  readonly path: string;
  /** Where the password lies until `keep`. */
  readonly written: string;
  /** The file that is replaced, behind every link; null: there is none. */
  readonly #replaced: string | null;

  private constructor(path: string, replaced: string | null) {
    this.path = path;
    this.#replaced = replaced;
    this.written = replaced === null ? path : unfinishedOf(replaced);
  }

  /** Throws `output-exists` when there is a file and it is not to be written over, `account-unsuitable` when it cannot be written. */
  static write(path: string, password: Buffer, overwrite: boolean): PasswordFile {
    if (!overwrite) refuseExisting(path);
    const file = new PasswordFile(path, overwrite ? findReplaced(path) : null);
    try {
      file.#create(password);
    } catch (cause) {
      throw new DirbridgeError('account-unsuitable', `the secret file ${path} cannot be written: ${messageOf(cause)}`, {
        cause,
        remedy:
          'See that its folder is there and that this account may write to it. Nothing was changed in the directory.',
      });
    }
    return file;
  }

  /** The file that an attempt left behind which was broken off; null: there is none. */
  static findUnfinished(path: string): string | null {
    const unfinished = unfinishedOf(findReplaced(path) ?? path);
    return existsSync(unfinished) ? unfinished : null;
  }

  #create(password: Buffer): void {
    if (this.#replaced !== null) rmSync(this.written, { force: true });
    const handle = openSync(this.written, 'wx', OWNER_ONLY);
    try {
      // What the umask took away from the owner.
      fchmodSync(handle, OWNER_ONLY);
      if (this.#replaced !== null) giveToOwnerOf(this.#replaced, handle);
      for (let at = 0; at < password.length; ) at += writeSync(handle, password, at);
      fsyncSync(handle);
    } catch (error) {
      // A part of a password is of no use, and in the way of the next attempt.
      rmSync(this.written, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
    syncFolder(this.written);
  }

  /** The directory has the password now. Throws `account-unsuitable`, and says where the password lies. */
  keep(): void {
    if (this.#replaced === null) return;
    try {
      renameSync(this.written, this.#replaced);
    } catch (cause) {
      throw new DirbridgeError(
        'account-unsuitable',
        `the account has its new password, but ${this.path} could not be replaced: ${messageOf(cause)}`,
        { cause, remedy: `Put the file ${this.written}, which holds the password, in the place of ${this.path}.` },
      );
    }
    syncFolder(this.#replaced);
  }

  /** The directory did not take the password. */
  discard(): void {
    rmSync(this.written, { force: true });
  }
}

function unfinishedOf(path: string): string {
  return `${path}.new`;
}

/** A link stays, and what it leads to is replaced: otherwise the old password would stay there. A link that leads nowhere is replaced itself. */
function findReplaced(path: string): string | null {
  if (existsSync(path)) return realpathSync(path);
  return isThere(path) ? path : null;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** An administrator may write what Dirbridge reads as somebody else. */
function giveToOwnerOf(path: string, handle: number): void {
  const before = lstatSync(path);
  const now = fstatSync(handle);
  if (before.uid !== now.uid || before.gid !== now.gid) fchownSync(handle, before.uid, before.gid);
}

/** So that the name of the file outlives a loss of power as well. Not every system can do that with a folder. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file itself is on the disk.
  }
}

/** Throws `output-exists`. */
function refuseExisting(path: string): void {
  if (!isThere(path)) return;
  throw new DirbridgeError('output-exists', `the secret file ${path} is there already`, {
    remedy: `If its password may be lost, give --force: a new one is written over it. Or name another file as password of the source, in ${dirname(path)} or elsewhere.`,
  });
}
