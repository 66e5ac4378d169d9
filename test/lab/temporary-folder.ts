import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAtProcessEnd } from './process-end.ts';

const folders = new Set<string>();
let isWatchingOurEnd = false;

/** Makes an empty folder that is removed at the latest when this process ends. */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  if (!isWatchingOurEnd) {
    isWatchingOurEnd = true;
    runAtProcessEnd(removeAll);
  }
  const folder = await mkdtemp(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** Removes a folder of makeTemporaryFolder with all it holds. Safe to repeat. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  folders.delete(folder);
  await rm(folder, { recursive: true, force: true });
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.clear();
}
