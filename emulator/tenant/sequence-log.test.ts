import { expect, test } from 'vitest';
import { SequenceLog } from './sequence-log.ts';

test('gives each item once, at its last change, however long the log was', () => {
  const last = new Map<string, number>();
  const log = new SequenceLog<string>((item, seq) => last.get(item) === seq);
  for (let seq = 1; seq <= 50_000; seq++) {
    const item = `item${seq % 100}`;
    last.set(item, seq);
    log.append(item, seq);
  }
  expect([...log.after(0)].length).toBe(100);
  expect([...log.after(49_997)]).toEqual([
    ['item98', 49_998],
    ['item99', 49_999],
    ['item0', 50_000],
  ]);
  expect([...log.after(50_000)]).toEqual([]);
});
