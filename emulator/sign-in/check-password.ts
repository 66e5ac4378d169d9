import { createHash } from 'node:crypto';
import { isRecord } from '../json-value.ts';
import { type Entity, textOf, type Value } from '../tenant/entity.ts';
import { hasPassword, mustChangePassword } from '../tenant/rules/password.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { REFUSALS } from './aadsts.ts';

/** Smart lockout (documented defaults): ten failures, one minute at first and longer then. */
const MOST_FAILURES = 10;
const FIRST_LOCK = 60_000;
/** Wrong passwords that are remembered, so that the same one again does not count. */
const REMEMBERED = 3;

interface SignInLock {
  readonly failures: number;
  readonly lockouts: number;
  /** Milliseconds since 1970; 0: not locked. */
  readonly lockedUntil: number;
  /** Digests of the last wrong passwords. */
  readonly wrong: readonly string[];
}

const UNLOCKED: SignInLock = { failures: 0, lockouts: 0, lockedUntil: 0, wrong: [] };

/** Judges a password as the sign-in service does, and counts failures. Throws the refusal. */
export function checkPassword(user: Entity, password: string, tenant: Tenant): void {
  const lock = readLock(user);
  const now = tenant.clock.now();
  if (lock.lockedUntil > now) throw REFUSALS.userLocked();
  if (!hasPassword(user, password)) {
    const next = countFailure(lock, digestOf(user, password), now);
    if (next !== lock) writeLock(user, next, tenant);
    throw REFUSALS.passwordWrong();
  }
  if (lock !== UNLOCKED) writeLock(user, null, tenant);
  if (user.values['accountEnabled'] !== true) throw REFUSALS.userDisabled();
  if (mustChangePassword(user) || isExpired(user, tenant)) throw REFUSALS.passwordExpired();
}

function readLock(user: Entity): SignInLock {
  const stored = user.values['signInLock'];
  return isRecord(stored) ? (stored as unknown as SignInLock) : UNLOCKED;
}

function writeLock(user: Entity, lock: SignInLock | null, tenant: Tenant): void {
  tenant.commit([{ type: 'patch', id: user.id, values: { signInLock: lock as Value } }]);
}

/** The tenth failure locks; after the lock each further one locks again, for twice as long (that it doubles is assumed). */
function countFailure(lock: SignInLock, digest: string, now: number): SignInLock {
  if (lock.wrong.includes(digest)) return lock;
  const failures = lock.failures + 1;
  const wrong = [digest, ...lock.wrong].slice(0, REMEMBERED);
  if (failures < MOST_FAILURES) return { ...lock, failures, wrong };
  return {
    failures,
    wrong,
    lockouts: lock.lockouts + 1,
    lockedUntil: now + FIRST_LOCK * 2 ** Math.min(lock.lockouts, 10),
  };
}

function digestOf(user: Entity, password: string): string {
  return createHash('sha256').update(user.id).update(password).digest('base64').slice(0, 16);
}

function isExpired(user: Entity, tenant: Tenant): boolean {
  if (textOf(user, 'passwordPolicies')?.includes('DisablePasswordExpiration')) return false;
  const upn = textOf(user, 'userPrincipalName') ?? '';
  const domain = tenant.domains.find(({ id }) => id === upn.slice(upn.lastIndexOf('@') + 1).toLowerCase());
  const changedAt = Date.parse(textOf(user, 'lastPasswordChangeDateTime') ?? '');
  if (domain?.passwordValidityDays === undefined || Number.isNaN(changedAt)) return false;
  return changedAt + domain.passwordValidityDays * 86_400_000 <= tenant.clock.now();
}
