import type { Command } from 'commander';
import type { StandbyReport } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writeDifference, writeRoles } from '../views/standby-page.ts';

const OWN_EXITS = { 3: 'refused: the server that writes is alive' };

export function addStandbyCommands(program: Command, session: Session): void {
  program
    .command('standby')
    .description(
      'Of two servers for one tenant: which one writes, whether it is alive, and how the newest plan of the other one stands to what it does.',
    )
    .addHelpText('after', helpTail(['standby', 'standby --json'], [0, 2, 4, 70]))
    .action(async () => {
      const report = await session.openApp('standby').standby();
      if (session.json) await session.out.line(JSON.stringify(report));
      else {
        await writeRoles(session, report);
        await writeDifference(session, report.difference);
      }
    });
  program
    .command('take-over')
    .description(
      'Make this server the one that writes to the tenant. Refused while the other one is alive. Writes nothing to the tenant: the next sync does.',
    )
    .option('--force', 'although the other server gave a sign of life a short time ago: it is off and stays off')
    .addHelpText('after', helpTail(['take-over', 'take-over --force'], [0, 2, 3, 4, 70], OWN_EXITS))
    .action((options: { readonly force?: boolean }) => takeOver(session, options.force === true));
  program
    .command('hand-over')
    .description('Give the tenant up, so that the other server may take over at once. This one stands by from now on.')
    .addHelpText('after', helpTail(['hand-over'], [0, 2, 4, 70]))
    .action(() => handOver(session));
}

async function takeOver(session: Session, isForced: boolean): Promise<void> {
  const report = await session.openApp('take-over').takeOver(isForced);
  const { out, paint } = session;
  if (session.json) {
    await out.line(JSON.stringify(report));
    return;
  }
  const { server, previous } = report.claimed;
  const before = previous === null || previous === server ? '' : ` in the place of ${previous}`;
  await out.line(`${paint('good', `${server} writes to the tenant from now on`)}${before}.`);
  if (isForced && before !== '')
    await out.line(`  ${previous} stops before its next write, should it be alive after all.`);
  await out.line(`  See what it would do: ${session.commandLine('plan')}`);
  await out.line(`  Then:                 ${session.commandLine('sync')}`);
}

async function handOver(session: Session): Promise<void> {
  const report: StandbyReport = await session.openApp('hand-over').handOver();
  const { out } = session;
  if (session.json) await out.line(JSON.stringify(report));
  else {
    await out.line(`${report.server} writes no more: nothing is written to the tenant until a server takes over.`);
    await out.line('  On the other server: dirbridge take-over');
  }
}
