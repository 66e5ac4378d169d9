import type { ObjectChange, TargetType } from '../model/change.ts';
import type { Finding, FindingCode, FindingStage } from '../model/finding.ts';
import type { Licence } from '../model/licence.ts';
import type {
  Action,
  AttributeChange,
  Cause,
  GuardVerdict,
  MemberName,
  NotUndone,
  Operation,
  OperationState,
  PlanCounts,
  PlanHead,
  PlanState,
} from '../model/plan.ts';
import type { Run, RunOutcome, RunStep } from '../model/run.ts';
import type { Attributes, Value } from '../model/value.ts';
import type { PasswordStore } from './password-store.ts';

/**
 * What we remember between runs. One process writes at a time (`openStore` refuses a second one); every method is safe to be killed in.
 * Numbers named `object`, `mv`, `space`, `plan`, `run` are the store's own row numbers and never leave the engine, except as the text ids of runs and plans.
 */
export interface Store {
  readonly spaces: SpaceStore;
  readonly sync: SyncStore;
  readonly matches: MatchStore;
  readonly drift: DriftStore;
  readonly plans: PlanStore;
  readonly apply: ApplyStore;
  readonly undo: UndoStore;
  readonly guards: GuardStore;
  readonly leaving: LeavingStore;
  readonly licences: LicenceStore;
  readonly passwords: PasswordStore;
  readonly runs: RunStore;
  readonly peers: PeerStore;
  /** Runs `work` so that all of its writes happen or none. Not nested. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  meta(key: string): Promise<string | null>;
  setMeta(key: string, value: string): Promise<void>;
  /** Writes a consistent copy of the whole store as a file of its own, also while another process writes. The file must not be there, or be empty. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A value by which an object can be found: `kind` names the set in which it is unique, `key` is already folded for comparison. */
export interface LookupValue {
  readonly kind: string;
  readonly key: string;
}

export type Lookup = (attributes: Attributes) => readonly LookupValue[];

// ---------------------------------------------------------------- spaces

export interface SpaceHead {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly watermark: string | null;
  readonly attributes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly generation: number;
  readonly importedAt: string | null;
  /** Live objects by type when the last plan was carried out or found nothing to do: what the source guard compares with. */
  readonly baseline: Readonly<Record<string, number>>;
}

export const OBJECT_STATES = { live: 0, placeholder: 1, removed: 2, restorable: 3 } as const;
export type ObjectState = (typeof OBJECT_STATES)[keyof typeof OBJECT_STATES];

export interface SpaceObject {
  readonly id: number;
  readonly space: number;
  readonly anchor: string;
  readonly type: string;
  readonly state: ObjectState;
  readonly parent: number | null;
  readonly rdn: string | null;
  readonly attributes: Attributes;
  readonly mv: number | null;
  readonly deletedAt: string | null;
}

export interface ImportCounts {
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly referencesAdded: number;
  readonly referencesRemoved: number;
}

export interface ImportEnd {
  readonly watermark: string;
  readonly attributes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly at: string;
}

/** Types of objects that a read does not show once they are deleted, though they can be restored. */
export interface HiddenTypes {
  readonly types: readonly string[];
  /** Now. */
  readonly at: string;
  /** What was deleted before this cannot be restored any more. */
  readonly since: string;
}

export interface SpaceStore {
  /** The space of that name, made when it is not there yet. */
  openSpace(name: string, kind: string): Promise<SpaceHead>;
  spaces(): Promise<readonly SpaceHead[]>;
  /** Starts an import; its number marks what it sees, so that `dropUnseen` can tell what a full read did not deliver. */
  beginImport(space: number): Promise<number>;
  /**
   * Stores one page, marks what changed for sync, and answers the anchors of patches for objects that are not in the space, and of objects that have
   * come back from the recycle bin: the caller fetches those whole, with what refers to them, and then says `noteFetched`. `lookup` gives the values by which objects are to be found (`objectsByValue`);
   * null: by none. `marksPlaceholders`: sync is to look at objects that are only referred to, too. `watched`: a change of one of these attributes, of
   * references, or of the existence of an object that is joined is noted as drift.
   */
  storeChanges(
    space: number,
    generation: number,
    changes: readonly ObjectChange[],
    lookup: Lookup | null,
    marksPlaceholders?: boolean,
    watched?: readonly string[],
  ): Promise<{ readonly counts: ImportCounts; readonly unknown: readonly string[] }>;
  /** What refers to these objects has been read; until then an object that came back is asked for again. */
  noteFetched(space: number, anchors: readonly string[]): Promise<void>;
  /**
   * Marks everything that import `generation` did not see as removed; answers how many. `madeSince`: what we ourselves have made since then stays, a
   * replica may not know it yet. `hidden`: of these types what was not seen may be restored.
   */
  dropUnseen(
    space: number,
    generation: number,
    madeSince?: string,
    watched?: readonly string[],
    hidden?: HiddenTypes,
  ): Promise<number>;
  endImport(space: number, end: ImportEnd): Promise<void>;
  /** Live objects by type. */
  liveCounts(space: number): Promise<Readonly<Record<string, number>>>;
  setBaseline(space: number, counts: Readonly<Record<string, number>>): Promise<void>;
  objectByAnchor(space: number, anchor: string): Promise<SpaceObject | null>;
  objectById(id: number): Promise<SpaceObject | null>;
  /** Live objects that are joined, in the order of their ids, from the first one after `after` on. */
  joinedObjects(space: number, after: number, limit: number): Promise<readonly SpaceObject[]>;
  objectsByValue(space: number, value: LookupValue): Promise<readonly SpaceObject[]>;
  /** Objects whose document holds this text as the value of one of these attributes (ignoring case); a scan, for people's questions only. */
  findObjects(attributes: readonly string[], text: string, limit: number): Promise<readonly SpaceObject[]>;
  childByRdn(space: number, parent: number | null, normalizedRdn: string): Promise<SpaceObject | null>;
  /** The anchors that stand for a DN of the configured scope, kept so that a renamed container stays what it was. */
  scopeAnchors(
    space: number,
  ): Promise<readonly { readonly kind: string; readonly dn: string; readonly anchor: string }[]>;
  setScopeAnchors(
    space: number,
    anchors: readonly { readonly kind: string; readonly dn: string; readonly anchor: string }[],
  ): Promise<void>;
}

// ---------------------------------------------------------------- sync

export const PENDING = { attributes: 1, renamed: 2, moved: 4, state: 8 } as const;
/** Why plan looks at a metaverse object: its attributes, all references it has, whether they lead out of the scope, all references to it. */
export const TOUCH = { attributes: 1, references: 2, outside: 4, referred: 8 } as const;

export interface PendingObject extends SpaceObject {
  readonly flags: number;
}

export interface MetaverseObject {
  readonly id: number;
  readonly type: string;
  readonly anchor: string | null;
  readonly attributes: Attributes;
  /** Inbound rules in scope, by their position in the rule set, separated by commas. */
  readonly rules: string;
  /** The object of the tenant space it is joined to. */
  readonly tenant: number | null;
  /** Once it has lost its last object: what that was. */
  readonly origin: Origin | null;
}

/** An object of a source that is not joined any more: the source, the DN (or name) it had, and why it left. */
export interface Origin {
  readonly source: string;
  readonly object: string;
  readonly why: string;
}

export interface Contributor {
  readonly attribute: string;
  readonly object: number;
  readonly objectAttribute: string;
}

export interface MetaverseContent {
  readonly anchor: string | null;
  readonly attributes: Attributes;
  readonly rules: string;
  readonly contributors: readonly Contributor[];
  readonly lookup: readonly LookupValue[];
  /** The joined object whose password is that of the person; without it: none. A new one alone is no reason to look at the object again. */
  readonly passwordSource?: number;
}

/** What a reference of a metaverse object leads to. `wanted`: the last plan that looked at it wanted it in the tenant and could write it. */
export interface MetaverseReference {
  readonly mv: number;
  readonly anchor: string | null;
  readonly wanted: boolean;
}

/** By what an object that the tenant held before us was found. */
export const MATCH_WAYS = ['anchor', 'mail', 'userPrincipalName', 'hand'] as const;
export type MatchWay = (typeof MATCH_WAYS)[number];

/** An object of the tenant that belongs to a metaverse object but is not taken over yet. */
export interface Match {
  readonly mv: number;
  /** The object of the tenant space. */
  readonly candidate: number;
  readonly way: MatchWay;
  readonly value: string;
  /** The finding that says why it is left alone; null: it is joined. */
  readonly refused: string | null;
}

/** What an administrator decided about an object, by its source anchor. */
export interface HandLink {
  readonly anchor: string;
  /** The anchor of the object in the tenant space; null: it is to stay apart from the tenant. */
  readonly target: string | null;
  readonly who: string;
  readonly at: string;
}

export interface MatchStore {
  /** Notes a match in place of what was noted of the metaverse object before. */
  note(match: Match): Promise<void>;
  forget(mv: number): Promise<void>;
  of(mv: number): Promise<Match | null>;
  /** All matches, by metaverse object. */
  all(): Promise<readonly Match[]>;
  /** The next touched metaverse objects by number that have an anchor and nothing in the tenant. */
  touchedWithoutTenant(after: number, limit: number): Promise<readonly MetaverseObject[]>;
  handLinks(): Promise<readonly HandLink[]>;
  setHandLink(link: HandLink): Promise<void>;
}

/** What happened in the tenant to an object as a whole. */
export const TENANT_EVENTS = ['deleted', 'restored'] as const;
export type TenantEvent = (typeof TENANT_EVENTS)[number];

export interface ObjectDrift {
  readonly event: TenantEvent | null;
  /** What the attributes that were changed in the tenant held before. */
  readonly attributes: ReadonlyMap<string, Value | undefined>;
}

/** References of one attribute of one object that were changed in the tenant and stay so. */
export interface LeftReferences {
  readonly attribute: string;
  /** Whether they came in the tenant; else they went there. */
  readonly isHeld: boolean;
  readonly count: number;
  /** The first of them, as metaverse objects. */
  readonly targets: readonly number[];
}

/**
 * What was changed in the tenant behind our back, by managed object: an import of the tenant notes what differs from what we believed (`watch`), and it is
 * kept until the tenant is in step again, or for as long as the change is left alone.
 */
export interface DriftStore {
  isAnyKnown(): Promise<boolean>;
  /** Whether a reference of the object in this plan was marked by `weighReferences`. */
  isAnyReferenceMarked(plan: number, mv: number): Promise<boolean>;
  of(mv: number): Promise<ObjectDrift>;
  noteEvent(mv: number, event: TenantEvent): Promise<void>;
  forget(mv: number, attributes: readonly string[]): Promise<void>;
  forgetEvent(mv: number): Promise<void>;
  /** Everything but the references. */
  forgetObject(mv: number): Promise<void>;
  forgetReferences(mv: number, attribute: string, targets: readonly number[]): Promise<void>;
  /** Marks everything of which a drift is known for plan. */
  touchAll(): Promise<void>;
  /**
   * Marks the references of the plan that come of a change in the tenant, and takes those of the attributes `left` (by their names in the target) out of it. Forgets
   * what is in step again. Answers, by metaverse object, what is left alone, also what this plan has not looked at.
   */
  weighReferences(
    plan: number,
    flows: readonly ReferenceFlow[],
    left: ReadonlySet<string>,
  ): Promise<ReadonlyMap<number, readonly LeftReferences[]>>;
}

export interface SyncStore {
  /** Marks every object (or those of one space) for sync: a full synchronization. */
  markAllPending(space?: number): Promise<void>;
  /** The next objects to synchronize, by number; `clearPending` takes all from the first to the last of them off the list. */
  pendingObjects(limit: number): Promise<readonly PendingObject[]>;
  clearPending(first: number, last: number): Promise<void>;
  countPending(): Promise<number>;
  markPending(object: number, flags: number): Promise<void>;
  /** Marks what a space only refers to. */
  markPlaceholders(space: number): Promise<void>;
  /** Marks the live objects of these types that are joined to nothing. */
  markUnjoined(space: number, types: readonly string[]): Promise<void>;
  /** Marks all objects below a container, or those of some types. */
  markDescendants(container: number, types?: readonly string[]): Promise<number>;
  /**
   * Marks the targets of references that changed since the last sync and whose source is one of these (groups that make up a scope); all targets of those that came or
   * went themselves.
   */
  markTargetsOfChanged(sources: readonly number[], attribute: string): Promise<void>;
  isReferenced(source: number, attribute: string, target: number): Promise<boolean>;
  /** The first targets of a reference attribute of an object, for people's questions. */
  referenceTargets(source: number, attribute: string, limit: number): Promise<readonly SpaceObject[]>;
  /** How many targets each reference attribute of an object has. */
  referenceCounts(object: number): Promise<Readonly<Record<string, number>>>;
  /** The reference attributes of which the spaces give a metaverse object any value, by their names in the metaverse. */
  referenceAttributes(mv: number): Promise<readonly string[]>;
  /** What one of them leads to in the metaverse, page by page. Two objects joined to one are told twice. */
  metaverseReferences(mv: number, attribute: string): AsyncIterable<readonly MetaverseReference[]>;
  /** The DN of an object by the chain of its parents; null for an object without place. */
  dnOf(object: number): Promise<string | null>;
  /** Parent of an object in the tree, for walking up. */
  parentOf(object: number): Promise<{ readonly parent: number | null; readonly anchor: string } | null>;
  metaverse(mv: number): Promise<MetaverseObject | null>;
  /** The next objects of a type by number, after one. */
  metaversePage(type: string, after: number, limit: number): Promise<readonly MetaverseObject[]>;
  /** Whether the space holds any object that can be found by a value at all. */
  hasLookupValues(space: number): Promise<boolean>;
  metaverseByValue(value: LookupValue): Promise<readonly { readonly id: number; readonly type: string }[]>;
  /** What is joined to it, by space and anchor, without placeholders; `except`, `alsoExcept`: objects that are at hand already, or not asked for. */
  objectsOf(mv: number, except?: number, alsoExcept?: number | null): Promise<readonly SpaceObject[]>;
  /** Makes a metaverse object for an object that is joined to nothing yet, and marks all of it for plan. */
  projectMetaverse(type: string, object: number, content: MetaverseContent): Promise<number>;
  /** Stores what flowed in; answers whether anything differs from before. */
  saveMetaverse(mv: number, content: MetaverseContent): Promise<boolean>;
  deleteMetaverse(mv: number): Promise<void>;
  setOrigin(mv: number, origin: Origin): Promise<void>;
  /** Joins an object to a metaverse object, or takes it away (null). `tenant`: it is the object of the tenant space. */
  link(object: number, mv: number | null, tenant: boolean): Promise<void>;
  /** Removes an object that is gone for good; it stays as a placeholder while others refer to it. */
  purgeObject(object: number): Promise<void>;
  touch(mv: number, flags: number): Promise<void>;
  touchAll(flags: number): Promise<void>;
  /** Marks every reference that leads to this object, because what it is joined to has changed. */
  touchReferencesTo(object: number): Promise<void>;
  /** Hands the references that changed in the spaces on to plan, as pairs of metaverse objects; answers how many. */
  touchChangedReferences(): Promise<number>;
  /** Counts up whenever something changed that a plan may depend on. */
  version(): Promise<number>;
  raiseVersion(): Promise<void>;
}

// ---------------------------------------------------------------- plan

export interface TouchedObject {
  readonly mv: MetaverseObject;
  readonly flags: number;
  readonly tenant: SpaceObject | null;
}

export interface NewOperation {
  readonly action: Action;
  readonly type: TargetType;
  readonly mv: number;
  readonly object: number | null;
  readonly anchor: string;
  readonly name: string;
  readonly changes: readonly AttributeChange[];
  readonly cause: Cause;
  readonly claims: readonly LookupValue[];
}

export interface StoredOperation {
  readonly id: number;
  readonly level: number;
  readonly action: Action;
  readonly type: TargetType;
  readonly mv: number;
  readonly object: number | null;
  readonly anchor: string;
  readonly name: string;
  readonly late: boolean;
  readonly changes: readonly AttributeChange[];
  readonly waits: readonly number[];
  readonly cause: Cause;
  readonly state: OperationState;
}

/** How a reference attribute of the metaverse flows to the tenant: names on both sides, for one metaverse type. */
export interface ReferenceFlow {
  readonly attribute: string;
  readonly targetAttribute: string;
  readonly single: boolean;
  readonly metaverseType: string;
}

export interface Conflict {
  readonly operation: number;
  readonly value: LookupValue;
  /** The object of the tenant space that holds the value. */
  readonly holder: SpaceObject;
}

export interface PlanSummary {
  readonly hash: string;
  readonly counts: PlanCounts;
  readonly guards: readonly GuardVerdict[];
  readonly operations: number;
  readonly state: PlanState;
}

export interface PlanStore {
  createPlan(run: string, at: string): Promise<number>;
  touchedObjects(after: number, limit: number): Promise<readonly TouchedObject[]>;
  countTouched(): Promise<number>;
  /** Where the first source object that is joined stands in the tree. */
  sourceOf(mv: number): Promise<{
    readonly id: number;
    readonly space: number;
    readonly parent: number | null;
    readonly rdn: string | null;
  } | null>;
  /** Sets whether the rules want the object in the tenant; where that is new, all references from and to it are to be compared. */
  setWanted(mv: number, wanted: boolean): Promise<void>;
  /** Values that merging rules gave to the tenant's object and that it may still hold, by attribute, as `scalarText` writes them. */
  givenValues(mv: number): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  setGivenValues(mv: number, attribute: string, keys: ReadonlySet<string>): Promise<void>;
  addOperation(plan: number, operation: NewOperation): Promise<number>;
  operation(id: number): Promise<StoredOperation | null>;
  operationOf(plan: number, mv: number): Promise<StoredOperation | null>;
  updateOperation(
    id: number,
    change: {
      readonly changes?: readonly AttributeChange[];
      readonly waits?: readonly number[];
      readonly level?: number;
    },
  ): Promise<void>;
  removeOperation(id: number): Promise<void>;
  /** Adds a second operation for the object of an operation. */
  addFollowUp(
    operation: number,
    changes: readonly AttributeChange[],
    waits: readonly number[],
    level: number,
  ): Promise<number>;
  addClaim(plan: number, operation: number, value: LookupValue): Promise<void>;
  isClaimed(plan: number, value: LookupValue): Promise<boolean>;
  /** Takes back the claim of an operation on a value. */
  dropClaim(plan: number, operation: number, value: LookupValue): Promise<void>;
  /** Claims on values that another object of the tenant holds: a live one, or one that the plan brings back with them. */
  conflicts(plan: number): Promise<readonly Conflict[]>;
  /** Values that several operations of the plan claim, with the operations in the order of their anchors. */
  doubleClaims(
    plan: number,
  ): Promise<readonly { readonly value: LookupValue; readonly operations: readonly number[] }[]>;
  /** Compares what the spaces want with what the tenant holds, for touched references only, and stores the differences with the plan. */
  planReferences(plan: number, flows: readonly ReferenceFlow[]): Promise<void>;
  /** Metaverse objects that have reference changes in the plan but no operation yet. */
  referencesWithoutOperation(plan: number): Promise<readonly TouchedObject[]>;
  /** Takes all references from an object out of the plan. */
  dropReferences(plan: number, mv: number): Promise<void>;
  /** Single references (manager) of touched objects that lead out of the scope, and the objects that were looked at. */
  referencesOutside(flows: readonly ReferenceFlow[]): AsyncIterable<{
    readonly mv: number;
    readonly attribute: string;
    readonly target: SpaceObject;
  }>;
  outsideChecked(): AsyncIterable<readonly number[]>;
  /**
   * References that decide the order of the list, as pairs of operation numbers (`from` refers to what `to` creates): those between
   * two creations of one type, and those to creations that wait for something themselves.
   */
  referencesAmongCreated(plan: number): AsyncIterable<readonly { readonly from: number; readonly to: number }[]>;
  /** Moves the reference of these two operations' objects into a follow-up operation. */
  makeLate(plan: number, from: number, to: number): Promise<void>;
  /** Operations (or the second ones of an object) in base order: level, action, type, anchor. */
  operationOrder(
    plan: number,
    late: boolean,
  ): AsyncIterable<readonly { readonly id: number; readonly level: number }[]>;
  setPositions(order: Iterable<number>): Promise<void>;
  countPlan(plan: number): Promise<{ readonly counts: PlanCounts; readonly operations: number }>;
  /** Texts of all operations with their memberships, in order: what the hash is made of. */
  planTexts(plan: number): AsyncIterable<readonly string[]>;
  finishPlan(plan: number, summary: PlanSummary): Promise<void>;
  /** Takes off the list of touched objects and references whatever the plan has nothing to do for. */
  clearSettled(plan: number): Promise<void>;
  /** Managed objects in the tenant by type (live and joined). */
  managedCounts(): Promise<Readonly<Partial<Record<TargetType, number>>>>;
  /** Deletes the details of all but the newest `keep` plans that are not being applied; what was not applied by then is stale. */
  prunePlans(keep: number): Promise<void>;
}

// ---------------------------------------------------------------- reading plans, applying

export interface ReferenceStep {
  readonly attribute: string;
  readonly attributeId: number;
  readonly single: boolean;
  readonly adds: boolean;
  readonly target: number;
  readonly targetAnchor: string | null;
  readonly targetName: string;
  /** Anchor of the target's live object in the tenant space (its id there); null when it is not there. */
  readonly targetId: string | null;
  /** The kind of that object. */
  readonly targetType: string | null;
}

export interface Intent {
  readonly id: number;
  readonly plan: number;
  readonly operation: number;
  readonly step: string;
  readonly payload: string;
  readonly at: string;
}

export interface ChangeLogEntry {
  readonly run: string;
  readonly plan: string;
  readonly at: string;
  readonly mv: number;
  readonly type: TargetType;
  readonly anchor: string;
  readonly name: string;
  readonly targetId: string;
  readonly action: string;
  readonly body: string;
}

/**
 * The parts in which people read a plan. `change`: attributes and single references, without those that disable an account;
 * `members`: whatever adds or removes memberships, also of objects that another part shows.
 */
export const PLAN_PARTS = ['create', 'link', 'restore', 'change', 'disable', 'delete', 'members'] as const;
export type PlanPart = (typeof PLAN_PARTS)[number];

export interface HeldReference {
  readonly attribute: string;
  readonly name: string;
  /** The source anchor of the target; null: nobody manages it. */
  readonly anchor: string | null;
  readonly targetId: string;
}

export interface ApplyStore {
  /** A plan by id, or the newest one. */
  plan(id?: string): Promise<PlanHead | null>;
  /** The state version the plan was made on. */
  planVersion(plan: string): Promise<number>;
  /** A plan that is being applied belongs to the state that it makes: it alone can be taken up again. */
  setPlanState(plan: string, state: PlanState, approval?: { readonly by: string; readonly at: string }): Promise<void>;
  /** Operations in order, for people: `after` and counts of memberships included. */
  operations(plan: string, after: number, limit: number, part?: PlanPart): Promise<readonly Operation[]>;
  countOperations(plan: string, part: PlanPart): Promise<number>;
  /** Memberships (multi-valued references) of one operation, sorted by anchor. */
  members(
    plan: string,
    operation: string,
    adds: boolean,
    offset: number,
    limit: number,
  ): Promise<readonly MemberName[]>;
  levels(plan: string): Promise<number>;
  /** About how many writes a plan still takes, with so many references in one. */
  countWrites(plan: string, referencesPerWrite: number): Promise<number>;
  /** Operations of one level that are not carried out yet, in pages by position. */
  operationsToDo(
    plan: string,
    level: number,
    after: number,
    limit: number,
  ): Promise<readonly (StoredOperation & { readonly position: number; readonly targetId: string | null })[]>;
  /** Operations with references still to write, in pages by position. */
  operationsWithReferences(
    plan: string,
    late: boolean,
    after: number,
    limit: number,
  ): Promise<readonly (StoredOperation & { readonly position: number; readonly targetId: string | null })[]>;
  /** References of one object in the plan that are still to be written, by attribute and target, after the one given. */
  referencesToDo(
    plan: string,
    mv: number,
    late: boolean,
    after: ReferenceStep | null,
    limit: number,
  ): Promise<readonly ReferenceStep[]>;
  addIntents(
    intents: readonly {
      readonly plan: string;
      readonly operation: number;
      readonly step: string;
      readonly payload: string;
      readonly at: string;
    }[],
  ): Promise<readonly number[]>;
  openIntents(): Promise<readonly Intent[]>;
  removeIntents(ids: readonly number[]): Promise<void>;
  setOperationState(operation: number, state: OperationState): Promise<void>;
  setReferenceState(
    plan: string,
    mv: number,
    attribute: string,
    targets: readonly number[],
    state: 'done' | 'failed',
  ): Promise<void>;
  /**
   * The tenant now holds this object: what we believe until the next import confirms it. Given values that it does not hold are forgotten. Answers the object's number.
   */
  believeObject(
    space: number,
    object: { readonly anchor: string; readonly type: string; readonly mv: number; readonly attributes: Attributes },
    lookup: readonly LookupValue[],
  ): Promise<number>;
  believeRemoved(object: number, deletedAt: string): Promise<void>;
  /** The object is not even in the recycle bin any more: the next sync forgets it. */
  believeGone(object: number): Promise<void>;
  believeReferences(
    source: number,
    attribute: string,
    single: boolean,
    add: readonly number[],
    remove: readonly number[],
  ): Promise<void>;
  /** Takes the objects of which everything was carried out off the list of touched ones. */
  settlePlan(plan: string): Promise<void>;
  /** Forgets metaverse objects that nobody stands for any more and whose tenant object this plan has deleted. */
  purgeOrphans(plan: string): Promise<void>;
  log(entries: readonly ChangeLogEntry[]): Promise<void>;
  isAnythingLogged(): Promise<boolean>;
  /** When we deleted the object of this source anchor, if that was the last that we did of creating, restoring and deleting it. */
  deletedAt(anchor: string): Promise<string | null>;
  /** Whatever an object of the tenant refers to, managed or not, page by page in one order. */
  referencesHeld(object: number): AsyncIterable<readonly HeldReference[]>;
  /** What was done to the object of a source anchor, newest first. */
  changesOf(anchor: string, limit: number): Promise<readonly ChangeLogEntry[]>;
  /** Whom a group held when we were about to delete it (action `held`), newest first: pages of `HeldReference`. */
  heldBefore(anchor: string, limit: number): Promise<readonly ChangeLogEntry[]>;
}

// ---------------------------------------------------------------- undoing a run

/** The last write to the tenant that a store knows of, sent or answered. */
export interface LastWrite {
  readonly at: string;
  readonly run: string;
}

/** A reference that a plan of its own kind writes: metaverse objects at both ends, the attribute as the tenant names it. */
export interface UndoneReference {
  readonly mv: number;
  readonly attribute: string;
  readonly target: number;
  readonly adds: boolean;
}

export interface UndoStore {
  /** What a run wrote, in the order in which it did. */
  changesOfRun(run: string): AsyncIterable<readonly ChangeLogEntry[]>;
  lastWrite(): Promise<LastWrite | null>;
  /** What referred to an object of the tenant, and what it referred to, when it went into the recycle bin; ends that are there, as numbers of objects. */
  returningReferences(
    object: number,
  ): Promise<readonly { readonly source: number; readonly attribute: string; readonly target: number }[]>;
  addReferences(plan: number, references: readonly UndoneReference[]): Promise<void>;
  /** Says once of a plan that it undoes a run, and what it leaves. */
  setUndoes(plan: number, run: string, left: readonly NotUndone[]): Promise<void>;
  notUndone(plan: string, offset: number, limit: number): Promise<readonly NotUndone[]>;
  countNotUndone(plan: string): Promise<number>;
  /** Marks every object of a plan for the next one, which then sees what this one makes different from what the rules want. */
  touchPlan(plan: string): Promise<void>;
}

// ---------------------------------------------------------------- guards

/** What leaves the tenant: objects that are deleted, accounts that are disabled, memberships that end. */
export const DEPARTURES = ['delete', 'disable', 'member'] as const;
export type DepartureKind = (typeof DEPARTURES)[number];

export interface Departures {
  readonly kind: DepartureKind;
  readonly type: TargetType;
  readonly count: number;
}

/** An object that leaves the tenant by a plan, at once or after a grace period. */
export interface LeavingObject {
  readonly type: TargetType;
  readonly name: string;
  readonly cause: Cause;
}

/** Memberships that a plan takes from a group, by removing them or by deleting the members. */
export interface MembershipLoss {
  readonly mv: number;
  readonly name: string;
  readonly lost: number;
  readonly held: number;
  /** The group itself is deleted. */
  readonly isDeleted: boolean;
}

/** What a plan does to a holder of an administrator role, or to a group that hands one on. */
export interface PrivilegedChange {
  readonly name: string;
  readonly type: TargetType;
  readonly action: Action;
  readonly changes: readonly AttributeChange[];
  readonly roles: readonly string[];
}

/** Questions of the guards about a plan. Each costs what the plan holds of that kind, and nothing when it holds none. */
export interface GuardStore {
  /** What left without an approval since then, by kind and type. */
  departuresSince(at: string): Promise<readonly Departures[]>;
  /** Memberships that left without an approval since then, by group. */
  membershipsLostSince(at: string): Promise<ReadonlyMap<number, number>>;
  noteDeparture(plan: string, kind: DepartureKind, type: TargetType, at: string): Promise<void>;
  noteMembershipLoss(plan: string, group: number, count: number, at: string): Promise<void>;
  /** Memberships that end because this object of the tenant is deleted; to be called before it is believed to be gone. */
  noteMembershipsOf(plan: string, object: number, at: string): Promise<void>;
  /** Forgets what left before then. */
  forgetDepartures(before: string): Promise<void>;
  /** Names of what the plan deletes or disables, in the order of the names. */
  names(plan: number, kind: 'delete' | 'disable', type: TargetType | null, limit: number): Promise<readonly string[]>;
  /** What the plan deletes and did not leave in an earlier plan, and what begins to leave with it. */
  leavingObjects(plan: number): AsyncIterable<readonly LeavingObject[]>;
  membershipLosses(plan: number): AsyncIterable<readonly MembershipLoss[]>;
  /** Memberships of all managed groups in the tenant: reads one row for each group. */
  countMemberships(): Promise<number>;
  /** How many updated objects get another value, or none, in a single reference that they have one in; and the first of them by name. */
  referenceChanges(
    plan: number,
    attribute: string,
    type: TargetType,
    limit: number,
  ): Promise<{ readonly count: number; readonly names: readonly string[] }>;
  /** Managed live objects below a container of a space, counted up to a limit. */
  countManagedBelow(container: number, limit: number): Promise<number>;
  replaceRoleHolders(holders: readonly { readonly id: string; readonly roles: readonly string[] }[]): Promise<void>;
  /** The tenant's ids of those who hold an administrator role, also as member of a group. */
  roleHolders(): Promise<readonly string[]>;
  /** Deletions, links, disablements and new sign-in names of holders, also of those who hold a role as member of a group; and what is done to such groups. */
  privilegedChanges(plan: number): Promise<readonly PrivilegedChange[]>;
}

/** An object of the metaverse that waits for its deletion in the tenant. */
export interface Leaving {
  readonly mv: number;
  readonly since: string;
  readonly isSettled: boolean;
}

/** Objects that are to be deleted when they are still gone after a grace period. */
export interface LeavingStore {
  all(): Promise<readonly Leaving[]>;
  of(mv: number): Promise<Leaving | null>;
  /** How many wait, and since when the one that waits longest. */
  summary(): Promise<{ readonly count: number; readonly since: string | null }>;
  add(mv: number, object: LeavingObject, since: string): Promise<void>;
  remove(mv: number): Promise<void>;
  /** Marks for plan those that have been waiting since before then; null: all. */
  touchSince(at: string | null): Promise<void>;
  /** From now on the time counts: for all that began to leave, or those of them for which everything in the plan was carried out. */
  settle(at: string, plan?: string): Promise<void>;
}

// ---------------------------------------------------------------- licences

export interface LicensedUser {
  readonly targetId: string;
  readonly anchor: string;
  readonly name: string;
}

/** What a user who was brought back has not got yet. `since`: when we brought him back. */
export interface OwedLicences extends LicensedUser {
  readonly mv: number | null;
  readonly since: string;
  readonly licences: readonly Licence[];
}

/**
 * What deleted users held directly, so that it can be given back with them. It is kept before the deletion is sent, and owed from the moment on in
 * which the restoration that we have sent is known to have brought the user back: nobody needs to see that moment.
 * `heldSince`: what was known to be held since then counts as held, whatever a replica of the tenant shows that lags behind.
 */
export interface LicenceStore {
  /** The user is about to be deleted and holds these now. Null: the tenant does not show him; then whatever was kept stays. */
  keep(
    user: LicensedUser,
    held: readonly Licence[] | null,
    times: { readonly at: string; readonly heldSince: string },
  ): Promise<void>;
  /** We are about to bring the user back, under this name. */
  noteReturn(targetId: string, name: string, times: { readonly at: string; readonly heldSince: string }): Promise<void>;
  /** The user is deleted, or was not brought back: nothing is owed until he returns. */
  noteAway(targetId: string): Promise<void>;
  /** What a user will be given back when he returns. */
  kept(targetId: string, heldSince: string): Promise<readonly Licence[]>;
  /** Users in the tenant who are owed something, in the order of their ids, after the one given. */
  owed(space: number, after: string, limit: number): Promise<readonly OwedLicences[]>;
  noteGiven(targetId: string, licences: readonly string[], at: string): Promise<void>;
  /** Somebody has decided otherwise. */
  forget(targetId: string, licences: readonly string[]): Promise<void>;
  /** Forgets what was held before a time and never returned, what has been owed since before another, and what was given back before a third. */
  forgetBefore(times: { readonly held: string; readonly returned: string; readonly given: string }): Promise<void>;
}

// ---------------------------------------------------------------- runs, findings

export interface RunStore {
  startRun(command: string, at: string): Promise<string>;
  addStep(run: string, step: RunStep): Promise<void>;
  endRun(
    run: string,
    end: {
      readonly at: string;
      readonly plan: string | null;
      readonly outcome: RunOutcome;
      readonly message: string | null;
      readonly done: Readonly<Record<string, number>>;
      readonly failed: number;
    },
  ): Promise<void>;
  runs(limit: number): Promise<readonly Run[]>;
  run(id: string): Promise<Run | null>;
  /** Puts these findings in the place of all that the stage had for the subject. `at` stays the first time a finding of that code was seen. */
  replaceFindings(
    stage: FindingStage,
    subject: string,
    findings: readonly Finding[],
    run: string,
    at: string,
  ): Promise<void>;
  findings(
    limit: number,
    offset?: number,
  ): Promise<readonly (Finding & { readonly firstSeen: string; readonly run: string })[]>;
  countFindings(): Promise<Readonly<Record<'error' | 'warning' | 'info', number>>>;
  /** What a stage has findings about: of one code, or of any. */
  subjects(stage: FindingStage, code?: FindingCode): Promise<readonly string[]>;
  /** Open findings about the objects joined to a metaverse object. */
  findingsOf(subjects: readonly string[]): Promise<readonly Finding[]>;
}

// ---------------------------------------------------------------- another server for the same tenant

export interface NumberedChange extends ChangeLogEntry {
  readonly id: number;
}

/** A run of another server, by its number there. */
export interface PeerRun {
  readonly run: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: RunOutcome | null;
  readonly message: string | null;
  readonly done: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** An object that waits for its deletion, as another server can find it. */
export interface PeerLeaving {
  readonly anchor: string;
  readonly since: string;
  readonly isSettled: boolean;
}

/** What left the tenant without an approval, as another server can count it. */
export interface PeerDeparture {
  readonly kind: DepartureKind;
  readonly type: TargetType;
  /** Of memberships: the source anchor of the group; else empty. */
  readonly anchor: string;
  readonly at: string;
  readonly count: number;
}

/** A licence that somebody is to be given back, with the times that `LicenceStore` keeps; `body` is its own. */
export interface PeerLicence {
  readonly targetId: string;
  readonly licence: string;
  readonly anchor: string;
  readonly name: string;
  readonly body: string;
  readonly heldAt: string;
  readonly sentAt: string | null;
  readonly givenAt: string | null;
}

/**
 * What a second server has to know of what this one did, and the other way round. Changes of another server stand in the change log beside our own, under runs
 * that say whose they are, so that whatever asks the log for the history of an object is told all of it.
 */
export interface PeerStore {
  /** What this server itself wrote, by number, after one and since a time. */
  ownChanges(after: number, since: string, limit: number): Promise<readonly NumberedChange[]>;
  ownRun(run: string): Promise<PeerRun | null>;
  /** Takes over a run of another server, once; answers our number for it. */
  adoptRun(server: string, run: PeerRun): Promise<string>;
  /** Takes over a change that it wrote, in the place among those of its object that its time gives it; false for one that is known already. */
  adoptChange(run: string, change: Omit<ChangeLogEntry, 'run' | 'plan' | 'mv'>): Promise<boolean>;
  /** What another server did to the object of a source anchor, newest first. */
  changesOfServer(server: string, anchor: string, limit: number): Promise<readonly ChangeLogEntry[]>;
  /** How many changes of another server we know of since a time. */
  countChanges(server: string, since: string): Promise<number>;
  leaving(): Promise<readonly PeerLeaving[]>;
  /** Since when an object that waits here as well has been waiting; nothing when none of that anchor waits. */
  adoptLeaving(leaving: PeerLeaving): Promise<void>;
  /** What left through this server itself. */
  departures(since: string): Promise<readonly PeerDeparture[]>;
  /** Puts what left through the other servers in the place of what was known of that. */
  adoptDepartures(departures: readonly PeerDeparture[]): Promise<void>;
  /** What is kept for users who were deleted, by user and licence. */
  licences(): Promise<readonly PeerLicence[]>;
  /** Takes over what is newer than what we know of the same user and licence. */
  adoptLicences(licences: readonly PeerLicence[]): Promise<void>;
  /** The metaverse object of a source anchor. */
  metaverseOf(anchor: string): Promise<number | null>;
  /** The newest plan of ours that was made before a time. */
  planBefore(at: string): Promise<string | null>;
  /** The operation of a plan that is about the object of a source anchor. */
  operationOf(plan: string, anchor: string): Promise<StoredOperation | null>;
}
