import type { PlanPages, PlanPart } from '../../app.ts';
import { TARGET_TYPES, type TargetType } from '../../model/change.ts';
import type { PlanHead } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { countOf, formatNumber, formatTime } from '../terminal/words.ts';
import { guardLines } from './guard-lines.ts';
import { writeHeldBack } from './held-back.ts';
import { writeOwedLicences } from './licence-lines.ts';
import { writeMembershipsPart, writeOperationsPart } from './plan-part.ts';
import { stepCounts } from './step-counts.ts';
import { undoWarning, writeNotUndone } from './undo-lines.ts';

/** Parts of a plan in the order of the page, with their headings. */
const PARTS: readonly (readonly [Exclude<PlanPart, 'members'>, string])[] = [
  ['create', 'Create'],
  ['link', 'Link to what is in the tenant already'],
  ['restore', 'Restore from the recycle bin'],
  ['change', 'Change'],
  ['disable', 'Disable'],
  ['delete', 'Delete'],
];

const TYPE_NAMES: Readonly<Record<TargetType, string>> = {
  user: 'users',
  group: 'groups',
  contact: 'contacts',
  device: 'devices',
};

/** A plan as a page to read from top to bottom: from what, how much, what exactly, what not and why, what stands in the way, what next. */
export async function writePlanPage(
  session: Session,
  head: PlanHead,
  pages: PlanPages,
  showAll: boolean,
): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', `Plan ${head.id}`)}, made ${formatTime(head.createdAt)} by run ${head.run}`);
  for (const line of originLines(await pages.run(head.run))) await out.line(`  ${line}`);
  if (head.undoes !== null) {
    await out.line();
    for (const line of undoWarning(session, head.undoes)) await out.line(line);
  }
  await out.line();
  for (const line of summaryLines(head)) await out.line(`  ${line}`);
  const isDropped = head.operations > 0 && (await pages.operations(0, 1)).length === 0;
  if (isDropped)
    await out.line('\nThe operations of this plan are not kept any more: only those of the newest plans are.');
  for (const [part, heading] of PARTS) await writeOperationsPart(session, head, pages, { part, heading, showAll });
  await writeMembershipsPart(session, head, pages, showAll);
  const isOwing = await writeOwedLicences(session, head, pages);
  await writeNotUndone(session, head, pages, showAll);
  // What is wrong with the directory is no business of a plan that undoes.
  if (head.undoes === null) await writeHeldBack(session, pages);
  await writeGuards(session, head);
  await out.line();
  await out.line(nextLine(session, head, isOwing));
}

/** What each directory and the tenant was asked for and answered. */
function originLines(run: Run | null): readonly string[] {
  const imports = (run?.steps ?? []).filter((step) => step.step.startsWith('import '));
  return imports.map(
    (step) => `from ${step.step.slice('import '.length)}: ${step.detail} (${stepCounts(step.counts)})`,
  );
}

function summaryLines({ counts }: PlanHead): readonly string[] {
  const types = TARGET_TYPES.filter((type) => counts.types[type] !== undefined);
  const hasLinks = types.some((type) => (counts.types[type]?.link ?? 0) > 0);
  const columns = ['', 'create', ...(hasLinks ? ['link'] : []), 'change', 'disable', 'delete', 'restore', 'unchanged'];
  const rows = types.map((type) => {
    const of = counts.types[type];
    const disable = of?.disable ?? 0;
    const cells = [of?.create, ...(hasLinks ? [of?.link] : []), (of?.update ?? 0) - disable, disable];
    const all = [...cells, of?.delete, of?.restore, of?.unchanged];
    return [TYPE_NAMES[type], ...all.map((count) => formatNumber(count ?? 0))];
  });
  const { add, remove } = counts.memberships;
  return [
    ...tableLines(
      columns.map((title, index) => ({ title, align: index === 0 ? 'left' : 'right' })),
      rows,
    ),
    `memberships: ${formatNumber(add)} to add, ${formatNumber(remove)} to remove`,
  ];
}

async function writeGuards(session: Session, head: PlanHead): Promise<void> {
  const { out, paint } = session;
  const blocked = head.guards.filter((guard) => guard.blocked);
  if (blocked.length === 0) return;
  await out.line(`\n${paint('bad', countOf(blocked.length, 'guard stops', 'guards stop'))} this plan`);
  for (const guard of blocked) for (const line of guardLines(session, guard)) await out.line(line);
  if (head.approvedBy !== null)
    await out.line(`  Approved by ${head.approvedBy}, ${formatTime(head.approvedAt ?? head.createdAt)}.`);
  else if (head.state === 'blocked') {
    await out.line('  Nothing is written before somebody approves it. If every line above is what you want:');
    await out.line(`    ${session.commandLine(`apply ${head.id} --approve`)}`);
    if (head.undoes === null) await out.line('  If not: correct the source or its scope, and make a new plan.');
  }
}

function nextLine(session: Session, head: PlanHead, isOwing: boolean): string {
  if (head.state === 'applied') return 'This plan was carried out.';
  if (head.state === 'applying') return `This plan was begun and not ended. Go on with: ${session.commandLine('sync')}`;
  if (head.state === 'stale')
    return `This plan is stale: the state has moved on. Make a new one: ${session.commandLine('plan')}`;
  if (head.operations === 0 && head.undoes !== null)
    return `Nothing to do: of what run ${head.undoes} wrote the tenant holds nothing that can be put back.`;
  if (head.operations === 0 && isOwing)
    return `Next: ${session.commandLine(`apply ${head.id}`)} tries to give back the licences above; nothing else is to be done.`;
  if (head.operations === 0) return session.paint('good', 'Nothing to do: the tenant is in step.');
  if (head.state === 'blocked') return `Next: look at the guards above; plan ${head.id} needs an approval.`;
  return `Next: ${session.commandLine(`apply ${head.id}`)}`;
}
