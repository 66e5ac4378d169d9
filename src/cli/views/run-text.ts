import type { OpenFinding } from '../../app.ts';
import { ACTIONS } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { printableText } from '../terminal/text-width.ts';
import { formatDuration, formatNumber, formatTime } from '../terminal/words.ts';
import { findingLines, severityText } from './finding-text.ts';
import { stepCounts } from './step-counts.ts';

const FINDINGS_SHOWN = 20;

export function runTableLines(runs: readonly Run[]): readonly string[] {
  return tableLines(
    [
      { title: 'run', align: 'right' },
      { title: 'started' },
      { title: 'took', align: 'right' },
      { title: 'command', most: 30 },
      { title: 'plan', align: 'right' },
      { title: 'outcome' },
      { title: 'written', most: 70 },
    ],
    runs.map((run) => [
      run.id,
      formatTime(run.startedAt),
      durationOf(run),
      run.command,
      run.plan ?? '',
      run.outcome ?? 'not ended',
      writtenText(run),
    ]),
  );
}

function durationOf({ startedAt, endedAt }: Run): string {
  return endedAt === null ? '' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
}

function writtenText({ done, failed, message, approvedBy }: Run): string {
  const told = ACTIONS.filter((action) => (done[action] ?? 0) > 0).map(
    (action) => `${action} ${formatNumber(done[action] ?? 0)}`,
  );
  if ((done['license'] ?? 0) > 0) told.push(`licences ${formatNumber(done['license'] ?? 0)}`);
  if (failed > 0) told.push(`failed ${formatNumber(failed)}`);
  if (approvedBy !== null) told.push(`approved by ${printableText(approvedBy)}`);
  return told.length === 0 ? printableText((message ?? '').split('\n')[0] ?? '') : told.join(', ');
}

/** One run: when, how it ended, its steps, and what it found that is still open. */
export async function writeRun(session: Session, run: Run, findings: readonly OpenFinding[]): Promise<void> {
  const { out, paint } = session;
  const plan = run.plan === null ? '' : `, plan ${run.plan}`;
  await out.line(`${paint('strong', `Run ${run.id}`)}: ${run.command}${plan}, ${run.outcome ?? 'not ended'}`);
  await out.line(`  ${formatTime(run.startedAt)}${run.endedAt === null ? '' : `, ${durationOf(run)}`}`);
  if (run.message !== null) for (const line of run.message.split('\n')) await out.line(`  ${printableText(line)}`);
  if (run.approvedBy !== null) await out.line(`  approved by ${printableText(run.approvedBy)}`);
  const written = writtenText({ ...run, message: null, approvedBy: null });
  if (written !== '') await out.line(`  written: ${written}`);
  await out.line();
  const columns = [
    { title: 'step' },
    { title: 'took', align: 'right' as const },
    { title: 'how' },
    { title: 'counts' },
  ];
  const rows = run.steps.map((step) => [
    step.step,
    formatDuration(Date.parse(step.endedAt) - Date.parse(step.startedAt)),
    printableText(step.detail),
    stepCounts(step.counts),
  ]);
  for (const line of tableLines(columns, rows)) await out.line(`  ${line}`);
  if (findings.length === 0) return;
  await out.line(`\n${paint('strong', 'Findings')} of this run that are still open (${formatNumber(findings.length)})`);
  for (const finding of findings.slice(0, FINDINGS_SHOWN)) {
    await out.line(`  ${severityText(finding.severity, paint)} ${finding.code}`);
    for (const line of findingLines(finding, session.columns)) await out.line(`    ${line}`);
  }
  if (findings.length > FINDINGS_SHOWN)
    await out.line(
      `  ... and ${formatNumber(findings.length - FINDINGS_SHOWN)} more: ${session.commandLine('findings --all')}`,
    );
}
