import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Breach } from './import-rules.ts';
import type { SourceTree } from './source-file.ts';

/** The root of the project. */
export const ROOT = join(import.meta.dirname, '..', '..');

const TEXT = /\.(ts|tsx|mjs|js|json|ya?ml|md|sql|py|txt|csv|ldif|svg|html|css|sh|cmd|ps1)$|(^|\/)(run|LICENSE|\.\w+)$/;

/** The text files of the project: those that git knows and those that are about to be added, without what is ignored. */
export function readProject(): SourceTree {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  const paths = list
    .toString('utf8')
    .split('\0')
    .filter((path) => TEXT.test(path) && existsSync(join(ROOT, path)));
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** Folders that exist on one machine only. The names are put together here so that this file does not hold them itself. */
const MACHINE_PATH = new RegExp(
  `(?<![\\w.~$}/])/(${['ho' + 'me', 'ro' + 'ot', 'Us' + 'ers', 'wo' + 'rk', 'work' + 'space'].join('|')})/[\\w.]`,
);
const REGISTRY = new RegExp(
  ['\\bregis' + 'try\\.[\\w-]+\\.\\w', '\\bnpm' + 'mirror\\b', '\\bnpmjs' + '\\.(org|com)\\b'].join('|'),
  'i',
);

/** Absolute paths of somebody's machine, and the hosts of package registries. */
export function findMachineTraces(tree: SourceTree): readonly Breach[] {
  const found: Breach[] = [];
  for (const [file, text] of tree) {
    text.split('\n').forEach((line, index) => {
      if (MACHINE_PATH.test(line)) found.push({ file, line: index + 1, rule: 'names a path of one machine' });
      if (REGISTRY.test(line)) found.push({ file, line: index + 1, rule: 'names the host of a package registry' });
    });
  }
  return found;
}
