import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../config.ts';
import { DirbridgeError, messageOf } from '../errors.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { type Keys, readKeys, setAt } from './configuration-keys.ts';
import { type ConfigurationDiff, diffConfigurations } from './diff-configuration.ts';
import { findKind, type SectionKinds, valueAt } from './section-kind.ts';
import { writeLike } from './write-like.ts';

/** Below the folder of the configuration: rule files and certificates of the server that is followed, each version in a folder of its own. */
const FOLLOWED = 'followed';
/** How a file begins that was taken over. */
const HEAD = '# Taken over from';
const MOST_BYTES = 20_000_000;
/** Keys that every server has for itself. */
const OWN_KEYS = ['store', 'staging', 'standby'] as const;

export interface FollowRequest {
  /** Our dirbridge.yaml. */
  readonly file: string;
  /** What the other server has published, as `exportConfiguration` makes it: the folder, its name, and whose it is. */
  readonly published: string;
  readonly version: string;
  readonly server: string;
  /** Further keys that stay as they are here, such as `sources.corp.servers`. */
  readonly keep: readonly string[];
}

/**
 * Brings our configuration in step with the one that another server has published. What names secrets, data files and the store stays ours. The file is replaced
 * only by one that was read and checked as a whole; what it was before lies beside it as `.before`. Answers what changed; nothing when both mean the same. Throws
 * `config-invalid`, `rules-invalid` and leaves everything as it was.
 */
export function followConfiguration(request: FollowRequest, kinds: SectionKinds): ConfigurationDiff['differences'] {
  const { published, version } = request;
  // A link to the file stays a link.
  const file = realpathSync(request.file);
  const folder = dirname(file);
  const copied = join(folder, FOLLOWED, version);
  const candidate = join(folder, `.${basename(file)}.followed`);
  try {
    const text = textOf({ ...request, file }, kinds);
    // So it is at nearly every cycle: nothing is copied, read and compared again.
    if (text === readFileSync(file, 'utf8')) return [];
    copyFiles(published, copied);
    writeLike(candidate, text, file);
    requireReadable(candidate, request, kinds);
    const { differences } = diffConfigurations(file, candidate, kinds);
    if (differences.length > 0) {
      keepFormer(file);
      renameSync(candidate, file);
    }
    return differences;
  } catch (cause) {
    if (cause instanceof DirbridgeError) throw cause;
    throw new DirbridgeError('config-invalid', `${file} cannot be replaced: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give this account the right to write the file and its folder, or set standby: { follow: false }.',
    });
  } finally {
    tidyUp(file, candidate);
  }
}

/** Tells what is wrong with it as something of the other server. */
function requireReadable(candidate: string, { server }: FollowRequest, kinds: SectionKinds): void {
  try {
    const { rules, identity } = loadConfig(candidate, kinds);
    loadRuleSet(rules, identity);
  } catch (cause) {
    if (!(cause instanceof DirbridgeError)) throw cause;
    const message = cause.message.replaceAll(candidate, `dirbridge.yaml of ${server}`);
    throw new DirbridgeError(cause.code, message, { cause, remedy: cause.remedy });
  }
}

/** What an administrator wrote is kept, and not what was taken over before. */
function keepFormer(file: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith(HEAD)) writeLike(`${file}.before`, text, file);
}

/** What is left behind does no harm: it goes the next time. */
function tidyUp(file: string, candidate: string): void {
  try {
    rmSync(candidate, { force: true });
    forgetUnused(file);
  } catch {
    // Somebody else's file in our folder, or no right to take it away.
  }
}

function copyFiles(published: string, copied: string): void {
  if (existsSync(copied)) return;
  const half = `${copied}.half`;
  rmSync(half, { recursive: true, force: true });
  for (const part of ['rules', 'certificates']) {
    if (!existsSync(join(published, part))) continue;
    mkdirSync(join(half, part), { recursive: true });
    for (const name of readdirSync(join(published, part)))
      copyFile(join(published, part, name), join(half, part, name));
  }
  mkdirSync(half, { recursive: true });
  renameSync(half, copied);
}

/** Only what the file names is kept. */
function forgetUnused(file: string): void {
  const folder = join(dirname(file), FOLLOWED);
  if (!existsSync(folder)) return;
  const text = readFileSync(file, 'utf8');
  for (const version of readdirSync(folder))
    if (!text.includes(`${FOLLOWED}/${version}/`)) rmSync(join(folder, version), { recursive: true, force: true });
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** Only a file as a server publishes it: a link or a device would show or hang whatever it leads to. */
function copyFile(from: string, to: string): void {
  const { size } = requirePlain(from);
  if (size > MOST_BYTES)
    throw new DirbridgeError('config-invalid', `${from} is too large for a file of a configuration`);
  writeFileSync(to, readFileSync(from));
}

function requirePlain(path: string) {
  const facts = lstatSync(path);
  if (facts.isFile()) return facts;
  throw new DirbridgeError('config-invalid', `${path} is no plain file, so it was not published by a server`);
}

function textOf({ file, published, version, server, keep }: FollowRequest, kinds: SectionKinds): string {
  const ours = readKeys(file);
  requirePlain(join(published, 'dirbridge.yaml'));
  const theirs = readKeys(join(published, 'dirbridge.yaml'));
  moveFiles(theirs, `./${FOLLOWED}/${version}`, kinds);
  keepOwnFiles(theirs, ours, kinds);
  for (const key of [...OWN_KEYS, ...keep]) keepKey(theirs, ours, key.split('.'));
  const kept = keep.length === 0 ? '' : ` and ${keep.join(', ')}`;
  return [
    `${HEAD} ${server}, which this server stands by for, and replaced whenever it changes there: change it there.`,
    `# Of this server are ${OWN_KEYS.join(', ')}, where secrets and data files lie${kept}.`,
    stringify(theirs, { lineWidth: 0, aliasDuplicateObjects: false }),
  ].join('\n');
}

function sourcesOf(keys: Keys): readonly Keys[] {
  return Array.isArray(keys['sources']) ? keys['sources'] : [];
}

/** Rules and certificates lie where they were copied to. */
function moveFiles(keys: Keys, place: string, kinds: SectionKinds): void {
  const moved = (path: string): string => `${place}/${path.replace(/^\.\//, '')}`;
  if (Array.isArray(keys['rules']))
    keys['rules'] = keys['rules'].map((rule) => (rule === 'standard' ? rule : moved(String(rule))));
  for (const [section, files] of sectionsOf(keys, kinds))
    for (const [key, content] of Object.entries(files)) {
      const path = valueAt(section, key);
      const isCopied = content === 'certificates' && typeof path === 'string' && path.startsWith('./certificates/');
      if (isCopied) setAt(section, key.split('.'), moved(path));
    }
}

function* sectionsOf(keys: Keys, kinds: SectionKinds): Iterable<readonly [Keys, Readonly<Record<string, string>>]> {
  for (const source of sourcesOf(keys)) {
    const kind = kinds.sources.find((one) => one.kind === source['kind']);
    if (kind !== undefined) yield [source, kind.facts.files];
  }
  const target = keys['target'] as Keys | undefined;
  const kind = kinds.targets.find((one) => one.kind === target?.['kind']);
  if (target !== undefined && kind !== undefined) yield [target, kind.facts.files];
}

/** Secrets and data lie on each server where its administrator has put them. */
function keepOwnFiles(theirs: Keys, ours: Keys, kinds: SectionKinds): void {
  for (const source of sourcesOf(theirs)) {
    const own = sourcesOf(ours).find((one) => one['name'] === source['name'] && one['kind'] === source['kind']);
    if (own !== undefined) keepFiles(source, own, findKind(kinds.sources, String(source['kind'])).facts);
  }
  const [target, own] = [theirs['target'] as Keys, ours['target'] as Keys];
  if (target['kind'] === own['kind']) keepFiles(target, own, findKind(kinds.targets, String(target['kind'])).facts);
}

function keepFiles(section: Keys, own: Keys, facts: SectionKinds['sources'][number]['facts']): void {
  const data = Object.entries(facts.files).flatMap(([key, content]) => (content === 'certificates' ? [] : [key]));
  for (const key of [...facts.secrets, ...data]) {
    const value = valueAt(own, key);
    if (value !== undefined && valueAt(section, key) !== undefined) setAt(section, key.split('.'), value);
  }
}

/** `sources.NAME`, `sources.NAME.KEY` or `KEY.KEY`: what ours has, or nothing. Throws `config-invalid` for what names nothing. */
function keepKey(theirs: Keys, ours: Keys, path: readonly string[]): void {
  if (path[0] !== 'sources') {
    setAt(theirs, path, valueAt(ours, path.join('.')));
    return;
  }
  const wanted = path.slice(1).join('.');
  const own = sourcesOf(ours).find((one) => wanted === one['name'] || wanted.startsWith(`${one['name']}.`));
  if (own === undefined)
    throw new DirbridgeError('config-invalid', `standby.keep: ${path.join('.')} names no source of this server`, {
      remedy: 'Write sources.NAME or sources.NAME.KEY, such as sources.corp.servers.',
    });
  const list = theirs['sources'] as Keys[];
  const at = list.findIndex((one) => one['name'] === own['name']);
  const rest = wanted.slice(String(own['name']).length + 1);
  if (at < 0) return;
  if (rest === '') list[at] = own;
  else setAt(list[at] ?? {}, rest.split('.'), valueAt(own, rest));
}
