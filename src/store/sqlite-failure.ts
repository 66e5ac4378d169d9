import { DirbridgeError, messageOf } from '../errors.ts';

/** Result codes of SQLite (sqlite.org/rescode.html) that tell of the machine, not of the file's content or of us. */
const BUSY = 5;
const UNWRITABLE: ReadonlySet<number> = new Set([3, 8, 10, 13, 14, 23]);
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** Another connection holds what was asked for. */
export function isBusy(error: unknown): boolean {
  return resultCodeOf(error) === BUSY;
}

/** What SQLite threw, as an error that says whose matter it is; anything else as it is. */
export function toStoreError(error: unknown, file: string): unknown {
  const code = resultCodeOf(error);
  if (code === null) return error;
  const options = { cause: error };
  if (code === BUSY)
    return new DirbridgeError(
      'store-locked',
      `the store ${file} is in use by another process: ${messageOf(error)}`,
      options,
    );
  if (UNWRITABLE.has(code))
    return new DirbridgeError('store-unwritable', `${file} cannot be read or written: ${messageOf(error)}`, options);
  if (DAMAGED.has(code))
    return new DirbridgeError('store-damaged', `${file} cannot be used as a store: ${messageOf(error)}`, options);
  return error;
}

/** The primary result code; extended codes carry it in their low byte. */
function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}
