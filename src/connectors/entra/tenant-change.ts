import type { ObjectChange, ObjectPatch, ObjectPut, ReferenceChange } from '../../model/change.ts';
import type { WritableType } from './attributes.ts';
import { type Json, listOf, readValues } from './graph-object.ts';

type References = Readonly<Record<string, ReferenceChange>>;

/** The members that can be ours: users and groups. Devices, contacts and service principals in a group are none of our business. */
const MEMBER_TYPES: ReadonlySet<unknown> = new Set(['#microsoft.graph.user', '#microsoft.graph.group', undefined]);

/** How an entry of a delta says that its object is gone. */
export function removalOf(entry: Json): 'changed' | 'deleted' | null {
  const removed = entry['@removed'];
  if (typeof removed !== 'object' || removed === null) return null;
  return 'reason' in removed && removed.reason === 'deleted' ? 'deleted' : 'changed';
}

interface LinkChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

function readLinks(entry: Json, name: string): LinkChange | null {
  if (!(name in entry)) return null;
  const add: string[] = [];
  const remove: string[] = [];
  for (const link of listOf(entry, name)) {
    const id = link['id'];
    if (typeof id !== 'string' || !MEMBER_TYPES.has(link['@odata.type'])) continue;
    (removalOf(link) === null ? add : remove).push(id);
  }
  return { add, remove };
}

/** The entry as the whole object. `withMembers`: only groups that carry an anchor need theirs. */
export function toPut(type: WritableType, entry: Json, withMembers: boolean, deletedAt?: string): ObjectPut {
  return {
    kind: 'put',
    anchor: String(entry['id']),
    type,
    place: null,
    attributes: readValues(type, entry).set,
    references: wholeReferences(type, entry, withMembers),
    ...(deletedAt === undefined ? {} : { deletedAt }),
  };
}

function wholeReferences(type: WritableType, entry: Json, withMembers: boolean): References {
  const links = type === 'user' ? readLinks(entry, 'manager@delta') : readLinks(entry, 'members@delta');
  if (links === null || links.add.length === 0) return {};
  if (type === 'user') return { manager: { kind: 'complete', targets: links.add.slice(-1) } };
  return withMembers ? { member: { kind: 'complete', targets: links.add } } : {};
}

/** The entry as what changed of an object, or as a further part of one that does not fit into a page. */
export function toPatch(type: WritableType, entry: Json, withMembers: boolean): ObjectPatch {
  const { set, clear } = readValues(type, entry);
  return {
    kind: 'patch',
    anchor: String(entry['id']),
    type,
    set,
    clear,
    references: changedReferences(type, entry, withMembers),
  };
}

function changedReferences(type: WritableType, entry: Json, withMembers: boolean): References {
  if (type === 'group') {
    const members = withMembers ? readLinks(entry, 'members@delta') : null;
    return members === null ? {} : { member: { kind: 'delta', ...members } };
  }
  const manager = readLinks(entry, 'manager@delta');
  if (manager === null) return {};
  // A replaced manager comes as the new one with the old one removed: in whatever order, the new one is all there is.
  if (manager.add.length > 0) return { manager: { kind: 'complete', targets: manager.add.slice(-1) } };
  return { manager: { kind: 'delta', ...manager } };
}

/** Whether a change says nothing at all (a page repeats an object without news). */
export function isEmptyPatch(change: ObjectChange): boolean {
  return (
    change.kind === 'patch' &&
    Object.keys(change.set).length === 0 &&
    change.clear.length === 0 &&
    Object.keys(change.references).length === 0
  );
}
