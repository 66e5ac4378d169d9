import type { Command } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { finishRun } from './finish-run.ts';

interface SyncOptions {
  readonly full?: boolean;
  readonly staging?: boolean;
  readonly approve?: boolean;
}

export function addSyncCommand(program: Command, session: Session): void {
  program
    .command('sync')
    .description('Plan and apply in one: the whole cycle. Stops at a guard.')
    .option('--full', 'read and evaluate everything anew; the result is the same, only slower')
    .option('--staging', 'do everything but write to the tenant')
    .option('--approve', 'let the plan past its guards, unseen')
    .addHelpText('after', helpTail(['sync', 'sync --full', 'sync --json'], [0, 1, 2, 3, 4, 70]))
    .action((options: SyncOptions) => sync(session, options));
}

async function sync(session: Session, given: SyncOptions): Promise<void> {
  const options = { full: given.full === true, staging: given.staging === true, approve: given.approve === true };
  const chosen = Object.entries(options).flatMap(([name, isChosen]) => (isChosen ? [`--${name}`] : []));
  await session.work(['sync', ...chosen].join(' '), async (app) => {
    const result = await app.sync(options);
    const isStaging = options.staging || app.config.staging || result.standby?.isActive === false;
    await finishRun(session, app, result, isStaging);
  });
}
