import { describe, expect, test } from 'vitest';
import type { Clock } from './job-loop.ts';
import { type Cycles, serveCycles } from './serve-cycles.ts';

const MINUTE = 60_000;
const SCHEDULE = { every: 30 * MINUTE, passwords: 2 * MINUTE };

/** Time passes when somebody lets it, and nobody waits in earnest. */
class TestClock implements Clock {
  #now = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      const sleeper = { until: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      });
    });
  }

  /** Lets time pass to the next one who waits, up to a time; what is woken runs until it waits again. */
  async passTo(time: number): Promise<void> {
    await settle();
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.until - b.until)[0];
      if (next === undefined || next.until > time) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now = next.until;
      next.wake();
      await settle();
    }
    this.#now = Math.max(this.#now, time);
  }
}

/** Whatever is ready to go on has gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

class Served {
  readonly clock = new TestClock();
  readonly told: string[] = [];
  readonly failures: string[] = [];
  readonly #stop = new AbortController();
  readonly ended: Promise<void>;

  constructor(cycles: Partial<Cycles> = {}) {
    const note = (what: string) => async (): Promise<void> => {
      this.told.push(`${what} ${this.clock.now() / MINUTE}`);
    };
    this.ended = serveCycles({ sync: note('sync'), passwords: note('passwords'), ...cycles }, SCHEDULE, {
      clock: this.clock,
      signal: this.#stop.signal,
      onFailure: ({ name }, error) => this.failures.push(`${name} ${this.clock.now() / MINUTE}: ${String(error)}`),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

describe('a server', () => {
  test('runs sync cycles and password cycles as planned, and a password cycle after each sync cycle', async () => {
    const served = new Served();
    await served.clock.passTo(5 * MINUTE);
    expect(served.told).toEqual(['sync 0', 'passwords 0', 'passwords 0', 'passwords 2', 'passwords 4']);
    served.told.length = 0;
    await served.clock.passTo(31 * MINUTE);
    expect(served.told.filter((one) => one.startsWith('sync'))).toEqual(['sync 30']);
    expect(served.told.lastIndexOf('passwords 30')).toBeGreaterThan(served.told.indexOf('sync 30'));
    await served.stop();
  });

  test('tells of a cycle that fails, and runs the next one as planned', async () => {
    const served = new Served({ sync: () => Promise.reject(new Error('no directory')) });
    await served.clock.passTo(31 * MINUTE);
    expect(served.failures).toEqual(['sync 0: Error: no directory', 'sync 30: Error: no directory']);
    expect(served.told).toContain('passwords 30');
    await served.stop();
  });

  test('lets password cycles run beside a long sync cycle, and begins the next sync when the long one is over', async () => {
    const long = Promise.withResolvers<void>();
    let syncs = 0;
    const served = new Served({ sync: () => (syncs++ === 0 ? long.promise : Promise.resolve()) });
    await served.clock.passTo(41 * MINUTE);
    expect(syncs).toBe(1);
    expect(served.told).toContain('passwords 40');
    long.resolve();
    await served.clock.passTo(41 * MINUTE);
    expect(syncs).toBe(2);
    await served.stop();
  });

  test('never runs two password cycles at a time', async () => {
    const slow = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    const served = new Served({
      passwords: async () => {
        most = Math.max(most, ++running);
        await slow.promise;
        running--;
      },
    });
    await served.clock.passTo(31 * MINUTE);
    slow.resolve();
    await settle();
    expect(most).toBe(1);
    await served.stop();
  });

  test('stops at once while it waits, and after the cycle that runs', async () => {
    const running = Promise.withResolvers<void>();
    const served = new Served({ sync: () => running.promise });
    await served.clock.passTo(MINUTE);
    let isEnded = false;
    const stopping = served.stop().then(() => {
      isEnded = true;
    });
    await settle();
    expect(isEnded).toBe(false);
    running.reject(new Error('stopped'));
    await stopping;
    expect(served.failures).toEqual([]);
    const told = served.told.length;
    await served.clock.passTo(10 * MINUTE);
    expect(served.told).toHaveLength(told);
  });

  test('runs sync cycles alone where passwords are off', async () => {
    const served = new Served({ passwords: null });
    await served.clock.passTo(31 * MINUTE);
    expect(served.told).toEqual(['sync 0', 'sync 30']);
    await served.stop();
  });
});
