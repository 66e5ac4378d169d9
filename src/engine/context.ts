import type { Connector, TargetConnector } from '../connectors/connector.ts';
import type { Log } from '../log.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Store } from '../store/store.ts';
import type { GuardLimits } from './guards/limits.ts';

/** Which objects of a source are synchronized. DNs name containers and groups once; from then on their GUIDs count. */
export interface Scope {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Only direct members of one of these groups, where any is given. */
  readonly groups: readonly string[];
}

export interface Source {
  readonly connector: Connector;
  readonly scope: Scope;
}

/** What becomes of objects that leave. */
export interface GracePeriod {
  /** Accounts are switched off in the tenant when they leave. */
  readonly disableFirst: boolean;
  /** Milliseconds until what left is deleted; null: at once. */
  readonly after: number | null;
}

/** Whether objects that the tenant holds already are taken over: by their anchor, or by mail address and user principal name. */
export interface Matching {
  readonly soft: boolean;
  readonly hard: boolean;
}

/** `leave`: what somebody changes in the tenant stays until the directory's value changes. */
export type DriftDecision = 'correct' | 'leave';

export interface DriftPolicy {
  readonly default: DriftDecision;
  /** By name in the tenant, or neutral name. */
  readonly attributes: Readonly<Record<string, DriftDecision>>;
  /** Of memberships; undefined: as `default`. */
  readonly members?: DriftDecision | undefined;
}

/** Told while long work goes on; `total` is null where nobody knows. */
export type Progress = (step: string, done: number, total: number | null) => void;

/** What the four verbs work with: contracts only. */
export interface EngineContext {
  readonly store: Store;
  readonly rules: RuleSet;
  readonly sources: readonly Source[];
  readonly target: TargetConnector;
  readonly guards: GuardLimits;
  readonly deletions: GracePeriod;
  /** Keys of the configuration, besides the scopes, that decide who belongs, with their values as text: for people who are told what was changed. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly matching: Matching;
  readonly drift: DriftPolicy;
  /** Another server writes to the tenant, as it should: what it makes there is no sign of a stranger. */
  readonly isWrittenElsewhere?: boolean;
  readonly now: () => Date;
  readonly log: Log;
  readonly progress: Progress;
}

/** Remembered from a full sync to the plan that follows it: what that plan does not come across is not there. */
export const EVERYTHING_TOUCHED = 'everything touched';

/** Remembered from a restored backup (`yes`) and from a conversion (`CONVERTED`), until a full run has compared everything with it. */
export const FULL_RUN_DUE = 'full run due';

/** The tenant goes on by another way: what it holds otherwise than we wrote is its own doing, and nobody's change. */
export const CONVERTED = 'converted';

/** The name of the tenant's space. */
export const TENANT = 'tenant';

/** Why an object left that is gone from its source: no change of the configuration made it leave. */
export const DELETED_IN_SOURCE = 'it was deleted there';

/** Whether the tenant tells who holds an administrator role: `yes` or `no`, as of the last time it was asked. */
export const ADMINISTRATORS_KNOWN = 'administrators known';
