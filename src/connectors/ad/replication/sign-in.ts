import { DirbridgeError } from '../../../errors.ts';
import { ConnectionLost } from '../ldap/ldap-failure.ts';
import { ClosedAtSignIn, DrsSession } from './drsuapi/drs-session.ts';
import { findLogonName, type LogonName, parseLogonName } from './logon-name.ts';
import { unreachable } from './replication-failure.ts';
import type { ReplicaServer, ReplicationSettings } from './replication-settings.ts';
import { RpcRefusal } from './rpc/rpc-refusal.ts';
import { explainRefusedSignIn } from './sign-in-failure.ts';

/** Signs in to one domain controller. Throws `directory-credentials`, `directory-unreachable`, and what a session throws. */
export async function signIn(
  server: ReplicaServer,
  settings: ReplicationSettings,
): Promise<{ readonly session: DrsSession; readonly account: LogonName }> {
  refuseEmptyPassword(settings);
  const account = await nameAccount(settings.user, server);
  return { session: await openSession(server, account, settings), account };
}

function refuseEmptyPassword({ readPassword, user }: ReplicationSettings): void {
  if (readPassword() !== '') return;
  throw new DirbridgeError('directory-credentials', `the password of ${user} is empty`, {
    remedy: 'Write the password into the file or variable that the source names.',
  });
}

async function nameAccount(user: string, server: ReplicaServer): Promise<LogonName> {
  const name = parseLogonName(user);
  if (name) return name;
  const directory = await server.openDirectory();
  try {
    const found = await findLogonName(directory, user);
    if (found) return found;
  } finally {
    directory.connection.close();
  }
  throw new DirbridgeError('directory-credentials', `${server.label}: ${user} is not in the directory`, {
    remedy: 'Name the account by its user principal name or as DOMAIN\\name.',
  });
}

/** The remedies speak of the account of the source. */
function namingItsKeys(error: DirbridgeError): DirbridgeError {
  if (error.code !== 'directory-credentials') return error;
  const remedy = `${error.remedy} The account is that of replication.user, its password that of replication.password.`;
  return new DirbridgeError(error.code, error.message, { cause: error, remedy });
}

async function openSession(
  server: ReplicaServer,
  account: LogonName,
  { readPassword, limits, hasOwnAccount }: ReplicationSettings,
): Promise<DrsSession> {
  const { user, domain } = account;
  try {
    return await DrsSession.open(server, { user, domain, readPassword, targetName: `ldap/${server.host}` }, limits);
  } catch (error) {
    const isRefused = error instanceof ClosedAtSignIn || (error instanceof RpcRefusal && error.about === 'sign-in');
    if (isRefused) {
      const explained = await explainRefusedSignIn(error, server.label, account.text, server.openDirectory);
      throw hasOwnAccount ? namingItsKeys(explained) : explained;
    }
    if (error instanceof ConnectionLost) throw unreachable(error);
    throw error;
  }
}
