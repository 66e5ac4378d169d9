import type { TargetType } from './change.ts';
import type { Licence } from './licence.ts';

/** What an operation does. Disabling is an update that sets accountEnabled to false. */
export const ACTIONS = ['create', 'update', 'delete', 'restore', 'link'] as const;
export type Action = (typeof ACTIONS)[number];

/** A value as a plan shows it: text, flag, list of texts, or null for none. Bytes are base64, integers decimal texts. */
export type PlanValue = string | boolean | readonly (string | boolean)[] | null;

/** One attribute of an operation, before and after. `attribute` is the neutral name, `native` the one the target and people use. */
export interface AttributeChange {
  readonly attribute: string;
  readonly native: string;
  readonly from: PlanValue;
  readonly to: PlanValue;
  /** The directory wants what it wanted before; somebody changed the value in the tenant. */
  readonly drift?: true;
}

/** Where an operation comes from: the source object, and the rules that gave the values. */
export interface Cause {
  readonly source: string;
  readonly object: string;
  readonly rules: readonly string[];
  /** Of a deletion: why the object does not stand for it any more. */
  readonly why?: string;
  /** Of a link: by which attribute the object of the tenant was found, and the value that both have. */
  readonly match?: { readonly way: string; readonly value: string };
  /** What somebody did in the tenant that this puts right: nothing changed in the directory. */
  readonly drift?: 'changed' | 'deleted' | 'restored';
  /** Of a creation: when the object that stood for it in the tenant was deleted, which is gone for good by now. */
  readonly goneSince?: string;
  /** Of the restoration of a user: licences that he held directly when we deleted him, and is given back. */
  readonly licences?: readonly Licence[];
}

/** Per type of object what the plan does, and how many managed objects stay as they are. */
export interface ActionCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly restore: number;
  readonly link: number;
  /** Of the updates: those that disable an account. */
  readonly disable: number;
  readonly unchanged: number;
}

export interface PlanCounts {
  readonly types: Readonly<Partial<Record<TargetType, ActionCounts>>>;
  readonly memberships: { readonly add: number; readonly remove: number };
}

/** What a guard says of a plan. `limit` and `found` are counts or percents, as `message` says. */
export interface GuardVerdict {
  readonly name: string;
  readonly limit: number;
  readonly found: number;
  readonly blocked: boolean;
  readonly message: string;
  /** Of a verdict that stops the plan: the first of the objects concerned, in the order of their names. */
  readonly objects: readonly string[];
}

export const PLAN_STATES = ['ready', 'blocked', 'applying', 'applied', 'stale'] as const;
export type PlanState = (typeof PLAN_STATES)[number];

/** The head of a stored plan. The operations are read in pages. */
export interface PlanHead {
  readonly id: string;
  /** SHA-256 over the operations in order: the same input gives the same hash, whenever and wherever it is made. */
  readonly hash: string;
  readonly createdAt: string;
  readonly run: string;
  readonly state: PlanState;
  readonly counts: PlanCounts;
  readonly guards: readonly GuardVerdict[];
  readonly operations: number;
  /** The run whose writes the plan takes back; null: the plan is of what the rules want. */
  readonly undoes: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
}

/** Something that a run wrote and that cannot be taken back, or only by hand. `attribute`: native name; null: the object as a whole. */
export interface NotUndone {
  readonly type: TargetType;
  readonly anchor: string;
  readonly name: string;
  readonly targetId: string;
  readonly attribute: string | null;
  readonly reason: string;
  /** What the run wrote, and what the tenant holds now; null where the reason does not turn on values. */
  readonly values: { readonly written: PlanValue; readonly now: PlanValue } | null;
  /** Of a deleted group: some of those who were in it, in the order in which the tenant told them, and how many there were. */
  readonly members: { readonly count: number; readonly names: readonly string[] } | null;
}

/** One end of a membership, as people read it. */
export interface MemberName {
  readonly anchor: string;
  readonly name: string;
  readonly targetId: string | null;
  /** In a plan: the membership was changed in the tenant. */
  readonly drift?: true;
}

export const OPERATION_STATES = ['planned', 'done', 'failed', 'skipped'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** One operation of a plan, as stored; its memberships are read apart, because a group may have 250,000. */
export interface Operation {
  /** The position in the plan, from 1, as text: every operation named in `after` stands before it. */
  readonly id: string;
  readonly action: Action;
  readonly type: TargetType;
  readonly anchor: string;
  readonly name: string;
  readonly targetId: string | null;
  readonly changes: readonly AttributeChange[];
  readonly after: readonly string[];
  readonly cause: Cause;
  readonly state: OperationState;
  readonly members: { readonly add: number; readonly remove: number };
}
