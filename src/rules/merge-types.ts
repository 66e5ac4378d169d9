import type { ReadRule } from './rule-file.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { RuleDefinition } from './rule-schema.ts';

interface FirstUse {
  readonly merge: string;
  readonly rule: string;
}

/**
 * All flows to one attribute of one type have to come together in one way: with two ways it would hang on the order of the rules what comes out.
 * A rule for any type speaks for each.
 */
export function checkMergeTypes(rules: readonly ReadRule[], problems: RuleProblem[]): void {
  const first = new Map<string, FirstUse>();
  const ordered = [...rules].sort((a, b) => b.definition.precedence - a.definition.precedence);
  for (const rule of ordered) {
    for (const [target, { merge }] of Object.entries(rule.definition.flows)) {
      const key = mergeKey(rule.definition, target);
      const way = mergeWay(merge);
      const other = first.get(key);
      if (other === undefined) first.set(key, { merge: way, rule: rule.definition.name });
      else if (other.merge !== way) problems.push(mixed(rule, target, way, other));
    }
  }
}

/** Flows with the same key have to agree. */
export function mergeKey({ direction, to }: Pick<RuleDefinition, 'direction' | 'to'>, target: string): string {
  return `${direction} ${to} ${target}`;
}

/** `replace` is another word for `update`. */
export function mergeWay(merge: string): string {
  return merge === 'replace' ? 'update' : merge;
}

function mixed(rule: ReadRule, target: string, merge: string, other: FirstUse): RuleProblem {
  return {
    file: rule.file,
    line: rule.lineOf(['flows', target]),
    rule: rule.definition.name,
    message: `flow to ${target}: merge type ${merge}, but ${other.merge} in rule "${other.rule}"; the merge types of one attribute must agree`,
    remedy: `Write merge: ${other.merge} here, or change it in every rule that flows to ${target}.`,
  };
}
