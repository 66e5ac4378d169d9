/** Milliseconds from 1601 to 1970 ([MS-DTYP] 2.3.3). */
const EPOCH_MS = 11_644_473_600_000n;
const TICKS_PER_MS = 10_000n;

/** DSTIME ([MS-DRSR] 5.51), seconds since 1601, as ISO 8601. Null where its year does not have four digits. */
export function timeOfSeconds(seconds: bigint): string | null {
  return toIso(seconds * 1000n - EPOCH_MS);
}

/** FILETIME ([MS-DTYP] 2.3.3), 100 nanoseconds since 1601, as ISO 8601. Null where its year does not have four digits. */
export function timeOfTicks(ticks: bigint): string | null {
  return toIso(ticks / TICKS_PER_MS - EPOCH_MS);
}

export function ticksOfTime(time: Date): bigint {
  return (BigInt(time.getTime()) + EPOCH_MS) * TICKS_PER_MS;
}

/** From the year 0 to 9999: times of other years are written with a sign, and compared as texts they come before all others. */
const FIRST_MS = BigInt(Date.parse('0000-01-01T00:00:00.000Z'));
const LAST_MS = BigInt(Date.parse('9999-12-31T23:59:59.999Z'));

function toIso(ms: bigint): string | null {
  return ms < FIRST_MS || ms > LAST_MS ? null : new Date(Number(ms)).toISOString();
}
