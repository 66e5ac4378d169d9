import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SYSTEM_CLOCK } from './serve-cycles.ts';

const DAY = 24 * 60 * 60_000;

describe('the clock of a server', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([-DAY, DAY])('takes no notice of a time of day that is put on by %d ms', (jump) => {
    const before = SYSTEM_CLOCK.now();
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + jump);
    const passed = SYSTEM_CLOCK.now() - before;
    expect(passed).toBeGreaterThanOrEqual(0);
    expect(passed).toBeLessThan(DAY);
  });

  test('waits longer than a timer can, and ends at once when it is told to', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error): number => warnings.push(name);
    process.on('warning', note);
    const stop = new AbortController();
    const waiting = SYSTEM_CLOCK.wait(60 * DAY, stop.signal);
    await turn();
    process.off('warning', note);
    // What a timer says that is given more than it takes, and fires at once.
    expect(warnings).toEqual([]);
    stop.abort();
    await waiting;
  });
});
