import { printValue, type Value } from '../model/value.ts';
import {
  type CompiledFlow,
  type CompiledRule,
  parseExpression,
  printExpression,
  RuleEvaluationError,
  type RuleSource,
  shippedRules,
  tryExpression,
} from '../rules/rule-set.ts';
import type { MetaverseObject, SpaceHead, SpaceObject } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import type { InboundFlow } from './inbound.ts';
import { explainUnprovisioned } from './join.ts';
import { ruleSource, runParameters } from './rule-source.ts';
import type { SourceScope } from './scope.ts';

/** Attributes whose value alone says more to people than the clause that looks at them. */
const MEANINGS: Readonly<Record<string, string>> = {
  adminDescription: 'it was written back from the cloud',
  isCriticalSystemObject: 'it belongs to the system itself',
};

/** Why an object of a source takes no part, or null when it does: containers, groups, kind of object, the clause of a rule, a rule that is switched off. */
export async function explainOutside(
  context: EngineContext,
  head: SpaceHead | undefined,
  scope: SourceScope | undefined,
  inbound: InboundFlow,
  object: SpaceObject,
): Promise<string | null> {
  const applicable = await inbound.applicableRules(object);
  if (applicable.some(isLinking))
    return object.mv === null ? explainUnprovisioned(applicable, await inbound.sourceOf(object)) : null;
  const where =
    scope === undefined || inbound.isStandIn(object) ? null : await explainScope(context, head, scope, object);
  if (where !== null) return where;
  const linking = context.rules.inbound('source', object.type).filter(isLinking);
  const off = switchedOff(context, 'inbound', object.type);
  if (linking.length === 0 && off === '') return `no rule concerns objects of type ${object.type}`;
  if (linking.length === 0) return `no rule brings objects of type ${object.type} in any more: ${off}`;
  const source = await inbound.sourceOf(object);
  const reasons = linking.map((rule) => `"${rule.name}" ${refusalOf(rule, source)}`);
  return `no rule that joins it or makes a new object has it in its scope filter: ${reasons.join('; ')}${off === '' ? '' : `; ${off}`}`;
}

function isLinking(rule: CompiledRule): boolean {
  return rule.joins.length > 0 || rule.link !== 'join';
}

// ------------------------------------------------------------ containers and groups

async function explainScope(
  context: EngineContext,
  head: SpaceHead | undefined,
  scope: SourceScope,
  object: SpaceObject,
): Promise<string | null> {
  const outside = await scope.whyOutside(object);
  if (outside === null) return null;
  const configured = context.sources.find((one) => one.connector.name === head?.name)?.scope;
  if (outside.kind === 'excluded')
    return `scope.exclude of the source leaves out ${(await dnOfAnchor(context, object.space, outside.anchor)) ?? outside.anchor}`;
  if (outside.kind === 'not-included')
    return `it lies below none of the containers of scope.include: ${quoteAll(configured?.include ?? [])}`;
  return `it is no direct member of any group of scope.groups: ${quoteAll(configured?.groups ?? [])}`;
}

async function dnOfAnchor(context: EngineContext, space: number, anchor: string): Promise<string | null> {
  const container = await context.store.spaces.objectByAnchor(space, anchor);
  return container === null ? null : context.store.sync.dnOf(container.id);
}

function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}

// ------------------------------------------------------------ scope filters of rules

/** Shipped rules that would bring such objects in, or into the tenant, had not the rule files taken them out. */
function switchedOff(context: EngineContext, direction: CompiledRule['direction'], type: string): string {
  const inForce = new Set(context.rules.all.map((rule) => rule.name));
  const off = shippedRules()
    .map(({ rule }) => rule)
    .filter((rule) => rule.direction === direction && rule.sourceType === type && !inForce.has(rule.name))
    .filter((rule) =>
      direction === 'outbound' ? rule.link !== 'join' : rule.connector === 'source' && isLinking(rule),
    );
  return off.length === 0 ? '' : `the rule files switch off ${quoteAll(off.map((rule) => rule.name))}`;
}

/** The clause that keeps an object out of a rule; of several groups of clauses one each. */
function refusalOf(rule: CompiledRule, source: RuleSource): string {
  const failed = rule.scope.flatMap((group) => group.find((clause) => !clause.isMet(source)) ?? []);
  const texts = failed.map(({ attribute, operator, value }) => {
    const wanted = [attribute, operator, value].filter((part) => part !== '').join(' ');
    if (attribute === '') return wanted;
    const meaning = MEANINGS[attribute] === undefined ? '' : `: ${MEANINGS[attribute]}`;
    return `${wanted} (${attribute} is ${show(source.get(attribute))}${meaning})`;
  });
  return `wants ${[...new Set(texts)].join(', or ')}`;
}

function show(value: Value | undefined): string {
  if (value === undefined) return 'absent';
  const printed = printValue(value);
  return Array.isArray(printed) ? printed.join(', ') : String(printed);
}

// ------------------------------------------------------------ objects of the metaverse

/** Why the rules do not want an object of the metaverse in the tenant: the filter with its rule and clause, the anchor, the clause of an outbound rule. */
export async function explainUnwanted(
  context: EngineContext,
  inbound: InboundFlow,
  mv: MetaverseObject,
  objects: readonly SpaceObject[],
): Promise<string> {
  if (mv.attributes['cloudFiltered'] === true) return explainFilter(context, inbound, mv, objects);
  if (await lacksAnchor(inbound, mv, objects))
    return 'it has no source anchor: no account of it has the attribute that identity.sourceAnchor names, or it is a linked mailbox without its account';
  const source = ruleSource(mv.attributes, {}, runParameters(context.now()), null);
  const provisioning = context.rules.outbound(mv.type).filter((rule) => rule.link !== 'join');
  const reasons = provisioning
    .filter((rule) => !rule.isInScope(source))
    .map((rule) => `"${rule.name}" ${refusalOf(rule, source)}`);
  const off = switchedOff(context, 'outbound', mv.type);
  return [...reasons, ...(off === '' ? [] : [off])].join('; ') || 'no outbound rule has it in its scope filter';
}

/** A person that is in the tenant, or was, keeps its anchor when the account that gave it is gone. */
async function lacksAnchor(
  inbound: InboundFlow,
  mv: MetaverseObject,
  objects: readonly SpaceObject[],
): Promise<boolean> {
  if (mv.anchor === null && mv.attributes['sourceAnchor'] === undefined) return true;
  if (objects.length === 0) return false;
  for (const one of objects) if ((await inbound.anchorOf(one)) !== null) return false;
  return true;
}

/** Why an object that rules have in their scope is joined to nothing, when no finding tells it. */
export function explainUnjoined({ rules }: EngineContext, object: SpaceObject): string {
  const linking = rules.inbound('source', object.type).filter(isLinking);
  if (linking.length === 0 || linking.some((rule) => rule.link === 'provision'))
    return 'it was read, but no sync has looked at it yet';
  const texts = linking.flatMap((rule) =>
    rule.joins.flatMap(([first]) =>
      first === undefined
        ? []
        : `"${rule.name}" looks for ${first.metaverseAttribute} ${show(object.attributes[first.spaceAttribute])}`,
    ),
  );
  return `it only stands for another object, and none that is synchronized is it: ${texts.join('; ')}`;
}

async function explainFilter(
  context: EngineContext,
  inbound: InboundFlow,
  mv: MetaverseObject,
  objects: readonly SpaceObject[],
): Promise<string> {
  try {
    const { outcome } = await inbound.trace(objects, mv.attributes);
    const origin = outcome.origins.get('cloudFiltered');
    if (origin === undefined) return 'a rule filters it out (cloudFiltered)';
    const clause = filterClause(origin.rule, origin.flow, await inbound.sourceOf(origin.from));
    const at =
      objects.length > 1 ? ` for ${(await context.store.sync.dnOf(origin.from.id)) ?? origin.from.anchor}` : '';
    return `rule "${origin.rule.name}" filters it out (cloudFiltered)${at}: ${clause}`;
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return 'a rule filters it out (cloudFiltered)';
  }
}

/** Of a constant the scope that let it apply, of an expression `IIF(a || b || c, True, ...)` the part that is true. */
function filterClause(rule: CompiledRule, flow: CompiledFlow, source: RuleSource): string {
  if (flow.kind === 'expression') return trueTerm(flow.text, source);
  const met = rule.scope.find((group) => group.every((clause) => clause.isMet(source)));
  if (met === undefined) return 'it is for all objects of that type';
  return met
    .map(({ attribute, operator, value }) => [attribute, operator, value].filter((part) => part !== '').join(' '))
    .join(' and ');
}

function trueTerm(text: string, source: RuleSource): string {
  const expression = parseExpression(text);
  const condition = expression.kind === 'call' && expression.name === 'IIF' ? expression.args[0] : undefined;
  if (condition === undefined) return text;
  const isOr = condition.kind === 'chain' && condition.rest.every(({ operator }) => operator === '||');
  const terms = isOr ? [condition.first, ...condition.rest.map(({ operand }) => operand)] : [condition];
  const texts = terms.map(printExpression);
  return texts.find((term) => tryExpression(term, source).value === true) ?? text;
}
