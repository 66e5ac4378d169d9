import { describe, expect, test } from 'vitest';
import type { GuardVerdict } from '../../model/plan.ts';
import { type DepartureFacts, judgeDepartures } from './departures.ts';

const LIMITS = { count: 500, percent: 10, atLeast: 3, types: {} };
const NOTHING: DepartureFacts = { planned: {}, recent: {}, managed: {}, window: '24 hours' };

function blocked(
  facts: Partial<DepartureFacts>,
  limits = LIMITS,
  guard: 'deletions' | 'disablements' = 'deletions',
): readonly string[] {
  return verdicts(facts, limits, guard).map((one) => one.name);
}

function verdicts(
  facts: Partial<DepartureFacts>,
  limits = LIMITS,
  guard: 'deletions' | 'disablements' = 'deletions',
): readonly GuardVerdict[] {
  return judgeDepartures(guard, { ...NOTHING, ...facts }, limits).filter((one) => one.blocked);
}

describe('the guard against deletions', () => {
  test('protects a company of 44 users, for which a count of 500 is no protection', () => {
    expect(blocked({ planned: { user: 44 }, managed: { user: 44 } })).toEqual(['deletions-percent-user']);
    expect(blocked({ planned: { user: 5 }, managed: { user: 44 } })).toContain('deletions-percent-user');
    expect(blocked({ planned: { user: 4 }, managed: { user: 44 } })).toEqual([]);
  });

  test('lets one and two leavers of a handful pass, but not everybody', () => {
    expect(blocked({ planned: { user: 1 }, managed: { user: 5 } })).toEqual([]);
    expect(blocked({ planned: { user: 2 }, managed: { user: 5 } })).toEqual([]);
    expect(blocked({ planned: { user: 3 }, managed: { user: 5 } })).toContain('deletions-percent-user');
    expect(blocked({ planned: { group: 2 }, managed: { user: 100, group: 2 } })).toEqual(['deletions-percent-group']);
    expect(blocked({ planned: { group: 1 }, managed: { user: 100, group: 1 } })).toEqual([]);
  });

  test('adds up what was deleted within the window, and says so', () => {
    const facts = { planned: { user: 9 }, recent: { user: 9 }, managed: { user: 100 } };
    expect(blocked({ ...facts, recent: {} })).toEqual([]);
    expect(verdicts(facts).at(-1)).toMatchObject({
      name: 'deletions-percent-user',
      limit: 10,
      found: 16.5,
      message:
        'The plan deletes 9 of 109 managed users, and 9 were deleted within the last 24 hours (16.5 %); at most 10 % are allowed without approval.',
    });
    expect(blocked({ planned: { user: 300 }, recent: { user: 300 }, managed: { user: 100_000 } })).toEqual([
      'deletions',
    ]);
  });

  test('does not stop a plan that deletes nothing, whatever was deleted before it', () => {
    expect(blocked({ recent: { user: 5000 }, managed: { user: 100 } })).toEqual([]);
  });

  test('counts all types together where none is over its limit by itself', () => {
    const facts = { planned: { user: 2, group: 2, contact: 2 }, managed: { user: 19, group: 19, contact: 19 } };
    expect(blocked(facts)).toEqual(['deletions-percent']);
  });

  test('takes limits of its own for a type', () => {
    const limits = { ...LIMITS, types: { group: { count: 2, percent: 50 } } };
    const managed = { user: 1000, group: 10 };
    expect(blocked({ planned: { group: 3 }, managed }, limits)).toEqual(['deletions-group']);
    expect(blocked({ planned: { group: 6 }, managed }, limits)).toEqual(['deletions-group', 'deletions-percent-group']);
    expect(blocked({ planned: { user: 200 }, managed }, limits)).toContain('deletions-percent-user');
  });
});

describe('the guard against disablements', () => {
  test('counts accounts and percents of users', () => {
    expect(blocked({ planned: { user: 11 }, managed: { user: 100 } }, LIMITS, 'disablements')).toEqual([
      'disablements-percent-user',
    ]);
    const often = { planned: { user: 3 }, recent: { user: 9 }, managed: { user: 10 } };
    expect(blocked(often, { ...LIMITS, percent: 100 }, 'disablements')).toEqual([]);
    const some = { planned: { user: 6 }, recent: { user: 6 }, managed: { user: 100 } };
    expect(verdicts(some, LIMITS, 'disablements')[0]?.message).toBe(
      'The plan disables 6 of 100 managed users, and 6 were disabled within the last 24 hours (12 %); at most 10 % are allowed without approval.',
    );
  });
});
