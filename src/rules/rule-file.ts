import { readFileSync } from 'node:fs';
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { isReservedName } from './reserved-names.ts';
import { DIRECTIONS, LINK_TYPES, MERGE_TYPES, RULE_CONNECTORS } from './rule.ts';
import { SCOPE_OPERATORS } from './scope.ts';

const name = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !isReservedName(text), { error: 'this name is not allowed' });
const scalar = z.union([z.string(), z.boolean(), z.number().int()]);

const clauseSchema = z.strictObject({
  attribute: name,
  operator: z.enum(SCOPE_OPERATORS),
  value: z.union([scalar, z.array(scalar).min(1)]).optional(),
});

const joinSchema = z.strictObject({ space: name, metaverse: name, caseSensitive: z.boolean().default(false) });

const FLOW_KINDS = ['attribute', 'constant', 'expression'] as const;

const flowObject = z
  .strictObject({
    attribute: name.optional(),
    constant: scalar.optional(),
    expression: name.optional(),
    merge: z.enum(MERGE_TYPES).default('update'),
    once: z.boolean().default(false),
  })
  .refine((flow) => FLOW_KINDS.filter((kind) => flow[kind] !== undefined).length === 1, {
    error: `needs exactly one of ${FLOW_KINDS.join(', ')}`,
  });
export type FlowDefinition = z.infer<typeof flowObject>;

/** The short form of a flow is the name of the attribute alone. */
const flowSchema = z.union([
  name.transform((attribute): FlowDefinition => ({ attribute, merge: 'update', once: false })),
  flowObject,
]);

export const ruleSchema = z.strictObject({
  name,
  tag: z.string().optional(),
  description: z.string().default(''),
  direction: z.enum(DIRECTIONS),
  connector: z.enum(RULE_CONNECTORS),
  from: name,
  to: name,
  link: z.enum(LINK_TYPES).default('join'),
  precedence: z.number().int().min(0).max(100_000),
  disabled: z.boolean().default(false),
  passwordSync: z.boolean().default(false),
  /** Groups, of which one is enough; in a group all clauses must hold. */
  scope: z.array(z.array(clauseSchema).min(1)).default([]),
  /** Groups, tried in order; in a group all conditions must hold. */
  join: z.array(z.array(joinSchema).min(1)).default([]),
  /** What flows to each attribute: an attribute by its name, a constant, or an expression. */
  flows: z.record(name, flowSchema).default({}),
});
export type RuleDefinition = z.infer<typeof ruleSchema>;

const fileSchema = z.strictObject({
  /** Names of rules of earlier files that are not to be used. */
  disable: z.array(name).default([]),
  rules: z.array(z.unknown()).default([]),
});

export type Path = readonly (string | number)[];

/** Something wrong in a rule file. */
export interface RuleProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ReadRule {
  readonly definition: RuleDefinition;
  readonly file: string;
  /** The line of a part of the rule, e.g. `['flows', 'mail']`; of the rule itself for `[]`. */
  lineOf(path: Path): number;
}

export interface ReadFile {
  readonly rules: readonly ReadRule[];
  readonly disable: readonly { readonly name: string; readonly line: number }[];
  readonly problems: readonly RuleProblem[];
}

/** Reads one rule file; everything that is wrong with its form is in `problems`, nothing is thrown. */
export function readRuleFile(file: string): ReadFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { rules: [], disable: [], problems: [{ file, line: 1, message: `cannot be read: ${messageOf(error)}` }] };
  }
  return readRuleText(text, file);
}

/** `readRuleFile` for a text that is at hand; `file` is its name in messages. */
export function readRuleText(text: string, file: string): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file,
      line: lineAt(error.pos[0]),
      message: `YAML: ${error.message}`,
    }));
    return { rules: [], disable: [], problems };
  }
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path));
  const problems: RuleProblem[] = [];
  const root = fileSchema.safeParse(toPlain(document, problems, file) ?? {});
  if (!root.success) {
    for (const issue of root.error.issues)
      problems.push({ file, line: lineOf(keyPath(issue)), message: printIssue(issue) });
    return { rules: [], disable: [], problems };
  }
  const rules: ReadRule[] = [];
  for (const [index, raw] of root.data.rules.entries()) {
    const rule = readRule(raw, file, (path) => lineOf(['rules', index, ...path]), problems);
    if (rule) rules.push(rule);
  }
  const disable = root.data.disable.map((one, index) => ({ name: one, line: lineOf(['disable', index]) }));
  return { rules, disable, problems };
}

function readRule(
  raw: unknown,
  file: string,
  lineOf: (path: Path) => number,
  problems: RuleProblem[],
): ReadRule | null {
  const parsed = ruleSchema.safeParse(raw);
  if (parsed.success) return { definition: parsed.data, file, lineOf };
  for (const issue of parsed.error.issues.flatMap(flattenUnion)) {
    problems.push({ file, line: lineOf(keyPath(issue)), message: `${ruleLabel(raw)}: ${printIssue(issue)}` });
  }
  return null;
}

/** Too many aliases are the one thing that can still go wrong here. */
function toPlain(document: Document, problems: RuleProblem[], file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    problems.push({ file, line: 1, message: `YAML: ${messageOf(error)}` });
    return {};
  }
}

function ruleLabel(raw: unknown): string {
  const label = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : null;
  return typeof label === 'string' && label !== '' ? `rule "${label}"` : 'a rule without a name';
}

type Issue = z.core.$ZodIssue;

/** A flow is a name or a mapping: what is wrong with the mapping says more than that it is no name. */
function flattenUnion(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const told = issue.errors.find((form) => form.every((one) => one.code !== 'invalid_type' || one.path.length > 0));
  return told ? told.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) : [issue];
}

function pathOf(issue: Issue): Path {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
}

/** The place to show: for a key that is not allowed, the key itself. */
function keyPath(issue: Issue): Path {
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  return key === undefined ? pathOf(issue) : [...pathOf(issue), key];
}

function printIssue(issue: Issue): string {
  const where = pathOf(issue)
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : part))
    .join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ');
    return `${where === '' ? '' : `${where}: `}the key ${keys} is not allowed here`;
  }
  if (issue.code === 'invalid_union') {
    const isFlow = issue.path[0] === 'flows';
    return `${where}: must be ${isFlow ? `an attribute name, or a mapping with ${FLOW_KINDS.join(', ')}` : 'a text, a whole number, true or false'}`;
  }
  return `${where === '' ? '' : `${where}: `}${issue.message}`;
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
