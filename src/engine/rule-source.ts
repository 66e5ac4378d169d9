import type { Attributes, Value } from '../model/value.ts';
import { isDnAttribute, type RuleSource } from '../rules/rule-set.ts';

const NO_GROUPS: ReadonlySet<string> = new Set();

/**
 * An object as rules read it. `key`: its directory and anchor, the same in every run; what Guid and RandomNum draw by. `groups`: the normalized DNs of
 * those groups it is a member of that rules ask for.
 */
export function ruleSource(
  attributes: Attributes,
  references: Readonly<Record<string, number>>,
  parameters: Readonly<Record<string, string>>,
  dn: string | null,
  key: string | null = null,
  groups: ReadonlySet<string> = NO_GROUPS,
): RuleSource {
  return {
    get: (name): Value | undefined => (isDnAttribute(name) ? (dn ?? attributes[name]) : attributes[name]),
    countReferences: (name) => references[name] ?? 0,
    parameter: (name) => (name === 'Object.Key' ? (key ?? undefined) : parameters[name]),
    isMemberOf: (group) => groups.has(group),
  };
}

/** Parameters that every rule can read: what Now() gives. */
export function runParameters(startedAt: Date): Readonly<Record<string, string>> {
  return { 'Run.StartedAt': startedAt.toISOString() };
}
