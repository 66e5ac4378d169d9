import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Figure, isWithin, median } from './figure.ts';
import type { Measure, MeasureContext } from './measure.ts';
import { MeasuredProcess } from './measured/measured-process.ts';
import { memberChange } from './measures/member-change.ts';
import { noOpCycle } from './measures/no-op-cycle.ts';
import { passwords } from './measures/passwords.ts';
import { reEvaluation } from './measures/re-evaluation.ts';
import { readOptions, UsageError } from './options.ts';
import { formatTable, isGood } from './report.ts';

const TODAY = new Date('2026-01-02T03:04:05Z');

describe('the measures in memory, small', () => {
  let folder: string;
  const processes: MeasuredProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dirbridge-bench-test-'));
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.end();
    await rm(folder, { recursive: true, force: true });
  });

  function run(measure: Measure): Promise<readonly Figure[]> {
    const options = readOptions(['--quick'], TODAY);
    if (options === null) throw new Error('--quick is no question for help');
    const context: MeasureContext = {
      sizes: options.sizes,
      folder,
      isProfiling: false,
      note: () => undefined,
      start: async (rig) => {
        const started = await MeasuredProcess.start(rig);
        processes.push(started);
        return started;
      },
      limit: () => ({}),
    };
    return measure.run(context);
  }

  it('find that nothing is planned in a cycle without a change, and tell its time', async () => {
    const figures = await run(noOpCycle);
    expect(figures.map((figure) => figure.unit)).toEqual(['ms', 'ms', 'times', 'MB']);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  });

  it('work everything out again after a rule has changed, and find nothing to write', async () => {
    const figures = await run(reEvaluation);
    expect(figures.map((figure) => figure.unit)).toEqual(['s', 's', 's', 's', 'MB']);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  });

  it("send everybody's new password, and nothing in a cycle without a change", async () => {
    const figures = await run(passwords);
    expect(figures.map((figure) => figure.unit)).toEqual(['s', 's', 'times', 'times', 'ms', 'ms']);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  });

  it('find one row in each space and one write for one changed member, whatever the size of the group', async () => {
    const counted = (await run(memberChange)).filter((figure) => figure.unit === 'count');
    expect(counted).toHaveLength(5);
    expect(counted.filter((figure) => !isWithin(figure))).toEqual([]);
  });
});

describe('the report of the bench', () => {
  const missed: Figure = { name: 'peak', value: 401, unit: 'MB', limit: { kind: 'at most', value: 400 } };
  const kept: Figure = { name: 'ratio', value: 2.5, unit: 'times', limit: { kind: 'at most', value: 2.5 } };

  it('tells each limit as kept or missed', () => {
    const result = { measure: 'import', title: 'Import', seconds: 1, figures: [missed, kept], failure: null };
    const [, first, second] = formatTable([result]).split('\n');
    expect(first).toMatch(/peak +401 MB +at most 400 MB +MISSED$/);
    expect(second).toMatch(/ratio +2\.50 times +at most 2\.50 times +ok$/);
    expect(isGood(result)).toBe(false);
    expect(isGood({ ...result, figures: [kept] })).toBe(true);
  });

  it('takes a measure that failed for a limit that is missed', () => {
    const result = { measure: 'import', title: 'Import', seconds: 1, figures: [], failure: 'slapd did not start' };
    expect(formatTable([result])).toContain('failed: slapd did not start');
    expect(isGood(result)).toBe(false);
  });

  it('takes the middle value, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('the options of the bench', () => {
  it('run everything by default, and name the results by the date', () => {
    expect(readOptions([], TODAY)).toMatchObject({ name: '2026-01-02', isQuick: false, sizes: { users: 100_000 } });
  });

  it('scale groups and memberships with the users', () => {
    const sizes = readOptions(['--users', '500', '--only', 'import, cold-plan'], TODAY)?.sizes;
    expect(sizes).toMatchObject({ users: 500, groups: 100, memberships: 5000 });
  });

  it.each([
    [['--only', 'imports'], /there is no measure "imports"; there are import,/],
    [['--users', 'many'], /--users: a whole number/],
    [['--throttle', '0'], /--throttle: a number above 0/],
    [['--name', '../elsewhere'], /--name: letters/],
    [['--fast'], /--fast/],
  ])('refuse %j and say why', (args, message) => {
    expect(() => readOptions(args, TODAY)).toThrow(UsageError);
    expect(() => readOptions(args, TODAY)).toThrow(message);
  });
});
