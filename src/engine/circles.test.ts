import { describe, expect, test } from 'vitest';
import { findCircles, levelsOf } from './circles.ts';

const byNumber = (a: number, b: number): number => a - b;

function waits(...pairs: readonly (readonly [number, number])[]): Map<number, Set<number>> {
  const after = new Map<number, Set<number>>();
  for (const [id, on] of pairs) after.set(id, (after.get(id) ?? new Set()).add(on));
  return after;
}

describe('circles of waits', () => {
  test('are found, each with all who belong to it', () => {
    expect(findCircles(waits([1, 2], [2, 1], [3, 4], [4, 5], [5, 3], [6, 1]), byNumber)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  test('are not seen where there are none', () => {
    expect(findCircles(waits([1, 2], [1, 3], [2, 4], [3, 4]), byNumber)).toEqual([]);
  });

  test('that share an operation are told one after the other', () => {
    const after = waits([1, 2], [2, 1], [2, 3], [3, 2]);
    expect(findCircles(after, byNumber)).toEqual([[1, 2]]);
    after.delete(1);
    expect(findCircles(after, byNumber)).toEqual([[2, 3]]);
  });

  test('and chains of 30,000 links do not overflow', () => {
    const chain = waits(...Array.from({ length: 30_000 }, (_, at) => [at, at + 1] as const));
    expect(findCircles(chain, byNumber)).toEqual([]);
    expect(levelsOf(chain).get(0)).toBe(30_000);
    chain.set(30_000, new Set([0]));
    expect(findCircles(chain, byNumber)).toHaveLength(1);
  });
});

describe('levels of waits', () => {
  test('count the longest way', () => {
    const levels = levelsOf(waits([1, 2], [1, 4], [2, 3], [3, 4]));
    expect([1, 2, 3, 4].map((id) => levels.get(id))).toEqual([3, 2, 1, 0]);
  });
});
