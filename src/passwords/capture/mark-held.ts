import type { PasswordMark } from '../../connectors/connector.ts';
import type { PasswordAccount, PasswordGiver } from '../../store/password-store.ts';
import type { Store } from '../../store/store.ts';
import { beginToWait } from '../decide.ts';
import { isNewerPassword } from '../password-version.ts';
import type { HeldPasswords } from './held-passwords.ts';

/** Before a cycle: whoever waits for the next change has made it, and is to be sent. Who fails, is left out or is not in the tenant stays so until that is over. */
export async function markHeld(store: Store, source: string, held: HeldPasswords, now: Date): Promise<void> {
  await withGivers(store, source, held.taken(source), async (givers, marks) => {
    const due = givers.flatMap(({ giver, account }) => {
      const isMissing = !isSent(giver, account, marks.get(giver.anchor));
      return isMissing && (account.state === 'synchronized' || account.reason === 'next-change') ? [account] : [];
    });
    await store.passwords.save(due.map((account) => beginToWait(account, 'to-send', now)));
  });
}

/** After a cycle: what the tenant has taken is overwritten. */
export async function releaseSent(store: Store, source: string, held: HeldPasswords): Promise<void> {
  await withGivers(store, source, held.taken(source), async (givers, marks) => {
    for (const { giver, account } of givers) {
      const mark = marks.get(giver.anchor);
      if (mark !== undefined && isSent(giver, account, mark)) held.release(source, mark);
    }
  });
}

interface Known {
  readonly giver: PasswordGiver;
  readonly account: PasswordAccount;
}

async function withGivers(
  store: Store,
  source: string,
  marks: readonly PasswordMark[],
  work: (givers: readonly Known[], marks: ReadonlyMap<string, PasswordMark>) => Promise<void>,
): Promise<void> {
  const space = (await store.spaces.spaces()).find(({ name }) => name === source);
  if (space === undefined || marks.length === 0) return;
  const byAnchor = new Map(marks.map((mark) => [mark.anchor, mark]));
  await store.transaction(async () => {
    const givers = await store.passwords.givers(space.id, [...byAnchor.keys()]);
    await work(
      givers.flatMap((giver) => (giver.account === null ? [] : [{ giver, account: giver.account }])),
      byAnchor,
    );
  });
}

function isSent(giver: PasswordGiver, { sent }: PasswordAccount, mark: PasswordMark | undefined): boolean {
  if (sent === null || sent.target !== giver.targetId) return false;
  return mark === undefined || !isNewerPassword(mark, sent);
}
