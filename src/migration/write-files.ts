import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DirbridgeError, messageOf } from '../errors.ts';

/** A file to be written: its path below the folder, with slashes. */
export interface NewFile {
  readonly name: string;
  readonly text: string | Uint8Array;
}

/**
 * Writes files into a folder, which is made where it is missing; answers their paths. Throws DirbridgeError `output-exists`, before anything
 * is written, when one is there already and `force` is not given.
 */
export function writeFiles(folder: string, files: readonly NewFile[], force: boolean): readonly string[] {
  const paths = files.map((file) => join(folder, file.name));
  const there = paths.filter((path) => existsSync(path));
  if (there.length > 0 && !force)
    throw new DirbridgeError(
      'output-exists',
      `${there.join(', ')} ${there.length > 1 ? 'are' : 'is'} there already; nothing was written`,
    );
  for (const [index, { text }] of files.entries()) writeOne(paths[index] ?? folder, text, force);
  return paths;
}

/** Lets somebody look at files before they are written to their place: they lie in a folder that goes again. */
export function tryFiles(files: readonly NewFile[], look: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-'));
  try {
    writeFiles(folder, files, false);
    look(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeOne(path: string, text: string | Uint8Array, force: boolean): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw new DirbridgeError('usage', `${path} cannot be written: ${messageOf(cause)}`, {
      cause,
      remedy: 'Name a folder with --output that this account may write to.',
    });
  }
}
