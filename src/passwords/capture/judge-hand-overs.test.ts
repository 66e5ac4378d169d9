import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeHandOvers, type PasswordTime } from './judge-hand-overs.ts';

const NOON = Date.parse('2026-03-02T12:00:00.000Z');

/** A change that began at `set` and ended at `end`, in milliseconds after noon. */
function changed(set: number | null, end: number): PasswordTime {
  return {
    changedAt: new Date(NOON + Math.floor(end / 1000) * 1000).toISOString(),
    setAt: set === null ? null : new Date(NOON + set).toISOString(),
  };
}

const at = (...times: readonly number[]): readonly number[] => times.map((time) => NOON + time);

describe('a password that was handed over', () => {
  test('was taken when the change began just before it and ended after it', () => {
    expect(judgeHandOvers(at(10_300), changed(10_100, 10_400))).toEqual(['taken']);
  });

  test('is open while the directory tells of an older password', () => {
    expect(judgeHandOvers(at(10_300), changed(-5_000_000, -5_000_000))).toEqual(['open']);
  });

  test('is not taken for the one before, which the domain took within the same second', () => {
    expect(judgeHandOvers(at(10_300, 10_700), changed(10_100, 10_400))).toEqual(['taken', 'open']);
  });

  test('that the domain refused is let go when the next one was taken', () => {
    expect(judgeHandOvers(at(10_300, 14_000), changed(13_900, 14_200))).toEqual(['refused', 'taken']);
  });

  test('was not what was set by somebody else later', () => {
    expect(judgeHandOvers(at(10_300), changed(12_000, 12_100))).toEqual(['refused']);
  });

  test('was not what was set by somebody else a few seconds before', () => {
    expect(judgeHandOvers(at(10_300), changed(7_000, 7_100))).toEqual(['open']);
  });

  test('was taken though an earlier script took nine seconds over it', () => {
    expect(judgeHandOvers(at(19_500), changed(10_100, 19_600))).toEqual(['taken']);
  });
});

describe('a password that must be changed, so that the directory does not tell when its change began', () => {
  test('was taken when its change ended right after it', () => {
    expect(judgeHandOvers(at(10_300), changed(null, 11_000))).toEqual(['taken']);
  });

  test('is open before that, and let go when another one came later', () => {
    expect(judgeHandOvers(at(10_300), changed(null, 3_000))).toEqual(['open']);
    expect(judgeHandOvers(at(10_300), changed(null, 60_000))).toEqual(['refused']);
  });

  test('is dropped when two of them come into question', () => {
    expect(judgeHandOvers(at(10_300, 10_800), changed(null, 10_900))).toEqual(['refused', 'refused']);
  });
});

/** One change after the other, as a domain controller makes them: each begins, hands over, and is taken or refused. */
const changes = fc.array(
  fc.record({
    pause: fc.integer({ min: 0, max: 3000 }),
    before: fc.integer({ min: 1, max: 9000 }),
    after: fc.integer({ min: 0, max: 3000 }),
    isTaken: fc.boolean(),
    isTemporary: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

test('whatever was refused is never taken, and the last one that was taken is found unless it is temporary', () => {
  fc.assert(
    fc.property(changes, (all) => {
      let now = 0;
      let mark = changed(-10_000_000, -10_000_000);
      let last = -1;
      const times: number[] = [];
      for (const [index, one] of all.entries()) {
        const set = now + one.pause;
        times.push(set + one.before);
        now = set + one.before + one.after;
        if (!one.isTaken) continue;
        mark = changed(one.isTemporary ? null : set, now);
        last = index;
      }
      const verdicts = judgeHandOvers(at(...times), mark);
      for (const [index, verdict] of verdicts.entries()) if (index !== last) expect(verdict).not.toBe('taken');
      if (last >= 0 && all[last]?.isTemporary === false) expect(verdicts[last]).toBe('taken');
    }),
    { numRuns: 1000 },
  );
});
