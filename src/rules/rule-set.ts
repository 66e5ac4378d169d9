import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DirbridgeError } from '../errors.ts';
import { compileRule } from './compile-rule.ts';
import { applyIdentity, type Identity, STANDARD_IDENTITY } from './identity.ts';
import { isReferenceAttribute } from './reference-attributes.ts';
import type { CompiledRule, RuleConnector } from './rule.ts';
import { type ReadRule, type RuleProblem, readRuleFile } from './rule-file.ts';

export {
  attributesOfExpression,
  evaluateExpression,
  type TriedExpression,
  tryExpression,
} from './expression/evaluate.ts';
export { parseExpression } from './expression/parse.ts';
export { printExpression } from './expression/print.ts';
export {
  type CompiledFlow,
  type CompiledRule,
  type FlowResult,
  type JoinCondition,
  RuleEvaluationError,
  type RuleSource,
} from './rule.ts';

/** All rules in force. Every list is in the order of precedence. */
export interface RuleSet {
  inbound(connector: RuleConnector, sourceType: string): readonly CompiledRule[];
  outbound(metaverseType: string): readonly CompiledRule[];
  readonly all: readonly CompiledRule[];
  /** Attributes that the inbound rules of that side read, without references and without `dn`; sorted. */
  attributesRead(connector: RuleConnector): readonly string[];
  /** Reference attributes that the inbound rules of that side move or count; sorted. */
  referencesRead(connector: RuleConnector): readonly string[];
  /** Metaverse attributes in the join conditions of inbound rules; sorted. The engine keeps an index of them. */
  readonly joinAttributes: readonly string[];
  /** Changes whenever a rule changes in what it does: then everything must be synchronized again. */
  readonly hash: string;
}

/** Part of the hash: raise it when the meaning of the language changes, so that everything is worked out again. */
const LANGUAGE_VERSION = 1;

const STANDARD_FOLDER = new URL('./standard/', import.meta.url);

/** The files of the shipped rules, sorted by name. */
export function standardRuleFiles(): readonly string[] {
  return readdirSync(STANDARD_FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => fileURLToPath(new URL(name, STANDARD_FOLDER)));
}

/**
 * Reads, checks and compiles rules. `files`: `standard` for the shipped set, or paths of rule files; later ones add rules, replace those
 * of the same name, or disable them. `identity` changes the shipped set before they do. Throws DirbridgeError `rules-invalid` with one line (and a caret where it helps) for each mistake.
 */
export function loadRuleSet(files: readonly string[], identity: Identity = STANDARD_IDENTITY): RuleSet {
  const problems: RuleProblem[] = [];
  const byName = new Map<string, ReadRule>();
  for (const file of files) {
    readInto(byName, file, problems);
    if (file === 'standard') applyIdentity(byName, identity);
  }
  const enabled = [...byName.values()].filter(({ definition }) => !definition.disabled);
  checkPrecedences(enabled, problems);
  const compiled = enabled.map((rule) => compileRule(rule, problems)).filter((rule) => rule !== null);
  if (problems.length > 0) throw new DirbridgeError('rules-invalid', problems.map(printProblem).join('\n'));
  compiled.sort((a, b) => a.precedence - b.precedence);
  return createRuleSet(compiled, hashOf(enabled));
}

function printProblem({ file, line, message }: RuleProblem): string {
  return `${file}:${line}: ${message}`;
}

function readInto(byName: Map<string, ReadRule>, entry: string, problems: RuleProblem[]): void {
  const earlier = new Map(byName);
  const paths = entry === 'standard' ? standardRuleFiles() : [entry];
  const here = new Map<string, ReadRule>();
  for (const path of paths) {
    const read = readRuleFile(path);
    problems.push(...read.problems);
    for (const { name, line } of read.disable) {
      if (earlier.has(name)) byName.delete(name);
      else
        problems.push({
          file: path,
          line,
          message: `disable: there is no rule "${name}" in the files before this one`,
        });
    }
    for (const rule of read.rules) {
      const { name } = rule.definition;
      const twin = here.get(name);
      if (twin) {
        const place = `${twin.file}:${twin.lineOf([])}`;
        problems.push({ file: path, line: rule.lineOf([]), message: `rule "${name}": this name is taken by ${place}` });
      }
      here.set(name, rule);
    }
  }
  for (const [name, rule] of here) byName.set(name, rule);
}

/** Two rules of one number would leave open who wins. */
function checkPrecedences(rules: readonly ReadRule[], problems: RuleProblem[]): void {
  const byNumber = new Map<number, ReadRule>();
  for (const rule of rules) {
    const { name, precedence } = rule.definition;
    const other = byNumber.get(precedence);
    byNumber.set(precedence, rule);
    if (!other) continue;
    const message = `rule "${name}": precedence ${precedence} is taken by "${other.definition.name}"`;
    problems.push({ file: rule.file, line: rule.lineOf(['precedence']), message });
  }
}

function hashOf(rules: readonly ReadRule[]): string {
  const definitions = rules
    .map(({ definition: { description: _text, tag: _tag, ...meaning } }) => meaning)
    .sort((a, b) => a.precedence - b.precedence);
  return createHash('sha256')
    .update(JSON.stringify([LANGUAGE_VERSION, definitions]))
    .digest('hex');
}

function createRuleSet(all: readonly CompiledRule[], hash: string): RuleSet {
  const inbound = all.filter((rule) => rule.direction === 'inbound');
  const outbound = all.filter((rule) => rule.direction === 'outbound');
  const inboundByType = Map.groupBy(inbound, (rule) => `${rule.connector} ${rule.sourceType}`);
  const outboundByType = Map.groupBy(outbound, (rule) => rule.sourceType);
  const read = new Map(
    (['source', 'tenant'] as const).map((side) => [
      side,
      attributesOf(inbound.filter((rule) => rule.connector === side)),
    ]),
  );
  return {
    all,
    hash,
    inbound: (connector, sourceType) => inboundByType.get(`${connector} ${sourceType}`) ?? [],
    outbound: (metaverseType) => outboundByType.get(metaverseType) ?? [],
    attributesRead: (connector) => (read.get(connector) ?? []).filter((name) => !isReferenceAttribute(name)),
    referencesRead: (connector) => (read.get(connector) ?? []).filter(isReferenceAttribute),
    joinAttributes: sortUnique(
      inbound.flatMap((rule) => rule.joins.flat().map((condition) => condition.metaverseAttribute)),
    ),
  };
}

function attributesOf(rules: readonly CompiledRule[]): readonly string[] {
  const names = rules.flatMap((rule) => [
    ...rule.scopeAttributes,
    ...rule.joins.flat().map((condition) => condition.spaceAttribute),
    ...rule.flows.flatMap((flow) => flow.sources),
  ]);
  return sortUnique(names).filter((name) => name !== 'dn');
}

function sortUnique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
