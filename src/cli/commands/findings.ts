import { type Command, Option } from 'commander';
import type { App, OpenFinding } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { FINDINGS, SEVERITIES, type Severity } from '../../model/finding.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { findingJson } from '../views/finding-json.ts';
import { writeFindingsPage } from '../views/findings-page.ts';
import { parseCount } from './runs.ts';

interface FindingsOptions {
  readonly severity?: Severity;
  readonly code?: string;
  readonly limit: number;
  readonly all?: boolean;
}

const PAGE = 500;

export function addFindingsCommand(program: Command, session: Session): void {
  program
    .command('findings')
    .description('What is wrong or worth knowing: our object, the other object, attribute, value, cause, remedy.')
    .addOption(new Option('--severity <severity>', 'only findings of this severity').choices(SEVERITIES))
    .option('--code <code>', 'only findings with this code')
    .option('--limit <n>', 'how many to show', parseCount, 50)
    .option('--all', 'show all of them')
    .addHelpText(
      'after',
      helpTail(
        ['findings', 'findings --severity error --all', 'findings --code value-conflict --json'],
        [0, 1, 2, 4, 70],
      ),
    )
    .action((options: FindingsOptions) => showFindings(session, options));
}

async function showFindings(session: Session, options: FindingsOptions): Promise<void> {
  const { code } = options;
  if (code !== undefined && !Object.hasOwn(FINDINGS, code))
    throw new DirbridgeError('usage', `there is no finding code "${code}"${nearestOf(code, Object.keys(FINDINGS))}`);
  const app = session.openApp('findings');
  const counts = await app.countFindings();
  session.exitCode = counts.error > 0 ? 1 : 0;
  // A script gets everything unless it asks for less.
  const limit = options.all === true || session.json ? Number.POSITIVE_INFINITY : options.limit;
  const found = matchingFindings(app, options);
  if (session.json) await writeFindingsJson(session, found);
  else await writeFindingsPage(session, found, { limit, counts });
}

async function* matchingFindings(app: App, { severity, code }: FindingsOptions): AsyncIterable<OpenFinding> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await app.findings(PAGE, offset);
    for (const finding of page) {
      const isMatch = (severity ?? finding.severity) === finding.severity && (code ?? finding.code) === finding.code;
      if (isMatch) yield finding;
    }
    if (page.length < PAGE) return;
  }
}

async function writeFindingsJson(session: Session, findings: AsyncIterable<OpenFinding>): Promise<void> {
  await session.out.write('{"findings":[');
  let separator = '\n';
  for await (const finding of findings) {
    await session.out.write(`${separator}${JSON.stringify(findingJson(finding))}`);
    separator = ',\n';
    if (session.out.isClosed) return;
  }
  await session.out.line(']}');
}
