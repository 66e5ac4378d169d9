import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { DirbridgeError, messageOf } from '../../../errors.ts';

const OWNER_ONLY = 0o600;

/**
 * The secret file of a source. The password is written before the directory gets it, so that it is never lost; what was there is replaced only after the directory
 * took the new one.
 */
export class PasswordFile {
  readonly path: string;
  readonly #isOverwriting: boolean;
  /** Where the password lies until `keep`. */
  readonly written: string;

  private constructor(path: string, isOverwriting: boolean) {
    this.path = path;
    this.#isOverwriting = isOverwriting;
    this.written = isOverwriting ? `${path}.new` : path;
  }

  /** Throws `output-exists` when there is a file and it is not to be written over, `account-unsuitable` when it cannot be written. */
  static write(path: string, password: Buffer, overwrite: boolean): PasswordFile {
    if (!overwrite) refuseExisting(path);
    const file = new PasswordFile(path, overwrite && existsSync(path));
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

  #create(password: Buffer): void {
    if (this.#isOverwriting) rmSync(this.written, { force: true });
    const handle = openSync(this.written, 'wx', OWNER_ONLY);
    try {
      for (let at = 0; at < password.length; ) at += writeSync(handle, password, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    // What the umask took away from the owner.
    chmodSync(this.written, OWNER_ONLY);
  }

  /** The directory has the password now. Throws `account-unsuitable`, and says where the password lies. */
  keep(): void {
    if (!this.#isOverwriting) return;
    try {
      renameSync(this.written, this.path);
    } catch (cause) {
      throw new DirbridgeError(
        'account-unsuitable',
        `the account has its new password, but ${this.path} could not be replaced: ${messageOf(cause)}`,
        { cause, remedy: `Put the file ${this.written}, which holds the password, in the place of ${this.path}.` },
      );
    }
  }

  /** The directory did not take the password. */
  discard(): void {
    rmSync(this.written, { force: true });
  }
}

/** Throws `output-exists`. */
function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new DirbridgeError('output-exists', `the secret file ${path} is there already`, {
    remedy: `If its password may be lost, give --force: a new one is written over it. Or name another file as password of the source, in ${dirname(path)} or elsewhere.`,
  });
}
