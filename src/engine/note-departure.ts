import type { Store, StoredOperation } from '../store/store.ts';

/**
 * Remembers that an operation which nobody approved took something out of the tenant: the guards add up what does within a day. To be called before
 * the object is believed to be gone.
 */
export async function noteDeparture(store: Store, plan: string, operation: StoredOperation, at: string): Promise<void> {
  if (operation.action === 'delete') {
    await store.guards.noteDeparture(plan, 'delete', operation.type, at);
    await store.guards.noteMembershipsOf(plan, operation.object ?? 0, at);
  } else if (operation.action === 'update' && isDisabling(operation)) {
    await store.guards.noteDeparture(plan, 'disable', operation.type, at);
  }
}

function isDisabling({ changes }: StoredOperation): boolean {
  return changes.some((one) => one.native === 'accountEnabled' && one.from === true && one.to === false);
}
