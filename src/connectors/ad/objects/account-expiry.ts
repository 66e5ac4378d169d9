import { timeOfTicks } from './directory-time.ts';

/**
 * When an account expires, by its accountExpires; null: never. 0 and 0x7FFFFFFFFFFFFFFF say so ([MS-ADA1]), and whatever else lies after the year 9999 is taken
 * for it: tools write the last date that they know. A FILETIME has no sign ([MS-DTYP] 2.3.3), so what looks negative is such a time.
 */
export function expiryOfTicks(ticks: bigint): string | null {
  return ticks <= 0n ? null : timeOfTicks(ticks);
}
