import type { Store } from '../store/store.ts';

/** Milliseconds within which every replica of the tenant knows of a change (documented for new objects: up to 15 minutes). */
export const LONGEST_LAG = 15 * 60_000;
const HISTORY = 20;
/** Before and after these a replica that is behind and one that is not answer differently whether the object is there. */
const COMING_AND_GOING: readonly string[] = ['create', 'restore', 'delete'];

/** Whether we have made, restored or deleted the object of this anchor so short a while ago that the tenant may not show it everywhere. */
export async function isRecentlyChanged(store: Store, anchor: string, now: Date): Promise<boolean> {
  const history = await store.apply.changesOf(anchor, HISTORY);
  return history.some(
    ({ action, at }) => COMING_AND_GOING.includes(action) && Math.abs(now.getTime() - Date.parse(at)) < LONGEST_LAG,
  );
}
