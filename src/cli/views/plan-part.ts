import type { PlanPages, PlanPart } from '../../app.ts';
import type { AttributeChange, MemberName, Operation, PlanHead } from '../../model/plan.ts';
import type { Session } from '../session.ts';
import type { Tone } from '../terminal/paint.ts';
import { cutText, padText, printableText, textWidth } from '../terminal/text-width.ts';
import { countOf, formatNumber, formatValue } from '../terminal/words.ts';
import { licencesText } from './licence-lines.ts';

const SHOWN = 20;
const MEMBERS_SHOWN = 10;
const PAGE = 200;
const MEMBERS_PAGE = 5000;

/** What tells one new object from another best; the rest is counted. */
const MAIN_ATTRIBUTES = ['displayName', 'jobTitle', 'department', 'manager', 'mail', 'description'];

const SIGNS: Readonly<Record<Exclude<PlanPart, 'members'>, readonly [string, Tone]>> = {
  create: ['+', 'add'],
  link: ['=', 'change'],
  restore: ['+', 'add'],
  change: ['~', 'change'],
  disable: ['~', 'change'],
  delete: ['-', 'remove'],
};

interface PartOptions {
  readonly part: Exclude<PlanPart, 'members'>;
  readonly heading: string;
  readonly showAll: boolean;
}

/** One part of a plan: a heading with a count, then its operations, cut when there are many. Nothing at all for an empty part. */
export async function writeOperationsPart(
  session: Session,
  head: PlanHead,
  pages: PlanPages,
  { part, heading, showAll }: PartOptions,
): Promise<void> {
  const total = await pages.countOperations(part);
  if (total === 0) return;
  const { out, paint } = session;
  await out.line(`\n${paint('strong', heading)} (${formatNumber(total)})`);
  const shown = showAll ? total : Math.min(total, SHOWN);
  for await (const operation of operationsOf(pages, part, shown)) {
    for (const line of operationLines(session, part, operation)) await out.line(line);
    if (out.isClosed) return;
  }
  await writeRest(session, head, total - shown);
}

/** Which memberships come and go, by group. */
export async function writeMembershipsPart(
  session: Session,
  head: PlanHead,
  pages: PlanPages,
  showAll: boolean,
): Promise<void> {
  const total = await pages.countOperations('members');
  if (total === 0) return;
  const { out, paint } = session;
  const { add, remove } = head.counts.memberships;
  const counts = `${formatNumber(add)} to add, ${formatNumber(remove)} to remove, in ${countOf(total, 'group')}`;
  await out.line(`\n${paint('strong', 'Memberships')} (${counts})`);
  const shown = showAll ? total : Math.min(total, SHOWN);
  for await (const operation of operationsOf(pages, 'members', shown)) {
    await out.line(`  ${paint('change', '~')} ${operation.type} ${nameText(session, operation)}`);
    await writeMembers(session, pages, operation, true, showAll);
    await writeMembers(session, pages, operation, false, showAll);
    if (out.isClosed) return;
  }
  await writeRest(session, head, total - shown);
}

async function writeRest(session: Session, head: PlanHead, rest: number): Promise<void> {
  if (rest > 0)
    await session.out.line(
      `  ... and ${formatNumber(rest)} more: ${session.commandLine(`plan --show ${head.id} --all`)}`,
    );
}

async function* operationsOf(pages: PlanPages, part: PlanPart, most: number): AsyncIterable<Operation> {
  let after = 0;
  let left = most;
  while (left > 0) {
    const page = await pages.operations(after, Math.min(PAGE, left), part);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = Number(last.id);
    left -= page.length;
  }
}

function operationLines(session: Session, part: PartOptions['part'], operation: Operation): readonly string[] {
  const { paint, columns } = session;
  const [sign, tone] = SIGNS[part];
  const title = `  ${paint(tone, sign)} ${operation.type} ${nameText(session, operation)}`;
  const { object, source, why } = operation.cause;
  const reason = why === undefined ? '' : ` (${why})`;
  const origin = printableText(source === '' ? object : `from ${source}: ${object}${reason}`);
  const lines = [title, `      ${paint('dim', cutText(origin, columns - 6))}`, ...tenantLines(operation)];
  if (part === 'delete') return lines;
  if (part === 'create') return [...lines, ...creationLines(operation, columns)];
  return [...lines, ...matchLines(operation.cause), ...changeLines(operation.changes), ...licenceLines(operation)];
}

/** What happened in the tenant, where that is why. */
function tenantLines({ action, type, cause: { drift, goneSince } }: Operation): readonly string[] {
  if (drift === 'restored') return ['      it was restored in the tenant, but the directory does not have it'];
  if (drift === 'deleted')
    return [`      it was deleted in the tenant${action === 'create' ? ' for good: a new one takes its place' : ''}`];
  if (goneSince === undefined) return [];
  const lost = type === 'user' ? ' with an id, a mailbox and licences of its own' : '';
  return [
    `      what stood for it was deleted on ${dayText(goneSince)} and is gone for good: this is a new one${lost}`,
  ];
}

/** The tenant takes licences away with the user: which ones come back, and where nobody can know. */
function licenceLines({ action, type, cause: { licences, drift } }: Operation): readonly string[] {
  if (action !== 'restore' || type !== 'user') return [];
  if (licences !== undefined) return [`      licences given back: ${licencesText(licences)}`];
  if (drift !== 'deleted') return [];
  return [
    '      licences that were assigned directly are not known, since somebody else deleted the user: assign them by hand',
  ];
}

function dayText(at: string): string {
  return at.slice(0, 10);
}

/** By what the object of the tenant was found that is to be taken over. */
function matchLines({ match }: Operation['cause']): readonly string[] {
  return match === undefined
    ? []
    : [`      both have ${MATCHES[match.way] ?? match.way} ${formatValue(match.value, 80)}`];
}

const MATCHES: Readonly<Record<string, string>> = {
  anchor: 'the source anchor',
  mail: 'the primary mail address',
  userPrincipalName: 'the user principal name',
};

function nameText(session: Session, { name, state }: Operation): string {
  const outcome = state === 'failed' || state === 'skipped' ? ` ${session.paint('bad', `(${state})`)}` : '';
  return `${session.paint('strong', printableText(name))}${outcome}`;
}

function creationLines({ changes, name: title }: Operation, columns: number): readonly string[] {
  const isDisabled = changes.some((change) => change.native === 'accountEnabled' && change.to === false);
  const main = MAIN_ATTRIBUTES.flatMap((name) =>
    changes.filter((change) => change.native === name && change.to !== title),
  );
  const texts = main.map((change) => `${change.native} ${formatValue(change.to, 40)}`);
  if (isDisabled) texts.unshift('account disabled');
  const rest = changes.length - main.length - (isDisabled ? 1 : 0);
  if (rest > 0) texts.push(`${formatNumber(rest)} more`);
  return texts.length === 0 ? [] : [`      ${cutText(texts.join(', '), columns - 6)}`];
}

function changeLines(changes: readonly AttributeChange[]): readonly string[] {
  const width = Math.max(...changes.map((change) => textWidth(change.native)), 0);
  return changes.map(
    ({ native, from, to, drift }) =>
      `      ${padText(native, width)}  ${drift ? 'changed in the tenant: ' : ''}${formatValue(from)} -> ${drift ? 'back to ' : ''}${formatValue(to)}`,
  );
}

async function writeMembers(
  session: Session,
  pages: PlanPages,
  operation: Operation,
  adds: boolean,
  showAll: boolean,
): Promise<void> {
  const total = adds ? operation.members.add : operation.members.remove;
  const shown = showAll ? total : Math.min(total, MEMBERS_SHOWN);
  const { out, paint } = session;
  const sign = adds ? paint('add', '+') : paint('remove', '-');
  for (let offset = 0; offset < shown; offset += MEMBERS_PAGE) {
    const page = await pages.members(operation.id, adds, offset, Math.min(MEMBERS_PAGE, shown - offset));
    for (const member of page) await out.line(`      ${sign} ${memberText(member, adds)}`);
    if (out.isClosed) return;
  }
  if (total > shown) await out.line(`      ${sign} ... and ${formatNumber(total - shown)} more`);
}

function memberText({ name, targetId, drift }: MemberName, adds: boolean): string {
  const what = drift ? ` (${adds ? 'removed' : 'added'} in the tenant)` : targetId === null ? ' (new)' : '';
  return `${printableText(name)}${what}`;
}
