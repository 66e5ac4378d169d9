import {
  DIFFERENCE_KINDS,
  type DifferenceKind,
  describeDifference,
  type PlanDifference,
  type StandbyReport,
} from '../../app.ts';
import type { Session } from '../session.ts';
import { countOf, formatDuration, formatTime } from '../terminal/words.ts';

const TOLD = 10;

const TITLES: Readonly<Record<DifferenceKind, string>> = {
  contradicts: 'Written otherwise by the server that writes',
  onlyHere: 'Wanted here only, although the other server has run since',
  waitsThere: 'Wanted by both, and waiting on the other server, too',
  notYet: 'Wanted here; the other server has not run since',
};

function describeTerm(session: Session, { server, isActive, term }: StandbyReport): string {
  if (term === null) return `no server has taken over yet (${session.commandLine('take-over')})`;
  const since = formatTime(term.at);
  if (isActive) return `${server} (this one) writes to the tenant since ${since}`;
  const { paint } = session;
  if (term.server === null)
    return paint(
      'bad',
      `nobody writes since ${since}: ${term.previous ?? 'a server'} has handed the tenant over (${session.commandLine('take-over')})`,
    );
  if (term.server === server)
    return paint('bad', `nobody writes: ${server} (this one) ought to, and is in staging mode or has a new store`);
  return `${server} (this one) stands by; ${term.server} writes since ${since}`;
}

/** Who writes, and whether it is alive. */
export async function writeRoles(session: Session, report: StandbyReport): Promise<void> {
  const { out, paint } = session;
  const { server, isActive, term, active, folder } = report;
  const told = (text: string): string => `${paint('strong', 'Servers')}: ${text}`;
  await out.line(told(describeTerm(session, report)));
  if (!isActive && active !== null && term?.server != null && term.server !== server)
    await out.line(`  ${lifeText(session, active)}`);
  await out.line(`  They meet in ${folder}.`);
}

function lifeText(session: Session, active: NonNullable<StandbyReport['active']>): string {
  const { server, state, age, deadIn, lastRun } = active;
  const { paint } = session;
  const ran =
    lastRun === null ? 'no run yet' : `last run ${lastRun.run}, ${lastRun.outcome}, ${formatTime(lastRun.endedAt)}`;
  const seen = `${server}: last sign of life ${formatDuration(age)} ago${state === 'running' ? ' (at work)' : ''}, ${ran}`;
  if (deadIn > 0) return `${seen}. Without another one it counts as dead in ${formatDuration(deadIn)}.`;
  return `${seen}. ${paint('bad', 'It counts as dead')}: ${session.commandLine('take-over')}`;
}

/** How the plan of a server that stands by stands to what the other one does. */
export async function writeDifference(session: Session, difference: PlanDifference | null): Promise<void> {
  if (difference === null) return;
  const { out, paint } = session;
  const { server, plan, operations, written, counts, blockedThere } = difference;
  const open = DIFFERENCE_KINDS.filter((kind) => counts[kind] > 0);
  const did = `${server} has written ${countOf(written, 'change')} within a day`;
  if (operations === 0) {
    await out.line(`${paint('good', 'No difference')}: ${did}, and this server (plan ${plan}) wants nothing else.`);
    return;
  }
  await out.line(
    `${paint('strong', 'Difference')}: ${did}; plan ${plan} of this server has ${countOf(operations, 'operation')}.`,
  );
  if (blockedThere.length > 0) await out.line(`  The newest plan there is held back by: ${blockedThere.join(', ')}.`);
  for (const kind of open) await writeKind(session, difference, kind);
}

async function writeKind(
  session: Session,
  { server, plan, counts, differences }: PlanDifference,
  kind: DifferenceKind,
) {
  const { out, paint } = session;
  const isWrong = kind === 'contradicts' || kind === 'onlyHere';
  await out.line(`  ${paint(isWrong ? 'warn' : 'strong', TITLES[kind])}: ${counts[kind]}`);
  const told = differences.filter((one) => one.kind === kind).slice(0, TOLD);
  for (const one of told) await out.line(`    ${describeDifference(one, server, plan)}`);
  if (counts[kind] > told.length) await out.line(`    and ${counts[kind] - told.length} more (--json)`);
}

/** Two lines below the result of a cycle on a server that stands by. */
export async function writeStandbyResult(session: Session, report: StandbyReport): Promise<void> {
  if (report.isActive) return;
  await writeRoles(session, report);
  const { difference } = report;
  if (difference === null) return;
  const { contradicts, onlyHere } = difference.counts;
  if (contradicts + onlyHere === 0 && difference.operations > 0) {
    await session.out.line('  Nothing that is planned here contradicts what the other server does.');
    return;
  }
  await writeDifference(session, difference);
}
