import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance as everything here that waits takes them, so that tests need not wait. */
export interface Pace {
  /** Milliseconds; only differences count. */
  now(): number;
  delay(milliseconds: number): Promise<void>;
  /** 0 to 1; spreads back-offs. */
  random(): number;
}

export const REAL_PACE: Pace = {
  now: () => performance.now(),
  delay: async (milliseconds) => {
    await sleep(milliseconds);
  },
  random: () => Math.random(),
};

/** How much is waited for an answer, within what each request allows itself. */
export interface Patience {
  /** How often the same is asked at most. */
  readonly tries: number;
  /** Milliseconds for one request, at most. */
  readonly timeout: number;
  /** Milliseconds until it is asked again; an answer that demands more is the last. */
  readonly wait: number;
}

const PATIENT: Patience = {
  tries: Number.POSITIVE_INFINITY,
  timeout: Number.POSITIVE_INFINITY,
  wait: Number.POSITIVE_INFINITY,
};
const IMPATIENT: Patience = { tries: 2, timeout: 10_000, wait: 5000 };

export function patienceOf({ isImpatient }: { readonly isImpatient?: boolean }): Patience {
  return isImpatient ? IMPATIENT : PATIENT;
}

/** Whether the same may be asked once more after try `attempt` (1 is the first), of `most` at all. `retryAfter`: milliseconds that the answer demands. */
export function mayTryAgain(patience: Patience, attempt: number, most: number, retryAfter: number | null): boolean {
  return attempt < Math.min(most, patience.tries) && (retryAfter ?? 0) <= patience.wait;
}

const SHORTEST = 500;
const LONGEST = 60_000;

/** Milliseconds to wait before try `attempt` (1 is the first repetition): what the tenant said, else doubling with chance added. */
export function backOff(attempt: number, retryAfter: number | null, pace: Pace): number {
  if (retryAfter !== null) return retryAfter;
  const doubled = Math.min(SHORTEST * 2 ** (attempt - 1), LONGEST);
  return doubled * (0.75 + pace.random() / 2);
}

/** Retry-After in milliseconds: seconds, whole or fractional, or a date (RFC 9110 10.2.3); null when missing or not understood. */
export function readRetryAfter(value: string | null | undefined, now: Date): number | null {
  if (value === null || value === undefined || value.trim() === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
