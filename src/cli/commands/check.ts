import type { Command } from 'commander';
import type { CheckLine } from '../../app.ts';
import { ERRORS, EXIT_CODES } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writeCheckLine, writeCheckVerdict } from '../views/check-text.ts';

export function addCheckCommand(program: Command, session: Session): void {
  program
    .command('check')
    .description('Can we start: configuration, rules, store, directories, tenant, rights. Changes nothing.')
    .addHelpText('after', helpTail(['check', 'check --json'], [0, 2, 4, 70]))
    .action(() => check(session));
}

async function check(session: Session): Promise<void> {
  const lines: CheckLine[] = [];
  await session.work('check', async (app) => {
    for await (const line of app.check()) {
      lines.push(line);
      if (session.json) continue;
      await writeCheckLine(session, line);
      await session.out.flush();
    }
  });
  session.exitCode = exitCodeOf(lines);
  if (session.json) await session.out.line(JSON.stringify({ ok: session.exitCode === 0, checks: lines }));
  else await writeCheckVerdict(session, lines);
}

/** The code that a run would end with: a mistake of the configuration comes before a directory or a tenant that refuses us. */
function exitCodeOf(lines: readonly CheckLine[]): number {
  const errors = lines.filter((line) => line.state === 'error');
  if (errors.length === 0) return 0;
  const isOurs = errors.some(({ code }) => code !== undefined && ERRORS[code].kind === 'usage');
  return isOurs ? EXIT_CODES.usage : EXIT_CODES.outside;
}
