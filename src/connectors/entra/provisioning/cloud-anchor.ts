import type { TargetType } from '../../../model/change.ts';

/** The service's words for the kinds of objects. */
export const SYNC_TYPES: Readonly<Record<TargetType, string>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};

const CLOUD_ANCHOR = /^(User|Group|Contact|Device)_(.+)$/i;

/**
 * `User_` and the object id (facts E.1), always spelled alike; of an id without a kind, the one with this kind; null for anything else. It is what objects are
 * known by on this path: a reference needs the kind of its object, which a bare id does not tell.
 */
export function readCloudAnchor(text: string): { readonly type: TargetType; readonly id: string } | null {
  const [, word, id] = CLOUD_ANCHOR.exec(text) ?? [];
  const type = typeOfSync(word);
  return type === null || id === undefined ? null : { type, id: id.toLowerCase() };
}

export function cloudAnchor(type: TargetType, targetId: string): string {
  const known = readCloudAnchor(targetId);
  return known === null ? `${SYNC_TYPES[type]}_${targetId.toLowerCase()}` : `${SYNC_TYPES[known.type]}_${known.id}`;
}

export function typeOfSync(word: string | undefined): TargetType | null {
  for (const [type, name] of Object.entries(SYNC_TYPES)) {
    if (name.toLowerCase() === word?.trim().toLowerCase()) return type as TargetType;
  }
  return null;
}
