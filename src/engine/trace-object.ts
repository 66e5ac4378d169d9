import type { Attributes, Value } from '../model/value.ts';
import type { CompiledRule, RuleSet, RuleSource } from '../rules/rule-set.ts';
import type { MetaverseObject, SpaceObject, Store } from '../store/store.ts';
import { type Contribution, type FlowStep, flowAttributes } from './flow.ts';
import { explainUnprovisioned, mayProvision } from './join.ts';
import { flowOut, outboundSource } from './outbound.ts';
import {
  type AttributeTrace,
  inScopeOf,
  type RuleToTrace,
  type RuleTrace,
  traceAttributes,
  traceRules,
} from './rule-trace.ts';

/** An object of a source as the trace takes it: out of a space, out of a directory, or out of a file. */
export interface TracedSubject {
  readonly name: string;
  readonly type: string;
  readonly attributes: Attributes;
  readonly source: RuleSource;
  /** False outside the containers and groups of its source: then no rule looks at it. */
  readonly isInScope: boolean;
}

export interface TraceRequest {
  readonly rules: RuleSet;
  /** Null: joins find nothing. */
  readonly store: Store | null;
  /** All objects of one person or group, in the order of their spaces; none: the metaverse object is taken as it is. */
  readonly subjects: readonly TracedSubject[];
  /** The metaverse object as it is stored; null: it would be a new one. */
  readonly before: MetaverseObject | null;
  readonly tenant: SpaceObject | null;
  readonly now: Date;
}

/** The way of an object through all rules of its type, with the losers and their values. */
export interface ObjectTrace {
  readonly inbound: readonly RuleTrace[];
  readonly metaverse: readonly AttributeTrace[];
  readonly outbound: readonly RuleTrace[];
  readonly tenant: readonly AttributeTrace[];
  /** What it comes to, in a sentence. */
  readonly verdict: string;
}

const METAVERSE_NAME = 'the metaverse object';

/** Lets an object go through the rules without any effect: nothing is joined, stored or sent. */
export async function traceObject(request: TraceRequest): Promise<ObjectTrace> {
  const { rules, store, subjects, before } = request;
  const asked = inboundRules(rules, subjects);
  const steps: FlowStep<TracedSubject>[] = [];
  const inScope = inScopeOf(asked);
  const linked = inScope.filter(({ from }) => inScope.some((one) => one.from === from && links(one.rule)));
  const outcome = flowAttributes(linked, before?.attributes ?? {}, before === null, (step) => steps.push(step));
  const attributes = subjects.length === 0 ? (before?.attributes ?? {}) : outcome.attributes;
  const inbound = await traceRules(store, asked, steps);
  const metaverse = traceAttributes(steps, withReferences(attributes, steps), (from) => from.name);
  const isKept = subjects.length === 0 || linked.some(({ rule }) => rule.link !== 'join');
  const type =
    before?.type ?? linked.find(({ rule, source }) => mayProvision(rule, 'spaceAttribute', source))?.rule.targetType;
  const failed = steps.find((step) => step.verdict === 'error');
  if (failed !== undefined)
    return {
      inbound,
      metaverse,
      outbound: [],
      tenant: [],
      verdict: `${errorText(failed)}: it keeps its last good state.`,
    };
  if (type === undefined || !isKept)
    return { inbound, metaverse, outbound: [], tenant: [], verdict: verdictInbound(subjects, linked) };
  return { inbound, metaverse, ...(await traceOutbound(request, type, attributes)) };
}

function inboundRules(rules: RuleSet, subjects: readonly TracedSubject[]): readonly RuleToTrace<TracedSubject>[] {
  return subjects
    .filter((subject) => subject.isInScope)
    .flatMap((from) =>
      rules.inbound('source', from.type).map((rule) => ({
        rule,
        source: from.source,
        from,
        object: from.name,
      })),
    )
    .sort((a, b) => a.rule.precedence - b.rule.precedence || subjects.indexOf(a.from) - subjects.indexOf(b.from));
}

function links(rule: CompiledRule): boolean {
  return rule.joins.length > 0 || rule.link === 'provision';
}

/** References are rows of their own; here they stand for themselves by their number. */
function withReferences<From>(attributes: Attributes, steps: readonly FlowStep<From>[]): Attributes {
  const all: Record<string, Value> = { ...attributes };
  for (const { flow, verdict, value } of steps)
    if (flow.reference && value !== null && (verdict === 'wins' || verdict === 'merges')) all[flow.target] = value;
  return all;
}

function verdictInbound(subjects: readonly TracedSubject[], linked: readonly Contribution<TracedSubject>[]): string {
  if (subjects.every((subject) => !subject.isInScope))
    return 'Not synchronized: it lies outside the containers and groups of the scope.';
  for (const subject of subjects) {
    const rules = linked.filter(({ from }) => from === subject).map(({ rule }) => rule);
    const why = explainUnprovisioned(rules, subject.source);
    if (why !== null) return `Not synchronized: ${why}.`;
  }
  return linked.length === 0
    ? 'Not synchronized: no rule that joins it or makes a new object has it in its scope filter.'
    : 'Only rules that join apply, none that makes an object: it is there as long as another object holds it.';
}

function errorText<From>({ rule, flow, error }: FlowStep<From>): string {
  return `Rule "${rule.name}" raises an error for ${flow.target} (${error ?? ''})`;
}

async function traceOutbound(
  { rules, store, before, tenant, now }: TraceRequest,
  type: string,
  attributes: Attributes,
): Promise<Pick<ObjectTrace, 'outbound' | 'tenant' | 'verdict'>> {
  const object = { id: 0, anchor: null, rules: 'traced', tenant: null, origin: null, ...before, type, attributes };
  const steps: FlowStep<null>[] = [];
  const source = outboundSource(attributes, tenant, now);
  const asked = rules.outbound(type).map((rule) => ({ rule, source, from: null, object: METAVERSE_NAME }));
  const desired = flowOut(rules, object, tenant, now, (step) => steps.push(step));
  const outbound = await traceRules(store, asked, steps);
  const failed = steps.find((step) => step.verdict === 'error');
  if (failed !== undefined)
    return { outbound, tenant: [], verdict: `${errorText(failed)}: it keeps its last good state.` };
  if (desired.kind === 'nothing')
    return {
      outbound,
      tenant: [],
      verdict: 'Not in the tenant: no outbound rule that makes objects has it in its scope filter.',
    };
  const given = traceAttributes(steps, desired.outcome.attributes, () => METAVERSE_NAME);
  return { outbound, tenant: given, verdict: `The rules want it in the tenant as ${desired.type}.` };
}
