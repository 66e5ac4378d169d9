import { type Command, Option } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writePlanJson } from '../views/plan-json.ts';
import { writePlanPage } from '../views/plan-page.ts';

interface PlanOptions {
  readonly full?: boolean;
  readonly show?: string | true;
  readonly all?: boolean;
}

export function addPlanCommand(program: Command, session: Session): void {
  program
    .command('plan')
    .description('Read the directories and the tenant and show what would be changed. Changes nothing outside.')
    .option('--full', 'read and evaluate everything anew; the result is the same, only slower')
    .addOption(
      new Option('--show [plan]', 'show a stored plan (the latest by default) instead of making one').conflicts('full'),
    )
    .option('--all', 'show long lists to their end')
    .addHelpText('after', helpTail(['plan', 'plan --show 12 --all', 'plan --json > plan.json'], [0, 1, 2, 4, 70]))
    .action((options: PlanOptions) => showPlan(session, options));
}

async function showPlan(session: Session, options: PlanOptions): Promise<void> {
  let id: string | undefined;
  if (options.show === undefined) {
    const command = options.full === true ? 'plan --full' : 'plan';
    id = (await session.work(command, (app) => app.plan(options.full === true))).plan.id;
  } else if (options.show !== true) id = options.show;
  await session.openApp('plan --show').readPlan(id, async (head, pages) => {
    if (session.json) await writePlanJson(session.out, head, pages);
    else await writePlanPage(session, head, pages, options.all === true);
    session.exitCode = (await pages.countFindings()).error > 0 ? 1 : 0;
  });
}
