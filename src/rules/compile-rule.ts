import { DirbridgeError } from '../errors.ts';
import { SOURCE_TYPES, TARGET_TYPES } from '../model/change.ts';
import { normalizeDn, splitDn } from '../model/dn.ts';
import { isDnAttribute, readsContainers } from './container-reading.ts';
import { attributesIn, compileExpression } from './expression/compile.ts';
import { toFlowResult } from './expression/evaluate.ts';
import { canGiveValue } from './expression/find-type-faults.ts';
import { parseExpression } from './expression/parse.ts';
import { EvaluationError } from './expression/values.ts';
import { suggestNearest } from './nearest-name.ts';
import { isReferenceAttribute } from './reference-attributes.ts';
import {
  type CompiledFlow,
  type CompiledRule,
  type FlowResult,
  METAVERSE_TYPES,
  RuleEvaluationError,
  type RuleSource,
} from './rule.ts';
import type { ReadRule } from './rule-file.ts';
import type { Path, RuleProblem } from './rule-problem.ts';
import type { FlowDefinition, RuleDefinition } from './rule-schema.ts';
import {
  BIT_OPERATORS,
  compileClause,
  compileScope,
  MEMBERSHIP_OPERATORS,
  numberIn,
  type ScopeClause,
  UNARY_OPERATORS,
} from './scope.ts';

/** Where the checks of one rule put what they find. */
type Report = (path: Path, message: string, remedy: string) => void;

/** Checks and compiles one rule; null when something is wrong, and then `problems` has grown. */
export function compileRule(rule: ReadRule, problems: RuleProblem[]): CompiledRule | null {
  const { definition, file } = rule;
  const before = problems.length;
  const report: Report = (path, message, remedy) =>
    problems.push({ file, line: rule.lineOf(path), rule: definition.name, message, remedy });
  if (!rule.unknown.has('direction')) checkTypes(definition, rule.unknown, report);
  const scope = readScope(definition, report);
  const flows = Object.entries(definition.flows).map(([target, flow]) =>
    compileFlow(definition.name, target, flow, report),
  );
  if (definition.direction === 'outbound')
    for (const flow of flows.filter((one) => one?.kind === 'expression' && one.sources.some(isReferenceAttribute)))
      report(['flows', flow?.target ?? ''], `flow to ${flow?.target}: ${UNCOUNTED[0]}`, UNCOUNTED[1]);
  if (problems.length > before) return null;
  return {
    name: definition.name,
    tag: definition.tag ?? null,
    description: definition.description,
    file,
    direction: definition.direction,
    connector: definition.connector,
    sourceType: definition.from,
    targetType: definition.to,
    link: definition.link,
    precedence: definition.precedence,
    enablePasswordSync: definition.passwordSync,
    isInScope: compileScope(scope),
    scope: scope.map((group) => group.map((clause) => ({ ...clause, isMet: compileClause(clause) }))),
    scopeGroups: scope
      .flat()
      .filter(isMembership)
      .map((clause) => normalizeDn(clause.value)),
    scopeAttributes: [
      ...new Set(
        scope
          .flat()
          .filter((one) => !isMembership(one))
          .map((one) => one.attribute),
      ),
    ],
    readsContainers: seesContainers(definition, scope),
    joins: definition.join.map((group) =>
      group.map(({ space, metaverse, caseSensitive }) => ({
        spaceAttribute: space,
        metaverseAttribute: metaverse,
        caseSensitive,
      })),
    ),
    flows: flows.filter((flow) => flow !== null),
  };
}

function seesContainers(
  { direction, join, flows }: RuleDefinition,
  scope: readonly (readonly ScopeClause[])[],
): boolean {
  if (direction === 'outbound') return false;
  return (
    scope.flat().some(({ attribute, operator }) => isDnAttribute(attribute) && !UNARY_OPERATORS.includes(operator)) ||
    join.flat().some(({ space }) => isDnAttribute(space)) ||
    Object.entries(flows).some(([target, { attribute, constant, expression }]) => {
      if (expression !== undefined) return readsContainers(parseExpression(expression));
      return constant === undefined && isDnAttribute(attribute ?? target);
    })
  );
}

function isMembership({ operator }: ScopeClause): boolean {
  return MEMBERSHIP_OPERATORS.includes(operator);
}

/** `unknown`: keys whose value is wrong or missing, which was told; what stands in its place says nothing. */
function checkTypes(definition: RuleDefinition, unknown: ReadonlySet<string>, report: Report): void {
  const { direction, from, to, link } = definition;
  const connector = unknown.has('connector') ? null : definition.connector;
  if (direction === 'outbound' && connector === 'source') {
    const message = 'nothing is written back to a source; an outbound rule is for the tenant';
    report(['connector'], message, 'Write connector: tenant, or direction: inbound.');
    return;
  }
  const isTenant = connector === 'tenant' || direction === 'outbound';
  const either: readonly string[] = [...new Set([...SOURCE_TYPES, ...TARGET_TYPES])];
  const spaceTypes = isTenant ? TARGET_TYPES : connector === 'source' ? SOURCE_TYPES : either;
  const [spaceKey, space, metaverseKey, metaverse] =
    direction === 'inbound' ? (['from', from, 'to', to] as const) : (['to', to, 'from', from] as const);
  const where = isTenant ? 'in the tenant' : connector === null ? 'in a source or the tenant' : `in the ${connector}`;
  if (!(spaceTypes as readonly string[]).includes(space) && !unknown.has(spaceKey))
    report([spaceKey], ...unknownType(space, where, spaceTypes));
  const isAny = direction === 'inbound' && metaverse === '*';
  if (!(METAVERSE_TYPES as readonly string[]).includes(metaverse) && !isAny && !unknown.has(metaverseKey))
    report([metaverseKey], ...unknownType(metaverse, 'in the metaverse', METAVERSE_TYPES));
  if (isAny && link !== 'join' && !unknown.has('link'))
    report(['link'], 'a rule for any type (*) can only join', 'Write link: join, or name the type under "to".');
}

function unknownType(type: string, where: string, known: readonly string[]): readonly [string, string] {
  return [`there is no type "${type}" ${where}.${suggestNearest(type, known)}`, `Write one of ${known.join(', ')}.`];
}

function readScope(definition: RuleDefinition, report: Report): readonly (readonly ScopeClause[])[] {
  return definition.scope.map((group, groupIndex) =>
    group.map(({ attribute = '', operator, value }, index) => {
      const text = value === undefined ? '' : [value].flat().map(String).join(';');
      const clause = { attribute, operator, value: text };
      const tell = (message: string, remedy: string): void =>
        report(['scope', groupIndex, index], `scope: ${`${attribute} ${operator}`.trim()} ${message}`, remedy);
      if (isMembership(clause)) checkMembership(definition, value, tell);
      else checkClause(clause, value, tell);
      if (definition.direction === 'outbound' && isReferenceAttribute(attribute)) tell(...UNCOUNTED);
      return clause;
    }),
  );
}

/** The metaverse holds references apart from objects: an outbound rule moves them and does not see how many there are. */
const UNCOUNTED = [
  'asks for references, which an outbound rule cannot count',
  'Let an inbound rule flow the number or a flag to an attribute (ValueCount, IsPresent), and ask for that one here.',
] as const;

type GivenValue = RuleDefinition['scope'][number][number]['value'];
type Tell = (message: string, remedy: string) => void;

function checkClause({ attribute, operator, value }: ScopeClause, given: GivenValue, tell: Tell): void {
  const isUnary = UNARY_OPERATORS.includes(operator);
  if (!isUnary && isReferenceAttribute(attribute))
    tell(
      'asks for a value, and this attribute refers to objects',
      'Use ISNULL or ISNOTNULL; ISMEMBEROF asks for a group.',
    );
  if (attribute === '') tell('needs an attribute', 'Add attribute: with the name of an attribute of the object.');
  if (isUnary && given !== undefined) tell('takes no value', 'Take the value out, or choose another operator.');
  if (!isUnary && given === undefined) tell('needs a value', 'Add value:, or use ISNULL or ISNOTNULL.');
  if (Array.isArray(given) && operator !== 'ISIN' && operator !== 'ISNOTIN')
    tell('takes one value', 'Use ISIN or ISNOTIN for a list, or one clause for each value.');
  if (Array.isArray(given) && given.some((one) => String(one).includes(';')))
    tell(
      'has a value with a semicolon, which separates values',
      'Use one group of the scope for each value, with EQUAL.',
    );
  if (BIT_OPERATORS.includes(operator) && given !== undefined && numberIn(value) === null)
    tell('needs a whole number (a bit mask)', 'Write the mask in decimal (2) or hexadecimal (&H2).');
}

/** Only objects of a source have groups that are known by a DN. */
function checkMembership({ direction, connector }: RuleDefinition, given: GivenValue, tell: Tell): void {
  if (direction === 'outbound' || connector === 'tenant') {
    tell('asks for a group of a source', 'Let an inbound rule flow a flag by it, and compare that flag here.');
    return;
  }
  if (typeof given === 'string' && isDn(given)) return;
  tell('needs the DN of a group', 'Write for example value: "CN=Pilot,OU=Groups,DC=contoso,DC=com".');
}

function isDn(text: string): boolean {
  const names = splitDn(text);
  return names.length > 0 && names.every((rdn) => /^[^=]+=./.test(rdn.trim()));
}

function compileFlow(rule: string, target: string, flow: FlowDefinition, report: Report): CompiledFlow | null {
  const { constant, expression, merge, once } = flow;
  if (expression !== undefined) return expressionFlow(rule, target, expression, { merge, once }, report);
  if (constant === undefined) return directFlow(target, flow.attribute ?? target, { merge, once }, report);
  if (isReferenceAttribute(target)) report(['flows', target], ...noReference(target, 'a constant'));
  const result: FlowResult = { kind: 'value', value: typeof constant === 'number' ? BigInt(constant) : constant };
  const text = String(constant);
  return { target, kind: 'constant', sources: [], text, reference: false, merge, once, evaluate: () => result };
}

function noReference(target: string, what: string): readonly [string, string] {
  return [
    `flow to ${target}: ${target} refers to objects, and ${what} is none`,
    `Let a reference attribute flow there by its name; an expression may only say NULL, AuthoritativeNull, IgnoreThisFlow or Error.`,
  ];
}

type FlowOptions = Pick<CompiledFlow, 'merge' | 'once'>;

const NOTHING: FlowResult = { kind: 'null' };

/** What stands in an expression and in no name of an attribute: brackets around a name, a function, a text. */
const LOOKS_LIKE_EXPRESSION = /\[[^\]]+\]|\w+\(.*\)|^"/;

function directFlow(target: string, attribute: string, options: FlowOptions, report: Report): CompiledFlow {
  if (LOOKS_LIKE_EXPRESSION.test(attribute))
    report(
      ['flows', target],
      `flow to ${target}: ${attribute} is taken for the name of an attribute`,
      `For an expression write { expression: ${JSON.stringify(attribute)} }, for a fixed text { constant: ... }.`,
    );
  if (isReferenceAttribute(target) !== isReferenceAttribute(attribute)) {
    const [reference, plain] = isReferenceAttribute(target) ? [target, attribute] : [attribute, target];
    const message = `flow to ${target}: ${reference} refers to objects, ${plain} does not`;
    report(['flows', target], message, 'Let references flow from a reference attribute, everything else from another.');
  }
  return {
    target,
    kind: 'direct',
    sources: [attribute],
    text: attribute,
    reference: isReferenceAttribute(target),
    ...options,
    evaluate: (source) => {
      const value = source.get(attribute);
      return value === undefined || value === '' ? NOTHING : { kind: 'value', value };
    },
  };
}

function expressionFlow(
  rule: string,
  target: string,
  text: string,
  options: FlowOptions,
  report: Report,
): CompiledFlow | null {
  try {
    const expression = parseExpression(text);
    if (isReferenceAttribute(target) && canGiveValue(expression))
      report(['flows', target], ...noReference(target, 'what an expression gives'));
    const compiled = compileExpression(expression, target);
    const evaluate = (source: RuleSource): FlowResult => {
      try {
        return withoutEmptyText(toFlowResult(compiled(source)));
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        throw new RuleEvaluationError(rule, target, error.message, { cause: error });
      }
    };
    return {
      target,
      kind: 'expression',
      sources: attributesIn(expression),
      text,
      reference: false,
      ...options,
      evaluate,
    };
  } catch (error) {
    if (!(error instanceof DirbridgeError)) throw error;
    const remedy = `Correct the expression; "dirbridge rules test --expression" tries one.`;
    report(['flows', target], `flow to ${target}: ${error.message}`, remedy);
    return null;
  }
}

/** Functions like Left give "" for what is absent; an attribute never holds it. */
function withoutEmptyText(result: FlowResult): FlowResult {
  if (result.kind !== 'value') return result;
  const { value } = result;
  if (typeof value === 'string') return value === '' ? NOTHING : result;
  if (!Array.isArray(value) || !value.includes('')) return result;
  const rest = value.filter((one) => one !== '');
  return rest.length === 0 ? NOTHING : { kind: 'value', value: rest };
}
