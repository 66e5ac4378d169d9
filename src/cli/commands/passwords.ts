import type { Command } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writePasswordStatus } from '../views/passwords-page.ts';
import { addCaptureScriptCommand } from './passwords-capture-script.ts';
import { addPasswordsSyncCommand } from './passwords-sync.ts';
import { parseCount } from './runs.ts';

export function addPasswordsCommand(program: Command, session: Session): void {
  const passwords = program
    .command('passwords')
    .description(
      'Synchronization of passwords: people sign in to the tenant with the password of their office network.',
    )
    .addHelpText('after', helpTail(['passwords status', 'passwords sync'], [0, 1, 2, 4, 70]));
  addPasswordsSyncCommand(passwords, session);
  addCaptureScriptCommand(passwords, session);
  passwords
    .command('status')
    .description(
      'The last cycle, how many passwords are synchronized, wait, fail or are left out and why, and what has waited longest. Reads the store alone.',
    )
    .option('--limit <n>', 'how many accounts that wait or fail to show', parseCount, 20)
    .addHelpText(
      'after',
      helpTail(['passwords status', 'passwords status --json'], [0, 1, 2, 4, 70], {
        1: 'the tenant refuses the passwords of some users, or still takes an old one',
      }),
    )
    .action((options: { readonly limit: number }) => showStatus(session, options.limit));
}

async function showStatus(session: Session, limit: number): Promise<void> {
  const app = session.openApp('passwords status');
  const status = await app.passwordStatus();
  const open = await app.openPasswords(limit);
  const { method } = app.config.passwords;
  if (session.json) await session.out.line(JSON.stringify({ passwords: { method, ...status, open } }));
  else await writePasswordStatus(session, method, status, open);
  session.exitCode = status.failing > 0 ? 1 : 0;
}
