import type { TargetType } from '../../model/change.ts';

export interface TypeLimits {
  readonly count?: number | undefined;
  readonly percent?: number | undefined;
}

/** Over more than `count` objects, or over more than `percent` of them where that are at least `atLeast`. */
export interface DepartureLimits {
  readonly count: number;
  readonly percent: number;
  readonly atLeast: number;
  /** Other limits for one type. */
  readonly types: Readonly<Partial<Record<TargetType, TypeLimits | undefined>>>;
}

/** What stops a plan. Counts are objects, percents are of what is managed or was there before. */
export interface GuardLimits {
  /** Milliseconds: what left so long ago still counts. */
  readonly window: number;
  readonly deletions: DepartureLimits;
  readonly disablements: DepartureLimits;
  readonly membershipRemovals: {
    readonly percent: number;
    readonly atLeast: number;
    /** A group with so many members must not lose all of them. */
    readonly emptied: number;
    readonly total: { readonly count: number; readonly percent: number; readonly atLeast: number };
  };
  readonly sourceShrink: { readonly percent: number; readonly atLeast: number };
  /** Objects that leave after the configuration changed. */
  readonly scopeChange: { readonly count: number };
  readonly containers: { readonly percent: number; readonly atLeast: number };
  readonly privileged: { readonly count: number };
  readonly massChanges: { readonly percent: number; readonly atLeast: number };
}
