import { describe, expect, test } from 'vitest';
import { WriteQuota } from './quota.ts';

/** The bucket of the tenant: it drains evenly, counts refused writes too, and tells its level from 80 % on. */
class Bucket {
  readonly #amount: number;
  #used: number;
  #at = 0;

  constructor(amount: number, used: number) {
    this.#amount = amount;
    this.#used = used;
  }

  take(now: number): { readonly isTaken: boolean; readonly level: number | null; readonly wait: number } {
    const rate = this.#amount / 150_000;
    this.#used = Math.max(0, this.#used - (now - this.#at) * rate);
    this.#at = now;
    const isTaken = this.#used + 1 <= this.#amount;
    this.#used = Math.min(this.#used + 1, this.#amount * 1.8);
    const usage = Math.round((this.#used / this.#amount) * 100) / 100;
    return { isTaken, level: usage >= 0.8 ? usage : null, wait: (this.#used - this.#amount) / rate };
  }
}

interface Load {
  readonly writesIn: (from: number, to: number) => number;
  readonly refused: number;
}

/** Writes for `seconds` as fast as the quota lets it, in steps of 10 ms; every request takes 200 ms. */
function load(
  amount: number,
  seconds: number,
  options: { readonly used?: number; readonly tellsPause?: boolean } = {},
): Load {
  const bucket = new Bucket(amount, options.used ?? 0);
  const quota = new WriteQuota(8, 20);
  const taken: number[] = [];
  const underway: { at: number; writes: number; level: number | null; pause: number | null }[] = [];
  let refused = 0;
  for (let now = 0; now < seconds * 1000; now += 10) {
    for (let next = underway[0]; next !== undefined && next.at <= now; next = underway[0]) {
      underway.shift();
      quota.finish(now, next);
    }
    while (quota.waitAt(now) === 0) {
      quota.start(now, 20);
      let level: number | null = null;
      let pause: number | null = null;
      for (let item = 0; item < 20; item++) {
        const answer = bucket.take(now);
        level = answer.level ?? level;
        if (answer.isTaken) taken.push(now / 1000);
        else {
          refused++;
          pause = Math.max(pause ?? 0, options.tellsPause === false ? 1000 : Math.ceil(answer.wait / 1000) * 1000);
        }
      }
      underway.push({ at: now + 200, writes: 20, level, pause });
    }
  }
  return { writesIn: (from, to) => taken.filter((at) => at >= from && at < to).length, refused };
}

describe('a long load', () => {
  test.each([
    1500, 3000, 18_000, 60_000,
  ])('uses at least 95 %% of a quota of %d writes without being refused', (amount) => {
    const done = load(amount, 900);
    expect(done.writesIn(300, 900) / ((amount / 150) * 600)).toBeGreaterThanOrEqual(0.95);
    expect(done.refused).toBe(0);
  });

  test('on a quota far smaller than the documented one is refused hardly ever', () => {
    const done = load(300, 1200);
    expect(done.writesIn(450, 1200) / (2 * 750)).toBeGreaterThanOrEqual(0.95);
    expect(done.refused / done.writesIn(0, 1200)).toBeLessThan(0.05);
  });

  test('that starts on a full bucket comes to the full speed too', () => {
    const done = load(3000, 900, { used: 2900 });
    expect(done.writesIn(300, 900) / (20 * 600)).toBeGreaterThanOrEqual(0.95);
    expect(done.refused).toBeLessThan(100);
  });

  test('that comes long after a short one is not slowed down by the idle time between', () => {
    const quota = new WriteQuota(8, 20);
    const hour = 3_600_000;
    for (let request = 0; request < 12; request++) {
      quota.start(0, 20);
      quota.finish(100, { writes: 20, level: null, pause: null });
    }
    for (let request = 0; request < 120; request++) {
      quota.start(hour, 20);
      quota.finish(hour + 1000, { writes: 20, level: request === 119 ? 0.8 : null, pause: null });
    }
    expect(quota.drain).toBeGreaterThan(19);
    expect(quota.drain).toBeLessThan(21);
  });

  test('uses up what has gathered before, as fast as requests can go', () => {
    expect(load(3000, 20).writesIn(0, 20)).toBeGreaterThan(2000);
  });
});

test('a pause that the tenant asks for is kept', () => {
  const quota = new WriteQuota(8, 20);
  quota.start(0, 20);
  quota.finish(100, { writes: 20, level: 1.1, pause: 30_000 });
  expect(quota.waitAt(100)).toBe(30_000);
  expect(quota.waitAt(30_099)).toBe(1);
  expect(quota.waitAt(30_100)).toBe(0);
});

test('no more requests are underway than allowed', () => {
  const quota = new WriteQuota(3, 20);
  for (let request = 0; request < 3; request++) {
    expect(quota.waitAt(0)).toBe(0);
    quota.start(0, 20);
  }
  expect(quota.waitAt(0)).toBeNull();
  quota.finish(10, { writes: 20, level: null, pause: null });
  expect(quota.waitAt(10)).toBe(0);
});
