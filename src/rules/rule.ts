import type { Value } from '../model/value.ts';

/** What a rule reads: one object of a space (inbound) or of the metaverse (outbound). */
export interface RuleSource {
  /** The value of an attribute by exact name, undefined when absent. Inbound also `dn` (a text), which `distinguishedName` is, too. */
  get(attribute: string): Value | undefined;
  /** Number of values of a reference attribute (`ValueCount("member")`, `IsPresent([member])`). */
  countReferences(attribute: string): number;
  /** `%Name%` parameters, e.g. `Domain.FQDN`, `Connector.ID`; undefined when not known. */
  parameter(name: string): string | undefined;
  /** Whether the object is a direct member of the group with this DN, in the form of `normalizeDn`. */
  isMemberOf(group: string): boolean;
}

/**
 * What one flow says. `null`: nothing, the next rule by precedence may contribute. `authoritative-null`: nothing, and no other rule may
 * contribute. `ignore`: as if the flow did not exist, an existing value stays.
 */
export type FlowResult =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'null' }
  | { readonly kind: 'authoritative-null' }
  | { readonly kind: 'ignore' };

/** Thrown by `CompiledFlow.evaluate` for `Error("...")` and for type errors; the message is for the administrator. */
export class RuleEvaluationError extends Error {
  readonly rule: string;
  readonly attribute: string;

  constructor(rule: string, attribute: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuleEvaluationError';
    this.rule = rule;
    this.attribute = attribute;
  }
}

export const MERGE_TYPES = ['update', 'merge', 'merge-case-insensitive', 'replace'] as const;
export type MergeType = (typeof MERGE_TYPES)[number];

export interface CompiledFlow {
  /** The attribute that receives the value. */
  readonly target: string;
  readonly kind: 'direct' | 'constant' | 'expression';
  /** The source attributes read, found in the expression itself. */
  readonly sources: readonly string[];
  /** The attribute, constant or expression as written. */
  readonly text: string;
  /** A reference attribute that flows directly: the engine moves the references itself and does not call `evaluate`. */
  readonly reference: boolean;
  readonly merge: MergeType;
  /** Flows only when the target object is created. */
  readonly once: boolean;
  /** Throws RuleEvaluationError and nothing else. An empty text counts as no value: no directory holds one. */
  evaluate(source: RuleSource): FlowResult;
}

export interface JoinCondition {
  readonly spaceAttribute: string;
  readonly metaverseAttribute: string;
  readonly caseSensitive: boolean;
}

/** One clause of a scope filter as written. `attribute` is empty where the operator looks at none. */
export interface RuleClause {
  readonly attribute: string;
  readonly operator: string;
  readonly value: string;
  isMet(source: RuleSource): boolean;
}

export const DIRECTIONS = ['inbound', 'outbound'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Which side a rule is for: the directories we read, or the tenant. */
export const RULE_CONNECTORS = ['source', 'tenant'] as const;
export type RuleConnector = (typeof RULE_CONNECTORS)[number];

/** Types of objects in the metaverse. */
export const METAVERSE_TYPES = ['person', 'group', 'device'] as const;

export const LINK_TYPES = ['provision', 'join', 'sticky-join'] as const;
export type LinkType = (typeof LINK_TYPES)[number];

export interface CompiledRule {
  readonly name: string;
  readonly tag: string | null;
  readonly description: string;
  readonly file: string;
  readonly direction: Direction;
  readonly connector: RuleConnector;
  /** Inbound: type in the space; outbound: type in the metaverse. */
  readonly sourceType: string;
  /** Inbound: person, group, device, or `*` for any object that is there already; outbound: type in the tenant. */
  readonly targetType: string;
  readonly link: LinkType;
  /** The lowest number wins. */
  readonly precedence: number;
  readonly enablePasswordSync: boolean;
  isInScope(source: RuleSource): boolean;
  /** The same as it is written, for people: groups of clauses. */
  readonly scope: readonly (readonly RuleClause[])[];
  /** The DNs of groups whose members `isInScope` asks for, in the form of `normalizeDn`. */
  readonly scopeGroups: readonly string[];
  /** The attributes that `isInScope` reads. */
  readonly scopeAttributes: readonly string[];
  /** Whether its scope, joins or flows see the names of the containers above an object: then a renamed container concerns all below it. */
  readonly readsContainers: boolean;
  /** Groups in order, the first with exactly one match decides; all conditions of a group must hold. */
  readonly joins: readonly (readonly JoinCondition[])[];
  readonly flows: readonly CompiledFlow[];
}
