import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a real export lies beside the project while it is developed; it is no part of it. Null where it is not. */
export function findReference(...path: readonly string[]): string | null {
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    const file = join(at, 'shared', 'reference', ...path);
    if (existsSync(file)) return file;
  }
  return null;
}
