import type { ReferredTypes, TargetValue, TargetWrite } from '../connectors/connector.ts';
import type { TargetType } from '../model/change.ts';
import type { AttributeChange, PlanValue } from '../model/plan.ts';
import type { Attributes, Value } from '../model/value.ts';
import type { ReferenceStep, StoredOperation } from '../store/store.ts';

/** An operation as the store hands it out for carrying out: with its place in the plan, and the id of its object in the tenant. */
export type Task = StoredOperation & { readonly position: number; readonly targetId: string | null };

/** What is sent for the object itself; null when only references are to be written. `deletedAt`: of one that is to be restored. */
export function objectWrite(id: string, task: Task, deletedAt: string | null = null): TargetWrite | null {
  const head = { id, type: task.type, anchor: task.anchor };
  if (task.action === 'create') return { ...head, action: 'create', attributes: valuesOf(task.changes) };
  if (task.targetId === null) return null;
  if (task.action === 'delete') return { ...head, action: 'delete', targetId: task.targetId };
  if (task.action === 'restore') {
    const attributes = writtenValues(task.changes);
    const known = deletedAt === null ? {} : { deletedAt };
    return { ...head, action: 'restore', targetId: task.targetId, attributes, ...known };
  }
  return updateWrite(id, task);
}

/** The changes of attributes as an update (taking an object over is one, too); null when there are none. */
export function updateWrite(id: string, task: Task): TargetWrite | null {
  if (task.changes.length === 0 || task.targetId === null) return null;
  const { type, anchor, targetId } = task;
  return { id, type, anchor, action: 'update', targetId, attributes: writtenValues(task.changes) };
}

/** One write for references of one attribute; null for none. */
export function referenceWrite(
  id: string,
  task: Task,
  targetId: string,
  steps: readonly ReferenceStep[],
): TargetWrite | null {
  const [first] = steps;
  if (first === undefined) return null;
  const head = { id, type: task.type, anchor: task.anchor, targetId, attribute: first.attribute };
  const types = typesOf(steps);
  if (first.single) return { ...head, action: 'refer', to: steps.find((step) => step.adds)?.targetId ?? null, types };
  const ids = (adds: boolean): readonly string[] =>
    steps.filter((step) => step.adds === adds).flatMap((step) => step.targetId ?? []);
  return { ...head, action: 'members', add: ids(true), remove: ids(false), types };
}

function typesOf(steps: readonly ReferenceStep[]): ReferredTypes {
  const known = steps.flatMap(({ targetId, targetType }) =>
    targetId === null || targetType === null ? [] : [[targetId, targetType as TargetType] as const],
  );
  return Object.fromEntries(known);
}

/** Plan values of target attributes are texts, flags and lists of texts, which are attribute values as they are. */
function valuesOf(changes: readonly AttributeChange[]): Attributes {
  const values: Record<string, Value> = {};
  for (const change of changes)
    if (change.to !== null) values[change.attribute] = change.to as Exclude<PlanValue, null>;
  return values;
}

function writtenValues(changes: readonly AttributeChange[]): Readonly<Record<string, TargetValue>> {
  return Object.fromEntries(changes.map((change) => [change.attribute, change.to as TargetValue]));
}

/** A write as an intent keeps it. */
export function encodeWrite(write: TargetWrite): string {
  return JSON.stringify(write);
}

/** The inverse of `encodeWrite`. */
export function decodeWrite(payload: string): TargetWrite {
  return JSON.parse(payload) as TargetWrite;
}
