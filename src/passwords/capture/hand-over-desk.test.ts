import { expect, test } from 'vitest';
import type { PasswordMark } from '../../connectors/connector.ts';
import { SILENT_LOG } from '../../log.ts';
import { HandOverDesk } from './hand-over-desk.ts';
import { HeldPasswords } from './held-passwords.ts';

const NOON = Date.parse('2026-03-02T12:00:00.000Z');

/** Time passes only while the desk waits, and then at once. */
function begin(sources: readonly string[], find: (account: string) => Promise<PasswordMark | null>) {
  const clock = {
    at: NOON,
    now: () => clock.at,
    wait: async (milliseconds: number, signal: AbortSignal): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal.aborted) clock.at += milliseconds;
    },
  };
  const held = new HeldPasswords({ now: clock.now, hold: 3_600_000 });
  const taken = Promise.withResolvers<void>();
  const asked: number[] = [];
  const told: string[] = [];
  const tell = (fields: object, message: string): void => {
    told.push(`${message} ${JSON.stringify(fields)}`);
  };
  const desk = new HandOverDesk({
    held,
    sources: new Map(sources.map((name) => [name, { find }])),
    onTaken: () => {
      asked.push(clock.at);
      taken.resolve();
    },
    clock,
    log: { ...SILENT_LOG, debug: tell, info: tell, warn: tell },
  });
  const handOver = (account: string, source = '') =>
    desk.take({ source, account, password: Buffer.from('Some-Secret-1'), at: clock.at });
  return { desk, held, clock, taken: taken.promise, asked, told, handOver };
}

function mark(at: number): PasswordMark {
  return {
    anchor: 'a1',
    version: 2,
    changedAt: new Date(Math.floor(at / 1000) * 1000).toISOString(),
    setAt: new Date(at - 50).toISOString(),
    mustChange: false,
    isDisabled: false,
    isSmartCardRequired: false,
    expiresAt: null,
  };
}

test('a password that the domain has taken asks to be sent', async () => {
  const { desk, held, taken, handOver, told } = begin(['corp'], async () => mark(NOON));
  const stop = new AbortController();
  expect(handOver('ann')).toBe(null);
  const running = desk.run(stop.signal);
  await taken;
  expect(held.taken('corp')).toHaveLength(1);
  stop.abort();
  await running;
  expect(held.size).toBe(0);
  expect(told.join()).not.toContain('Some-Secret-1');
});

test('one that comes while the desk waits is looked for, too', async () => {
  let changedAt = 0;
  const { desk, taken, handOver, clock } = begin(['corp'], async () => mark(changedAt));
  const stop = new AbortController();
  const running = desk.run(stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  changedAt = clock.at;
  handOver('ann');
  await taken;
  stop.abort();
  await running;
});

test('a directory that cannot be asked is asked again', async () => {
  let asked = 0;
  const { desk, taken, handOver, told } = begin(['corp'], async () => {
    if (++asked < 4) throw new Error('away');
    return mark(NOON);
  });
  const stop = new AbortController();
  handOver('ann');
  const running = desk.run(stop.signal);
  await taken;
  stop.abort();
  await running;
  expect(told.filter((line) => line.includes('away'))).toHaveLength(3);
});

test('each that the domain has taken asks to be sent at once, though the others are still looked for', async () => {
  const { desk, asked, handOver, clock } = begin(['corp'], async () => {
    clock.at += 10_000;
    return mark(NOON);
  });
  for (const account of ['ann', 'bob', 'cid']) handOver(account);
  clock.at += 1000;
  await desk.step();
  expect(asked.map((at) => at - NOON)).toEqual([11_000, 21_000, 31_000]);
});

test('none is kept beyond its time by a directory that is slow with the others', async () => {
  const looked: string[] = [];
  const sizes: number[] = [];
  const { desk, held, handOver, clock, told } = begin(['corp'], async (account) => {
    looked.push(account);
    sizes.push(held.size);
    clock.at += 2_000_000;
    throw new Error('slow');
  });
  for (const account of ['ann', 'bob', 'cid']) handOver(account);
  clock.at += 1000;
  await desk.step();
  // After two look-ups the hour of all three is over: nobody is looked for any more.
  expect([looked, sizes, held.size]).toEqual([['ann', 'bob'], [3, 3], 0]);
  expect(told.filter((line) => line.includes('was not set in time'))).toHaveLength(3);
  expect(held.nextAt()).toBe(null);
});

test('one that the domain did not take is dropped in the end, and told', async () => {
  const old = { ...mark(NOON - 86_400_000), version: 1 };
  const { desk, held, handOver, clock, told } = begin(['corp'], async () => old);
  handOver('ann');
  for (let step = 0; step < 40 && held.size > 0; step++) {
    clock.at += 15_000;
    await desk.step();
  }
  expect(held.size).toBe(0);
  expect(told.join()).toContain('the domain did not take');
});

test('the source may be left out when there is one, and is asked for when there are several', () => {
  const one = begin(['corp'], async () => null);
  expect([one.handOver('ann'), one.handOver('ann', 'corp'), one.handOver('ann', 'lab')]).toEqual([
    null,
    null,
    'unknown-source',
  ]);
  const two = begin(['corp', 'lab'], async () => null);
  expect([two.handOver('ann'), two.handOver('ann', 'lab')]).toEqual(['unknown-source', null]);
});
