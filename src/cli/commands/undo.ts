import type { Command } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writePlanJson } from '../views/plan-json.ts';
import { writePlanPage } from '../views/plan-page.ts';

const OWN_EXITS = {
  0: 'the plan is made; nothing of what the run wrote is left out',
  1: 'the plan is made, but some of what the run wrote cannot be put back: it is listed',
};

export function addUndoCommand(program: Command, session: Session): void {
  program
    .command('undo')
    .description(
      'Plan to put back what a run changed in the tenant. Changes nothing outside: the plan is shown, guarded and applied like any other. ' +
        'Put the cause right before the next sync, which else does it all again.',
    )
    .argument('<run>', 'id of the run: see runs')
    .option('--all', 'show long lists to their end')
    .addHelpText('after', helpTail(['undo 12', 'undo 12 --all', 'undo 12 --json'], [0, 1, 2, 4, 70], OWN_EXITS))
    .action((run: string, options: { readonly all?: boolean }) => planUndo(session, run, options.all === true));
}

async function planUndo(session: Session, run: string, showAll: boolean): Promise<void> {
  const { plan } = await session.work(`undo ${run}`, (app) => app.undo(run));
  await session.openApp('plan --show').readPlan(plan.id, async (head, pages) => {
    if (session.json) await writePlanJson(session.out, head, pages);
    else await writePlanPage(session, head, pages, showAll);
    session.exitCode = (await pages.countNotUndone()) > 0 ? 1 : 0;
  });
}
