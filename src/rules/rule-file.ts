import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../errors.ts';
import {
  describeIssue,
  flattenUnion,
  type Issue,
  keyPath,
  type Path,
  pathOf,
  type RuleProblem,
} from './rule-problem.ts';
import {
  entrySchemas,
  fileKeysAllowedAt,
  fileSchema,
  keysAllowedAt,
  type RuleDefinition,
  ruleSchema,
} from './rule-schema.ts';
import { salvageRule } from './salvage-rule.ts';

export interface ReadRule {
  readonly definition: RuleDefinition;
  readonly file: string;
  /** Keys of the definition that could not be read and hold a stand-in: such a rule is judged, not used. Empty for a rule that is right in form. */
  readonly unknown: ReadonlySet<string>;
  /** Where its precedence is written, when that is another file. */
  readonly place?: { readonly file: string; readonly line: number };
  /** The line of a part of the rule, e.g. `['flows', 'mail']`; of the rule itself for `[]`. */
  lineOf(path: Path): number;
}

/** What a file says about a rule of an earlier one without copying it. */
export interface ReadOverride {
  readonly rule: string;
  readonly madeFor: string | undefined;
  readonly line: number;
}

export interface ReadFile {
  readonly rules: readonly ReadRule[];
  readonly disable: readonly ReadOverride[];
  readonly override: readonly (ReadOverride & { readonly precedence: number })[];
  readonly problems: readonly RuleProblem[];
  /** Not even an empty list stands in it. */
  readonly isEmpty: boolean;
}

const NOTHING = { rules: [], disable: [], override: [], isEmpty: false } as const;
const NO_KEYS: ReadonlySet<string> = new Set();

/** Reads one rule file; everything that is wrong with its form is in `problems`, nothing is thrown. */
export function readRuleFile(file: string): ReadFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const remedy = 'Correct the path under "rules" of the configuration, or the rights of the file.';
    return {
      ...NOTHING,
      problems: [{ file, line: 1, rule: null, message: `cannot be read: ${messageOf(error)}`, remedy }],
    };
  }
  return isUtf8(bytes) ? readRuleText(bytes.toString('utf8'), file) : { ...NOTHING, problems: [notUtf8(bytes, file)] };
}

/** Letters of another encoding would become question marks, and a clause with one would hold for nobody. */
function notUtf8(bytes: Buffer, file: string): RuleProblem {
  let line = 1;
  for (let at = 0; at >= 0 && line < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, at);
    if (!isUtf8(bytes.subarray(at, end < 0 ? bytes.length : end))) break;
    at = end < 0 ? end : end + 1;
  }
  const message = 'holds characters that are not in UTF-8';
  return { file, line, rule: null, message, remedy: 'Save the file in UTF-8; editors offer it as "encoding".' };
}

/** `readRuleFile` for a text that is at hand; `file` is its name in messages. */
export function readRuleText(text: string, file: string): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, ...PLAIN_YAML });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const tags = document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const problems: RuleProblem[] = [...document.errors, ...tags].map(({ code, pos, message }) => ({
    file,
    line: lineAt(pos[0]),
    rule: ruleAt(document, pos[0]),
    message: `YAML: ${code === 'DUPLICATE_KEY' ? `the key "${keyAt(text, pos[0])}" is there twice` : sayOf(code, message)}`,
    remedy: REMEDIES_OF_YAML[code] ?? 'Correct the line; indentation, colons and quotes are what goes wrong most.',
  }));
  // Behind a broken line nobody knows what was meant; a key that is there twice breaks nothing.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { ...NOTHING, problems };
  const plain = toPlain(document, problems, file);
  if (plain === null) return { ...NOTHING, problems, isEmpty: true };
  return readDocument(plain, file, problems, (path) => lineAt(offsetOf(document, path)));
}

/** Without the tags that make other things than texts, numbers, flags, lists and mappings of a value; nothing goes to the terminal from inside. */
const PLAIN_YAML = { resolveKnownTags: false, prettyErrors: false, logLevel: 'error' } as const;

function sayOf(code: string, message: string): string {
  if (message.includes('call stack')) return 'lists or mappings stand too deep in one another here';
  return MESSAGES_OF_YAML[code] ?? message;
}

const MESSAGES_OF_YAML: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'a tag (!name) means nothing in a rule file',
  MULTIPLE_DOCS: 'a second document begins here, and a rule file is one',
};

const REMEDIES_OF_YAML: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'Take the tag out; a text that begins with ! stands in quotes.',
  DUPLICATE_KEY: 'Leave one of the two and take the other out.',
  TAB_AS_INDENT: 'Indent with spaces; YAML takes no tabs.',
  MULTIPLE_DOCS: 'Take the line "---" out, or make a file of its own of what follows.',
};

function keyAt(text: string, offset: number): string {
  return (/^[^:\r\n]*/.exec(text.slice(offset))?.[0] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2');
}

/** The name of the rule that stands at this place of the text, null where none does. */
function ruleAt(document: Document, offset: number): string | null {
  const rules = isMap(document.contents) ? document.contents.get('rules') : null;
  const rule = isSeq(rules) ? rules.items.find((item) => isNode(item) && isWithin(item.range, offset)) : null;
  const name = isMap(rule) ? rule.get('name') : null;
  return typeof name === 'string' ? name : null;
}

function isWithin(range: readonly number[] | null | undefined, offset: number): boolean {
  return (range?.[0] ?? Number.POSITIVE_INFINITY) <= offset && offset < (range?.[1] ?? 0);
}

function readDocument(plain: unknown, file: string, problems: RuleProblem[], lineOf: (path: Path) => number): ReadFile {
  const root = fileSchema.safeParse(plain);
  for (const issue of root.success ? [] : root.error.issues.flatMap(flattenUnion)) {
    const told = describeIssue(issue, valueAt(plain, pathOf(issue)), fileKeysAllowedAt(issue.path));
    problems.push({ file, line: lineOf(keyPath(issue)), rule: null, ...told });
  }
  const read = entriesIn(plain, 'rules').map((raw, index) =>
    readRule(raw, file, (path) => lineOf(['rules', index, ...path]), problems),
  );
  const disable = readEntries(plain, 'disable', file, problems, lineOf);
  const override = readEntries(plain, 'override', file, problems, lineOf);
  return {
    rules: read.filter((rule) => rule !== null),
    disable: disable.map(({ entry, line }) => ({ rule: entry.rule, madeFor: entry.madeFor, line })),
    override: override.map(({ entry, line }) => ({ ...entry, madeFor: entry.madeFor, line })),
    problems,
    isEmpty: false,
  };
}

/** One list of a file, whatever is wrong elsewhere. */
function entriesIn(plain: unknown, key: string): readonly unknown[] {
  const list = valueAt(plain, [key]);
  return Array.isArray(list) ? list : [];
}

type EntryOf<K extends keyof typeof entrySchemas> = ReturnType<(typeof entrySchemas)[K]['parse']>;

function readEntries<K extends keyof typeof entrySchemas>(
  plain: unknown,
  key: K,
  file: string,
  problems: RuleProblem[],
  lineOf: (path: Path) => number,
): readonly { readonly entry: EntryOf<K>; readonly line: number }[] {
  return entriesIn(plain, key).flatMap((raw, index) => {
    const line = lineOf([key, index]);
    const parsed = entrySchemas[key].safeParse(raw);
    if (parsed.success) return [{ entry: parsed.data as EntryOf<K>, line }];
    for (const issue of parsed.error.issues.flatMap(flattenUnion)) {
      const whole = { ...issue, path: [key, index, ...issue.path] };
      const told = describeIssue(whole, valueAt(plain, pathOf(whole)), fileKeysAllowedAt(whole.path));
      problems.push({ file, line: lineOf(keyPath(whole)), rule: null, ...told });
    }
    return [];
  });
}

function readRule(
  raw: unknown,
  file: string,
  lineOf: (path: Path) => number,
  problems: RuleProblem[],
): ReadRule | null {
  const parsed = ruleSchema.safeParse(raw);
  if (parsed.success) return { definition: parsed.data, file, unknown: NO_KEYS, lineOf };
  const issues: readonly Issue[] = parsed.error.issues.flatMap(flattenUnion);
  const label = valueAt(raw, ['name']);
  for (const issue of issues) {
    const told = describeIssue(issue, valueAt(raw, pathOf(issue)), keysAllowedAt(issue.path));
    problems.push({ file, line: lineOf(keyPath(issue)), rule: typeof label === 'string' ? label : '', ...told });
  }
  const rest = salvageRule(raw, issues);
  return rest === null ? null : { ...rest, unknown: new Set([...rest.unknown, 'form']), file, lineOf };
}

/** Too many aliases are the one thing that can still go wrong here. */
function toPlain(document: Document, problems: RuleProblem[], file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const remedy = 'Write out some of what the aliases (*name) stand for.';
    problems.push({ file, line: 1, rule: null, message: `YAML: ${messageOf(error)}`, remedy });
    return {};
  }
}

function valueAt(plain: unknown, path: Path): unknown {
  let at = plain;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** Offset of the deepest part of the path that stands in the text; parts that came in by an alias lead to where they are written. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    const pair = isMap(node) ? node.items.find(({ key }) => (isScalar(key) ? key.value : key) === part) : undefined;
    const next: unknown = pair ? pair.value : node.get(part, true);
    const place = pair && isNode(pair.key) ? pair.key : next;
    if (!isNode(place)) break;
    offset = place.range?.[0] ?? offset;
    node = next;
  }
  return offset;
}
