import { describe, expect, it } from 'vitest';
import { useOfQuota, type WriteSample } from './write-quota.ts';

/** Samples at each second; `rate` gives how many writes are accepted and refused in that second. */
function simulate(seconds: number, rate: (second: number) => readonly [accepted: number, refused: number]) {
  const samples: WriteSample[] = [{ at: 0, accepted: 0, refused: 0 }];
  for (let second = 1; second <= seconds; second++) {
    const before = samples.at(-1);
    const [accepted, refused] = rate(second);
    const counted = { accepted: (before?.accepted ?? 0) + accepted, refused: (before?.refused ?? 0) + refused };
    samples.push({ at: second, ...counted });
  }
  return samples;
}

// With factor 1 the bucket holds 3,000 writes and 20 flow back in each second.
describe('the use of the write quota', () => {
  it('is whole for writes as fast as the quota comes back', () => {
    const use = useOfQuota(
      simulate(200, (second) => [second <= 2 ? 1440 : 20, 0]),
      1,
    );
    expect(use.drain).toBe(20);
    expect(use.share).toBeCloseTo(1, 2);
  });

  it('is half for writes at half the pace', () => {
    const use = useOfQuota(
      simulate(400, (second) => [second <= 2 ? 1440 : 10, 0]),
      1,
    );
    expect(use.share).toBeCloseTo(0.5, 2);
  });

  it('does not grow by filling the bucket further', () => {
    const use = useOfQuota(
      simulate(100, (second) => [second <= 2 ? 1250 : 25, 0]),
      1,
    );
    expect(use.levelAfter).toBeGreaterThan(use.levelBefore);
    expect(use.share).toBeLessThanOrEqual(1.001);
  });

  it('shrinks by what the refused writes take', () => {
    const use = useOfQuota(
      simulate(200, (second) => (second <= 2 ? [1440, 0] : [15, 5])),
      1,
    );
    expect(use.share).toBeCloseTo(0.75, 2);
  });

  it('is not told for a load that never reached the quota', () => {
    expect(() =>
      useOfQuota(
        simulate(20, () => [10, 0]),
        1,
      ),
    ).toThrow(/before it reached the quota/);
  });
});
