import type { ObjectPatch, ObjectPut, Place, ReferenceChange } from '../../../model/change.ts';
import { rdnValue, splitFirstRdn } from '../../../model/dn.ts';
import { type Attributes, decodeAttributes, type Value } from '../../../model/value.ts';
import type { ReadProblem } from '../../connector.ts';
import type { Columns } from './attribute-columns.ts';
import type { DirectoryObject } from './directory-object.ts';
import { isSameSpelling } from './extended-dn.ts';

export type AnchoredObject = DirectoryObject & { readonly anchor: string };

/** Where an object hangs; null when its parent was not told. The domain itself hangs nowhere. */
export function placeOf(object: DirectoryObject, namingContext: string): Place | null {
  if (isSameSpelling(object.dn, namingContext)) return { parent: null, rdn: object.dn };
  if (object.parent === null) return null;
  return { parent: object.parent, rdn: splitFirstRdn(object.dn).rdn };
}

/** An object that was read whole. */
export function toPut(object: AnchoredObject, namingContext: string): ObjectPut {
  return describePut(object, placeOf(object, namingContext), object.references);
}

/** `toPut` for who knows better where the object hangs and what it refers to. */
export function describePut(
  object: AnchoredObject,
  place: Place | null,
  references: ObjectPut['references'],
): ObjectPut {
  if (object.document !== null) return new DocumentPut(object, object.document, place, references);
  const { anchor, attributes } = object;
  return { kind: 'put', anchor, type: object.type ?? 'other', place, attributes, references };
}

/** An object whose attributes are taken apart only for who asks for them. */
class DocumentPut implements ObjectPut {
  readonly kind = 'put';
  readonly anchor: string;
  readonly type: string;
  readonly place: Place | null;
  readonly references: ObjectPut['references'];
  readonly document: string;

  constructor(object: AnchoredObject, document: string, place: Place | null, references: ObjectPut['references']) {
    this.anchor = object.anchor;
    this.type = object.type ?? 'other';
    this.place = place;
    this.references = references;
    this.document = document;
  }

  get attributes(): Attributes {
    return decodeAttributes(this.document);
  }
}

/**
 * An object that was read whole, but is not new: whoever holds it gets all of it, whoever does not asks for it. A `put` would not do for one
 * that came back from the recycle bin, because the groups it is in again have not changed.
 */
export function toWholePatch(object: AnchoredObject, columns: Columns, namingContext: string): ObjectPatch {
  const place = placeOf(object, namingContext);
  const asked = [...columns.values()];
  const absent = asked.filter(({ name, isReference }) => !isReference && !(name in object.attributes));
  const none = asked.filter(({ isReference }) => isReference).map(({ name }) => [name, NO_TARGETS] as const);
  return {
    kind: 'patch',
    anchor: object.anchor,
    type: object.type ?? 'other',
    ...(place === null ? {} : { place }),
    set: object.attributes,
    clear: absent.map(({ name }) => name),
    references: { ...Object.fromEntries(none), ...object.references },
  };
}

const NO_TARGETS: ReferenceChange = { kind: 'complete', targets: [] };

/** DirSync sends these with every object, changed or not. */
const ALWAYS_SENT: ReadonlySet<string> = new Set(['objectguid', 'instancetype', 'parentguid']);

/** What a change tells of an object; null when it tells nothing that was asked for. */
export function toPatch(object: AnchoredObject, namingContext: string): ObjectPatch | null {
  const place = placeOf(object, namingContext);
  const { attributes, cleared, references } = object;
  for (const name of Object.keys(attributes)) if (ALWAYS_SENT.has(name.toLowerCase())) delete attributes[name];
  const isEmpty = Object.keys(attributes).length === 0 && Object.keys(references).length === 0 && cleared.length === 0;
  if (isEmpty && place === null && object.type === null) return null;
  return {
    kind: 'patch',
    anchor: object.anchor,
    ...(object.type === null ? {} : { type: object.type }),
    ...(place === null ? {} : { place }),
    set: attributes,
    clear: cleared,
    references,
  };
}

/**
 * Adds what follows from the DN: DirSync leaves the attribute of the relative name out ([MS-ADTS] 3.1.1.3.4.1.3), though it changes with
 * every rename.
 */
export function addNameAttributes(object: DirectoryObject, columns: Columns): void {
  if (object.parent === null) return;
  const { rdn } = splitFirstRdn(object.dn);
  const derived: readonly (readonly [string, Value])[] = [
    [rdn.slice(0, rdn.indexOf('=')).toLowerCase(), rdnValue(rdn)],
    ['distinguishedname', object.dn],
  ];
  for (const [name, value] of derived) {
    const column = columns.get(name);
    if (column && !(column.name in object.attributes))
      object.attributes[column.name] = column.isSingle ? value : [value as string];
  }
}

export function hasAnchor<Item extends { readonly anchor: string | null }>(
  object: Item,
): object is Item & { readonly anchor: string } {
  return object.anchor !== null;
}

/** What to tell of an object that could not be read; null when there is nothing. */
export function problemOf(object: DirectoryObject): ReadProblem | null {
  if (object.anchor === null)
    return {
      code: 'source-record-unreadable',
      anchor: null,
      name: object.dn,
      cause: 'The server does not show the objectGUID of this object.',
      remedy:
        'Allow the account of the source to read all properties of this object, then read everything: dirbridge sync --full.',
    };
  if (object.problem === null) return null;
  const { attribute, value, cause } = object.problem;
  return { code: 'source-record-unreadable', anchor: object.anchor, name: object.dn, attribute, value, cause };
}
