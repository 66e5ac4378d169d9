import { mergeKey, mergeWay } from '../rules/merge-types.ts';
import type { RuleDefinition } from '../rules/rule-schema.ts';
import type { PlainFlow, PlainRule } from './plain-rule.ts';

/** A flow whose merge type was changed so that all flows to its attribute agree. */
export interface ChangedMerge {
  readonly rule: string;
  readonly target: string;
  readonly from: string;
  readonly to: string;
  /** The rule that decided. */
  readonly by: string;
}

/**
 * All flows to an attribute have to come together in one way. The shipped rules that stand decide, then the strongest of the rules taken
 * over; flows of the others are changed to that way.
 */
export function agreeOnMerges(
  rules: readonly PlainRule[],
  standing: readonly RuleDefinition[],
): { readonly rules: readonly PlainRule[]; readonly changed: readonly ChangedMerge[] } {
  const inForce = new Map<string, { readonly way: string; readonly by: string }>();
  const changed: ChangedMerge[] = [];
  for (const rule of standing)
    for (const [target, { merge }] of Object.entries(rule.flows))
      inForce.set(mergeKey(rule, target), { way: mergeWay(merge), by: rule.name });
  const agreed = [...rules]
    .sort((a, b) => a.precedence - b.precedence)
    .map((rule) => {
      if (rule.disabled) return rule;
      const flows = Object.entries(rule.flows ?? {}).map(([target, flow]): readonly [string, PlainFlow] => {
        const way = mergeWay(mergeOf(flow));
        const key = mergeKey({ direction: rule.direction as RuleDefinition['direction'], to: rule.to }, target);
        const other = inForce.get(key);
        if (other === undefined) inForce.set(key, { way, by: rule.name });
        if (other === undefined || other.way === way) return [target, flow];
        changed.push({ rule: rule.name, target, from: way, to: other.way, by: other.by });
        return [target, withMerge(flow, other.way)];
      });
      return { ...rule, flows: Object.fromEntries(flows) };
    });
  return { rules: agreed, changed };
}

function mergeOf(flow: PlainFlow): string {
  return typeof flow === 'string' ? 'update' : String(flow['merge'] ?? 'update');
}

function withMerge(flow: PlainFlow, merge: string): PlainFlow {
  const { merge: _merge, ...rest } = typeof flow === 'string' ? { attribute: flow, merge } : flow;
  if (merge !== 'update') return { ...rest, merge };
  const { attribute, ...others } = rest;
  return typeof attribute === 'string' && Object.keys(others).length === 0 ? attribute : rest;
}
