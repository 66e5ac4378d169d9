import type { ObjectName } from '../model/finding.ts';
import type { PasswordAccount, PasswordCount, PasswordReason, PasswordState } from '../store/password-store.ts';
import type { Store } from '../store/store.ts';
import { type CycleRecord, readCycles } from './cycle-record.ts';

/** An account whose password waits or fails, for people. */
export interface OpenPassword {
  readonly object: ObjectName;
  readonly state: PasswordState;
  readonly reason: PasswordReason | null;
  readonly changedAt: string | null;
  readonly waitingSince: string | null;
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly failure: string | null;
}

export interface PasswordStatus {
  readonly last: CycleRecord | null;
  /** The last cycle that sent anything. */
  readonly lastSent: CycleRecord | null;
  readonly synchronized: number;
  readonly waiting: number;
  readonly failing: number;
  readonly excluded: number;
  readonly reasons: readonly {
    readonly state: PasswordState;
    readonly reason: PasswordReason;
    readonly count: number;
  }[];
  /** Users of the tenant whose password comes from no account, because no rule with the flag applies: disabled ones, and whom rules leave out. */
  readonly withoutAccount: number;
  /** The one that has waited longest. */
  readonly oldest: OpenPassword | null;
}

export async function readPasswordStatus(store: Store, nameOf: NameOf): Promise<PasswordStatus> {
  const counts = await store.passwords.counts();
  const of = (state: PasswordState): number =>
    counts.filter((one) => one.state === state).reduce((sum, { count }) => sum + count, 0);
  const [oldest] = await readOpenPasswords(store, nameOf, { limit: 1, offset: 0 });
  return {
    ...(await readCycles(store)),
    synchronized: of('synchronized'),
    waiting: of('waiting'),
    failing: of('failing'),
    excluded: of('excluded'),
    reasons: counts.flatMap(withReason),
    withoutAccount: await store.passwords.countWithout(),
    oldest: oldest ?? null,
  };
}

export type NameOf = (space: number, anchor: string) => Promise<ObjectName>;

/** Accounts that wait or fail, those that have done so longest first. */
export async function readOpenPasswords(
  store: Store,
  nameOf: NameOf,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly OpenPassword[]> {
  const accounts = await store.passwords.open(limit, offset);
  return Promise.all(accounts.map(async (account) => describe(account, await nameOf(account.space, account.anchor))));
}

export function describe(account: PasswordAccount, object: ObjectName): OpenPassword {
  const { state, reason, changedAt, waitingSince, attempts, nextAt, failure } = account;
  return { object, state, reason, changedAt, waitingSince, attempts, nextAt, failure };
}

function withReason({ state, reason, count }: PasswordCount): PasswordStatus['reasons'] {
  return reason === null ? [] : [{ state, reason, count }];
}
