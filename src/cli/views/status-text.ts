import type { Status } from '../../app.ts';
import { TARGET_TYPES } from '../../model/change.ts';
import type { Session } from '../session.ts';
import { countOf, formatDuration, formatTime } from '../terminal/words.ts';
import { passwordLine } from './passwords-page.ts';
import { runTableLines } from './run-text.ts';
import { writeRoles } from './standby-page.ts';

export async function writeStatus(session: Session, status: Status): Promise<void> {
  const { out, paint } = session;
  const managed = TARGET_TYPES.filter((type) => (status.managed[type] ?? 0) > 0);
  const told = managed.map((type) => countOf(status.managed[type] ?? 0, type));
  await out.line(`${paint('strong', 'Managed in the tenant')}: ${told.length === 0 ? 'nothing yet' : told.join(', ')}`);
  if (status.staging) await out.line(paint('warn', 'Staging mode: nothing is written to the tenant.'));
  if (status.standby !== null) await writeRoles(session, status.standby);
  await writeSpaces(session, status);
  await writePlanState(session, status);
  const { count, next } = status.leaving;
  if (next !== null)
    await out.line(
      `${paint('strong', 'Leaving')}: ${countOf(count, 'object')} ${count === 1 ? 'waits' : 'wait'} to be deleted, the next on ${next.slice(0, 10)} (${session.commandLine('findings --code leaves-later')})`,
    );
  const { passwords } = status;
  if (passwords.status !== null) await out.line(`${paint('strong', 'Passwords')}: ${passwordLine(passwords.status)}`);
  const { error, warning, info } = status.findings;
  const findings = `${countOf(error, 'error')}, ${countOf(warning, 'warning')}, ${info} for information`;
  await out.line(`${paint('strong', 'Open findings')}: ${findings}`);
  if (error + warning > 0) await out.line(`  ${session.commandLine('findings')}`);
  await out.line(`${paint('strong', 'Last runs')}`);
  for (const line of runTableLines(status.lastRuns)) await out.line(`  ${line}`);
  await out.line(
    `${paint('strong', 'Next cycle')}: as ${session.commandLine('serve')} plans it (every ${formatDuration(status.every)}), or when somebody starts ${session.commandLine('sync')}`,
  );
  await out.line(`${paint('strong', 'Store')}: ${status.store}`);
}

async function writeSpaces(session: Session, { spaces }: Status): Promise<void> {
  const { out, paint } = session;
  await out.line(paint('strong', 'Read'));
  for (const { name, kind, importedAt, objects } of spaces) {
    const counts = Object.entries(objects).map(([type, count]) => countOf(count, type));
    const when = importedAt === null ? 'never read to its end' : formatTime(importedAt);
    await out.line(`  ${name} (${kind}), ${when}: ${counts.length === 0 ? 'nothing' : counts.join(', ')}`);
  }
}

async function writePlanState(session: Session, { plan }: Status): Promise<void> {
  if (plan === null) return;
  const { out, paint } = session;
  const operations = countOf(plan.operations, 'operation');
  await out.line(
    `${paint('strong', 'Latest plan')}: ${plan.id}, ${plan.state}, ${operations}, ${formatTime(plan.createdAt)}`,
  );
  if (plan.state === 'ready' && plan.operations > 0) await out.line(`  ${session.commandLine(`apply ${plan.id}`)}`);
  if (plan.state === 'blocked') await out.line(`  ${session.commandLine(`plan --show ${plan.id}`)}`);
}
