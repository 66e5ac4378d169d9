import { type Attributes, isSameValue, type Scalar, scalarsOf, type Value } from '../model/value.ts';
import {
  type CompiledFlow,
  type CompiledRule,
  type FlowResult,
  RuleEvaluationError,
  type RuleSource,
} from '../rules/rule-set.ts';

/** A rule in scope together with the object it reads. */
export interface Contribution<From> {
  readonly rule: CompiledRule;
  readonly source: RuleSource;
  readonly from: From;
}

/** Where one value came from: for explain, and to know which object gives the references. */
export interface Origin<From> {
  readonly rule: CompiledRule;
  readonly flow: CompiledFlow;
  readonly from: From;
}

export interface FlowOutcome<From> {
  readonly attributes: Attributes;
  readonly origins: ReadonlyMap<string, Origin<From>>;
  /** Reference attributes with the flows that give them: one, or several that are merged. */
  readonly references: ReadonlyMap<string, readonly Origin<From>[]>;
  /** Attributes for which a rule spoke, with or without a value: the ones that the target side manages. */
  readonly decided: ReadonlySet<string>;
}

/** What came of one flow, for people who want to see it. */
export interface FlowStep<From> {
  readonly rule: CompiledRule;
  readonly flow: CompiledFlow;
  readonly from: From;
  /** `loses`: a rule of a lower number has decided already. */
  readonly verdict: 'wins' | 'merges' | 'loses' | 'nothing' | 'clears' | 'ignored' | 'error';
  /** Null without one; of references their number, as a text. */
  readonly value: Value | null;
  readonly error: string | null;
}

export type FlowObserver<From> = (step: FlowStep<From>) => void;

/**
 * Flows attributes from rules in scope to one target object: lowest precedence number first, the first rule with a value wins; NULL hands on to the
 * next, AuthoritativeNull ends the search, IgnoreThisFlow is as if the flow did not exist and leaves an existing value. Contributions
 * must be in order of precedence. Throws RuleEvaluationError when a rule raises an error. `observe` is told of every flow, those that lose
 * included; an error is told to it, too, and thrown no more.
 */
export function flowAttributes<From>(
  contributions: readonly Contribution<From>[],
  before: Attributes,
  isNew: boolean,
  observe?: FlowObserver<From>,
): FlowOutcome<From> {
  const attributes: Record<string, Value> = {};
  const origins = new Map<string, Origin<From>>();
  const references = new Map<string, Origin<From>[]>();
  const final = new Set<string>();
  const decided = new Set<string>();
  const ignored = new Set<string>();
  for (const { rule, source, from } of contributions) {
    for (const flow of rule.flows) {
      const target = flow.target;
      if (final.has(target)) {
        observe?.(losingStep(rule, flow, from, source));
        continue;
      }
      if (flow.reference) {
        decided.add(target);
        const count = source.countReferences(flow.sources[0] ?? target);
        const isAlone = standsAlone(flow);
        observe?.(referenceStep(rule, flow, from, count, isAlone));
        if (count === 0) continue;
        const list = references.get(target) ?? [];
        references.set(target, [...list, { rule, flow, from }]);
        if (isAlone) final.add(target);
        continue;
      }
      if (flow.once && !isNew) {
        ignored.add(target);
        observe?.({ rule, flow, from, verdict: 'ignored', value: null, error: null });
        continue;
      }
      const result = observe === undefined ? flow.evaluate(source) : evaluateWatched(rule, flow, from, source, observe);
      if (result === null) continue;
      if (result.kind === 'ignore') {
        ignored.add(target);
        continue;
      }
      decided.add(target);
      if (result.kind === 'authoritative-null') final.add(target);
      if (result.kind !== 'value') continue;
      origins.set(target, origins.get(target) ?? { rule, flow, from });
      if (standsAlone(flow)) {
        attributes[target] = result.value;
        final.add(target);
      } else {
        attributes[target] = merge(attributes[target], result.value, flow.merge === 'merge-case-insensitive');
      }
    }
  }
  keepIgnored(attributes, ignored, decided, before);
  return { attributes, origins, references, decided };
}

/** Whether its values are the attribute, and are not joined to those of other rules. */
function standsAlone({ merge: type }: CompiledFlow): boolean {
  return type === 'update' || type === 'replace';
}

type Verdict = FlowStep<unknown>['verdict'];

const VERDICTS: Readonly<Record<Exclude<FlowResult['kind'], 'value'>, Verdict>> = {
  null: 'nothing',
  'authoritative-null': 'clears',
  ignore: 'ignored',
};

/** Evaluates and tells; null for an error, which is told and leaves the attribute to others. */
function evaluateWatched<From>(
  rule: CompiledRule,
  flow: CompiledFlow,
  from: From,
  source: RuleSource,
  observe: FlowObserver<From>,
): FlowResult | null {
  const result = tryFlow(flow, source);
  if (typeof result === 'string') {
    observe({ rule, flow, from, verdict: 'error', value: null, error: result });
    return null;
  }
  const won: Verdict = standsAlone(flow) ? 'wins' : 'merges';
  const isValue = result.kind === 'value';
  const verdict = isValue ? won : VERDICTS[result.kind];
  observe({ rule, flow, from, verdict, value: isValue ? result.value : null, error: null });
  return result;
}

/** The result, or the message of the error that the rule raises. */
function tryFlow(flow: CompiledFlow, source: RuleSource): FlowResult | string {
  try {
    return flow.evaluate(source);
  } catch (error) {
    if (error instanceof RuleEvaluationError) return error.message;
    throw error;
  }
}

function losingStep<From>(rule: CompiledRule, flow: CompiledFlow, from: From, source: RuleSource): FlowStep<From> {
  if (flow.reference) {
    const count = source.countReferences(flow.sources[0] ?? flow.target);
    return { rule, flow, from, verdict: 'loses', value: count === 0 ? null : referenceText(count), error: null };
  }
  const result = tryFlow(flow, source);
  const isError = typeof result === 'string';
  const value = !isError && result.kind === 'value' ? result.value : null;
  return { rule, flow, from, verdict: 'loses', value, error: isError ? result : null };
}

function referenceStep<From>(
  rule: CompiledRule,
  flow: CompiledFlow,
  from: From,
  count: number,
  isAlone: boolean,
): FlowStep<From> {
  if (count === 0) return { rule, flow, from, verdict: 'nothing', value: null, error: null };
  return { rule, flow, from, verdict: isAlone ? 'wins' : 'merges', value: referenceText(count), error: null };
}

function referenceText(count: number): string {
  return count === 1 ? '1 reference' : `${count} references`;
}

/** An ignored flow leaves what is there, unless another rule decided. */
function keepIgnored(
  attributes: Record<string, Value>,
  ignored: ReadonlySet<string>,
  decided: ReadonlySet<string>,
  before: Attributes,
): void {
  for (const name of ignored) {
    const value = before[name];
    if (!decided.has(name) && value !== undefined) attributes[name] = value;
  }
}

function merge(left: Value | undefined, right: Value, ignoreCase: boolean): Value {
  if (left === undefined) return right;
  const all = [...scalarsOf(left)];
  for (const value of scalarsOf(right)) {
    if (!all.some((one) => isSame(one, value, ignoreCase))) all.push(value);
  }
  return all;
}

function isSame(a: Scalar, b: Scalar, ignoreCase: boolean): boolean {
  if (ignoreCase && typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
  return isSameValue(a, b);
}
