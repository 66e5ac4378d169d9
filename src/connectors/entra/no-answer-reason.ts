import { messageOf } from '../../errors.ts';

/** What `fetch` hides behind its "fetch failed". */
export function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
}

/** Why no answer came, in words. `timeout`: milliseconds that it was waited for. */
export function describeSilence(reason: unknown, timeout: number): string {
  if (reason instanceof Error && reason.name === 'TimeoutError') return `no answer within ${timeout / 1000} s`;
  // Of a host with several addresses, which has no words of its own.
  if (reason instanceof AggregateError) return [...new Set(reason.errors.map(messageOf))].join('; ');
  return messageOf(reason);
}
