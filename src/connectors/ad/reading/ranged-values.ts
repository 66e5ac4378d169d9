import type { ObjectPatch } from '../../../model/change.ts';
import type { Scalar } from '../../../model/value.ts';
import type { LdapSearch } from '../ldap/ldap-connection.ts';
import { readText } from '../ldap/ldap-entry.ts';
import type { Column } from '../objects/attribute-columns.ts';
import { type DirectoryObject, ObjectDecoder } from '../objects/directory-object.ts';
import { formatRange } from '../objects/value-range.ts';
import type { Session } from '../session/sessions.ts';
import { anchorBase, objectControls } from './read-context.ts';

/** A reference attribute whose targets must be read in parts. */
export interface TargetsLeft {
  readonly anchor: string;
  readonly column: Column;
}

/** How often a list is read again because it changed meanwhile. What changes later is told by the delta that follows. */
const MOST_PASSES = 5;

/**
 * Reads all targets of a large reference attribute, part by part, from the first on. A value that is removed meanwhile moves the ones
 * behind it up, over the border of the part we are at: so the list goes on with a second pass when the object was changed during
 * the first. A target may then come twice; none is missed.
 */
export async function* readTargets(session: Session, left: TargetsLeft): AsyncGenerator<ObjectPatch, void, void> {
  for (let pass = 1; ; pass++) {
    let firstUsn: string | undefined;
    let lastUsn: string | undefined;
    for (let low: number | null = 0; low !== null; ) {
      const part = await readPart(session, left.anchor, left.column, low);
      if (part === null) {
        // Gone meanwhile: the list ends here, the delta tells the rest.
        yield targetsPatch(left, [], false);
        return;
      }
      firstUsn ??= part.usn;
      lastUsn = part.usn;
      low = part.next;
      const change = part.object.references[left.column.name];
      const targets = change?.kind === 'complete' ? change.targets : [];
      const isOver = low === null && (firstUsn === lastUsn || pass === MOST_PASSES);
      yield targetsPatch(left, targets, !isOver);
      if (isOver) return;
    }
  }
}

function targetsPatch(left: TargetsLeft, targets: readonly string[], more: boolean): ObjectPatch {
  const change = more ? ({ kind: 'complete', targets, more } as const) : ({ kind: 'complete', targets } as const);
  return { kind: 'patch', anchor: left.anchor, set: {}, clear: [], references: { [left.column.name]: change } };
}

/** The values of an attribute that is no reference are put together: an attribute is one value. */
export async function completeAttributes(session: Session, object: DirectoryObject & { readonly anchor: string }) {
  for (const { column, low } of object.rangesLeft) {
    if (column.isReference) continue;
    const first = object.attributes[column.name];
    const values: Scalar[] = Array.isArray(first) ? [...(first as readonly Scalar[])] : [];
    for (let next: number | null = low; next !== null; ) {
      const part = await readPart(session, object.anchor, column, next);
      const more = part?.object.attributes[column.name];
      if (Array.isArray(more)) values.push(...(more as readonly Scalar[]));
      next = part?.next ?? null;
    }
    object.attributes[column.name] = values;
  }
}

/** The reference attributes of an object that were cut; their put must say that more is to come. */
export function takeTargetsLeft(object: DirectoryObject & { readonly anchor: string }): readonly TargetsLeft[] {
  const left: TargetsLeft[] = [];
  for (const { column } of object.rangesLeft) {
    if (!column.isReference) continue;
    // The part that came with the page is left out: its border may have moved since (see readTargets).
    object.references[column.name] = { kind: 'complete', targets: [], more: true };
    left.push({ anchor: object.anchor, column });
  }
  return left;
}

async function readPart(session: Session, anchor: string, column: Column, low: number) {
  const search: Omit<LdapSearch, 'scope' | 'filter'> = {
    base: anchorBase(anchor),
    attributes: [formatRange(column.name, low, '*'), 'uSNChanged'],
    controls: objectControls(session.facts),
  };
  const entry = await session.connection.readEntry(search);
  if (entry === null) return null;
  const decoder = new ObjectDecoder(new Map([[column.name.toLowerCase(), column]]), 'positions');
  const object = decoder.decode(entry);
  const next = object.rangesLeft[0]?.low ?? null;
  return { object, usn: readText(entry, 'uSNChanged'), next: next !== null && next > low ? next : null };
}
