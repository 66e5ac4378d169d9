import { readFileSync } from 'node:fs';
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
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
import { fileKeysAllowedAt, fileSchema, keysAllowedAt, type RuleDefinition, ruleSchema } from './rule-schema.ts';
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
}

const NOTHING = { rules: [], disable: [], override: [] } as const;
const NO_KEYS: ReadonlySet<string> = new Set();

/** Reads one rule file; everything that is wrong with its form is in `problems`, nothing is thrown. */
export function readRuleFile(file: string): ReadFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const remedy = 'Correct the path under "rules" of the configuration, or the rights of the file.';
    return {
      ...NOTHING,
      problems: [{ file, line: 1, rule: null, message: `cannot be read: ${messageOf(error)}`, remedy }],
    };
  }
  return readRuleText(text, file);
}

/** `readRuleFile` for a text that is at hand; `file` is its name in messages. */
export function readRuleText(text: string, file: string): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const problems: RuleProblem[] = document.errors.map((error) => ({
    file,
    line: lineAt(error.pos[0]),
    rule: null,
    message: `YAML: ${error.message}`,
    remedy:
      REMEDIES_OF_YAML[error.code] ?? 'Correct the line; indentation, colons and quotes are what goes wrong most.',
  }));
  // Behind a broken line nobody knows what was meant; a key that is there twice breaks nothing.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { ...NOTHING, problems };
  return readDocument(toPlain(document, problems, file) ?? {}, file, problems, (path) =>
    lineAt(offsetOf(document, path)),
  );
}

const REMEDIES_OF_YAML: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Leave one of the two and take the other out.',
  TAB_AS_INDENT: 'Indent with spaces; YAML takes no tabs.',
};

function readDocument(plain: unknown, file: string, problems: RuleProblem[], lineOf: (path: Path) => number): ReadFile {
  const root = fileSchema.safeParse(plain);
  for (const issue of root.success ? [] : root.error.issues.flatMap(flattenUnion)) {
    const told = describeIssue(issue, valueAt(plain, pathOf(issue)), fileKeysAllowedAt(issue.path));
    problems.push({ file, line: lineOf(keyPath(issue)), rule: null, ...told });
  }
  const { rules, disable, override } = root.success ? root.data : { ...NOTHING, rules: rulesIn(plain) };
  const read = rules.map((raw, index) => readRule(raw, file, (path) => lineOf(['rules', index, ...path]), problems));
  return {
    rules: read.filter((rule) => rule !== null),
    disable: disable.map((one, index) => ({ rule: one.rule, madeFor: one.madeFor, line: lineOf(['disable', index]) })),
    override: override.map((one, index) => ({ ...one, madeFor: one.madeFor, line: lineOf(['override', index]) })),
    problems,
  };
}

/** The rules of a file with a mistake elsewhere. */
function rulesIn(plain: unknown): readonly unknown[] {
  const rules = valueAt(plain, ['rules']);
  return Array.isArray(rules) ? rules : [];
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
