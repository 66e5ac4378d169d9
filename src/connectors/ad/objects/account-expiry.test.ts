import { describe, expect, test } from 'vitest';
import { expiryOfTicks } from './account-expiry.ts';
import { ticksOfTime } from './directory-time.ts';

describe('an account', () => {
  test('expires when its accountExpires says, up to the last day of the year 9999', () => {
    for (const time of ['1601-01-02T00:00:00.000Z', '2035-05-05T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])
      expect(expiryOfTicks(ticksOfTime(new Date(time)))).toBe(time);
  });

  test.each([
    ['0', 0n],
    ['the highest number', 0x7fff_ffff_ffff_ffffn],
    ['the last moment of .NET, counted from the year 1', 3_155_378_975_999_999_999n],
    ['the first moment of the year 10000', ticksOfTime(new Date('9999-12-31T23:59:59.999Z')) + 10_000n],
    ['a number that looks negative', -1n],
  ])('never expires with %s', (_what, ticks) => {
    expect(expiryOfTicks(ticks)).toBeNull();
  });
});
