import type { Store } from '../store/store.ts';
import { FULL_RUN_DUE } from './context.ts';

/**
 * Prepares a state that was put back from a backup for being older than directories and tenant: the next run reads and compares everything, no plan of
 * it is carried out any more, and everybody's password is sent again.
 */
export async function markRestored(store: Store, command: string, at: string): Promise<void> {
  await store.transaction(async () => {
    await store.setMeta(FULL_RUN_DUE, 'yes');
    await store.sync.raiseVersion();
    // The tenant may have got other passwords since: random ones of accounts that had expired, say.
    await store.passwords.distrustSent();
    const run = await store.runs.startRun(command, at);
    const message = 'The store was put back from a backup; the next run compares everything.';
    await store.runs.endRun(run, { at, plan: null, outcome: 'done', message, done: {}, failed: 0 });
  });
}
