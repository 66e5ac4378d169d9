import { DirbridgeError } from '../errors.ts';
import { SOURCE_TYPES, TARGET_TYPES } from '../model/change.ts';
import { attributesIn, compileExpression } from './expression/compile.ts';
import { toFlowResult } from './expression/evaluate.ts';
import { parseExpression } from './expression/parse.ts';
import { EvaluationError } from './expression/values.ts';
import { isReferenceAttribute } from './reference-attributes.ts';
import { type CompiledFlow, type CompiledRule, type FlowResult, RuleEvaluationError, type RuleSource } from './rule.ts';
import type { FlowDefinition, Path, ReadRule, RuleDefinition, RuleProblem } from './rule-file.ts';
import {
  BIT_OPERATORS,
  compileScope,
  MEMBERSHIP_OPERATORS,
  numberIn,
  type ScopeClause,
  UNARY_OPERATORS,
} from './scope.ts';

/** Types of objects in the metaverse. */
export const METAVERSE_TYPES = ['person', 'group', 'device'] as const;

/** Where the checks of one rule put what they find. */
type Report = (path: Path, message: string) => void;

/** Checks and compiles one rule; null when something is wrong, and then `problems` has grown. */
export function compileRule(rule: ReadRule, problems: RuleProblem[]): CompiledRule | null {
  const { definition, file } = rule;
  const before = problems.length;
  const report: Report = (path, message) =>
    problems.push({ file, line: rule.lineOf(path), message: `rule "${definition.name}": ${message}` });
  checkTypes(definition, report);
  const scope = readScope(definition, report);
  const flows = Object.entries(definition.flows).map(([target, flow]) =>
    compileFlow(definition.name, target, flow, report),
  );
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
    scopeAttributes: [...new Set(scope.flat().map((clause) => clause.attribute))],
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

function checkTypes(definition: RuleDefinition, report: Report): void {
  const { connector, direction, from, to, link } = definition;
  if (direction === 'outbound' && connector === 'source') {
    report(['connector'], 'nothing is written back to a source; an outbound rule is for the tenant');
    return;
  }
  const spaceTypes: readonly string[] = connector === 'source' ? SOURCE_TYPES : TARGET_TYPES;
  const [spaceKey, space, metaverseKey, metaverse] =
    direction === 'inbound' ? (['from', from, 'to', to] as const) : (['to', to, 'from', from] as const);
  if (!spaceTypes.includes(space))
    report([spaceKey], `there is no type "${space}" there, only ${spaceTypes.join(', ')}`);
  const isAny = direction === 'inbound' && metaverse === '*';
  const isKnown = (METAVERSE_TYPES as readonly string[]).includes(metaverse);
  if (!isKnown && !isAny)
    report([metaverseKey], `there is no type "${metaverse}" in the metaverse, only ${METAVERSE_TYPES.join(', ')}`);
  if (isAny && link !== 'join') report(['link'], 'a rule for any type (*) can only join');
}

function readScope(definition: RuleDefinition, report: Report): readonly (readonly ScopeClause[])[] {
  return definition.scope.map((group, groupIndex) =>
    group.map(({ attribute, operator, value }, index) => {
      const path = ['scope', groupIndex, index];
      const label = `scope: ${attribute} ${operator}`;
      const text = value === undefined ? '' : [value].flat().map(String).join(';');
      const isUnary = UNARY_OPERATORS.includes(operator);
      if (isUnary && value !== undefined) report(path, `${label} takes no value`);
      if (!isUnary && value === undefined) report(path, `${label} needs a value`);
      if (Array.isArray(value) && operator !== 'ISIN' && operator !== 'ISNOTIN')
        report(path, `${label} takes one value`);
      if (MEMBERSHIP_OPERATORS.includes(operator)) {
        report(path, `${label} cannot be used yet; name the groups in the scope of the source instead`);
      }
      if (BIT_OPERATORS.includes(operator) && numberIn(text) === null)
        report(path, `${label} needs a whole number (a bit mask)`);
      return { attribute, operator, value: text };
    }),
  );
}

function compileFlow(rule: string, target: string, flow: FlowDefinition, report: Report): CompiledFlow | null {
  const { constant, expression, merge, once } = flow;
  if (expression !== undefined) return expressionFlow(rule, target, expression, { merge, once }, report);
  if (constant === undefined) return directFlow(target, flow.attribute ?? target, { merge, once }, report);
  const result: FlowResult = { kind: 'value', value: typeof constant === 'number' ? BigInt(constant) : constant };
  const text = String(constant);
  return { target, kind: 'constant', sources: [], text, reference: false, merge, once, evaluate: () => result };
}

type FlowOptions = Pick<CompiledFlow, 'merge' | 'once'>;

const NOTHING: FlowResult = { kind: 'null' };

function directFlow(target: string, attribute: string, options: FlowOptions, report: Report): CompiledFlow {
  if (isReferenceAttribute(target) !== isReferenceAttribute(attribute)) {
    const [reference, plain] = isReferenceAttribute(target) ? [target, attribute] : [attribute, target];
    report(['flows', target], `flow to ${target}: ${reference} refers to objects, ${plain} does not`);
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
    report(['flows', target], `flow to ${target}: ${error.message}`);
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
