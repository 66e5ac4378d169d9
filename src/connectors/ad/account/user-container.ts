import { DirbridgeError } from '../../../errors.ts';
import { normalizeDn, rdnValue, splitDn } from '../../../model/dn.ts';
import { LdapRefusal, RESULT } from '../ldap/ldap-failure.ts';
import type { Session } from '../session/sessions.ts';

/** [MS-ADTS] 6.1.1.4: GUID_USERS_CONTAINER_W, where a directory puts users that are made without a place. */
const USERS_GUID = 'a9d1ca15768811d1aded00c04fd8d5cd';

/** The DN of the container as the directory has it. `dn`: null for where users are by default. Throws `account-container`. */
export async function findUserContainer(session: Session, dn: string | null): Promise<string> {
  const { namingContext } = session.facts;
  if (dn !== null && !isWithin(dn, namingContext))
    throw new DirbridgeError('account-container', `${dn} is not in the domain ${namingContext}`);
  const base = dn ?? `<WKGUID=${USERS_GUID},${namingContext}>`;
  const entry = await session.connection.readEntry({ base, attributes: ['objectGUID'] }).catch(asNothing);
  if (entry === null)
    throw new DirbridgeError(
      'account-container',
      `${dn ?? `the container for users of ${namingContext}`} is not there`,
    );
  return entry.dn;
}

function asNothing(error: unknown): null {
  if (error instanceof LdapRefusal && error.resultCode === RESULT.invalidDnSyntax) return null;
  throw error;
}

function isWithin(dn: string, base: string): boolean {
  return normalizeDn(dn) === normalizeDn(base) || normalizeDn(dn).endsWith(`,${normalizeDn(base)}`);
}

/** `corp.example.com` for DC=corp,DC=example,DC=com. */
export function readDnsName({ facts }: Session): string {
  return splitDn(facts.namingContext).map(rdnValue).join('.').toLowerCase();
}
