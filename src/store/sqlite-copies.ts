import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DirbridgeError, messageOf } from '../errors.ts';
import { findDamage, lockStore, openSqliteStore, storeExists } from './sqlite.ts';
import { toStoreError } from './sqlite-failure.ts';
import type { LastWrite, Store } from './store.ts';

/** What a copy of a store holds. */
export interface StoreCopy {
  readonly file: string;
  readonly bytes: number;
  readonly lastWrite: LastWrite | null;
}

/**
 * Writes a copy of a store as one file, also while another process writes to the store: the copy is what was committed when it began. It gets its name
 * only when it has been checked. Throws `output-exists`, `store-unwritable`, `store-damaged`.
 */
export async function backUpStore(
  storeFile: string,
  file: string,
  options: { readonly force: boolean; readonly command: string },
): Promise<StoreCopy> {
  refuseStoreItself(storeFile, file);
  if (existsSync(file) && !options.force) throw new DirbridgeError('output-exists', `${file} is there already`);
  if (!existsSync(dirname(resolve(file))))
    throw new DirbridgeError('usage', `the folder ${dirname(resolve(file))} of the backup is not there`, {
      remedy: 'Make it, or name another file.',
    });
  const part = `${file}.part`;
  remove(part);
  try {
    const store = await openSqliteStore(storeFile, { command: options.command, readOnly: true });
    // It names people, and is readable from its first byte on by whoever makes it alone.
    writeFileSync(part, '', { mode: 0o600 });
    try {
      await store.copyTo(part);
    } finally {
      await store.close();
    }
    const lastWrite = await readLastWrite(part, options.command);
    checkCopy(part, `the copy of ${storeFile}`);
    flush(part);
    renameSync(part, file);
    flush(dirname(resolve(file)));
    return { file, bytes: statSync(file).size, lastWrite };
  } finally {
    remove(part);
  }
}

/** Two copies of a store: one to compare with, and one to try something out on, whose lock is held. */
export interface TrialCopies {
  readonly before: string;
  readonly trial: string;
}

/**
 * Lets `work` have copies of a store, beside it, while the store itself stays as it is. They are gone afterwards; what a killed process has left is written over by the
 * next one. Throws `store-locked` while another process tries something out, `store-unwritable`, `store-damaged`.
 */
export async function tryOnCopies<T>(
  storeFile: string,
  command: string,
  work: (copies: TrialCopies) => Promise<T>,
): Promise<T> {
  const copies = { before: `${storeFile}.before-trial`, trial: `${storeFile}.trial` };
  const release = lockStore(copies.trial, command);
  try {
    await backUpStore(storeFile, copies.before, { force: true, command });
    await backUpStore(copies.before, copies.trial, { force: true, command });
    return await work(copies);
  } finally {
    for (const file of [copies.before, copies.trial]) remove(file);
    release();
  }
}

export interface RestoreOptions {
  /** Also when the store that is there has written to the tenant since. */
  readonly older: boolean;
  readonly command: string;
  /** What has to be remembered in the state that is put back, before it is the store. */
  readonly prepare: (store: Store) => Promise<void>;
}

export interface RestoredStore {
  readonly lastWrite: LastWrite | null;
  /** The store that was there: null where there was none, else the file that it is now. */
  readonly kept: string | null;
  /** What it knew of its last write; `unreadable`: it could not be asked. */
  readonly replaced: LastWrite | 'unreadable' | null;
}

/**
 * Puts a backup in the place of the store, which is kept beside it. Killed at any moment, one of the two is whole and has its name. Throws
 * `backup-invalid`, `restore-older`, `store-locked`, `store-version`, `store-unwritable`.
 */
export async function restoreStore(storeFile: string, backup: string, options: RestoreOptions): Promise<RestoredStore> {
  refuseStoreItself(storeFile, backup);
  if (!existsSync(backup)) throw new DirbridgeError('backup-invalid', `there is no file ${backup}`);
  const release = lockStore(storeFile, options.command);
  const copy = `${storeFile}.restoring`;
  remove(copy);
  try {
    takeCopy(backup, copy);
    checkCopy(copy, backup);
    const replaced = await readReplaced(storeFile, options.command);
    const lastWrite = await prepareCopy(copy, options, (state) => {
      if (!options.older) refuseOlder(storeFile, backup, state, replaced);
    });
    const kept = putInPlace(storeFile, copy);
    return { lastWrite, kept, replaced };
  } finally {
    remove(copy);
    release();
  }
}

/** A store that was copied by other means while it was open has its newest part in a file beside it. */
function takeCopy(backup: string, copy: string): void {
  try {
    copyFileSync(backup, copy);
    if (existsSync(`${backup}-wal`)) copyFileSync(`${backup}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
  } catch (error) {
    throw new DirbridgeError('store-unwritable', `${backup} cannot be copied to ${copy}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function prepareCopy(
  copy: string,
  options: RestoreOptions,
  judge: (lastWrite: LastWrite | null) => void,
): Promise<LastWrite | null> {
  const store = await openSqliteStore(copy, { command: options.command, holdsLock: true });
  try {
    const lastWrite = await store.undo.lastWrite();
    judge(lastWrite);
    await options.prepare(store);
    return lastWrite;
  } finally {
    await store.close();
  }
}

async function readReplaced(storeFile: string, command: string): Promise<RestoredStore['replaced']> {
  if (!storeExists(storeFile)) return null;
  try {
    return await readLastWrite(storeFile, command);
  } catch (error) {
    if (error instanceof DirbridgeError && error.code === 'store-damaged') return 'unreadable';
    throw error;
  }
}

async function readLastWrite(file: string, command: string): Promise<LastWrite | null> {
  const store = await openSqliteStore(file, { command, holdsLock: true });
  try {
    return await store.undo.lastWrite();
  } finally {
    await store.close();
  }
}

function refuseOlder(
  storeFile: string,
  backup: string,
  ours: LastWrite | null,
  theirs: RestoredStore['replaced'],
): void {
  if (theirs === null || theirs === 'unreadable' || theirs.at <= (ours?.at ?? '')) return;
  const last = ours === null ? 'knows of no write to the tenant' : `knows of writes until ${ours.at} (run ${ours.run})`;
  throw new DirbridgeError(
    'restore-older',
    `${backup} ${last}, but ${storeFile} has written to the tenant since, last at ${theirs.at} (run ${theirs.run})`,
  );
}

/** The name of the store leads to the old one or to the new one at every moment. */
function putInPlace(storeFile: string, copy: string): string | null {
  let kept: string | null = null;
  if (storeExists(storeFile)) {
    refuseReaders(storeFile);
    takeOver(storeFile, copy);
    kept = keep(storeFile);
  }
  for (const end of ['-wal', '-shm']) rmSync(`${storeFile}${end}`, { force: true });
  flush(copy);
  renameSync(copy, storeFile);
  flush(dirname(resolve(storeFile)));
  return kept;
}

/** What a reader holds open beside the store would be taken for a part of the new one. A store that cannot be opened has no readers. */
function refuseReaders(storeFile: string): void {
  const wal = `${storeFile}-wal`;
  if (!existsSync(wal) || statSync(wal).size === 0 || !isReadable(storeFile)) return;
  throw new DirbridgeError('store-locked', `the store ${storeFile} is being read by another process`, {
    remedy: 'Wait until it has ended, such as a "dirbridge plan --show" that somebody pages through, and try again.',
  });
}

function isReadable(file: string): boolean {
  try {
    checkCopy(file, file);
    return true;
  } catch {
    return false;
  }
}

/** Whoever may use the store may use what takes its place: restore is run as root where the service is not. */
function takeOver(storeFile: string, copy: string): void {
  const { mode, uid, gid } = statSync(storeFile);
  chmodSync(copy, mode & 0o777);
  try {
    chownSync(copy, uid, gid);
  } catch {
    // Only root gives files away; anybody else owns both already, or cannot write the store at all.
  }
}

function keep(storeFile: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let kept = `${storeFile}.replaced-${stamp}`;
  for (let number = 2; existsSync(kept); number++) kept = `${storeFile}.replaced-${stamp}-${number}`;
  try {
    linkSync(storeFile, kept);
  } catch {
    // Not every file system has links.
    copyFileSync(storeFile, kept);
  }
  if (existsSync(`${storeFile}-wal`) && statSync(`${storeFile}-wal`).size > 0)
    copyFileSync(`${storeFile}-wal`, `${kept}-wal`);
  return kept;
}

/** `what`: how people know the file. */
function checkCopy(file: string, what: string): void {
  let problems: readonly string[];
  try {
    problems = findDamage(file);
  } catch (error) {
    const told = toStoreError(error, file);
    if (told instanceof DirbridgeError && told.code !== 'store-damaged') throw told;
    throw new DirbridgeError('backup-invalid', `${what} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (problems.length > 0) throw new DirbridgeError('backup-invalid', `${what} is not whole: ${problems.join('; ')}`);
}

function refuseStoreItself(storeFile: string, file: string): void {
  const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));
  if (['', '-wal', '-shm', '.lock'].every((end) => real(`${storeFile}${end}`) !== real(file))) return;
  throw new DirbridgeError('usage', `${file} belongs to the store itself`, { remedy: 'Name another file.' });
}

function flush(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } catch {
    // Some systems do not flush folders, or files opened for reading.
  } finally {
    closeSync(handle);
  }
}

function remove(file: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${end}`, { force: true });
}
