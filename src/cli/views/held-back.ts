import type { OpenFinding, PlanPages } from '../../app.ts';
import type { Session } from '../session.ts';
import { countOf, formatNumber } from '../terminal/words.ts';
import { findingLines, severityText } from './finding-text.ts';

const SHOWN_OF_A_CODE = 5;
const PAGE = 500;

/** What a plan leaves out or alters and why: the open errors and warnings, grouped by code, each group with its remedy. */
export async function writeHeldBack(session: Session, pages: PlanPages): Promise<void> {
  const counts = await pages.countFindings();
  const total = counts.error + counts.warning;
  const { out, paint } = session;
  if (total > 0) {
    const told = `${countOf(counts.error, 'error')}, ${countOf(counts.warning, 'warning')}`;
    await out.line(`\n${paint('strong', 'Held back or altered')} (${told})`);
    for await (const group of groupsOf(pages, total)) await writeGroup(session, group);
  }
  if (counts.info > 0)
    await out.line(
      `\n${formatNumber(counts.info)} more worth knowing, nothing wrong: ${session.commandLine('findings --severity info')}`,
    );
}

interface Group {
  readonly first: readonly OpenFinding[];
  readonly count: number;
}

/** Findings come sorted by severity and code, so each group is read and shown before the next one begins. */
async function* groupsOf(pages: PlanPages, total: number): AsyncIterable<Group> {
  let first: OpenFinding[] = [];
  let count = 0;
  for (let offset = 0; offset < total; offset += PAGE) {
    for (const finding of await pages.findings(Math.min(PAGE, total - offset), offset)) {
      if (count > 0 && first[0]?.code !== finding.code) {
        yield { first, count };
        first = [];
        count = 0;
      }
      count++;
      if (first.length < SHOWN_OF_A_CODE) first.push(finding);
    }
  }
  if (count > 0) yield { first, count };
}

async function writeGroup(session: Session, { first, count }: Group): Promise<void> {
  const [sample] = first;
  if (sample === undefined) return;
  const { out, paint } = session;
  await out.line(`  ${severityText(sample.severity, paint)} ${sample.code} (${formatNumber(count)})`);
  for (const finding of first) for (const line of findingLines(finding, session.columns)) await out.line(`    ${line}`);
  if (count > first.length)
    await out.line(
      `    ... and ${formatNumber(count - first.length)} more: ${session.commandLine(`findings --code ${sample.code}`)}`,
    );
  for (const remedy of new Set(first.map((finding) => finding.remedy)))
    await out.line(`    ${paint('dim', 'What to do:')} ${remedy}`);
}
