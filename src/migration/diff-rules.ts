import type { CompiledRule } from '../rules/rule-set.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { ruleMeaning } from './rule-meaning.ts';
import { diffSettings, type Setting } from './setting.ts';

/** The rules of one side. */
export interface RuleSide {
  /** Those in force. */
  readonly rules: readonly CompiledRule[];
  /** Whether a rule of that name stands in its files, in force or not. Asked only where one is missing. */
  isWritten(name: string): boolean;
}

interface KnownRule {
  readonly name: string;
  readonly meaning: readonly Setting[];
}

/** Compares the rules in force by what they do, in the order of precedence. */
export function diffRules(a: RuleSide, b: RuleSide): readonly Difference[] {
  const inA = knownRules(a);
  const inB = knownRules(b);
  const onlyA = [...inA.values()].filter(({ name }) => !inB.has(name));
  const onlyB = new Map([...inB].filter(([name]) => !inA.has(name)));
  const differences: Difference[] = [];
  for (const rule of onlyA) {
    const twin = [...onlyB.values()].find((other) => diffMeaning(rule, other).length === 0);
    if (twin === undefined)
      differences.push(missing(rule.name, b.isWritten(rule.name) ? 'disabled-in-b' : 'only-in-a'));
    else {
      onlyB.delete(twin.name);
      differences.push({ area: 'rule', name: rule.name, key: '', kind: 'renamed', a: rule.name, b: twin.name });
    }
  }
  for (const { name } of onlyB.values())
    differences.push(missing(name, a.isWritten(name) ? 'disabled-in-a' : 'only-in-b'));
  for (const [name, rule] of inA) {
    const other = inB.get(name);
    if (other !== undefined) differences.push(...diffMeaning(rule, other));
  }
  return differences;
}

function knownRules({ rules }: RuleSide): ReadonlyMap<string, KnownRule> {
  return new Map(rules.map((rule) => [rule.name, { name: rule.name, meaning: ruleMeaning(rule) }]));
}

function diffMeaning(one: KnownRule, other: KnownRule): readonly Difference[] {
  return diffSettings('rule', one.name, one.meaning, other.meaning);
}

function missing(name: string, kind: DifferenceKind): Difference {
  return { area: 'rule', name, key: '', kind, a: null, b: null };
}
