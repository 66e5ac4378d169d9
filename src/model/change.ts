import type { Attributes, Value } from './value.ts';

/** Kinds of objects in a source space. The last five are never sent anywhere; they carry the tree and foreign members. */
export const SOURCE_TYPES = [
  'user',
  'inetOrgPerson',
  'group',
  'contact',
  'computer',
  'organizationalUnit',
  'container',
  'domain',
  'foreignSecurityPrincipal',
  'other',
] as const;
export type SourceType = (typeof SOURCE_TYPES)[number];

/** Kinds of objects in the tenant. */
export const TARGET_TYPES = ['user', 'group', 'contact', 'device'] as const;
export type TargetType = (typeof TARGET_TYPES)[number];

/**
 * The targets of one reference attribute (anchors in the same space) as one change carries them.
 * `complete`: these are all targets, others are to be dropped. With `more`, the next change of the same object goes on with the list:
 * only the change without `more` ends it (a group of 250,000 is never held whole).
 * `delta`: these were added and those removed.
 */
export type ReferenceChange =
  | { readonly kind: 'complete'; readonly targets: readonly string[]; readonly more?: boolean }
  | { readonly kind: 'delta'; readonly add: readonly string[]; readonly remove: readonly string[] };

/** Where an object hangs in the tree: its parent's anchor (null for a root) and its own relative name (a root: its whole DN). */
export interface Place {
  readonly parent: string | null;
  readonly rdn: string;
}

/** The whole object as it is now. Attributes and reference attributes that are not named have no value. */
export interface ObjectPut {
  readonly kind: 'put';
  readonly anchor: string;
  readonly type: string;
  readonly place: Place | null;
  readonly attributes: Attributes;
  /** `encodeAttributes` of the attributes, from somebody who has it already: then `attributes` may be worked out only when it is asked for. */
  readonly document?: string;
  readonly references: Readonly<Record<string, ReferenceChange>>;
  /** Tenant objects in the recycle bin: they can be restored until this ISO time has passed 30 days. */
  readonly deletedAt?: string;
}

/** What changed of an object; everything that is not named stays. `undefined` place: not moved, not renamed. */
export interface ObjectPatch {
  readonly kind: 'patch';
  readonly anchor: string;
  readonly type?: string;
  readonly place?: Place;
  readonly set: Readonly<Record<string, Value>>;
  readonly clear: readonly string[];
  readonly references: Readonly<Record<string, ReferenceChange>>;
}

/** The object is gone. `restorable`: it lies in a recycle bin of the tenant since `deletedAt`. */
export interface ObjectRemoval {
  readonly kind: 'delete';
  readonly anchor: string;
  readonly restorable?: boolean;
  readonly deletedAt?: string;
}

/** The object is there but could not be read: keep what is known of it. */
export interface ObjectKept {
  readonly kind: 'keep';
  readonly anchor: string;
}

export type ObjectChange = ObjectPut | ObjectPatch | ObjectRemoval | ObjectKept;
