import type { StandbyReport } from './standby-session.ts';

/** The line of `check` about the servers of a tenant: who writes, and whether it is alive. */
export function describeCheck({ server, isActive, term, active, folder }: StandbyReport): {
  readonly what: string;
  readonly state: 'ok' | 'warning';
  readonly detail: string;
  readonly remedy?: string;
} {
  const what = 'standby';
  if (term === null)
    return {
      what,
      state: 'warning',
      detail: `no server has taken over yet in ${folder}, so nothing is written`,
      remedy: 'Say so once, on the server that is to write: dirbridge take-over.',
    };
  if (isActive) return { what, state: 'ok', detail: `${server} (this one) writes; the servers meet in ${folder}` };
  if (term.server === null || term.server === server)
    return {
      what,
      state: 'warning',
      detail:
        term.server === null
          ? `nobody writes: ${term.previous ?? 'a server'} has handed the tenant over`
          : `nobody writes: ${server} (this one) ought to, and is in staging mode or has a new store`,
      remedy: 'Have a server take over: dirbridge take-over.',
    };
  if (active === null || active.deadIn <= 0)
    return {
      what,
      state: 'warning',
      detail: `${term.server} ought to write to the tenant and has given no sign of life for too long`,
      remedy: 'See what happened to it, or have this server take over: dirbridge take-over.',
    };
  return { what, state: 'ok', detail: `${server} (this one) stands by; ${term.server} writes, and is alive` };
}
