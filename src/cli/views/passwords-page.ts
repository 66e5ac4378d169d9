import type { Config, CycleRecord, OpenPassword, PasswordStatus, PasswordSyncResult } from '../../app.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { countOf, formatDuration, formatNumber, formatTime } from '../terminal/words.ts';

/** Why a password waits or is not sent, in the words of an administrator. */
const REASONS: Readonly<Record<NonNullable<OpenPassword['reason']>, string>> = {
  'to-send': 'is sent by the next cycle, once the tenant takes it and a domain controller tells it',
  'not-shown': 'the tenant does not show the user yet; tried again by itself',
  'not-in-tenant': 'the user is not in the tenant (yet); sent as soon as it is',
  temporary: 'a temporary password, which the tenant does not take; the one that the user chooses is sent',
  'next-change': 'nobody has handed this password over; the next one that the user chooses is set',
  'not-selected': 'not chosen by passwords.only and passwords.except',
  rules: 'no outbound rule with passwordSync applies',
  'no-source': 'its source gives no passwords (a file, say)',
  'no-password': 'the domain controller that was asked knows no password of the account',
  'no-hash':
    'changed, but the domain controller stores no NT hash of it: the tenant still takes the one before (finding password-without-hash)',
  expired: 'the account has expired; nobody can sign in with its password (passwords.expiredAccounts: block)',
};

type Method = Config['passwords']['method'];

/** What waited to be handed over is read like any other once hashes are. */
function reasonText(reason: NonNullable<OpenPassword['reason']>, method: Method): string {
  return REASONS[reason === 'next-change' && method === 'hash' ? 'to-send' : reason];
}

/** The states as everywhere on the page. */
const STATE_WORDS: Readonly<Record<OpenPassword['state'], string>> = {
  synchronized: 'synchronized',
  waiting: 'waiting',
  failing: 'failing',
  excluded: 'left out',
};

export async function writePasswordSync(
  session: Session,
  method: Method,
  { cycle, users }: PasswordSyncResult,
): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint(cycle.failed > 0 ? 'warn' : 'good', 'Passwords')}: ${describeCycle(cycle)}`);
  for (const user of users) await out.line(`  ${describeUser(user, method, cycle)}`);
  if (cycle.failed > 0) await out.line(`  ${session.commandLine('findings --code password-refused')}`);
}

function describeUser(user: PasswordSyncResult['users'][number], method: Method, { startedAt }: CycleRecord): string {
  const { object, state, reason, failure, sentAt } = user;
  const name = printableText(object.name);
  if (state === 'synchronized' && sentAt !== null && sentAt < startedAt)
    return `${name}: not sent again: the tenant has this password since ${formatTime(sentAt)}${method === 'capture' ? ', and it is not held any more' : ''}`;
  if (state === 'synchronized') return `${name}: sent, and taken by the tenant`;
  if (state === 'failing' && reason === null) return `${name}: refused by the tenant: ${printableText(failure ?? '')}`;
  return `${name}: not sent: ${reason === null ? STATE_WORDS[state] : reasonText(reason, method)}`;
}

/** What a cycle did, in a few words. */
export function describeCycle(cycle: CycleRecord): string {
  const { sent, blocked, failed, gone, read, mode } = cycle;
  const told = [`${formatNumber(sent)} sent`];
  if (blocked > 0) told.push(`${formatNumber(blocked)} of expired accounts blocked`);
  if (failed > 0) told.push(`${formatNumber(failed)} refused`);
  if (gone > 0) told.push(`${formatNumber(gone)} of users whom the tenant does not show yet`);
  const whole = mode === 'full' ? ', everybody' : '';
  const took = formatDuration(Date.parse(cycle.endedAt) - Date.parse(cycle.startedAt));
  return `${told.join(', ')} (${countOf(read, 'account')} read${whole}, ${took})`;
}

export async function writePasswordStatus(
  session: Session,
  method: Method,
  status: PasswordStatus,
  open: readonly OpenPassword[],
): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', 'Method')}: ${method}`);
  await out.line(`${paint('strong', 'Last cycle')}: ${lastCycle(status.last)}`);
  if (status.lastSent !== null && status.lastSent.endedAt !== status.last?.endedAt)
    await out.line(`${paint('strong', 'Last sent')}: ${lastCycle(status.lastSent)}`);
  await out.line(`${paint('strong', 'Accounts')}: ${countsText(status)}`);
  for (const { state, reason, count } of status.reasons)
    await out.line(`  ${formatNumber(count)} ${STATE_WORDS[state]}: ${reasonText(reason, method)}`);
  if (status.withoutAccount > 0)
    await out.line(
      `  ${formatNumber(status.withoutAccount)} more users of the tenant: no inbound rule with passwordSync applies (a disabled account, as the shipped rules are)`,
    );
  await writeOpen(session, method, status, open);
}

async function writeOpen(
  session: Session,
  method: Method,
  status: PasswordStatus,
  open: readonly OpenPassword[],
): Promise<void> {
  if (open.length === 0) return;
  const { out, paint } = session;
  await out.line(paint('strong', 'Wait or fail, the longest first'));
  for (const one of open) await out.line(`  ${describeOpen(one, method)}`);
  const more = status.waiting + status.failing - open.length;
  if (more > 0)
    await out.line(
      `  ... and ${formatNumber(more)} more: ${session.commandLine('passwords status --json --limit 100000')}`,
    );
}

function describeOpen(
  { object, state, reason, failure, waitingSince, changedAt, attempts, nextAt }: OpenPassword,
  method: Method,
): string {
  const since = waitingSince === null ? '' : ` since ${formatTime(waitingSince)}`;
  const changed = changedAt === null ? '' : `, password of ${formatTime(changedAt)}`;
  const why =
    state === 'failing' && reason === null
      ? `refused ${attempts === 1 ? 'once' : `${attempts} times`}: ${printableText(failure ?? '')}${nextAt === null ? '' : `; again at ${formatTime(nextAt)}`}`
      : reason === null
        ? ''
        : reasonText(reason, method);
  return `${printableText(object.name)}${since}${changed}: ${why}`;
}

function lastCycle(cycle: CycleRecord | null): string {
  if (cycle === null) return 'none yet';
  const when = formatTime(cycle.endedAt);
  return cycle.outcome === 'done'
    ? `${when}, ${describeCycle(cycle)}`
    : `${when}, failed: ${printableText(cycle.message ?? '')}`;
}

function countsText({ synchronized, waiting, failing, excluded }: PasswordStatus): string {
  return `${formatNumber(synchronized)} synchronized, ${formatNumber(waiting)} waiting, ${formatNumber(failing)} failing, ${formatNumber(excluded)} left out`;
}

/** One line for `status`. */
export function passwordLine(status: PasswordStatus): string {
  const { oldest } = status;
  const since = oldest?.waitingSince == null ? '' : `, the longest since ${formatTime(oldest.waitingSince)}`;
  const failed = status.last?.outcome === 'failed' ? ', the last cycle failed' : '';
  return `${countsText(status)}${since}${failed}`;
}
