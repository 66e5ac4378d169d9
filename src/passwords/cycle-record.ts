import type { Store } from '../store/store.ts';
import type { SentCounts } from './result-recorder.ts';

const LAST = 'passwords last cycle';
const LAST_SENT = 'passwords last sent';

/** What a password cycle came to. */
export interface CycleRecord extends SentCounts {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly mode: 'full' | 'delta' | 'accounts';
  readonly outcome: 'done' | 'failed';
  readonly message: string | null;
  /** Accounts that the directories told of. */
  readonly read: number;
}

export async function storeCycle(store: Store, record: CycleRecord): Promise<void> {
  await store.transaction(async () => {
    await store.setMeta(LAST, JSON.stringify(record));
    if (record.sent + record.blocked > 0) await store.setMeta(LAST_SENT, JSON.stringify(record));
  });
}

/** The last cycle, and the last one that sent anything. */
export async function readCycles(
  store: Store,
): Promise<{ readonly last: CycleRecord | null; readonly lastSent: CycleRecord | null }> {
  return { last: parse(await store.meta(LAST)), lastSent: parse(await store.meta(LAST_SENT)) };
}

function parse(text: string | null): CycleRecord | null {
  return text === null ? null : (JSON.parse(text) as CycleRecord);
}
