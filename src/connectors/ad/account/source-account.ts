import { DirbridgeError } from '../../../errors.ts';
import type { AccountWishes, ConnectorContext, SourceAccount } from '../../connector.ts';
import type { AdSection } from '../config.ts';
import { readAccountName } from './account-name.ts';
import { type AccountUse, neededRights } from './account-rights.ts';
import { createAccount } from './create-account.ts';
import { writeSambaScript } from './samba-script.ts';
import { writeWindowsScript } from './windows-script.ts';

/** The account of a source of kind `ad`. Throws `account-unsuitable`, `account-container`. */
export function accountOf(section: AdSection, context: ConnectorContext, wishes: AccountWishes): SourceAccount {
  const name = readAccountName(section.user, wishes.container);
  const use: AccountUse = { readsPasswords: wishes.readsPasswords && !hasOther(section), delta: section.delta };
  return {
    user: section.user,
    readsPasswords: use.readsPasswords,
    rights: (platform) =>
      neededRights(use, platform).map(({ name: right, guid, on, why }) => ({ name: right, guid, on, why })),
    writeScript: (platform) => {
      const rights = neededRights(use, platform);
      return platform === 'windows' ? writeWindowsScript(name, rights) : writeSambaScript(name, rights);
    },
    create: (order) =>
      createAccount({ section, context, name, use, passwordFile: requireFile(section, context) }, order),
  };
}

/** Passwords are read by an account of their own: this one needs no right to them. */
function hasOther({ user, replication }: AdSection): boolean {
  return replication.user !== undefined && replication.user.toLowerCase() !== user.toLowerCase();
}

function requireFile({ password }: AdSection, { resolvePath }: ConnectorContext): string {
  if ('file' in password) return resolvePath(password.file);
  throw new DirbridgeError(
    'account-unsuitable',
    `the password of the source is read from the environment variable ${password.env}, into which nothing can be written`,
    { remedy: 'Name a file instead, such as password: { file: ./corp-password }; it is made with mode 600.' },
  );
}
