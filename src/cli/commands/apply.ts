import type { Command } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { finishRun } from './finish-run.ts';

export function addApplyCommand(program: Command, session: Session): void {
  program
    .command('apply')
    .description('Carry out a stored plan: exactly what it says and nothing else.')
    .argument('[plan]', 'id of the plan (the latest by default)')
    .option('--approve', 'let it past its guards')
    .addHelpText('after', helpTail(['apply', 'apply 12 --approve'], [0, 1, 2, 3, 4, 70]))
    .action((plan: string | undefined, options: { readonly approve?: boolean }) =>
      applyPlan(session, plan, options.approve === true),
    );
}

async function applyPlan(session: Session, plan: string | undefined, approve: boolean): Promise<void> {
  const command = ['apply', ...(plan === undefined ? [] : [plan]), ...(approve ? ['--approve'] : [])].join(' ');
  await session.work(command, async (app) => finishRun(session, app, await app.apply(plan, approve), false));
}
