import type { Command } from 'commander';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writePasswordSync } from '../views/passwords-page.ts';

export function addPasswordsSyncCommand(passwords: Command, session: Session): void {
  passwords
    .command('sync')
    .description(
      'One password cycle now: what was set since the last one, and whoever has come into the tenant. With users: their passwords again, whatever was sent before.',
    )
    .argument('[user...]', 'UPN, DN, GUID, mail address or name')
    .option('--full', 'read everybody and send all passwords again; it deletes nothing and needs no approval')
    .addHelpText(
      'after',
      `\nWhile another dirbridge works on the store (a run, or a cycle of serve) this one is refused and says by whom: start it again a moment later.\n${helpTail(
        ['passwords sync', 'passwords sync ann@contoso.com', 'passwords sync --full'],
        [0, 1, 2, 4, 70],
        { 1: 'done, but the tenant refused the passwords of some users, or one of those named cannot be sent' },
      )}`,
    )
    .action((users: readonly string[], options: { readonly full?: boolean }) =>
      sync(session, users, options.full === true),
    );
}

async function sync(session: Session, users: readonly string[], full: boolean): Promise<void> {
  if (full && users.length > 0)
    throw new DirbridgeError('usage', '--full is for everybody; name users or give --full, not both');
  // Whoever searches for nothing finds everybody: an empty variable of a script.
  if (users.some((user) => user.trim() === ''))
    throw new DirbridgeError('usage', 'the name of a user is empty', {
      remedy: 'Name users by UPN, DN, GUID, mail address or name, or nobody for a cycle of everybody who is due.',
    });
  await session.work('passwords sync', async (app) => {
    const result = await app.syncPasswords({ full, users });
    session.endProgress();
    if (session.json) await session.out.line(JSON.stringify(result));
    else await writePasswordSync(session, app.config.passwords.method, result);
    const isRefused = result.cycle.failed > 0 || result.users.some(({ state }) => state === 'failing');
    session.exitCode = isRefused ? 1 : 0;
  });
}
