import type { Command } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { countsJson } from '../views/plan-json.ts';
import { writeStatus } from '../views/status-text.ts';

export function addStatusCommand(program: Command, session: Session): void {
  program
    .command('status')
    .description('What is managed, the last runs, the latest plan, how many findings are open.')
    .addHelpText('after', helpTail(['status', 'status --json'], [0, 2, 4, 70]))
    .action(async () => {
      const status = await session.openApp('status').status();
      const { plan } = status;
      const shown = { ...status, plan: plan && { ...plan, counts: countsJson(plan.counts) } };
      if (session.json) await session.out.line(JSON.stringify(shown));
      else await writeStatus(session, status);
    });
}
