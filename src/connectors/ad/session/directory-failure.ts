import { DirbridgeError, messageOf } from '../../../errors.ts';
import { ConnectionLost, LdapRefusal, RESULT } from '../ldap/ldap-failure.ts';

/** What Active Directory says after "data" when it refuses a sign-in ([MS-ERREF] 2.2, in hexadecimal). */
const SIGN_IN_REASONS: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  '525': ['the user does not exist', 'Check user of the source: user principal name, DOMAIN\\name or DN.'],
  '52e': ['user or password is wrong', 'Check user and password of the source.'],
  '52f': ['a restriction of the account forbids the sign-in', 'Look at the restrictions of the account.'],
  '530': ['the account may not sign in at this time', 'Allow the account to sign in at any time.'],
  '531': ['the account may not sign in from this machine', 'Allow the account to sign in from here.'],
  '532': ['the password of the account has expired', 'Set a new password that does not expire.'],
  '533': ['the account is disabled', 'Enable the account.'],
  '568': ['the account is member of too many groups', 'Take the account out of groups.'],
  '701': ['the account has expired', 'Set another expiry date for the account.'],
  '773': ['the password of the account must be changed first', 'Set a password that need not be changed.'],
  '775': ['the account is locked', 'Unlock the account; look for what tries wrong passwords.'],
};

/** Why the sign-in was refused, from the diagnostic message; null when it does not tell. Exported for tests. */
export function explainSignIn(diagnostic: string): { readonly reason: string; readonly remedy: string } | null {
  const code = /\bdata ([0-9a-f]+)\b/i.exec(diagnostic)?.[1]?.toLowerCase();
  const known = code === undefined ? undefined : SIGN_IN_REASONS[code];
  return known ? { reason: known[0], remedy: known[1] } : null;
}

/** The error of a sign-in that failed. Other failures than the server's refusal pass unchanged. */
export function signInFailure(thrown: unknown, server: string, user: string): unknown {
  if (!(thrown instanceof LdapRefusal)) return thrown;
  if (thrown.resultCode === RESULT.busy || thrown.resultCode === RESULT.unavailable) return thrown;
  const prefix = `${server}: ${user} was refused`;
  if (thrown.resultCode !== RESULT.invalidCredentials)
    return new DirbridgeError('directory-refused', `${prefix}: ${thrown.message}`, { cause: thrown });
  const known = explainSignIn(thrown.diagnostic);
  const message = `${prefix}: ${known?.reason ?? 'user or password is wrong, or the account cannot be used'} (${thrown.message})`;
  return new DirbridgeError('directory-credentials', message, {
    cause: thrown,
    ...(known ? { remedy: known.remedy } : {}),
  });
}

/** Anything thrown while working with a directory, as the error the run ends with. */
export function asDirectoryError(thrown: unknown, source: string, doing: string): DirbridgeError {
  if (thrown instanceof DirbridgeError) return thrown;
  const message = `${source}: ${doing}: ${messageOf(thrown)}`;
  if (thrown instanceof LdapRefusal) return new DirbridgeError('directory-refused', message, { cause: thrown });
  if (thrown instanceof ConnectionLost) return new DirbridgeError('directory-interrupted', message, { cause: thrown });
  return new DirbridgeError('bug', message, { cause: thrown });
}
