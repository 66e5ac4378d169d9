import type { ReferredTypes, TargetValue, TargetWrite } from '../../../connector.ts';
import { cloudAnchor } from '../cloud-anchor.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import { CLOUD_MASTERED } from './attributes.ts';
import {
  buildProperty,
  buildReferenceChanges,
  buildTextProperty,
  clearProperty,
  type ReferenceEdit,
  type SyncObject,
} from './sync-object.ts';

/** The source anchor that the object of a creation is to carry. */
export function sourceAnchorOf(write: TargetWrite): string {
  return givenAnchor(write) ?? write.anchor;
}

function givenAnchor(write: TargetWrite): string | undefined {
  const given = 'attributes' in write ? write.attributes?.['sourceAnchor'] : undefined;
  return typeof given === 'string' && given !== '' ? given : undefined;
}

/** What an object goes by in a request: its cloud anchor, or before it has one its source anchor. */
export function nameOf(write: TargetWrite): string {
  return 'targetId' in write ? cloudAnchor(write.type, write.targetId) : sourceAnchorOf(write);
}

/** Whether a write makes an object, or one that the tenant counts as its own, a synchronized one. */
function isTakeover(write: TargetWrite): boolean {
  return write.action === 'restore' || (write.action === 'update' && write.attributes[CLOUD_MASTERED] === null);
}

export type DeletionWrite = TargetWrite & { readonly action: 'delete' };

export function isDeletion(write: TargetWrite): write is DeletionWrite {
  return write.action === 'delete';
}

/** Takes an object over that the tenant counts as its own, and changes nothing of it. */
export function takeoverOf({ id, type, anchor, targetId }: DeletionWrite): TargetWrite {
  return { id, type, anchor, targetId, action: 'update', attributes: { [CLOUD_MASTERED]: null } };
}

/**
 * A write as the object that the service takes. Everything is a `Set`: the service makes what is not there, by the source anchor, so that none of it does harm
 * when it is sent again. An object that is there is named by its cloud anchor, so that nothing is made where something was to be changed; a source anchor
 * beside it is what it is to carry from now on, and what it is taken over or restored by (facts E.2).
 */
export function toSyncObject(write: TargetWrite): SyncObject {
  const operation = write.action === 'delete' ? 'Delete' : 'Set';
  return { type: write.type, operation, properties: [...anchorsOf(write), ...propertiesOf(write)] };
}

function anchorsOf(write: TargetWrite): readonly XmlElement[] {
  const source = 'targetId' in write && !isTakeover(write) ? givenAnchor(write) : sourceAnchorOf(write);
  return [
    ...('targetId' in write ? [buildTextProperty('CloudAnchor', nameOf(write))] : []),
    ...(source === undefined ? [] : [buildTextProperty('SourceAnchor', source)]),
  ];
}

function propertiesOf(write: TargetWrite): readonly XmlElement[] {
  switch (write.action) {
    case 'create':
    case 'update':
    case 'restore':
      return attributesOf(write, write.attributes ?? {});
    case 'refer':
      return [referenceOf(write)];
    case 'members':
      return [buildReferenceChanges({ name: write.attribute, ...anchorsOfReferences(write) })];
    case 'delete':
    case 'license':
      return [];
  }
}

function attributesOf(write: TargetWrite, attributes: Readonly<Record<string, TargetValue>>): readonly XmlElement[] {
  return Object.entries(attributes)
    .filter(([name]) => name !== 'sourceAnchor' && name !== CLOUD_MASTERED)
    .map(([name, value]) => buildProperty(write.type, name, value));
}

/** A new reference takes the place of the one before; without one, the property is cleared. */
function referenceOf({ attribute, to, types }: Extract<TargetWrite, { action: 'refer' }>): XmlElement {
  if (to === null) return clearProperty(attribute);
  return buildReferenceChanges({ name: attribute, add: [anchorOfReference(to, types)], remove: [] });
}

function anchorsOfReferences({ add, remove, types }: MembersWrite): Pick<ReferenceEdit, 'add' | 'remove'> {
  return {
    add: add.map((one) => anchorOfReference(one, types)),
    remove: remove.map((one) => anchorOfReference(one, types)),
  };
}

/** A cloud anchor says of what kind its object is. One of which nobody told is most likely a user. */
function anchorOfReference(id: string, types: ReferredTypes | undefined): string {
  return cloudAnchor(types?.[id] ?? 'user', id);
}

/** References that a write changes. */
export function linksOf(write: TargetWrite): number {
  if (write.action === 'members') return write.add.length + write.remove.length;
  return write.action === 'refer' ? 1 : 0;
}

type MembersWrite = Extract<TargetWrite, { action: 'members' }>;

/** The single references of a write, to be divided. */
export function editsOf(write: MembersWrite): readonly Pick<ReferenceEdit, 'add' | 'remove'>[] {
  return [
    ...write.remove.map((one) => ({ add: [], remove: [one] })),
    ...write.add.map((one) => ({ add: [one], remove: [] })),
  ];
}

export function withEdits(write: MembersWrite, edits: readonly Pick<ReferenceEdit, 'add' | 'remove'>[]): MembersWrite {
  return { ...write, add: edits.flatMap((one) => one.add), remove: edits.flatMap((one) => one.remove) };
}
