import { readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isMap, isNode, isPair, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { type Config, type ConfigKinds, loadConfig } from '../config.ts';
import { DirbridgeError, messageOf } from '../errors.ts';
import { writeLike } from './write-like.ts';

/** A configuration with one key of its section `target` set, read and checked, and as it is to be written. */
export interface ChangedTarget {
  readonly config: Config;
  readonly text: string;
}

/**
 * The configuration of a file with a key of `target` set to a word; everything else, comments and blanks too, stays as it stands there. Throws `config-missing`,
 * `config-invalid`, also where the file is written in a way that hides the place.
 */
export function withTargetKey(file: string, key: string, value: string, kinds: ConfigKinds): ChangedTarget {
  const text = setTargetKey(readFileSync(file, 'utf8'), key, value);
  const config = text === null ? null : loadConfig(file, kinds, text);
  if (text !== null && config !== null && readTargetKey(config, key) === value) return { config, text };
  throw new DirbridgeError('config-invalid', `${file}: the place of ${key} in the section target was not found`, {
    remedy: `Write target as a plain section, without aliases, or set ${key}: ${value} there yourself and look at the plan before you apply it.`,
  });
}

export function readTargetKey({ target: { section } }: Config, key: string): unknown {
  return typeof section === 'object' && section !== null ? (section as Record<string, unknown>)[key] : undefined;
}

/** Throws `config-invalid` where the file could not be replaced: to be known before the tenant is changed, not after. */
export function requireReplaceable(file: string): void {
  const real = realpathSync(file);
  const candidate = candidateOf(real);
  try {
    writeLike(candidate, readFileSync(real, 'utf8'), real);
    rmSync(candidate);
  } catch (cause) {
    throw new DirbridgeError('config-invalid', `${file} could not be replaced when all is done: ${messageOf(cause)}`, {
      cause,
      remedy: `Let the user that runs this write into ${dirname(real)}, and give the command again. Nothing was changed.`,
    });
  }
}

function candidateOf(real: string): string {
  return join(dirname(real), `.${basename(real)}.converted`);
}

/** Puts the changed file into the place of the one that is there now, whole or not at all. Throws as `withTargetKey`. */
export function writeTargetKey(file: string, key: string, value: string, kinds: ConfigKinds): void {
  const { text } = withTargetKey(file, key, value, kinds);
  // A link to the file stays a link.
  const real = realpathSync(file);
  const candidate = candidateOf(real);
  try {
    writeLike(candidate, text, real);
    renameSync(candidate, real);
  } catch (cause) {
    throw new DirbridgeError('config-invalid', `${file} cannot be replaced: ${messageOf(cause)}`, {
      cause,
      remedy: `Set ${key}: ${value} in its section target yourself, before anything else is run.`,
    });
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Null where the section is no map of its own. */
function setTargetKey(text: string, key: string, value: string): string | null {
  const target = parseDocument(text).getIn(['target'], true);
  if (!isMap(target)) return null;
  const held = rangeOf(target, key);
  if (held !== null) return text.slice(0, held.start) + value + text.slice(held.end);
  const kind = rangeOf(target, 'kind');
  return kind === null ? null : insertAfter(text, target, kind, `${key}: ${value}`);
}

/** Behind the key `kind`: in braces at once, else on the next line, under it. */
function insertAfter(text: string, target: YAMLMap, kind: KeyRange, line: string): string | null {
  if (target.flow === true) return `${text.slice(0, kind.end)}, ${line}${text.slice(kind.end)}`;
  const indent = text.slice(text.lastIndexOf('\n', kind.key) + 1, kind.key);
  if (indent.trim() !== '') return null;
  const found = text.indexOf('\n', kind.end);
  const end = found < 0 ? text.length : found;
  const isDos = text[end - 1] === '\r';
  const at = isDos ? end - 1 : end;
  return `${text.slice(0, at)}${isDos ? '\r\n' : '\n'}${indent}${line}${text.slice(at)}`;
}

interface KeyRange {
  /** Where the key begins, where its value does, and where that ends. */
  readonly key: number;
  readonly start: number;
  readonly end: number;
}

function rangeOf(map: YAMLMap, name: string): KeyRange | null {
  const pair = map.items.find((one) => isPair(one) && isScalar(one.key) && one.key.value === name);
  if (pair === undefined || !isScalar(pair.key) || !isNode(pair.value)) return null;
  const [key] = pair.key.range ?? [];
  const [start, end] = pair.value.range ?? [];
  return key === undefined || start === undefined || end === undefined ? null : { key, start, end };
}
