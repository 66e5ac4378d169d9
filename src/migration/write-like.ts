import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Writes a file with the owner and the rights of the file whose place it takes. */
export function writeLike(path: string, text: string, like: string): void {
  const { mode, uid, gid } = statSync(like);
  writeFileSync(path, text, { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
  chmodSync(path, mode & 0o777);
}
