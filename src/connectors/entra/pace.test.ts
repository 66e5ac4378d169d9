import { expect, test } from 'vitest';
import { backOff, readRetryAfter } from './pace.ts';

const NOW = new Date('2026-11-22T10:00:00Z');
const pace = { now: () => 0, delay: async () => undefined, random: () => 0.5 };

test('Retry-After is read as whole or fractional seconds and as a date', () => {
  expect(readRetryAfter('17', NOW)).toBe(17_000);
  expect(readRetryAfter('2.128', NOW)).toBe(2128);
  expect(readRetryAfter('Sun, 22 Nov 2026 10:00:30 GMT', NOW)).toBe(30_000);
  expect(readRetryAfter('soon', NOW)).toBeNull();
  expect(readRetryAfter(undefined, NOW)).toBeNull();
});

test('a wait that the tenant names is kept to the millisecond', () => {
  expect(backOff(7, 2128, pace)).toBe(2128);
});

test('without one the wait doubles up to a minute', () => {
  expect([1, 2, 3, 4].map((attempt) => backOff(attempt, null, pace))).toEqual([500, 1000, 2000, 4000]);
  expect(backOff(30, null, pace)).toBe(60_000);
});
