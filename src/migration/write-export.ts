import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { DirbridgeError } from '../errors.ts';
import type { ExportedConfiguration } from './export-configuration.ts';
import { writeFiles } from './write-files.ts';

/** Writes an export into a folder; answers the paths. Throws `output-exists`, and `usage` for the folder of the configuration itself. */
export function writeExport(exported: ExportedConfiguration, folder: string, force: boolean): readonly string[] {
  if (realPath(folder) === realPath(dirname(exported.file)))
    throw new DirbridgeError('usage', `${folder} is the folder of the configuration itself; nothing was written`, {
      remedy:
        'Name another folder with --output: the copy is in staging mode and must not take the place of what is in use.',
    });
  return writeFiles(folder, exported.files, force);
}

/** Null for a folder that is not there yet. */
function realPath(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
}
