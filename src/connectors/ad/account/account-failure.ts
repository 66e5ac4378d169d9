import { DirbridgeError, type ErrorCode, messageOf } from '../../../errors.ts';
import { ConnectionLost, LdapRefusal, RESULT } from '../ldap/ldap-failure.ts';

/** Who asked for what, for the message of a refusal. */
export interface Refused {
  readonly admin: string;
  /** What was refused: "creating CN=..." */
  readonly doing: string;
  /** What is done already, and how to go on. */
  readonly done?: string;
  /** Options with which the command goes on when nobody knows whether it was carried out. */
  readonly again?: string;
}

/** The error of a request to change the directory that failed. What is an error of ours already passes unchanged. */
export function asAccountFailure(thrown: unknown, { admin, doing, done, again = '--existing' }: Refused): unknown {
  const rest = done === undefined ? '' : ` ${done}`;
  if (thrown instanceof ConnectionLost)
    return new DirbridgeError('directory-interrupted', `${doing}: ${thrown.message}.${rest}`, {
      cause: thrown,
      remedy: `Whether the directory carried it out is not known. Run the command again with ${again}.`,
    });
  if (!(thrown instanceof LdapRefusal)) return thrown;
  const { code, remedy } = explainRefusal(thrown, admin);
  const message = `${doing}: refused to ${admin} (${messageOf(thrown)}).${rest}`;
  return new DirbridgeError(code, message, { cause: thrown, remedy });
}

/** What Windows says about a password that its policy does not take ([MS-ERREF] 2.2: ERROR_PASSWORD_RESTRICTION); Samba names its check. */
const POLICY = /0000052D|password/i;

function explainRefusal({ resultCode, diagnostic }: LdapRefusal, admin: string): { code: ErrorCode; remedy: string } {
  switch (resultCode) {
    case RESULT.insufficientAccessRights:
      return {
        code: 'account-refused',
        remedy: `Give an account with --admin that may do that (a member of Domain Admins); ${admin} may not.`,
      };
    case RESULT.referral:
      return {
        code: 'account-refused',
        remedy: 'This domain controller is read-only: name one that may be written to first in servers.',
      };
    case RESULT.noSuchObject:
      return { code: 'account-container', remedy: 'Give the DN of a container that is there with --container.' };
    case RESULT.entryAlreadyExists:
      return {
        code: 'account-exists',
        remedy: 'Name another account as user of the source, or another container with --container.',
      };
    case RESULT.constraintViolation:
    case RESULT.unwillingToPerform:
      if (POLICY.test(diagnostic))
        return {
          code: 'account-refused',
          remedy:
            'The password policy of the domain does not take the generated password: ask for a longer one with --password-length, or look at its minimum age, history and filters.',
        };
      return { code: 'account-refused', remedy: 'Read the answer of the server.' };
    default:
      return { code: 'account-refused', remedy: 'Read the answer of the server.' };
  }
}
