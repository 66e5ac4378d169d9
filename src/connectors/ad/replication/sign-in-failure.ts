import { DirbridgeError, messageOf } from '../../../errors.ts';
import { ConnectionLost } from '../ldap/ldap-failure.ts';
import type { Session } from '../session/sessions.ts';
import { ClosedAtSignIn } from './drsuapi/drs-session.ts';
import { unreachable } from './replication-failure.ts';
import type { RpcRefusal } from './rpc/rpc-refusal.ts';

/**
 * Why a sign-in for replication was refused. Over RPC a domain controller says no more than no. Over LDAP it gives the reason, so it is asked there, once; when it
 * takes the account there, what it does not take is NTLM.
 */
export async function explainRefusedSignIn(
  refusal: RpcRefusal | ClosedAtSignIn,
  label: string,
  user: string,
  openDirectory: () => Promise<Session>,
): Promise<DirbridgeError> {
  try {
    const { connection } = await openDirectory();
    connection.close();
  } catch (error) {
    if (error instanceof DirbridgeError && error.code === 'directory-credentials') return error;
    // A server that does not answer there either goes away, whatever it thinks of us.
    if (refusal instanceof ClosedAtSignIn && isAway(error)) return unreachable(refusal);
    return refusedWithoutReason(refusal, label, user, messageOf(error));
  }
  return new DirbridgeError(
    'directory-credentials',
    `${label}: ${user} can sign in over LDAP, but not with NTLM, which reading passwords needs (${refusal.message})`,
    {
      cause: refusal,
      remedy:
        'See that the account is not in the group Protected Users, that no policy "Restrict NTLM: NTLM authentication in this domain" refuses it (except the domain controllers from it), and that it may access this computer from the network.',
    },
  );
}

function isAway(thrown: unknown): boolean {
  return (
    thrown instanceof ConnectionLost || (thrown instanceof DirbridgeError && thrown.code === 'directory-unreachable')
  );
}

function refusedWithoutReason(refusal: Error, label: string, user: string, why: string): DirbridgeError {
  const message = `${label}: ${user} was refused: user, domain or password is wrong, or the account cannot be used (${refusal.message}; LDAP, which would tell more: ${why})`;
  return new DirbridgeError('directory-credentials', message, { cause: refusal });
}
