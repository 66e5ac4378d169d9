import type { PlanValue } from '../model/plan.ts';
import { type Attributes, printValue, scalarsOf, type Value } from '../model/value.ts';
import type { CompiledRule, RuleSource } from '../rules/rule-set.ts';
import type { Store } from '../store/store.ts';
import type { Contribution, FlowStep } from './flow.ts';
import { type JoinSource, joinCandidates } from './join.ts';

/** What rules did with one object, step by step, for people. Nothing here decides: it watches the engine's own functions. */
export interface ClauseTrace {
  readonly attribute: string;
  readonly operator: string;
  readonly value: string;
  /** What the object has; null where it has nothing or the clause asks for a group. */
  readonly found: PlanValue;
  readonly holds: boolean;
}

export interface JoinTrace {
  readonly conditions: readonly {
    readonly space: string;
    readonly metaverse: string;
    readonly caseSensitive: boolean;
    readonly value: PlanValue;
  }[];
  /** The metaverse objects that match, by name. */
  readonly found: readonly string[];
}

export interface FlowTrace {
  readonly attribute: string;
  readonly kind: string;
  readonly text: string;
  /** wins, merges, loses, nothing (NULL), clears (AuthoritativeNull), ignored (IgnoreThisFlow, or once), error */
  readonly verdict: FlowStep<unknown>['verdict'];
  readonly value: PlanValue;
  readonly error: string | null;
}

export interface RuleTrace {
  readonly rule: string;
  readonly direction: string;
  readonly precedence: number;
  readonly link: string;
  /** The object that it read. */
  readonly object: string;
  readonly inScope: boolean;
  /** Groups of clauses, of which one is enough; none: every object. */
  readonly scope: readonly { readonly holds: boolean; readonly clauses: readonly ClauseTrace[] }[];
  readonly joins: readonly JoinTrace[];
  readonly flows: readonly FlowTrace[];
}

/** One attribute, who gave it, and what the others would have given. */
export interface AttributeTrace {
  readonly attribute: string;
  readonly value: PlanValue;
  readonly contributions: readonly (FlowTrace & {
    readonly rule: string;
    readonly precedence: number;
    readonly object: string;
  })[];
}

export function traceScope(rule: CompiledRule, source: RuleSource): RuleTrace['scope'] {
  return rule.scope.map((group) => {
    const clauses = group.map((clause) => ({
      attribute: clause.attribute,
      operator: clause.operator,
      value: clause.value,
      found: clause.attribute === '' ? null : readFor(source, clause.attribute),
      holds: clause.isMet(source),
    }));
    return { holds: clauses.every((clause) => clause.holds), clauses };
  });
}

function readFor(source: RuleSource, attribute: string): PlanValue {
  const value = source.get(attribute);
  if (value !== undefined) return printValue(value);
  const count = source.countReferences(attribute);
  return count === 0 ? null : `${count} references`;
}

/** What each join group of a rule finds now; without a store, nothing. */
export async function traceJoins(
  store: Store | null,
  rule: CompiledRule,
  source: JoinSource,
): Promise<readonly JoinTrace[]> {
  const traces: JoinTrace[] = [];
  for (const group of rule.joins) {
    const candidates = store === null ? [] : await joinCandidates(store, rule.targetType, group, source);
    const found: string[] = [];
    for (const mv of candidates) if (store !== null) found.push(await nameOfMetaverse(store, mv));
    const conditions = group.map(({ spaceAttribute, metaverseAttribute, caseSensitive }) => ({
      space: spaceAttribute,
      metaverse: metaverseAttribute,
      caseSensitive,
      value: print(source.get(spaceAttribute)),
    }));
    traces.push({ conditions, found });
  }
  return traces;
}

export async function nameOfMetaverse(store: Store, mv: number): Promise<string> {
  const object = await store.sync.metaverse(mv);
  const names = ['userPrincipalName', 'displayName', 'cn', 'sourceAnchor'].map((name) => object?.attributes[name]);
  return String(names.find((one) => typeof one === 'string') ?? `${object?.type ?? 'object'} ${mv}`);
}

export interface RuleToTrace<From> {
  readonly rule: CompiledRule;
  readonly source: RuleSource;
  readonly from: From;
  readonly object: string;
}

/** The rules with what became of their scopes, joins and flows. `steps`: what `flowAttributes` told of them. */
export async function traceRules<From>(
  store: Store | null,
  asked: readonly RuleToTrace<From>[],
  steps: readonly FlowStep<From>[],
): Promise<readonly RuleTrace[]> {
  const traces: RuleTrace[] = [];
  for (const { rule, source, from, object } of asked) {
    const { name, direction, precedence, link } = rule;
    traces.push({
      rule: name,
      direction,
      precedence,
      link,
      object,
      inScope: rule.isInScope(source),
      scope: traceScope(rule, source),
      joins: direction === 'inbound' ? await traceJoins(store, rule, source) : [],
      flows: steps.filter((step) => step.rule === rule && step.from === from).map(traceFlow),
    });
  }
  return traces;
}

export function traceFlow<From>({ flow, verdict, value, error }: FlowStep<From>): FlowTrace {
  return { attribute: flow.target, kind: flow.kind, text: flow.text, verdict, value: print(value), error };
}

/** The same by attribute: the winner first, as the order of precedence has it. */
export function traceAttributes<From>(
  steps: readonly FlowStep<From>[],
  attributes: Attributes,
  nameOf: (from: From) => string,
): readonly AttributeTrace[] {
  return [...Map.groupBy(steps, (step) => step.flow.target)].map(([attribute, contributions]) => ({
    attribute,
    value: print(attributes[attribute]),
    contributions: contributions.map((step) => ({
      ...traceFlow(step),
      rule: step.rule.name,
      precedence: step.rule.precedence,
      object: nameOf(step.from),
    })),
  }));
}

/** Whether a contribution may be handed to the engine: its rule is in scope. */
export function inScopeOf<From>(asked: readonly RuleToTrace<From>[]): readonly Contribution<From>[] {
  return asked.filter(({ rule, source }) => rule.isInScope(source));
}

function print(value: Value | undefined | null): PlanValue {
  return value == null || scalarsOf(value).length === 0 ? null : printValue(value);
}
