import type { Attributes, Value } from '../model/value.ts';
import type { RuleSource } from '../rules/rule-set.ts';

/** An object as rules read it. */
export function ruleSource(
  attributes: Attributes,
  references: Readonly<Record<string, number>>,
  parameters: Readonly<Record<string, string>>,
  dn: string | null,
): RuleSource {
  return {
    get: (name): Value | undefined => (name === 'dn' ? (dn ?? undefined) : attributes[name]),
    countReferences: (name) => references[name] ?? 0,
    parameter: (name) => parameters[name],
  };
}

/** Parameters that every rule can read: what Now() gives. */
export function runParameters(startedAt: Date): Readonly<Record<string, string>> {
  return { 'Run.StartedAt': startedAt.toISOString() };
}
