import { describe, expect, test } from 'vitest';
import type { PasswordMark } from '../../connectors/connector.ts';
import { HeldPasswords } from './held-passwords.ts';

const NOON = Date.parse('2026-03-02T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function begin() {
  const clock = { now: NOON };
  const held = new HeldPasswords({ now: () => clock.now, hold: HOUR });
  const buffers: Uint8Array[] = [];
  return {
    clock,
    held,
    buffers,
    /** Hands a password over at this moment. */
    take: (account: string, password: string): boolean => {
      const buffer = Buffer.from(password);
      buffers.push(buffer);
      return held.take('corp', { source: 'corp', account, password: buffer, at: clock.now });
    },
    /** What the directory says of a change whose script has just ended. */
    mark: (version: number, anchor = 'a1'): PasswordMark => ({
      anchor,
      version,
      changedAt: new Date(Math.floor(clock.now / 1000) * 1000).toISOString(),
      setAt: new Date(clock.now - 100).toISOString(),
      mustChange: false,
      isDisabled: false,
      isSmartCardRequired: false,
      expiresAt: null,
    }),
  };
}

const ANN = { source: 'corp', account: 'ann' };
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
const isOverwritten = (bytes: Uint8Array | undefined): boolean => bytes?.every((byte) => byte === 0) ?? false;

describe('a password that was handed over', () => {
  test('is looked for after a second, then less and less often', () => {
    const { held, take, clock } = begin();
    expect(held.nextAt()).toBe(null);
    take('ann', 'one');
    const waits: number[] = [];
    for (let look = 0; look < 7; look++) {
      expect(held.due()).toEqual([]);
      const next = held.nextAt() ?? 0;
      waits.push(next - clock.now);
      clock.now = next;
      expect(held.due()).toEqual([ANN]);
      held.look(ANN, null);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test('is given out once the domain has taken it, and not before', () => {
    const { held, take, mark } = begin();
    take('ann', 'one');
    const change = mark(4);
    expect(text(held.copyOf('corp', change))).toBe(null);
    expect(held.look({ source: 'corp', account: 'ANN' }, change)).toEqual({ isTaken: true, refused: 0 });
    expect(held.taken('corp')).toEqual([change]);
    expect(text(held.copyOf('corp', change))).toBe('one');
    expect(text(held.copyOf('other', change))).toBe(null);
    expect(held.due()).toEqual([]);
  });

  test('stays until the tenant has it: what is given out is a copy', () => {
    const { held, take, mark, buffers } = begin();
    take('ann', 'one');
    const change = mark(4);
    held.look(ANN, change);
    held.copyOf('corp', change)?.fill(0);
    expect(text(held.copyOf('corp', change))).toBe('one');
    held.release('corp', { ...change, version: 3 });
    expect(held.size).toBe(1);
    held.release('corp', change);
    expect([held.size, isOverwritten(buffers[0]), held.taken('corp')]).toEqual([0, true, []]);
  });

  test('gives way to the next one that the domain takes, and to no other', () => {
    const { held, take, mark, clock, buffers } = begin();
    take('ann', 'one');
    const first = mark(4);
    held.look(ANN, first);
    clock.now += 10_000;
    take('ann', 'two');
    // The domain has refused the second one.
    held.look(ANN, first);
    expect(text(held.copyOf('corp', first))).toBe('one');
    clock.now += 10_000;
    take('ann', 'three');
    const third = mark(5);
    expect(held.look(ANN, third)).toEqual({ isTaken: true, refused: 1 });
    expect(text(held.copyOf('corp', third))).toBe('three');
    expect(buffers.map(isOverwritten)).toEqual([true, true, false]);
  });

  test('is overwritten when the directory has another one by now, wherever that came from', () => {
    const { held, take, mark, buffers } = begin();
    take('ann', 'one');
    held.look(ANN, mark(4));
    expect(held.copyOf('corp', mark(5))).toBe(null);
    expect(isOverwritten(buffers[0])).toBe(true);
  });

  test('is kept while a domain controller that is behind tells of an older one', () => {
    const { held, take, mark } = begin();
    take('ann', 'one');
    held.look(ANN, mark(4));
    expect(held.copyOf('corp', { ...mark(3), changedAt: '2026-03-02T11:00:00.000Z' })).toBe(null);
    expect(text(held.copyOf('corp', mark(4)))).toBe('one');
  });

  test('is not given out for another one that has the same number, of a domain controller that counted for itself', () => {
    const { held, take, mark, buffers } = begin();
    take('ann', 'one');
    const ours = mark(4);
    held.look(ANN, ours);
    expect(held.copyOf('corp', { ...ours, changedAt: '2026-03-02T11:59:00.000Z' })).toBe(null);
    expect(text(held.copyOf('corp', ours))).toBe('one');
    expect(held.copyOf('corp', { ...ours, changedAt: '2026-03-02T12:01:00.000Z' })).toBe(null);
    expect(isOverwritten(buffers[0])).toBe(true);
  });

  test('that the domain did not take is dropped after some minutes, and still not taken for the next one', () => {
    const { held, take, mark, clock, buffers } = begin();
    const older = { ...mark(3), changedAt: '2026-01-01T00:00:00.000Z', setAt: '2026-01-01T00:00:00.000Z' };
    take('ann', 'refused');
    clock.now += 4 * MINUTE;
    expect(held.look(ANN, older)).toEqual({ isTaken: false, refused: 0 });
    clock.now += 2 * MINUTE;
    expect(held.look(ANN, older)).toEqual({ isTaken: false, refused: 1 });
    expect([isOverwritten(buffers[0]), held.size]).toEqual([true, 0]);
  });

  test('is kept for its time while the directory cannot be asked', () => {
    const { held, take, clock, buffers } = begin();
    take('ann', 'one');
    clock.now += HOUR - 1;
    held.lookLater(ANN);
    expect([held.expire(), held.size]).toEqual([[], 1]);
    clock.now += 1;
    expect(held.nextAt()).toBeLessThanOrEqual(clock.now);
    expect(held.expire()).toEqual([ANN]);
    expect([isOverwritten(buffers[0]), held.size]).toEqual([true, 0]);
  });

  test('of no user that the directory knows, a computer say, is dropped after some minutes', () => {
    const { held, take, clock, buffers } = begin();
    take('ann', 'one');
    clock.now += 4 * MINUTE;
    expect(held.look(ANN, null)).toEqual({ isTaken: false, refused: 0 });
    clock.now += MINUTE;
    expect(held.look(ANN, null)).toEqual({ isTaken: false, refused: 1 });
    expect([isOverwritten(buffers[0]), held.size]).toEqual([true, 0]);
  });

  test('is forgotten altogether in the end', () => {
    const { held, take, clock } = begin();
    take('ann', 'one');
    clock.now += HOUR;
    held.expire();
    expect([held.nextAt(), held.due()]).toEqual([null, []]);
  });
});

test('of one account no more than sixteen are held, and of all not more than memory is meant for', () => {
  const { held, take, buffers } = begin();
  for (let index = 0; index < 20; index++) take('ann', `pass${index}`);
  expect(held.size).toBe(16);
  expect(buffers.slice(0, 4).every(isOverwritten)).toBe(true);
  expect(buffers.slice(4).some(isOverwritten)).toBe(false);
  let index = 0;
  while (take(`user${index}`, 'x')) index++;
  expect(held.size).toBe(20_000);
});

test('nothing is left when it is cleared', () => {
  const { held, take, mark, buffers } = begin();
  take('ann', 'one');
  take('bob', 'two');
  held.look(ANN, mark(4));
  held.clear();
  expect([held.size, held.nextAt(), buffers.every(isOverwritten)]).toEqual([0, null, true]);
});
