import type { OpenFinding } from '../../app.ts';
import type { Severity } from '../../model/finding.ts';
import type { Session } from '../session.ts';
import { countOf, formatTime } from '../terminal/words.ts';
import { findingLines, severityText } from './finding-text.ts';

export interface FindingsPageOptions {
  readonly limit: number;
  readonly counts: Readonly<Record<Severity, number>>;
}

/** Open findings, errors first: each with its object, the other object, the value, cause and remedy, and since when. */
export async function writeFindingsPage(
  session: Session,
  findings: AsyncIterable<OpenFinding>,
  { limit, counts }: FindingsPageOptions,
): Promise<void> {
  const { out, paint } = session;
  const { error, warning, info } = counts;
  await out.line(`Open: ${countOf(error, 'error')}, ${countOf(warning, 'warning')}, ${info} for information`);
  let shown = 0;
  let hidden = 0;
  for await (const finding of findings) {
    if (shown >= limit) {
      hidden++;
      continue;
    }
    shown++;
    await out.line();
    await out.line(
      `${severityText(finding.severity, paint)} ${paint('strong', finding.code)}  since ${formatTime(finding.firstSeen)}, last seen by ${finding.stage === 'passwords' ? 'a password cycle' : `run ${finding.run}`}`,
    );
    for (const line of findingLines(finding, session.columns)) await out.line(`  ${line}`);
    await out.line(`    ${paint('dim', 'What to do:')} ${finding.remedy}`);
    if (out.isClosed) return;
  }
  if (hidden > 0) await out.line(`\n... and ${hidden} more: ${session.commandLine('findings --all')}`);
}
