/** What the tenant had counted at a moment (seconds of any clock). */
export interface WriteSample {
  readonly at: number;
  readonly accepted: number;
  readonly refused: number;
}

export interface QuotaUse {
  readonly seconds: number;
  readonly accepted: number;
  /** Writes per second that flow back. */
  readonly drain: number;
  /** How full the tenant's count of our writes was, 1 at the limit. */
  readonly levelBefore: number;
  readonly levelAfter: number;
  /** Accepted writes as a part of what flowed back. */
  readonly share: number;
}

/** Of an application in a tenant: 3,000 writes in 150 seconds (Microsoft Graph, throttling limits, identity and access). */
const AMOUNT = 3000;
const SECONDS = 150;
/** From here on the tenant warns, and the quota and not we set the pace. */
const NEAR_LIMIT = 0.8;
/** The last writes wait for one another, whatever the quota. */
const UNTIL = 0.9;

/**
 * How much of the quota was used in the steady part: from the moment at which our writes first filled 80 % of it (from there the tenant
 * warns) or one was refused, until 90 % of all writes were done. The tenant counts in a bucket that drains evenly; refused writes
 * fill it too. Writes that only filled the bucket further are taken off, so that nobody can use more than all that flows back.
 * Throws where the load was too small to reach the quota.
 */
export function useOfQuota(samples: readonly WriteSample[], factor: number): QuotaUse {
  const amount = AMOUNT * factor;
  const drain = amount / SECONDS;
  const total = samples.at(-1)?.accepted ?? 0;
  const levels = followLevel(samples, amount, drain);
  const from = samples.findIndex((sample, index) => (levels[index] ?? 0) >= NEAR_LIMIT || sample.refused > 0);
  const to = samples.findIndex((sample) => sample.accepted >= total * UNTIL);
  const [first, last] = [samples[from], samples[to]];
  if (first === undefined || last === undefined || to <= from)
    throw new Error('the load ended before it reached the quota: use more users, or a smaller --throttle');
  const [levelBefore, levelAfter] = [levels[from] ?? 0, levels[to] ?? 0];
  const seconds = last.at - first.at;
  const accepted = last.accepted - first.accepted;
  const share = (accepted - amount * Math.max(0, levelAfter - levelBefore)) / (drain * seconds);
  return { seconds, accepted, drain, levelBefore, levelAfter, share };
}

function followLevel(samples: readonly WriteSample[], amount: number, drain: number): readonly number[] {
  let used = 0;
  let before: WriteSample | undefined;
  return samples.map((sample) => {
    const elapsed = before === undefined ? 0 : sample.at - before.at;
    const counted = before === undefined ? 0 : sample.accepted + sample.refused - before.accepted - before.refused;
    used = Math.max(0, used - elapsed * drain) + counted;
    before = sample;
    return used / amount;
  });
}
