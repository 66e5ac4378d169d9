import { type Attributes, isSameValue, type Scalar, scalarsOf, type Value } from '../model/value.ts';
import type { CompiledFlow, CompiledRule, RuleSource } from '../rules/rule-set.ts';

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

/**
 * Flows attributes from rules in scope to one target object: lowest precedence number first, the first rule with a value wins; NULL hands on to the
 * next, AuthoritativeNull ends the search, IgnoreThisFlow is as if the flow did not exist and leaves an existing value. Contributions
 * must be in order of precedence. Throws RuleEvaluationError when a rule raises an error.
 */
export function flowAttributes<From>(
  contributions: readonly Contribution<From>[],
  before: Attributes,
  isNew: boolean,
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
      if (final.has(target)) continue;
      if (flow.reference) {
        decided.add(target);
        if (source.countReferences(flow.sources[0] ?? target) === 0) continue;
        const list = references.get(target) ?? [];
        references.set(target, [...list, { rule, flow, from }]);
        if (flow.merge === 'update' || flow.merge === 'replace') final.add(target);
        continue;
      }
      if (flow.once && !isNew) {
        ignored.add(target);
        continue;
      }
      const result = flow.evaluate(source);
      if (result.kind === 'ignore') {
        ignored.add(target);
        continue;
      }
      decided.add(target);
      if (result.kind === 'authoritative-null') final.add(target);
      if (result.kind !== 'value') continue;
      origins.set(target, origins.get(target) ?? { rule, flow, from });
      if (flow.merge === 'update' || flow.merge === 'replace') {
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
