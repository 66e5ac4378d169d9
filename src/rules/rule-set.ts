import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DirbridgeError } from '../errors.ts';
import { checkSpelling } from './attribute-spelling.ts';
import { compileRule } from './compile-rule.ts';
import { isDnAttribute } from './container-reading.ts';
import { applyIdentity, type Identity, STANDARD_IDENTITY } from './identity.ts';
import { layerRules } from './layer-rules.ts';
import { checkMergeTypes } from './merge-types.ts';
import { isReferenceAttribute } from './reference-attributes.ts';
import type { CompiledRule, RuleConnector } from './rule.ts';
import type { ReadRule } from './rule-file.ts';
import { printProblem, type RuleProblem } from './rule-problem.ts';
import { checkNames } from './unknown-names.ts';

export { isDnAttribute } from './container-reading.ts';
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
export type { RuleProblem } from './rule-problem.ts';
export { ruleFileSchema } from './rule-schema.ts';

/** All rules in force. Every list is in the order of precedence. */
export interface RuleSet {
  inbound(connector: RuleConnector, sourceType: string): readonly CompiledRule[];
  outbound(metaverseType: string): readonly CompiledRule[];
  readonly all: readonly CompiledRule[];
  /** Attributes that the inbound rules of that side read, without references and without the DN; sorted. */
  attributesRead(connector: RuleConnector): readonly string[];
  /** Reference attributes that the inbound rules of that side move or count; sorted. */
  referencesRead(connector: RuleConnector): readonly string[];
  /** Metaverse attributes in the join conditions of inbound rules; sorted. The engine keeps an index of them. */
  readonly joinAttributes: readonly string[];
  /** DNs of groups (`normalizeDn`) whose members the scopes of rules for this type ask for; of all types without one; sorted. */
  scopeGroups(sourceType?: string): readonly string[];
  /** Types of objects of sources with a rule that sees the names of the containers above; sorted. */
  readonly containerReaders: readonly string[];
  /** Changes whenever a rule changes in what it does: then everything must be synchronized again. */
  readonly hash: string;
}

/** Part of the hash: raise it when the meaning of the language changes, so that everything is worked out again. */
const LANGUAGE_VERSION = 3;

const NO_GROUPS: readonly string[] = [];

const STANDARD_FOLDER = new URL('./standard/', import.meta.url);

/** The files of the shipped rules, sorted by name. */
export function standardRuleFiles(): readonly string[] {
  return readdirSync(STANDARD_FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => fileURLToPath(new URL(name, STANDARD_FOLDER)));
}

/** What is to be said about rule files, all at once. */
export interface RuleReview {
  /** Null when something is wrong. */
  readonly rules: RuleSet | null;
  readonly problems: readonly RuleProblem[];
  /** What can be used, but should be looked at: rules of ours over shipped rules that have changed since. */
  readonly warnings: readonly RuleProblem[];
}

/**
 * Reads, checks and compiles rules. `files`: `standard` for the shipped set, or paths of rule files; later ones add rules, replace those
 * of the same name, disable or re-order them. `identity` changes the shipped set before they do. Throws DirbridgeError `rules-invalid` that names every
 * mistake with file, line, rule and remedy.
 */
export function loadRuleSet(files: readonly string[], identity: Identity = STANDARD_IDENTITY): RuleSet {
  return requireRules(reviewRules(files, identity));
}

/** The rules of a review. Throws `rules-invalid` with all of its problems when there are none. */
export function requireRules({ rules, problems }: RuleReview): RuleSet {
  if (rules === null) throw new DirbridgeError('rules-invalid', problems.map(printProblem).join('\n'));
  return rules;
}

/** The same without throwing. */
export function reviewRules(files: readonly string[], identity: Identity = STANDARD_IDENTITY): RuleReview {
  const layers = files.map((entry) =>
    entry === 'standard' ? { files: standardRuleFiles(), isShipped: true } : { files: [entry], isShipped: false },
  );
  const layered = layerRules(layers, (shipped) => applyIdentity(shipped, identity));
  const problems = [...layered.problems];
  const standing = layered.rules.filter(({ rule }) => !rule.definition.disabled);
  const enabled = standing.map(({ rule }) => rule);
  checkPrecedences(enabled, problems);
  checkMergeTypes(enabled, problems);
  const usable = standing.flatMap(({ rule: read, isShipped }) => {
    const compiled = compileRule(read, problems);
    return compiled === null ? [] : [{ read, compiled, isShipped }];
  });
  const compiled = usable.map((one) => one.compiled).sort((a, b) => a.precedence - b.precedence);
  return {
    rules: problems.length > 0 ? null : createRuleSet(compiled, hashOf(enabled)),
    problems: inOrder(problems),
    // Of rules that could be read in part only it is not known what they fill.
    warnings: inOrder([
      ...layered.warnings,
      ...checkSpelling(usable),
      ...(problems.length > 0 ? [] : checkNames(standing)),
    ]),
  };
}

/** File by file as they came, in each by line: as somebody goes through them. */
function inOrder(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  return [...Map.groupBy(problems, ({ file }) => file).values()].flatMap((ofFile) =>
    ofFile.toSorted((a, b) => a.line - b.line),
  );
}

/** The shipped rules as they are shipped, with the fingerprint of each. */
export function shippedRules(): readonly { readonly rule: CompiledRule; readonly fingerprint: string }[] {
  const fingerprints = new Map(
    layerRules([{ files: standardRuleFiles(), isShipped: true }]).rules.map(({ rule, fingerprint }) => [
      rule.definition.name,
      fingerprint,
    ]),
  );
  return loadRuleSet(['standard']).all.map((rule) => ({ rule, fingerprint: fingerprints.get(rule.name) ?? '' }));
}

/** Two rules of one number would leave open who wins. */
function checkPrecedences(rules: readonly ReadRule[], problems: RuleProblem[]): void {
  const byNumber = new Map<number, ReadRule>();
  for (const rule of rules) {
    if (rule.unknown.has('precedence')) continue;
    const { name, precedence } = rule.definition;
    const other = byNumber.get(precedence);
    byNumber.set(precedence, rule);
    if (!other) continue;
    const { file, line } = rule.place ?? { file: rule.file, line: rule.lineOf(['precedence']) };
    const message = `precedence ${precedence} is taken by "${other.definition.name}"`;
    problems.push({
      file,
      line,
      rule: name,
      message,
      remedy: `Choose a free number, for example ${freeNumber(rules, precedence)}.`,
    });
  }
}

function freeNumber(rules: readonly ReadRule[], precedence: number): number {
  const taken = new Set(rules.map(({ definition }) => definition.precedence));
  let free = precedence;
  while (taken.has(free)) free++;
  return free;
}

function hashOf(rules: readonly ReadRule[]): string {
  const definitions = rules
    .map(({ definition: { description: _text, tag: _tag, madeFor: _madeFor, ...meaning } }) => meaning)
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
  const asking = inbound.filter((rule) => rule.scopeGroups.length > 0);
  const allGroups = sortUnique(asking.flatMap((rule) => rule.scopeGroups));
  const groupsByType = new Map(
    [...Map.groupBy(asking, (rule) => rule.sourceType)].map(([type, rules]) => [
      type,
      sortUnique(rules.flatMap((rule) => rule.scopeGroups)),
    ]),
  );
  return {
    all,
    hash,
    inbound: (connector, sourceType) => inboundByType.get(`${connector} ${sourceType}`) ?? [],
    outbound: (metaverseType) => outboundByType.get(metaverseType) ?? [],
    attributesRead: (connector) => (read.get(connector) ?? []).filter((name) => !isReferenceAttribute(name)),
    referencesRead: (connector) => (read.get(connector) ?? []).filter(isReferenceAttribute),
    scopeGroups: (sourceType) => (sourceType === undefined ? allGroups : (groupsByType.get(sourceType) ?? NO_GROUPS)),
    containerReaders: sortUnique(
      inbound.filter((rule) => rule.connector === 'source' && rule.readsContainers).map((rule) => rule.sourceType),
    ),
    joinAttributes: sortUnique(
      inbound.flatMap((rule) => rule.joins.flat().map((condition) => condition.metaverseAttribute)),
    ),
  };
}

function attributesOf(rules: readonly CompiledRule[]): readonly string[] {
  const names = rules.flatMap((rule) => [
    ...(rule.scopeGroups.length > 0 ? ['member'] : []),
    ...rule.scopeAttributes,
    ...rule.joins.flat().map((condition) => condition.spaceAttribute),
    ...rule.flows.flatMap((flow) => flow.sources),
  ]);
  return sortUnique(names).filter((name) => !isDnAttribute(name));
}

function sortUnique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
