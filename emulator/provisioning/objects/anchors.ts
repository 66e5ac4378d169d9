import type { Directory } from '../../tenant/directory.ts';
import { type Entity, textOf } from '../../tenant/entity.ts';
import { isSyncKind, SYNC_TYPES, type SyncType, typeOf } from './sync-attributes.ts';

/** `User_<object id>` (facts E.1). */
export function cloudAnchorOf(entity: Entity): string {
  return `${isSyncKind(entity.kind) ? typeOf(entity.kind) : 'Unknown'}_${entity.id}`;
}

export function sourceAnchorOf(entity: Entity): string | undefined {
  return textOf(entity, 'onPremisesImmutableId');
}

/** The object that a cloud anchor names, whose kind must be that of the anchor. */
export function findByCloudAnchor(anchor: string, directory: Directory): Entity | undefined {
  const match = /^(User|Group|Contact|Device)_([0-9a-f-]{36})$/i.exec(anchor);
  if (!match) return undefined;
  const entity = directory.find(match[2] ?? '');
  const type = Object.keys(SYNC_TYPES).find((known) => known.toLowerCase() === match[1]?.toLowerCase());
  return entity && type !== undefined && entity.kind === SYNC_TYPES[type as SyncType] ? entity : undefined;
}

export function findBySourceAnchor(anchor: string, directory: Directory): Entity | undefined {
  return directory.findUnique('onPremisesImmutableId', anchor);
}
