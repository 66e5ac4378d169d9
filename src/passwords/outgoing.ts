import type { AccountPassword } from '../connectors/connector.ts';
import type { PasswordAccount, PasswordGiver } from '../store/password-store.ts';
import type { Sending } from './decide.ts';

/** What is said of a password on its way; the password itself travels apart. */
export interface Outgoing {
  readonly giver: PasswordGiver;
  readonly targetId: string;
  readonly sourceAnchor: string;
  readonly account: PasswordAccount;
  readonly sending: Sending;
  readonly changedAt: string;
  readonly version: number;
}

/** Null when the person has nothing in the tenant. */
export function outgoingOf(
  giver: PasswordGiver,
  account: PasswordAccount,
  sending: Sending,
  { version, changedAt }: AccountPassword,
): Outgoing | null {
  const { targetId, sourceAnchor } = giver;
  if (targetId === null || sourceAnchor === null) return null;
  return { giver, targetId, sourceAnchor, account, sending, changedAt, version };
}
