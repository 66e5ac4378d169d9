import type { Command } from 'commander';
import { DirbridgeError, messageOf } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { formatDuration, formatTime } from '../terminal/words.ts';
import { describeCycle } from '../views/passwords-page.ts';

export function addServeCommand(program: Command, session: Session): void {
  program
    .command('serve')
    .description(
      'Runs sync cycles and password cycles as the schedule says, until it is stopped: one line for each cycle. The HTTP API and the dashboard come with a later version.',
    )
    .addHelpText(
      'after',
      `\nA cycle that fails is told, and the next one comes as planned. Between cycles the store is free, so other commands work beside it;\none that comes in the middle of a cycle is refused and says by whom.\n${helpTail(
        ['serve', 'serve --json'],
        [0, 2, 4, 70],
        { 0: 'stopped by Ctrl-C or SIGTERM, where it was safe to stop' },
        'A second Ctrl-C or SIGTERM stops at once (130, 143), and so does the first one after ten seconds; that is safe as well',
      )}`,
    )
    .action(() => serve(session));
}

async function serve(session: Session): Promise<void> {
  await session.serve('serve', async (app, signal) => {
    const { every, passwords } = app.config.schedule;
    const tell = (kind: string, text: string, details: object): void => {
      const at = new Date().toISOString();
      const line = session.json
        ? JSON.stringify({ at, cycle: kind, ...details })
        : `${formatTime(at)}  ${kind}: ${text}`;
      void session.out.line(line).then(() => session.out.flush());
    };
    session.note(
      `dirbridge serves: a sync cycle every ${formatDuration(every)}, a password cycle every ${formatDuration(passwords)}`,
    );
    await app.serve({
      signal,
      onSync: ({ run, outcome, message, done, failed }) =>
        tell('sync', `run ${run} ${message ?? outcome}${countsOf(done, failed)}`, {
          run,
          outcome,
          message,
          done,
          failed,
        }),
      onPasswords: ({ cycle }) => {
        // Nobody reads a line every two minutes that says nothing.
        if (cycle.sent + cycle.blocked + cycle.failed + cycle.gone > 0) tell('passwords', describeCycle(cycle), cycle);
      },
      onFailure: (job, error) => {
        const message = messageOf(error);
        const known = error instanceof DirbridgeError ? { code: error.code, remedy: error.remedy } : null;
        const remedy = known === null ? '' : `\n  What to do: ${known.remedy}`;
        tell(job, `failed: ${message}${remedy}`, { outcome: 'failed', message, ...known });
      },
      onNoPasswords: (why) => session.note(`no password cycles: ${why}`),
    });
  });
}

function countsOf(done: Readonly<Record<string, number>>, failed: number): string {
  const told = Object.entries(done).flatMap(([action, count]) => (count > 0 ? [`${action} ${count}`] : []));
  if (failed > 0) told.push(`failed ${failed}`);
  return told.length === 0 ? '' : `, ${told.join(', ')}`;
}
