import { normalizeDn } from '../model/dn.ts';
import type { Value } from '../model/value.ts';
import type { RuleSource } from './rule.ts';

export interface SampleObject {
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly references?: Readonly<Record<string, number>>;
  /** DNs of the groups it is a direct member of. */
  readonly groups?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** One object held in memory, for `rules test` on a file and for tests. */
export function createRuleSource({
  attributes = {},
  references = {},
  groups = [],
  parameters = {},
}: SampleObject): RuleSource {
  const memberOf = new Set(groups.map(normalizeDn));
  return {
    get: (attribute) => (Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined),
    countReferences: (attribute) => (Object.hasOwn(references, attribute) ? (references[attribute] ?? 0) : 0),
    parameter: (name) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined),
    isMemberOf: (group) => memberOf.has(group),
  };
}
