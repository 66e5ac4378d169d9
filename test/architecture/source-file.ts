import { posix } from 'node:path';
import { readTokens, type Token } from './source-tokens.ts';

/** Path from the root of the project (with slashes) to text. */
export type SourceTree = ReadonlyMap<string, string>;

export interface Import {
  readonly line: number;
  /** The path of the file in the project, or the name of a package (`zod`, `@azure/msal-node`, `node:fs`). Null: computed, so nobody can tell. */
  readonly target: string | null;
  readonly isPackage: boolean;
  readonly isType: boolean;
}

export interface Declaration {
  readonly line: number;
  readonly kind: 'type' | 'value';
  readonly name: string;
}

export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly declarations: readonly Declaration[];
  /** Lines with a default export. */
  readonly defaultExports: readonly number[];
  /** Lines with the type `any`. */
  readonly anyTypes: readonly number[];
  /** Lines with a comment that silences the compiler. */
  readonly silenced: readonly number[];
}

const TYPE_WORDS = ['class', 'interface', 'type', 'enum', 'namespace'];
const VALUE_WORDS = ['function', 'const', 'let', 'var'];
/** In front of `any` when it is a type. */
const BEFORE_TYPE = [':', '<', '|', '&', '=>', 'as', 'is', 'satisfies', 'extends'];
const SILENCER = new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`);

/** Reads one file of a tree. */
export function readSourceFile(path: string, source: string): SourceFile {
  const all = readTokens(source);
  const tokens = all.filter((token) => token.kind !== 'comment');
  return {
    path,
    imports: listImports(tokens).map((one) => resolveImport(path, one)),
    declarations: listDeclarations(tokens),
    defaultExports: listDefaultExports(tokens),
    anyTypes: listAnyTypes(tokens),
    silenced: all.filter((token) => token.kind === 'comment' && SILENCER.test(token.text)).map((token) => token.line),
  };
}

/** Every source file of a tree, in the order of their paths. */
export function readSourceFiles(tree: SourceTree): readonly SourceFile[] {
  return [...tree]
    .filter(([path]) => /\.(ts|tsx|mjs)$/.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, source]) => readSourceFile(path, source));
}

interface Named {
  readonly line: number;
  readonly specifier: string | null;
  readonly isType: boolean;
}

function resolveImport(path: string, { line, specifier, isType }: Named): Import {
  if (specifier === null) return { line, target: null, isPackage: false, isType };
  if (specifier.startsWith('.'))
    return { line, target: posix.join(posix.dirname(path), specifier), isPackage: false, isType };
  const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
  return { line, target: parts.join('/'), isPackage: true, isType };
}

function listImports(tokens: readonly Token[]): readonly Named[] {
  const found: Named[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || isMember(tokens, index)) return;
    const named = token.text === 'import' ? readImport(tokens, index) : null;
    const passedOn = token.text === 'export' ? readExport(tokens, index) : null;
    if (named !== null) found.push(named);
    if (passedOn !== null) found.push(passedOn);
  });
  return found;
}

function readImport(tokens: readonly Token[], at: number): Named | null {
  const line = tokens[at]?.line ?? 0;
  const next = tokens[at + 1];
  if (next?.kind === 'string') return { line, specifier: next.text, isType: false };
  if (next?.text === '(') {
    const what = tokens[at + 2];
    const isWhole = tokens[at + 3]?.text === ')' || tokens[at + 3]?.text === ',';
    return { line, specifier: what?.kind === 'string' && isWhole ? what.text : null, isType: false };
  }
  if (next === undefined || next.text === '.') return null;
  return readFrom(tokens, at + 1, line, next.text === 'type' && tokens[at + 2]?.text !== 'from');
}

function readExport(tokens: readonly Token[], at: number): Named | null {
  const isType = tokens[at + 1]?.text === 'type';
  const start = isType ? at + 2 : at + 1;
  const line = tokens[at]?.line ?? 0;
  const first = tokens[start]?.text;
  if (first === '*') return readFrom(tokens, start, line, isType);
  if (first !== '{') return null;
  const end = tokens.findIndex((token, index) => index > start && token.text === '}');
  return tokens[end + 1]?.text === 'from' ? readFrom(tokens, end + 1, line, isType) : null;
}

function readFrom(tokens: readonly Token[], start: number, line: number, isType: boolean): Named | null {
  for (let index = start; index < tokens.length && tokens[index]?.text !== ';'; index++) {
    const specifier = tokens[index + 1];
    if (tokens[index]?.text === 'from' && specifier?.kind === 'string')
      return { line, specifier: specifier.text, isType };
  }
  return null;
}

function listDeclarations(tokens: readonly Token[]): readonly Declaration[] {
  const found: Declaration[] = [];
  tokens.forEach((token, index) => {
    const name = tokens[index + 1];
    if (token.kind !== 'word' || name?.kind !== 'word' || isMember(tokens, index)) return;
    if (TYPE_WORDS.includes(token.text)) found.push({ line: name.line, kind: 'type', name: name.text });
    if (VALUE_WORDS.includes(token.text)) found.push({ line: name.line, kind: 'value', name: name.text });
  });
  return found;
}

function listDefaultExports(tokens: readonly Token[]): readonly number[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || token.text !== 'default') return [];
    const before = tokens[index - 1]?.text;
    return before === 'export' || (before === 'as' && tokens[index + 1]?.text !== 'from') ? [token.line] : [];
  });
}

function listAnyTypes(tokens: readonly Token[]): readonly number[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || token.text !== 'any' || isMember(tokens, index)) return [];
    const before = tokens[index - 1]?.text ?? '';
    const behind = tokens[index + 1]?.text ?? '';
    return BEFORE_TYPE.includes(before) || behind === '>' || behind === '[' ? [token.line] : [];
  });
}

function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return before?.kind === 'sign' && (before.text === '.' || before.text === '?.');
}
