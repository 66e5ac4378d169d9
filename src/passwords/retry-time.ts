const MINUTE = 60_000;
/** After the first time, then twice as long each time, up to the second. */
const FIRST_RETRY = 2 * MINUTE;
const LAST_RETRY = 6 * 60 * MINUTE;

/** When something is tried again that came to nothing so many times. */
export function retryAt(attempts: number, now: Date): string {
  const delay = Math.min(FIRST_RETRY * 2 ** (attempts - 1), LAST_RETRY);
  return new Date(now.getTime() + delay).toISOString();
}
