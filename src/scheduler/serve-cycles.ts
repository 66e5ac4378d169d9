import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, JobLoop, type LoopOptions } from './job-loop.ts';

export interface Schedule {
  /** Milliseconds. */
  readonly every: number;
  readonly passwords: number;
}

export interface Cycles {
  sync(): Promise<void>;
  /** Null: passwords are not synchronized. */
  readonly passwords: (() => Promise<void>) | null;
  /** Is given what asks for a password cycle at once. */
  readonly onAsk?: (ask: () => void) => void;
}

/** Timers take no more than 24 days: one of more fires at once. */
const LONGEST_SLEEP = 24 * 60 * 60_000;

/** Goes on evenly when the time of day is put forward or back: a clock that is put back by a day must not end all cycles for a day. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  wait: async (milliseconds, signal) => {
    const end = performance.now() + milliseconds;
    for (let left = milliseconds; left > 0 && !signal.aborted; left = end - performance.now())
      await sleep(Math.min(left, LONGEST_SLEEP), undefined, { signal }).catch(() => undefined);
  },
};

/**
 * Runs sync cycles and password cycles until the signal is given. A password cycle runs beside a sync cycle, in its pauses: they share one store, whose transactions
 * wait for each other. After each sync cycle a password cycle follows at once, so that whoever has come into the tenant, or come back, can sign in.
 */
export async function serveCycles(cycles: Cycles, schedule: Schedule, options: LoopOptions): Promise<void> {
  const passwords =
    cycles.passwords === null
      ? null
      : new JobLoop({ name: 'passwords', every: schedule.passwords, run: cycles.passwords }, options);
  if (passwords !== null) cycles.onAsk?.(() => passwords.ask());
  const sync = new JobLoop(
    {
      name: 'sync',
      every: schedule.every,
      run: async () => {
        try {
          await cycles.sync();
        } finally {
          passwords?.ask();
        }
      },
    },
    options,
  );
  await Promise.all([sync.run(), passwords?.run()]);
}
