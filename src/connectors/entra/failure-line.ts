import { DirbridgeError, messageOf } from '../../errors.ts';
import type { CheckLine } from '../connector.ts';

/** The line of a check that could not be made. */
export function failureLine(what: string, thrown: unknown): CheckLine {
  const more = thrown instanceof DirbridgeError ? { remedy: thrown.remedy, code: thrown.code } : {};
  return { what, state: 'error', detail: messageOf(thrown), ...more };
}
