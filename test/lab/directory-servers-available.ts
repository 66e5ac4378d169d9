import process from 'node:process';

/** Set by `npm test` when this machine cannot run directory servers; holds the reason. */
export const SKIP_VARIABLE = 'DIRBRIDGE_SKIP_DIRECTORY';

/**
 * Whether tests may start real directory servers: `describe.skipIf(!directoryServersAvailable())`.
 * As root always: a missing server is then a failure, not a skipped test. Otherwise not: Samba needs root and port 389.
 */
export function directoryServersAvailable(): boolean {
  if (process.env[SKIP_VARIABLE]) return false;
  return process.getuid?.() === 0;
}
