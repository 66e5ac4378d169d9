import type { AccountPassword } from '../connectors/connector.ts';
import type { PasswordAccount, PasswordGiver, PasswordReason, PasswordState } from '../store/password-store.ts';
import type { ExpiredAccounts } from './password-context.ts';
import { isNewerPassword, isSamePassword, type PasswordVersion } from './password-version.ts';
import { retryAt } from './retry-time.ts';

/** So long until a directory is asked again that is behind what is known of it. */
const BEHIND_MS = 2 * 60_000;

/** How a password is sent. `isBlocked`: a random one in its place. */
export interface Sending {
  readonly force: boolean;
  readonly isBlocked: boolean;
}

/** What is known of an account from now on, and what has to be sent; null: nothing. */
export interface Decision {
  readonly account: PasswordAccount;
  readonly sending: Sending | null;
}

export interface Circumstances {
  readonly now: Date;
  readonly expiredAccounts: ExpiredAccounts;
  /** Whether the tenant lets us make a user choose another password; null: not known. */
  readonly mayForce: boolean | null;
  /** Send it, whatever was sent before. */
  readonly isAgain: boolean;
  /** The directory was put back from a backup: what it holds counts, though newer passwords are known. */
  readonly isOlderMeant: boolean;
  /** The source knows only passwords that were handed over. */
  readonly isCaptured?: boolean;
  /** By what was found that nobody leaves the account out. */
  readonly judged: string;
}

/** Decides about one account that gives the password of a person, and that nobody has left out. */
export function decide(giver: PasswordGiver, password: AccountPassword, circumstances: Circumstances): Decision {
  const before = giver.account ?? newAccount(giver);
  if (!circumstances.isOlderMeant && isBehind(before, password))
    return { account: lookAgainLater(before, circumstances.now), sending: null };
  const { version, changedAt, expiresAt } = password;
  const account = { ...before, version, changedAt, expiresAt, judged: circumstances.judged };
  if (password.ntHash === null && circumstances.isCaptured !== true)
    return doWithoutHash(giver, password, account, circumstances);
  if (giver.targetId === null) return wait(account, 'not-in-tenant', circumstances);
  const sending = sendingOf(giver, password, account, circumstances);
  if (sending === null) return rest(account, 'synchronized', null);
  if (typeof sending === 'string') return wait(account, sending, circumstances);
  if (!isDue(giver, password, account, sending, circumstances))
    return sending.isBlocked ? rest(account, 'excluded', 'expired') : rest(account, 'synchronized', null);
  if (isPaused(before, password, circumstances)) return { account, sending: null };
  if (password.ntHash === null) return awaitChange(giver, password, account, circumstances);
  return { ...wait(account, 'to-send', circumstances), sending };
}

/** A domain controller that has not heard of the last change yet. One that was restored and has changed since tells a smaller number as well, but a later time. */
function isBehind(account: PasswordAccount, password: AccountPassword): boolean {
  const known = knownOf(account);
  return known !== null && !isSamePassword(password, known) && !isNewerPassword(password, known);
}

/** What is known to be the last password; null: none. */
function knownOf({ version, changedAt, sent }: PasswordAccount): PasswordVersion | null {
  return version === null ? sent : { version, changedAt };
}

/** The password that is known of still has to be sent: it is asked for by itself, because what tells of changes may never tell of it again. */
export function lookAgainLater(account: PasswordAccount, now: Date): PasswordAccount {
  if (account.state !== 'waiting' && account.state !== 'failing') return account;
  return { ...account, nextAt: new Date(now.getTime() + BEHIND_MS).toISOString() };
}

/** Whoever has none of ours in the tenant is left out. With any other the one that was sent still opens the tenant, though the directory takes it no more. */
function doWithoutHash(
  { targetId }: PasswordGiver,
  password: AccountPassword,
  account: PasswordAccount,
  { now }: Circumstances,
): Decision {
  const { sent } = account;
  const isOldTaken = sent !== null && sent.target === targetId && !sent.isBlocked && !isSamePassword(sent, password);
  return isOldTaken
    ? { account: failWithoutHash(account, now), sending: null }
    : rest(account, 'excluded', 'no-password');
}

/** It is asked for again later and later: another domain controller may have the hash. */
export function failWithoutHash(account: PasswordAccount, now: Date): PasswordAccount {
  const attempts = account.reason === 'no-hash' ? account.attempts + 1 : 1;
  const waitingSince = account.waitingSince ?? now.toISOString();
  const nextAt = retryAt(attempts, now);
  return { ...account, state: 'failing', reason: 'no-hash', waitingSince, attempts, nextAt, failure: null };
}

/** How the password would be sent; a text: why it waits; null: what the tenant has is right. */
function sendingOf(
  giver: PasswordGiver,
  password: AccountPassword,
  { expiresAt, sent }: PasswordAccount,
  { expiredAccounts, mayForce, now }: Circumstances,
): Sending | 'temporary' | 'to-send' | null {
  const isExpired = expiresAt !== null && Date.parse(expiresAt) <= now.getTime();
  if (isExpired && expiredAccounts === 'block') return { force: false, isBlocked: true };
  if (!password.mustChange) return { force: false, isBlocked: false };
  // A user whom we have made and who never had a password of ours is made to change it whatever the feature says: nothing else would let the user in. Of anybody else, also of who has come
  // back, the tenant would take the password and not the demand.
  if (giver.isFirst || mayForce === true) return { force: true, isBlocked: false };
  // The password itself is there; only the demand to change it is new, and the tenant does not take that. Sent again it stays what it is there, unless the tenant had taken a demand with it.
  const isThere = sent !== null && sent.target === giver.targetId && isSamePassword(sent, password);
  if (isThere && !sent.isBlocked) return sent.forced ? null : { force: false, isBlocked: false };
  return mayForce === null ? 'to-send' : 'temporary';
}

function isDue(
  giver: PasswordGiver,
  password: AccountPassword,
  { sent }: PasswordAccount,
  sending: Sending,
  { isAgain }: Circumstances,
): boolean {
  if (isAgain || sent === null || sent.target !== giver.targetId || sent.since !== giver.since) return true;
  // In the place of the password of an expired account stands a random one, whatever its version.
  if (sent.isBlocked || sending.isBlocked) return sent.isBlocked !== sending.isBlocked;
  return !isSamePassword(sent, password) || sending.force !== sent.forced;
}

/** Of a password that we don't know. When only the choice of the account is new, the tenant has it all the same. */
function awaitChange(
  giver: PasswordGiver,
  password: AccountPassword,
  account: PasswordAccount,
  circumstances: Circumstances,
): Decision {
  const { sent } = account;
  if (sent === null || sent.target !== giver.targetId || !isSamePassword(sent, password))
    return wait(account, 'next-change', circumstances);
  return rest({ ...account, sent: { ...sent, since: giver.since } }, 'synchronized', null);
}

/** Refused a short time ago and not changed since: its time will come. */
function isPaused(before: PasswordAccount, password: AccountPassword, { now, isAgain }: Circumstances): boolean {
  const { version, changedAt, nextAt } = before;
  if (
    nextAt === null ||
    version === null ||
    isAgain ||
    before.state === 'excluded' ||
    !isSamePassword(password, { version, changedAt })
  )
    return false;
  return Date.parse(nextAt) > now.getTime();
}

export function newAccount({ space, anchor }: { readonly space: number; readonly anchor: string }): PasswordAccount {
  return {
    space,
    anchor,
    state: 'waiting',
    reason: 'to-send',
    version: null,
    changedAt: null,
    expiresAt: null,
    waitingSince: null,
    attempts: 0,
    nextAt: null,
    failure: null,
    judged: null,
    sent: null,
  };
}

function rest(account: PasswordAccount, state: PasswordState, reason: PasswordReason | null): Decision {
  return {
    account: { ...account, state, reason, waitingSince: null, attempts: 0, nextAt: null, failure: null },
    sending: null,
  };
}

function wait(account: PasswordAccount, reason: PasswordReason, { now }: Circumstances): Decision {
  return { account: beginToWait(account, reason, now), sending: null };
}

/** Waits from now on, or goes on waiting for another reason. */
export function beginToWait(account: PasswordAccount, reason: PasswordReason, now: Date): PasswordAccount {
  const waitingSince = account.waitingSince ?? now.toISOString();
  return { ...account, state: 'waiting', reason, waitingSince, nextAt: null };
}
