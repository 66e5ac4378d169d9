import { DirbridgeError } from '../../../errors.ts';
import type { Session } from '../session/sessions.ts';
import type { AccountName } from './account-name.ts';
import type { FoundAccount } from './find-account.ts';
import { readDnsName } from './user-container.ts';

/**
 * The name that an account lacks which is there, when the source signs in by it; null: it lacks none. Only a name that nobody loses gives way: none, or that of account and domain, which signs in
 * also where it is not written ([MS-ADTS] 5.1.1.1.1). Throws `account-unsuitable` where the account has another one.
 */
export function missingSignInName(session: Session, account: FoundAccount, name: AccountName): string | null {
  const { userPrincipalName: wanted } = name;
  const { dn, userPrincipalName: present } = account;
  const usual = usualSignInName(session, name);
  if (wanted === null || isSame(wanted, usual) || isSame(wanted, present)) return null;
  if (present === null || isSame(present, usual)) return wanted;
  throw new DirbridgeError('account-unsuitable', `${dn} signs in as ${present}, not as ${wanted}`, {
    remedy: `Write user: ${present} into the source. Or, if nobody else signs in by ${present}, give the account the name ${wanted} in the directory and run the command again.`,
  });
}

/** Of the account and its domain. */
export function usualSignInName(session: Session, { samAccountName }: AccountName): string {
  return `${samAccountName}@${readDnsName(session)}`;
}

function isSame(one: string, other: string | null): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}
