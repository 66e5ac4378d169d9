import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';
import { runCampaign } from './campaign.ts';
import { isGood, type RunReport } from './campaign-run.ts';
import { compareTenants } from './compare-tenants.ts';
import { readOptions, UsageError } from './options.ts';
import { describeFailure, formatReport, summarize } from './report.ts';

const NOTHING = { lost: 0, duplicated: 0, wronglyDeleted: 0, wrongMemberships: 0, wrongValues: 0, wrongPasswords: 0 };

describe('a short campaign of faults', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-campaign-');
  });
  afterAll(() => removeTemporaryFolder(folder));

  test.each([
    ['graph', 15, 100, 20],
    ['provisioning', 8, 80, 15],
  ])(
    'ends every run in the right tenant by way of %s, whatever was changed, failed and killed on the way',
    async (via, runs, faults, kinds) => {
      const options = readOptions(['--runs', String(runs), '--seed', '77', '--via', via]);
      if (options === null) throw new Error('that was no question for help');
      const own = join(folder, via);
      await mkdir(own);
      const reports = await runCampaign(options, own, () => undefined);
      const failed = reports.filter((report) => !isGood(report));
      expect(failed.flatMap((report) => describeFailure(report, options)).join('\n')).toBe('');
      const summary = summarize(reports, { ...options, minutes: 1 });
      expect(summary.total).toEqual(NOTHING);
      const injected = summary.rows.reduce((sum, row) => sum + row.injected, 0);
      expect({ runs: reports.length, isMuch: injected > faults, kinds: summary.rows.length > kinds }).toEqual({
        runs,
        isMuch: true,
        kinds: true,
      });
      expect(Object.keys(Object.assign({}, ...reports.map((report) => report.struck))).join()).toContain('killed');
    },
    300_000,
  );
});

describe('the comparison with a tenant that was filled from scratch', () => {
  const ann = { id: '1', onPremisesImmutableId: 'ann', displayName: 'Ann', manager: null };
  const bob = { id: '2', onPremisesImmutableId: 'bob', displayName: 'Bob', manager: '1' };
  const staff = { id: '3', uniqueName: 'staff', displayName: 'Staff', members: ['1', '2'] };
  const whole: TenantDump = { users: [ann, bob], groups: [staff] };
  const kept = new Map([
    ['ann', '1'],
    ['bob', '2'],
  ]);

  test('finds nothing where there is nothing', () => {
    expect(compareTenants(whole, whole, kept)).toEqual({ damage: NOTHING, differences: [] });
  });

  test.each([
    ['lost', { users: [ann], groups: [] }, ['lost', 'wronglyDeleted']],
    ['duplicated', { users: [ann, bob, { ...ann, id: '9' }], groups: [staff] }, ['duplicated', 'wronglyDeleted']],
    [
      'made anew',
      { users: [ann, { ...bob, id: '8' }], groups: [{ ...staff, members: ['1', '8'] }] },
      ['wronglyDeleted'],
    ],
    ['in the wrong group', { users: [ann, bob], groups: [{ ...staff, members: ['1'] }] }, ['wrongMemberships']],
    ['under the wrong manager', { users: [ann, { ...bob, manager: null }], groups: [staff] }, ['wrongMemberships']],
    ['of another name', { users: [ann, { ...bob, displayName: 'Rob' }], groups: [staff] }, ['wrongValues']],
    [
      'that should not be there',
      { users: [ann, bob, { id: '7', onPremisesImmutableId: 'eve' }], groups: [staff] },
      ['duplicated'],
    ],
  ])('finds somebody %s', (_, found, damages) => {
    const { damage, differences } = compareTenants(found as TenantDump, whole, kept);
    expect(Object.entries(damage).flatMap(([kind, count]) => (count > 0 ? [kind] : []))).toEqual(damages);
    expect(differences.length).toBeGreaterThan(0);
  });
});

describe('the report', () => {
  const good: RunReport = { seed: 1, struck: { 429: 3 }, problems: [], log: [], damage: NOTHING, differences: [] };
  const bad: RunReport = {
    seed: 2,
    struck: { 429: 1, reset: 2 },
    problems: [],
    log: ['create u1'],
    damage: { ...NOTHING, lost: 1 },
    differences: ['lost: u1'],
  };

  test('counts what was injected and what was recovered, and gives the seed of a run that failed', () => {
    const summary = summarize([good, bad], { against: 'memory', via: 'graph', seed: 1, minutes: 2, lag: 60_000 });
    const text = formatReport(summary);
    expect(text).toContain('| 429 | 4 | 3 | 1 | 0 | 0 | 0 | 0 | 0 |');
    expect(text).toContain('| reset | 2 | 0 | 1 | 0 | 0 | 0 | 0 | 0 |');
    expect(text).toContain('1 ended in the right tenant, 1 did not');
    expect(text).toContain('npm run faults -- --runs 1 --seed 2 --against memory --lag 60000');
    expect(text).toContain('a replication lag of 60 s in all of them');
    expect(text).toContain('lost: u1');
  });
});

describe('the options', () => {
  test('are 500 runs against memory by default', () => {
    expect(readOptions([])).toMatchObject({ runs: 500, seed: 1, against: 'memory', minutes: Number.POSITIVE_INFINITY });
  });

  test.each([
    [['--runs', 'many'], /--runs: a whole number from 1 on, not "many"/],
    [['--against', 'windows'], /--against: there is no "windows"; there are memory, samba/],
    [['--via', 'smtp'], /--via: there is no "smtp"; there are graph, provisioning/],
    [['--lag=-1'], /--lag: a whole number from 0 on, not "-1"/],
    [['--name', '../x'], /--name: letters/],
    [['--fast'], /--fast/],
  ])('refuse %j and say why', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(message);
  });
});
