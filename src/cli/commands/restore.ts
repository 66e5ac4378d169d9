import type { Command } from 'commander';
import type { RestoredStore } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { formatTime } from '../terminal/words.ts';

export function addRestoreCommand(program: Command, session: Session): void {
  program
    .command('restore')
    .description(
      'Put a backup in the place of the store; the store that was there is kept beside it. Writes nothing to the tenant: ' +
        'the next run reads everything anew and compares.',
    )
    .argument('<file>', 'what backup has written')
    .option('--older', 'also when the present store has written to the tenant since the backup')
    .addHelpText(
      'after',
      helpTail(['restore /var/backups/dirbridge.db', 'restore dirbridge.backup --older'], [0, 2, 3, 4, 70], OWN_EXITS),
    )
    .action((file: string, { older }: { readonly older?: boolean }) => restore(session, file, older === true));
}

const OWN_EXITS = { 3: 'the present store knows of later writes to the tenant: nothing was changed' };

async function restore(session: Session, file: string, older: boolean): Promise<void> {
  const app = session.openApp(older ? `restore ${file} --older` : `restore ${file}`);
  const restored = await app.restore(file, older);
  if (session.json) await session.out.line(JSON.stringify({ store: app.config.store.path, ...restored }));
  else for (const line of restoredLines(session, app.config.store.path, restored)) await session.out.line(line);
}

function restoredLines(session: Session, store: string, { lastWrite, kept, replaced }: RestoredStore): string[] {
  const known =
    lastWrite === null
      ? 'knows of no write to the tenant'
      : `knows what was written to the tenant until ${formatTime(lastWrite.at)} (run ${lastWrite.run})`;
  const lines = [`${session.paint('good', 'Put back')}: ${store} ${known}.`];
  if (kept !== null) lines.push(`  The store that was there is kept: ${kept}`);
  if (replaced === 'unreadable')
    lines.push('  It could not be read, so nobody knows whether it had written to the tenant since.');
  if (kept === null) lines.push('  There was no store, so nobody knows whether one has written to the tenant since.');
  return [
    ...lines,
    '  The next run reads everything anew, compares, and finds by its anchor what was made since.',
    `  Look at it before anything is written: ${session.commandLine('plan')}`,
  ];
}
