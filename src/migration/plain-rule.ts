import { stringify } from 'yaml';
import { compileRule } from '../rules/compile-rule.ts';
import { applyIdentity, type Identity } from '../rules/identity.ts';
import { readRuleFile, readRuleText } from '../rules/rule-file.ts';
import { fingerprintOf } from '../rules/rule-fingerprint.ts';
import type { RuleDefinition } from '../rules/rule-schema.ts';
import { type RuleProblem, standardRuleFiles } from '../rules/rule-set.ts';

export type PlainFlow = string | Readonly<Record<string, string | boolean | number>>;

/** A rule as a rule file has it, without what is the default anyway. */
export interface PlainRule {
  readonly name: string;
  readonly madeFor?: string;
  readonly description?: string;
  readonly direction: string;
  readonly connector: string;
  readonly from: string;
  readonly to: string;
  readonly link: string;
  readonly precedence: number;
  readonly disabled?: boolean;
  readonly passwordSync?: boolean;
  readonly scope?: readonly (readonly Readonly<Record<string, unknown>>[])[];
  readonly join?: readonly (readonly Readonly<Record<string, unknown>>[])[];
  readonly flows?: Readonly<Record<string, PlainFlow>>;
}

/** A rule that Dirbridge ships, as the section `identity` makes it. */
export interface ShippedRule {
  readonly definition: RuleDefinition;
  /** Of the rule as it stands in its file: what `madeFor` names. */
  readonly fingerprint: string;
}

/** The rules that Dirbridge ships, by name. */
export function shippedRules(identity: Identity): ReadonlyMap<string, ShippedRule> {
  const rules = standardRuleFiles().flatMap((file) => readRuleFile(file).rules);
  const adapted = new Map(rules.map((rule) => [rule.definition.name, rule]));
  applyIdentity(adapted, identity);
  return new Map(
    rules.map(({ definition }) => [
      definition.name,
      {
        definition: adapted.get(definition.name)?.definition ?? definition,
        fingerprint: fingerprintOf(definition),
      },
    ]),
  );
}

/** A shipped rule in the form in which it is written to a file. */
export function plainRule({ tag: _tag, madeFor: _madeFor, ...definition }: RuleDefinition): PlainRule {
  const { description, disabled, passwordSync, scope, join, flows, ...head } = definition;
  return {
    ...head,
    ...(description === '' ? {} : { description }),
    ...(disabled ? { disabled } : {}),
    ...(passwordSync ? { passwordSync } : {}),
    ...(scope.length === 0 ? {} : { scope }),
    ...(join.length === 0 ? {} : { join: join.map((group) => group.map(plainCondition)) }),
    flows: Object.fromEntries(Object.entries(flows).map(([target, flow]) => [target, plainFlow(flow)])),
  };
}

function plainCondition({ space, metaverse, caseSensitive }: RuleDefinition['join'][number][number]) {
  return { space, metaverse, ...(caseSensitive ? { caseSensitive } : {}) };
}

function plainFlow(flow: RuleDefinition['flows'][string]): PlainFlow {
  const { merge, once, ...source } = flow;
  const options = { ...(merge === 'update' ? {} : { merge }), ...(once ? { once } : {}) };
  const given = Object.fromEntries(Object.entries(source).filter((entry) => entry[1] !== undefined));
  const [attribute] = Object.keys(given).length === 1 ? [given['attribute']] : [];
  if (typeof attribute === 'string' && Object.keys(options).length === 0) return attribute;
  return { ...given, ...options };
}

/** What is wrong with a rule, in the words of `rules lint`; empty when nothing is. */
export function problemsOf(rule: PlainRule): readonly string[] {
  const { rules, problems } = readRuleText(stringify({ rules: [rule] }), 'rule');
  const found: RuleProblem[] = [...problems];
  for (const one of rules) compileRule(one, found);
  return found.map(({ message }) => message.replace(`rule "${rule.name}": `, '').replaceAll(/\s*\n\s*/g, ' '));
}
