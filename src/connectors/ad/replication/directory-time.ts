/** Milliseconds from 1601 to 1970 ([MS-DTYP] 2.3.3). */
const EPOCH_MS = 11_644_473_600_000n;
const TICKS_PER_MS = 10_000n;

/** DSTIME ([MS-DRSR] 5.51), seconds since 1601, as ISO 8601. Null where it is out of the range of dates. */
export function timeOfSeconds(seconds: bigint): string | null {
  return toIso(seconds * 1000n - EPOCH_MS);
}

/** FILETIME ([MS-DTYP] 2.3.3), 100 nanoseconds since 1601, as ISO 8601. Null where it is out of the range of dates. */
export function timeOfTicks(ticks: bigint): string | null {
  return toIso(ticks / TICKS_PER_MS - EPOCH_MS);
}

export function ticksOfTime(time: Date): bigint {
  return (BigInt(time.getTime()) + EPOCH_MS) * TICKS_PER_MS;
}

const MOST_MS = 8_640_000_000_000_000n;

function toIso(ms: bigint): string | null {
  return ms > MOST_MS || ms < -MOST_MS ? null : new Date(Number(ms)).toISOString();
}
