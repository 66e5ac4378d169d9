import { posix } from 'node:path';
import { type Breach, isTestFile } from './import-rules.ts';
import type { Declaration, SourceFile } from './source-file.ts';

/** What a name ends with that says nothing of what it names. */
const EMPTY_ENDS = ['util', 'utils', 'helper', 'helpers', 'impl', 'abstract'];
/** Nowhere in the name of a file or folder. */
const EMPTY_FILE_WORDS = [...EMPTY_ENDS, 'common', 'shared', 'misc'];
/** Nor does a type begin or end with these, or a file end with them. Elsewhere they are honest: a user has a manager, a search a base. */
const EMPTY_TYPE_ENDS = [...EMPTY_FILE_WORDS, 'manager', 'base'];

const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;

/** Names that say nothing, barrels, and files that are not in kebab-case. */
export function findForbiddenNames(files: readonly SourceFile[]): readonly Breach[] {
  return files.flatMap((file) => [...judgePath(file.path), ...file.declarations.flatMap((one) => judge(file, one))]);
}

function judgePath(path: string): readonly Breach[] {
  const breach = (rule: string): Breach => ({ file: path, line: 1, rule });
  const found: Breach[] = [];
  for (const part of path.split('/')) {
    const words = part.split(/[-.]/).map((one) => one.toLowerCase());
    const last = isTestFile(path) ? '' : (part.split('.')[0]?.split('-').at(-1) ?? '');
    const empty = words.find((one) => EMPTY_FILE_WORDS.includes(one)) ?? (EMPTY_TYPE_ENDS.includes(last) ? last : null);
    if (empty !== null) found.push(breach(`is named "${part}": "${empty}" does not say what is inside`));
  }
  const name = posix.basename(path);
  if (/^index\.\w+$/.test(name)) found.push(breach('is a barrel: import the file that holds the thing'));
  if (!path.startsWith('web/') && !FILE_NAME.test(name)) found.push(breach('is not in kebab-case'));
  return found;
}

function judge(file: SourceFile, { line, kind, name }: Declaration): readonly Breach[] {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[ _$]/)
    .map((word) => word.toLowerCase());
  const ends = kind === 'type' ? [words[0], words.at(-1)] : [words.at(-1)];
  const empty = ends.find((word) => (kind === 'type' ? EMPTY_TYPE_ENDS : EMPTY_ENDS).includes(word ?? ''));
  return empty === undefined ? [] : [{ file: file.path, line, rule: `"${name}": "${empty}" does not say what it is` }];
}

/** Default exports, the type any, and comments that silence the compiler. */
export function findForbiddenForms(files: readonly SourceFile[]): readonly Breach[] {
  return files.flatMap((file) => [
    ...file.defaultExports.map((line) => ({ file: file.path, line, rule: 'has a default export: give it a name' })),
    ...file.anyTypes.map((line) => ({ file: file.path, line, rule: 'says any: say what it is, or unknown' })),
    ...file.silenced.map((line) => ({ file: file.path, line, rule: 'silences the compiler' })),
  ]);
}
