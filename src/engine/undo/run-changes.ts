import type { TargetType } from '../../model/change.ts';
import type { AttributeChange } from '../../model/plan.ts';
import type { ChangeLogEntry, UndoStore } from '../../store/store.ts';

/** One end of a reference as the change log tells it. */
export interface LoggedTarget {
  readonly targetId: string;
  readonly name: string;
  readonly anchor: string | null;
}

type LoggedReference = LoggedTarget & { readonly attribute: string; readonly adds: boolean };

/** References of one attribute that a run added and that it removed, by the tenant's id. What it did both ways is in neither. */
export interface ReferenceChanges {
  readonly added: Map<string, LoggedTarget>;
  readonly removed: Map<string, LoggedTarget>;
}

/** What a run did to one object of the tenant, from before it to after it, in however many writes. */
export interface ObjectChanges {
  readonly targetId: string;
  readonly type: TargetType;
  readonly anchor: string;
  readonly name: string;
  /** It was not there before, or in the recycle bin. */
  appeared: boolean;
  disappeared: boolean;
  linked: boolean;
  readonly values: Map<string, AttributeChange>;
  readonly references: Map<string, ReferenceChanges>;
  /** Of a group that was deleted: its first members, and how many there were. */
  readonly members: { count: number; readonly names: string[] };
}

const MEMBERS_NAMED = 1000;

/** Reads the change log of a run together, object by object, in the order in which the run came to them. */
export async function readRunChanges(undo: UndoStore, run: string): Promise<readonly ObjectChanges[]> {
  const objects = new Map<string, ObjectChanges>();
  for await (const page of undo.changesOfRun(run)) {
    for (const entry of page) {
      const known = objects.get(entry.targetId) ?? begin(entry);
      objects.set(entry.targetId, known);
      take(known, entry);
    }
  }
  return [...objects.values()];
}

function begin({ targetId, type, anchor, name }: ChangeLogEntry): ObjectChanges {
  return {
    targetId,
    type,
    anchor,
    name,
    appeared: false,
    disappeared: false,
    linked: false,
    values: new Map(),
    references: new Map(),
    members: { count: 0, names: [] },
  };
}

function take(object: ObjectChanges, { action, body }: ChangeLogEntry): void {
  const parsed: unknown = JSON.parse(body);
  if (action === 'create' || action === 'restore') object.appeared = true;
  if (action === 'delete') object.disappeared = true;
  if (action === 'link') object.linked = true;
  // The tenant takes licences away with the user: to undo his restoration is to delete him.
  if (action === 'license') return;
  if (action === 'held') takeMembers(object, parsed as readonly LoggedTarget[]);
  else if (action === 'members' || action === 'refer') takeReferences(object, parsed as readonly LoggedReference[]);
  else takeValues(object, parsed as readonly AttributeChange[]);
}

/** An object may be written twice in a run, when it had to step aside for another: what counts is before the first and after the last. */
function takeValues({ values }: ObjectChanges, changes: readonly AttributeChange[]): void {
  for (const change of changes) {
    const first = values.get(change.attribute);
    values.set(change.attribute, first === undefined ? change : { ...change, from: first.from });
  }
}

function takeReferences({ references }: ObjectChanges, steps: readonly LoggedReference[]): void {
  for (const { attribute, adds, targetId, name, anchor } of steps) {
    const changes = references.get(attribute) ?? { added: new Map(), removed: new Map() };
    references.set(attribute, changes);
    const [same, other] = adds ? [changes.added, changes.removed] : [changes.removed, changes.added];
    if (!other.delete(targetId)) same.set(targetId, { targetId, name, anchor });
  }
}

function takeMembers({ members }: ObjectChanges, held: readonly LoggedTarget[]): void {
  members.count += held.length;
  for (const { name } of held) if (members.names.length < MEMBERS_NAMED) members.names.push(name);
}
