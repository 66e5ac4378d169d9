import type { TargetType } from '../../../model/change.ts';

/** The service's words for the kinds of objects. */
export const SYNC_TYPES: Readonly<Record<TargetType, string>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};

const CLOUD_ANCHOR = /^(User|Group|Contact|Device)_(.+)$/i;

/** `User_` and the object id (facts E.1), which is what Graph and we know the object by; null for anything else. */
export function readCloudAnchor(text: string): { readonly type: TargetType; readonly id: string } | null {
  const [, word, id] = CLOUD_ANCHOR.exec(text) ?? [];
  const type = typeOfSync(word);
  return type === null || id === undefined ? null : { type, id: id.toLowerCase() };
}

/** What the service knows the object of an id by. */
export function cloudAnchor(type: TargetType, targetId: string): string {
  return `${SYNC_TYPES[type]}_${targetId.toLowerCase()}`;
}

export function typeOfSync(word: string | undefined): TargetType | null {
  for (const [type, name] of Object.entries(SYNC_TYPES)) {
    if (name.toLowerCase() === word?.trim().toLowerCase()) return type as TargetType;
  }
  return null;
}
