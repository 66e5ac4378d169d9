import { type Command, InvalidArgumentError } from 'commander';
import type { App, OpenFinding } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { findingJson } from '../views/finding-json.ts';
import { runTableLines, writeRun } from '../views/run-text.ts';

const PAGE = 500;

export function addRunsCommand(program: Command, session: Session): void {
  program
    .command('runs')
    .description('The history of runs, or one run with its steps, counts and findings.')
    .argument('[run]', 'id of a run')
    .option('--limit <n>', 'how many runs to list', parseCount, 20)
    .addHelpText('after', helpTail(['runs', 'runs 12', 'runs --limit 100 --json'], [0, 2, 4, 70]))
    .action((run: string | undefined, { limit }: { readonly limit: number }) =>
      run === undefined ? listRuns(session, limit) : showRun(session, run),
    );
}

/** A whole number above 0 as an option gives it. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

async function listRuns(session: Session, limit: number): Promise<void> {
  const runs = await session.openApp('runs').runs(limit);
  if (session.json) await session.out.line(JSON.stringify({ runs }));
  else if (runs.length === 0) await session.out.line('No runs yet.');
  else for (const line of runTableLines(runs)) await session.out.line(line);
}

async function showRun(session: Session, id: string): Promise<void> {
  const app = session.openApp('runs');
  const run = await app.run(id);
  if (run === null)
    throw new DirbridgeError('usage', `there is no run ${id}`, {
      remedy: `See which there are: ${session.commandLine('runs')}.`,
    });
  const findings = await findingsOfRun(app, id);
  if (session.json) await session.out.line(JSON.stringify({ run, findings: findings.map(findingJson) }));
  else await writeRun(session, run, findings);
}

/** The findings still open that this run was the last to see. */
async function findingsOfRun(app: App, run: string): Promise<readonly OpenFinding[]> {
  const found: OpenFinding[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const page = await app.findings(PAGE, offset);
    found.push(...page.filter((finding) => finding.run === run));
    if (page.length < PAGE) return found;
  }
}
