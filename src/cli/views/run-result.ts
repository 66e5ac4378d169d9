import { ACTIONS, type Action, type PlanHead } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import type { Session } from '../session.ts';
import { countOf, formatDuration, formatNumber } from '../terminal/words.ts';
import { guardLines } from './guard-lines.ts';

const DONE: Readonly<Record<Action, string>> = {
  create: 'created',
  update: 'changed',
  delete: 'deleted',
  restore: 'restored',
  link: 'linked',
};

export interface RunResult {
  readonly run: Run;
  readonly plan: PlanHead;
  readonly findings: Readonly<Record<'error' | 'warning' | 'info', number>>;
  readonly isStaging: boolean;
  /** Another server writes to the tenant. */
  readonly standsBy?: boolean;
}

/** What a run has done, in a few lines: outcome, counts, what is wrong, where to look. */
export async function writeRunResult(session: Session, result: RunResult): Promise<void> {
  const { run, plan, findings } = result;
  const { out, paint } = session;
  if (run.outcome === 'blocked') await writeBlocked(session, plan);
  else if (run.outcome === 'stale') {
    await out.line(`${paint('bad', 'Stopped:')} ${run.message ?? 'the plan is stale.'} Nothing was written.`);
    await out.line(`  What to do: make a new plan and apply that: ${session.commandLine('plan')}`);
  } else await writeDone(session, result);
  if (run.failed > 0)
    await out.line(`${paint('bad', countOf(run.failed, 'change'))} failed: ${session.commandLine(`runs ${run.id}`)}`);
  if (findings.error + findings.warning > 0)
    await out.line(
      `Open findings: ${countOf(findings.error, 'error')}, ${countOf(findings.warning, 'warning')}: ${session.commandLine('findings')}`,
    );
}

async function writeBlocked(session: Session, plan: PlanHead): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('bad', 'Stopped')} by a guard; nothing was written.`);
  for (const guard of plan.guards.filter((one) => one.blocked))
    for (const line of guardLines(session, guard)) await out.line(line);
  await out.line(`  Look at the plan:        ${session.commandLine(`plan --show ${plan.id}`)}`);
  await out.line(`  If it is what you want:  ${session.commandLine(`apply ${plan.id} --approve`)}`);
}

async function writeDone(session: Session, { run, plan, isStaging, standsBy }: RunResult): Promise<void> {
  const { out, paint } = session;
  const took = formatDuration(Date.parse(run.endedAt ?? run.startedAt) - Date.parse(run.startedAt));
  if (isStaging) {
    const where = standsBy === true ? 'on a server that stands by' : 'in staging mode';
    await out.line(`Run ${run.id} ${where}, ${took}: plan ${plan.id} was made and nothing was written.`);
    await out.line(`  Look at it: ${session.commandLine(`plan --show ${plan.id}`)}`);
    return;
  }
  const licences = run.done['license'] ?? 0;
  if (plan.operations === 0 && licences === 0 && run.failed === 0) {
    await out.line(
      `${paint('good', 'Nothing to do: the tenant is in step.')} (run ${run.id}, plan ${plan.id}, ${took})`,
    );
    return;
  }
  const done = ACTIONS.filter((action) => (run.done[action] ?? 0) > 0).map(
    (action) => `${formatNumber(run.done[action] ?? 0)} ${DONE[action]}`,
  );
  const { add, remove } = plan.counts.memberships;
  if (licences > 0) done.push(`${countOf(licences, 'licence')} given back`);
  const isWhole = run.failed === 0;
  if (add > 0) done.push(`${countOf(add, 'membership')} ${isWhole ? 'added' : 'to add'}`);
  if (remove > 0) done.push(`${countOf(remove, 'membership')} ${isWhole ? 'removed' : 'to remove'}`);
  await out.line(
    `${paint('good', 'Done')}: plan ${plan.id} in run ${run.id}, ${took}: ${done.length === 0 ? 'nothing written' : done.join(', ')}`,
  );
  if (plan.undoes === null) return;
  await out.line(
    `${paint('bad', 'Mind:')} this took back what run ${plan.undoes} changed, and the next sync does it again unless the cause is put right.`,
  );
  await out.line(`  See what it would do: ${session.commandLine('plan')}`);
}
