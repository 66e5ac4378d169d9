import { posix } from 'node:path';
import type { Breach } from './import-rules.ts';
import type { SourceTree } from './source-file.ts';

/** A path of the project as papers name it: with a folder in front, or a file of the root. `*` stands for anything in a name. */
const PATH = /(?<![\w./@:-])(?:\.ci|src|emulator|web|test|bench|examples|docs|bin|scripts|changes)\/[\w.*/-]*/g;
const QUOTED = /`([\w.-]+\.(?:md|ts|mjs|json))`/g;
const LINK = /\]\(([^)\s#:]+)(?:#[^)]*)?\)/g;

/** Paths and links in a paper that lead nowhere. */
export function findLostPaths(tree: SourceTree, papers: readonly string[]): readonly Breach[] {
  return papers.flatMap((file) =>
    (tree.get(file) ?? '').split('\n').flatMap((line, index) =>
      namedPaths(file, line)
        .filter((path) => !isThere(tree, path))
        .map((path) => ({ file, line: index + 1, rule: `names ${path}, which is not there` })),
    ),
  );
}

function namedPaths(file: string, line: string): readonly string[] {
  const links = [...line.matchAll(LINK)].map(([, to = '']) => posix.join(posix.dirname(file), to));
  const withoutLinks = line.replaceAll(LINK, '');
  const paths = [...withoutLinks.matchAll(PATH)].map(([path]) => path.replace(/[.,]+$/, ''));
  const files = [...withoutLinks.matchAll(QUOTED)].map(([, name = '']) => name).filter((name) => /^[A-Z]/.test(name));
  return [...links, ...paths, ...files];
}

function isThere(tree: SourceTree, path: string): boolean {
  const pattern = path.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
  const exact = new RegExp(`^${pattern}(/|$)`);
  return [...tree.keys()].some((file) => exact.test(file));
}
