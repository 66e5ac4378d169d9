import type { NotUndone } from '../../model/plan.ts';
import { OBJECT_STATES, type SpaceObject } from '../../store/store.ts';
import type { ObjectChanges } from './run-changes.ts';

/** So long the tenant keeps what was deleted. */
const KEPT = 30 * 86_400_000;

export type ReturnVerdict =
  | { readonly kind: 'there' }
  | { readonly kind: 'restore'; readonly object: SpaceObject }
  | { readonly kind: 'left'; readonly left: NotUndone };

/** Whether what a run deleted can come back: out of the recycle bin of the tenant, or not at all. What would be made anew is a stranger with the same name. */
export function judgeReturn(object: ObjectChanges, now: SpaceObject | null, at: Date): ReturnVerdict {
  if (now?.state === OBJECT_STATES.live) return { kind: 'there' };
  const isKept = now?.state === OBJECT_STATES.restorable && isWithin(now.deletedAt, at);
  if (isKept && now !== null) return { kind: 'restore', object: now };
  const { type, anchor, name, targetId, members } = object;
  const told =
    type === 'group' && members.count > 0 ? { count: members.count, names: [...members.names].sort() } : null;
  const reason =
    type === 'user'
      ? 'The tenant keeps deleted users for 30 days, and this one is not in its recycle bin any more. A new account would have none of its licences and files.'
      : `The tenant does not keep this deleted ${type}, so it cannot be restored. When its source gives it again, the next sync makes a new one.`;
  const left = { type, anchor, name, targetId, attribute: null, reason, values: null, members: told };
  return { kind: 'left', left };
}

function isWithin(deletedAt: string | null, at: Date): boolean {
  return deletedAt === null || deletedAt === '' || at.getTime() - Date.parse(deletedAt) < KEPT;
}
