import type { Command } from 'commander';
import type { StoreCopy } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { countOf, formatTime } from '../terminal/words.ts';

export function addBackupCommand(program: Command, session: Session): void {
  program
    .command('backup')
    .description(
      'Write a copy of the store (what is remembered between runs) to a file, also while a run goes on, and check it. ' +
        'Configuration, rules and secrets are files of their own: save them too.',
    )
    .argument('<file>', 'file to write')
    .option('--force', 'write over a file that is there')
    .addHelpText(
      'after',
      helpTail(['backup /var/backups/dirbridge.db', 'backup ./dirbridge.backup --force'], [0, 2, 4, 70]),
    )
    .action((file: string, { force }: { readonly force?: boolean }) => backUp(session, file, force === true));
}

async function backUp(session: Session, file: string, force: boolean): Promise<void> {
  const copy = await session.openApp('backup').backUp(file, force);
  if (session.json) await session.out.line(JSON.stringify(copy));
  else for (const line of copyLines(session, copy)) await session.out.line(line);
}

function copyLines(session: Session, { file, bytes, lastWrite }: StoreCopy): readonly string[] {
  const until =
    lastWrite === null
      ? 'It knows of no write to the tenant.'
      : `The last write to the tenant that it knows of: ${formatTime(lastWrite.at)}, run ${lastWrite.run}.`;
  return [
    `${session.paint('good', 'Written and checked')}: ${file} (${countOf(bytes, 'byte')})`,
    `  ${until}`,
    `  To put it back: ${session.commandLine(`restore ${file}`)}`,
  ];
}
