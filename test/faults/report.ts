import { isGood, type RunReport } from './campaign-run.ts';
import { DAMAGES, type Damage } from './compare-tenants.ts';
import type { Way } from './options.ts';

interface FaultRow extends Damage {
  readonly fault: string;
  readonly injected: number;
  readonly recovered: number;
}

export interface Summary {
  readonly against: string;
  readonly via: Way;
  readonly firstSeed: number;
  readonly runs: number;
  readonly minutes: number;
  /** Replication delay that every run was given; null: each chose its own. */
  readonly lag: number | null;
  readonly rows: readonly FaultRow[];
  readonly total: Damage;
  readonly failures: readonly RunReport[];
}

/** A fault that struck is recovered when its run ended in the right tenant; damage counts for every fault of its run. */
export function summarize(
  reports: readonly RunReport[],
  {
    against,
    via,
    seed,
    minutes,
    lag,
  }: {
    readonly against: string;
    readonly via: Way;
    readonly seed: number;
    readonly minutes: number;
    readonly lag: number | null;
  },
): Summary {
  const faults = [...new Set(reports.flatMap((report) => Object.keys(report.struck)))].sort();
  const rows = faults.map((fault): FaultRow => {
    const struck = reports.filter((report) => (report.struck[fault] ?? 0) > 0);
    const times = (list: readonly RunReport[]): number => list.reduce((sum, one) => sum + (one.struck[fault] ?? 0), 0);
    return { fault, injected: times(struck), recovered: times(struck.filter(isGood)), ...addUp(struck) };
  });
  const failures = reports.filter((report) => !isGood(report));
  return { against, via, firstSeed: seed, runs: reports.length, minutes, lag, rows, total: addUp(reports), failures };
}

function addUp(reports: readonly RunReport[]): Damage {
  const sum = (kind: keyof Damage): number => reports.reduce((total, report) => total + report.damage[kind], 0);
  return Object.fromEntries(DAMAGES.map((kind) => [kind, sum(kind)])) as unknown as Damage;
}

const HEADS: Readonly<Record<keyof Damage, string>> = {
  lost: 'lost',
  duplicated: 'duplicated',
  wronglyDeleted: 'wrongly deleted',
  wrongMemberships: 'wrong memberships',
  wrongValues: 'wrong values',
  wrongPasswords: 'wrong passwords',
};

/** The result as a page for people. */
export function formatReport(summary: Summary): string {
  const { against, via, firstSeed, runs, minutes, lag, rows, total, failures } = summary;
  const damages = (damage: Damage): string => DAMAGES.map((kind) => damage[kind]).join(' | ');
  const lines = [
    `# ${runs} runs against ${against} and the emulated tenant${via === 'graph' ? '' : ', by the provisioning service'}`,
    '',
    `Seeds ${firstSeed} to ${firstSeed + runs - 1}, ${minutes} minutes${lag === null ? '' : `, a replication lag of ${lag / 1000} s in all of them`}. ${runs - failures.length} ended in the right tenant, ${failures.length} did not.`,
    '',
    `| fault | times injected | times recovered | ${DAMAGES.map((kind) => HEADS[kind]).join(' | ')} |`,
    `|---|---|---|${DAMAGES.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.fault} | ${row.injected} | ${row.recovered} | ${damages(row)} |`),
    `| **all runs** | ${sumOf(rows, 'injected')} | ${sumOf(rows, 'recovered')} | ${damages(total)} |`,
  ];
  for (const failure of failures) lines.push('', ...describeFailure(failure, summary));
  return lines.join('\n');
}

function sumOf(rows: readonly FaultRow[], name: 'injected' | 'recovered'): number {
  return rows.reduce((sum, row) => sum + row[name], 0);
}

/** What is wrong, what was done, and how to do it again. */
export function describeFailure(
  report: RunReport,
  { against, via, lag }: { readonly against: string; readonly via: Way; readonly lag: number | null },
): readonly string[] {
  const forced = `${via === 'graph' ? '' : ` --via ${via}`}${lag === null ? '' : ` --lag ${lag}`}`;
  return [
    `Seed ${report.seed} failed; again: npm run faults -- --runs 1 --seed ${report.seed} --against ${against}${forced}`,
    ...[...report.problems, ...report.differences].map((text) => `  ${text}`),
    ...report.log.map((text) => `    ${text}`),
  ];
}
