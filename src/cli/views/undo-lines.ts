import type { PlanPages } from '../../app.ts';
import type { NotUndone, PlanHead } from '../../model/plan.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { formatNumber, formatValue } from '../terminal/words.ts';

const SHOWN = 20;
const MEMBERS_SHOWN = 20;
const PAGE = 200;

/** What whoever applies a plan that undoes has to know before. */
export function undoWarning(session: Session, run: string): readonly string[] {
  return [
    session.paint('bad', `This plan takes back what run ${run} changed. It is against what the rules want:`),
    '  the next sync does the same again, unless the cause is put right first. Stop the timer that starts sync, apply this plan,',
    `  put the rules, the scope or the directory right, and see with ${session.commandLine('plan')} that nothing of it comes again.`,
  ];
}

/** What such a plan leaves as it is, each with the reason. Nothing at all where it leaves nothing. */
export async function writeNotUndone(
  session: Session,
  head: PlanHead,
  pages: PlanPages,
  showAll: boolean,
): Promise<void> {
  const total = await pages.countNotUndone();
  if (total === 0) return;
  const { out, paint } = session;
  await out.line(`\n${paint('strong', 'Not undone')} (${formatNumber(total)})`);
  const shown = showAll ? total : Math.min(total, SHOWN);
  for (let offset = 0; offset < shown && !out.isClosed; offset += PAGE) {
    for (const one of await pages.notUndone(offset, Math.min(PAGE, shown - offset)))
      for (const line of notUndoneLines(one, showAll)) await out.line(line);
  }
  if (total > shown)
    await out.line(
      `  ... and ${formatNumber(total - shown)} more: ${session.commandLine(`plan --show ${head.id} --all`)}`,
    );
}

function notUndoneLines({ type, name, attribute, reason, values, members }: NotUndone, showAll: boolean): string[] {
  const what = attribute === null ? '' : `, ${attribute}`;
  const lines = [`  ! ${type} ${printableText(name)}${what}`, `      ${printableText(reason)}`];
  if (values !== null)
    lines.push(`      the run wrote ${formatValue(values.written)}; the tenant holds ${formatValue(values.now)}`);
  if (members === null) return lines;
  const names = showAll ? members.names : members.names.slice(0, MEMBERS_SHOWN);
  const rest = members.count - names.length;
  const more = rest > 0 ? ` and ${formatNumber(rest)} more` : '';
  return [...lines, `      its members were: ${names.map(printableText).join(', ')}${more}`];
}
