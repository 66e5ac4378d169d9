import type { TargetType } from '../../../model/change.ts';

/** The service's words for the kinds of objects. */
export const SYNC_TYPES: Readonly<Record<TargetType, string>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};

const CLOUD_ANCHOR = /^(User|Group|Contact|Device)_(.+)$/i;

/** `User_` and the object id (facts E.1). Ids of ours are bare object ids, the same by whatever way an object was written. */
export function cloudAnchor(type: TargetType, targetId: string): string {
  return CLOUD_ANCHOR.test(targetId) ? targetId : `${SYNC_TYPES[type]}_${targetId}`;
}

/** The object id of a cloud anchor; of anything else the text itself. */
export function objectIdOf(anchor: string): string {
  return (CLOUD_ANCHOR.exec(anchor)?.[2] ?? anchor).toLowerCase();
}

export function typeOfSync(word: string | undefined): TargetType | null {
  for (const [type, name] of Object.entries(SYNC_TYPES)) {
    if (name.toLowerCase() === word?.trim().toLowerCase()) return type as TargetType;
  }
  return null;
}
