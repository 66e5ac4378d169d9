import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { z } from 'zod';
import { type DriftConfig, driftSchema } from './config/drift-section.ts';
import { duration } from './config/duration.ts';
import {
  completeDeletions,
  type DeletionConfig,
  deletionsSchema,
  type GuardConfig,
  guardsSchema,
} from './config/guards-section.ts';
import { type IdentityConfig, identitySchema } from './config/identity-section.ts';
import { explainIssue, nearestAlternative, printGiven, printKeyPath, suggestName, UNION } from './config/issue-text.ts';
import { describeSchema, type JsonSchema, keysAt, widenSchema } from './config/json-schema.ts';
import { type PasswordConfig, passwordsSchema } from './config/passwords-section.ts';
import { completeStandby, type StandbyConfig, standbySchema } from './config/standby-section.ts';
import { DirbridgeError, messageOf } from './errors.ts';

/** The kinds of sources and targets that there are, each with the strict schema of its own keys (without `name`, `kind` and `scope`). */
export interface ConfigKinds {
  readonly sources: readonly ConfigKind[];
  readonly targets: readonly ConfigKind[];
}

export interface ConfigKind {
  readonly kind: string;
  readonly section: z.ZodType;
  /** Of a target: the names of what it can be told to write, by either of their names. */
  readonly attributes?: readonly string[];
}

/** The whole configuration with every default filled in; paths are absolute, durations in milliseconds. */
export interface Config {
  /** The configuration file and the folder that its relative paths start from. */
  readonly file: string;
  readonly folder: string;
  readonly sources: readonly SourceConfig[];
  readonly target: TargetConfig;
  readonly store: StoreConfig;
  /** `standard` or the path of a file, each over the ones before. */
  readonly rules: readonly string[];
  /** How the shipped rules tell persons apart and name them. */
  readonly identity: IdentityConfig;
  /** Whether objects that the tenant holds already may be taken over. */
  readonly matching: MatchingConfig;
  readonly guards: GuardConfig;
  readonly deletions: DeletionConfig;
  /** Whether what somebody changes in the tenant is put right. */
  readonly drift: DriftConfig;
  readonly passwords: PasswordConfig;
  readonly schedule: { readonly every: number; readonly passwords: number };
  /** Nothing is written to the tenant. */
  readonly staging: boolean;
  /** The other server for the same tenant; null: there is none. */
  readonly standby: StandbyConfig | null;
}

export interface SourceConfig {
  readonly name: string;
  readonly kind: string;
  readonly scope: ScopeConfig;
  /** What the section schema of the kind made of the remaining keys. */
  readonly section: unknown;
}

export interface TargetConfig {
  readonly kind: string;
  readonly section: unknown;
}

export interface StoreConfig {
  readonly driver: 'sqlite';
  readonly path: string;
}

/** DNs as written. Empty `include`: everything. Empty `groups`: no limit to the direct members of groups. */
export interface ScopeConfig {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly groups: readonly string[];
}

/** `soft`: by primary mail address or user principal name, where no anchor is; `hard`: by the source anchor. */
export interface MatchingConfig {
  readonly soft: boolean;
  readonly hard: boolean;
}

/** What of the configuration password cycles go by. */
export type PasswordSettings = Pick<Config, 'file' | 'sources' | 'passwords'>;

export { PASSWORD_METHODS, type PasswordConfig, type PasswordMethod } from './config/passwords-section.ts';
export { deadAfterOf, type StandbyConfig } from './config/standby-section.ts';

/** One thing that is wrong in the file. Lines and columns start at 1; `key` is the path to it, e.g. `sources[0].scope`. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  readonly key: string;
  readonly message: string;
}

const RESERVED_NAME = 'tenant';

const dn = z.string().regex(/=/, { error: 'must be a DN such as OU=Accounts,DC=corp,DC=example,DC=com' });

const scopeSchema = z.strictObject({
  include: z.array(dn).default([]),
  exclude: z.array(dn).default([]),
  groups: z.array(dn).default([]),
});

/** What every source has besides the section of its kind. */
const sourceFrame = {
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, {
    error: 'must be a name of letters, digits, dots, dashes and underscores that starts with a letter or digit',
  }),
  scope: scopeSchema.prefault({}),
};

const generalSchema = z.strictObject({
  store: z
    .string()
    .regex(/^sqlite:./, { error: 'must be sqlite: and the path of a file, such as sqlite:./dirbridge.db' })
    .default('sqlite:./dirbridge.db'),
  rules: z.array(z.string().min(1)).min(1).default(['standard']),
  identity: identitySchema.prefault({}),
  matching: z.strictObject({ soft: z.boolean().default(true), hard: z.boolean().default(true) }).prefault({}),
  guards: guardsSchema.prefault({}),
  deletions: deletionsSchema.prefault({}),
  drift: driftSchema.prefault({}),
  passwords: passwordsSchema.prefault({}),
  schedule: z.strictObject({ every: duration.prefault('30m'), passwords: duration.prefault('2m') }).prefault({}),
  staging: z.boolean().default(false),
  standby: standbySchema.optional(),
});

/**
 * Reads and checks a configuration file. Throws DirbridgeError `config-missing`, or `config-invalid` whose message lists every problem
 * as `FILE:LINE:COLUMN: KEY what is wrong and what is allowed`, one on each line. `text`: what the file is to hold, in the place of what it holds.
 */
export function loadConfig(path: string, kinds: ConfigKinds, text?: string): Config {
  const { config, problems } = inspectConfig(path, kinds, text);
  if (config) return config;
  const lines = problems.map(({ line, column, key, message }) =>
    [`${path}:${line}:${column}:`, key, message].filter((part) => part !== '').join(' '),
  );
  throw new DirbridgeError('config-invalid', lines.join('\n'));
}

/** Like `loadConfig`, but gives the problems as data: `config` is null when there is any. Throws `config-missing` alone. */
export function inspectConfig(
  path: string,
  kinds: ConfigKinds,
  text = readConfigFile(path),
): { readonly config: Config | null; readonly problems: readonly ConfigProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { line, column: col, key: '', message: `is not valid YAML: ${yamlProblem(error)}` };
    });
    return { config: null, problems };
  }
  const reading = new ConfigReading(document, lines, kinds);
  const config = reading.read(resolve(path));
  const problems = [...reading.problems].sort((a, b) => a.line - b.line || a.column - b.column);
  return problems.length > 0 ? { config: null, problems } : { config, problems };
}

function yamlProblem({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins here; a configuration is one' : message;
}

function readConfigFile(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof TypeError)
      throw new DirbridgeError('config-invalid', `${path}:1:1: the file is not encoded in UTF-8`, {
        cause,
        remedy: 'Save it in UTF-8.',
      });
    throw new DirbridgeError('config-missing', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Why a section `identity` would be refused, null when it would not: for whoever writes a configuration. */
export function whyIdentityIsRefused(section: unknown): string | null {
  const { error } = identitySchema.safeParse(section);
  return error === undefined ? null : (error.issues[0]?.message ?? 'it is not allowed');
}

/** The JSON schema (draft 2020-12) of the configuration file, for editors. */
export function configJsonSchema(kinds: ConfigKinds): Readonly<Record<string, unknown>> {
  const { $schema, properties } = describeSchema(generalSchema);
  const frame = describeSchema(z.strictObject(sourceFrame)).properties;
  const source = (one: ConfigKind): JsonSchema =>
    widenSchema(describeSchema(one.section), { ...frame, kind: { const: one.kind } }, ['name', 'kind']);
  const target = (one: ConfigKind): JsonSchema =>
    widenSchema(describeSchema(one.section), { kind: { const: one.kind } }, ['kind']);
  return {
    $schema,
    title: 'dirbridge.yaml',
    type: 'object',
    properties: {
      sources: { type: 'array', minItems: 1, items: { oneOf: kinds.sources.map(source) } },
      target: { oneOf: kinds.targets.map(target) },
      ...properties,
    },
    required: ['sources', 'target'],
    additionalProperties: false,
  };
}

type Path = readonly PropertyKey[];

/** One pass over one file: collects every problem instead of stopping at the first. */
class ConfigReading {
  readonly problems: ConfigProblem[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #kinds: ConfigKinds;

  constructor(document: Document, lines: LineCounter, kinds: ConfigKinds) {
    this.#document = document;
    this.#lines = lines;
    this.#kinds = kinds;
  }

  read(file: string): Config | null {
    const root = this.#toPlain();
    if (this.problems.length > 0) return null;
    if (!isRecord(root)) {
      this.#report([], `${basename(file)} must hold keys and values; it needs at least sources and target`);
      return null;
    }
    const { sources: rawSources, target: rawTarget, ...rawGeneral } = root;
    const sources = this.#readSources(rawSources);
    const target = this.#readTarget(rawTarget);
    const general = this.#parse(generalSchema, rawGeneral, [], ['sources', 'target']);
    if (rawGeneral['identity'] !== undefined && general?.rules.includes('standard') === false)
      this.#report(['identity'], 'changes the shipped rules, but rules does not name standard', true);
    if (general && target) this.#checkDrift(general.drift, target);
    if (!general || !target || this.problems.length > 0) return null;
    const folder = dirname(file);
    return {
      ...general,
      file,
      folder,
      sources,
      target,
      deletions: completeDeletions(general.deletions),
      standby: completeStandby(general.standby, (path) => resolve(folder, path)),
      store: { driver: 'sqlite', path: resolve(folder, general.store.slice('sqlite:'.length)) },
      rules: general.rules.map((rule) => (rule === 'standard' ? rule : resolve(folder, rule))),
    };
  }

  /** A misspelled name would leave alone nothing, and nobody would be told. */
  #checkDrift({ attributes }: DriftConfig, target: TargetConfig): void {
    const known = this.#kinds.targets.find((one) => one.kind === target.kind)?.attributes ?? [];
    for (const name of Object.keys(attributes)) {
      if (name.toLowerCase() === 'member')
        this.#report(['drift', 'attributes', name], 'is no attribute; write drift.members for memberships', true);
      else if (!known.some((one) => one.toLowerCase() === name.toLowerCase()))
        this.#report(
          ['drift', 'attributes', name],
          `is no attribute that is written to the tenant${suggestName(name, known)}`,
          true,
        );
    }
  }

  /** Aliases are followed only here, so what is wrong with them shows only here. */
  #toPlain(): unknown {
    try {
      return this.#document.toJS();
    } catch (error) {
      this.#report([], `is not valid YAML: ${messageOf(error)}`);
      return null;
    }
  }

  #readSources(raw: unknown): readonly SourceConfig[] {
    if (!Array.isArray(raw) || raw.length === 0) {
      this.#report(['sources'], `must be a list with at least one source${raw === undefined ? '; it is missing' : ''}`);
      return [];
    }
    const sources: SourceConfig[] = [];
    const paths = new Map<string, number>();
    raw.forEach((one: unknown, index) => {
      const source = this.#readSource(one, ['sources', index]);
      if (!source) return;
      const name = source.name.toLowerCase();
      const earlier = paths.get(name);
      if (name === RESERVED_NAME)
        this.#report(
          ['sources', index, 'name'],
          `must not be "${RESERVED_NAME}": that is the name of the tenant itself`,
        );
      else if (earlier !== undefined)
        this.#report(
          ['sources', index, 'name'],
          `is the name of sources[${earlier}] already; each source needs a name of its own`,
        );
      else paths.set(name, index);
      sources.push(source);
    });
    return sources;
  }

  #readSource(raw: unknown, path: Path): SourceConfig | null {
    const kind = this.#readKind(raw, path, this.#kinds.sources);
    if (!kind || !isRecord(raw)) return null;
    const { name: _name, scope: _scope, kind: _kind, ...own } = raw;
    const framed: Record<string, unknown> = {};
    for (const key of ['name', 'scope']) if (raw[key] !== undefined) framed[key] = raw[key];
    const frame = this.#parse(z.strictObject(sourceFrame), framed, path, []);
    const section = this.#parse(kind.section, own, path, ['name', 'kind', 'scope']);
    return frame && section !== null ? { ...frame, kind: kind.kind, section } : null;
  }

  #readTarget(raw: unknown): TargetConfig | null {
    const kind = this.#readKind(raw, ['target'], this.#kinds.targets);
    if (!kind || !isRecord(raw)) return null;
    const { kind: _kind, ...own } = raw;
    const section = this.#parse(kind.section, own, ['target'], ['kind']);
    return section === null ? null : { kind: kind.kind, section };
  }

  #readKind(raw: unknown, path: Path, kinds: readonly ConfigKind[]): ConfigKind | null {
    const allowed = kinds.map((one) => one.kind);
    if (!isRecord(raw)) {
      const start = raw === undefined ? 'is missing; it' : '';
      this.#report(path, `${start} must hold keys and values, with kind: ${allowed.join(' or ')}`.trim());
      return null;
    }
    const found = kinds.find((one) => one.kind === raw['kind']);
    if (found) return found;
    const given = raw['kind'] === undefined ? 'is missing; it' : `is ${printGiven(raw['kind'])}; it`;
    this.#report(
      [...path, 'kind'],
      `${given} must be one of: ${allowed.join(', ')}${suggestName(raw['kind'], allowed)}`,
    );
    return null;
  }

  #parse<T>(schema: z.ZodType<T>, raw: unknown, path: Path, otherKeys: readonly string[]): T | null {
    const result = schema.safeParse(raw, { error: (issue) => explainIssue(issue) });
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#reportIssue(issue, schema, path, otherKeys);
    return null;
  }

  #reportIssue(issue: z.core.$ZodIssue, schema: z.ZodType, path: Path, otherKeys: readonly string[]): void {
    if (issue.code === 'unrecognized_keys') {
      const allowed = [...(issue.path.length === 0 ? otherKeys : []), ...keysAt(describeSchema(schema), issue.path)];
      for (const key of issue.keys) {
        const hint = suggestName(key, allowed);
        this.#report(
          [...path, ...issue.path, key],
          `is not a key that is known here${hint}; allowed: ${allowed.join(', ')}`,
          true,
        );
      }
      return;
    }
    if (issue.code === 'invalid_union' && issue.message === UNION) {
      const nearest = nearestAlternative(issue.errors);
      for (const inner of nearest)
        this.#reportIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, path, otherKeys);
      if (nearest.length === 0) this.#report([...path, ...issue.path], 'has none of the forms that are allowed');
      return;
    }
    this.#report([...path, ...issue.path], issue.message);
  }

  #report(path: Path, message: string, atKey = false): void {
    const { line, col } = this.#lines.linePos(this.#offsetOf(path, atKey));
    this.problems.push({ line: Math.max(line, 1), column: Math.max(col, 1), key: printKeyPath(path), message });
  }

  /** Where the value (or its key) stands; of a value that is missing, what should hold it. */
  #offsetOf(path: Path, atKey: boolean): number {
    for (let length = path.length; length > 0; length--) {
      const head = path.slice(0, length);
      const key = head.at(-1);
      const parent = this.#document.getIn(head.slice(0, -1), true);
      const pair = isMap(parent) ? findPair(parent, key) : undefined;
      const node = atKey && pair ? pair.key : this.#document.getIn(head, true);
      const range = (node as { readonly range?: readonly number[] | null } | undefined)?.range;
      if (range?.[0] !== undefined) return range[0];
    }
    return this.#document.contents?.range?.[0] ?? 0;
  }
}

function findPair(map: YAMLMap, key: PropertyKey | undefined) {
  return map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The text of a secret without the line break at its end. `folder`: where a relative path starts. `warn` hears of a file that others
 * can read. Throws DirbridgeError `config-secret` when it is missing, unreadable or empty; the text itself is in no message.
 */
export function readSecret(
  source: { readonly file: string } | { readonly env: string },
  folder: string,
  warn: (message: string) => void = () => undefined,
): string {
  if ('env' in source) {
    const value = process.env[source.env];
    if (value) return value;
    const state = value === undefined ? 'is not set' : 'is empty';
    throw new DirbridgeError('config-secret', `The environment variable ${source.env} ${state}.`);
  }
  const path = resolve(folder, source.file);
  const secret = readSecretFile(path).replace(/\r?\n$/, '');
  if (secret === '') throw new DirbridgeError('config-secret', `The secret file ${path} is empty.`);
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    warn(`The secret file ${path} can be read by other accounts (mode ${mode.toString(8)}); give it mode 600.`);
  return secret;
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DirbridgeError('config-secret', `The secret file ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
