import type { Attributes } from '../model/value.ts';
import { OBJECT_STATES, PENDING, type SpaceObject, type Store } from '../store/store.ts';
import { decodeWrite } from './writes.ts';

/**
 * What we have made a short while ago may be unknown to the replica of the tenant that we ask. So long we remember that it was we who sent its
 * creation: an object that turns up then, and that nobody stands for any more, is ours to take away. Long enough for a clock that is a day wrong.
 */
const REMEMBERED = 2 * 86_400_000;
const HISTORY = 20;

export function isRemembered(at: string, now: Date): boolean {
  return Math.abs(now.getTime() - Date.parse(at)) < REMEMBERED;
}

/** Intents of creations whose outcome is not known yet, by the anchor that the object carries. */
export async function findDoubtfulCreations(store: Store): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>();
  for (const intent of await store.apply.openIntents()) {
    if (intent.step !== 'create') continue;
    const anchor = anchorIn(intent.payload);
    found.set(anchor, [...(found.get(anchor) ?? []), intent.id]);
  }
  return found;
}

function anchorIn(payload: string): string {
  const write = decodeWrite(payload);
  const attributes: Attributes = write.action === 'create' ? write.attributes : {};
  return String(attributes['sourceAnchor'] ?? write.anchor);
}

/** Whether an object of the tenant's space is one that we have made, as far as we remember; `flags`: of one that import has marked, which has to be new. */
export async function isMadeByUs(
  store: Store,
  object: SpaceObject & { readonly flags?: number },
  doubtful: ReadonlyMap<string, unknown>,
  now: Date,
): Promise<boolean> {
  const anchor = object.attributes['sourceAnchor'];
  const isNew = ((object.flags ?? PENDING.state) & PENDING.state) !== 0 && object.state === OBJECT_STATES.live;
  if (!isNew || typeof anchor !== 'string') return false;
  if (doubtful.has(anchor)) return true;
  const history = await store.apply.changesOf(anchor, HISTORY);
  return history.some(
    (entry) => entry.action === 'create' && entry.targetId === object.anchor && isRemembered(entry.at, now),
  );
}
