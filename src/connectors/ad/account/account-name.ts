import { DirbridgeError } from '../../../errors.ts';
import { escapeRdnValue, normalizeDn, rdnValue, splitDn, splitFirstRdn } from '../../../model/dn.ts';

/** What the account is called in its directory, as far as the configuration tells. */
export interface AccountName {
  readonly samAccountName: string;
  /** Null: the name and the DNS name of the domain. */
  readonly userPrincipalName: string | null;
  /** DN of its container; null: where the directory puts users. */
  readonly container: string | null;
}

/** [MS-ADTS] 3.1.1.6: names of users from before Windows 2000 have at most 20 characters and none of these. */
const MOST_CHARACTERS = 20;
const FORBIDDEN = /["/\\[\]:;|=,+*?<>@\p{Cc}]/u;

/**
 * Takes `user` of a source apart: user principal name, DOMAIN\name or DN. `container`: the DN given on the command line. Throws
 * `account-unsuitable`, and `account-container` for a DN that is none.
 */
export function readAccountName(user: string, container: string | null): AccountName {
  if (container !== null) requireDn(container);
  if (/^[A-Za-z]+=/.test(user)) return readDn(user, container);
  const [, domain, name] = /^([^\\@]+)\\(.+)$/.exec(user) ?? [];
  if (domain !== undefined && name !== undefined)
    return { samAccountName: requireName(name, user), userPrincipalName: null, container };
  const [, local, suffix] = /^([^@]+)@([^@\s\p{Cc}]+)$/u.exec(user) ?? [];
  if (local === undefined || suffix === undefined)
    throw unsuitable(`user: ${user} is neither a user principal name nor DOMAIN\\name nor a DN`, FORMS);
  return { samAccountName: requireName(local, user), userPrincipalName: user, container };
}

const FORMS = 'Name the account in the source as user: svc-dirbridge@corp.example.com.';

function readDn(user: string, container: string | null): AccountName {
  requireDn(user);
  const { rdn, parent } = splitFirstRdn(user);
  if (!/^cn=/i.test(rdn) || parent === '') throw unsuitable(`user: ${user} is not the DN of a user`, FORMS);
  if (container !== null && normalizeDn(container) !== normalizeDn(parent))
    throw unsuitable(`user: ${user} is not in the container ${container}`, 'Leave --container out, or correct user.');
  return { samAccountName: requireName(rdnValue(rdn), user), userPrincipalName: null, container: parent };
}

function requireName(name: string, user: string): string {
  if (name.length > MOST_CHARACTERS)
    throw unsuitable(
      `user: ${user}: a directory takes names of at most ${MOST_CHARACTERS} characters, ${name} has ${name.length}`,
      'Choose a shorter name, such as svc-dirbridge.',
    );
  if (FORBIDDEN.test(name) || /^[.\s]*$|[.\s]$|^\s/.test(name))
    throw unsuitable(`user: ${user}: a directory does not take "${name}" as the name of an account`, FORMS);
  return name;
}

/** It is written into scripts: one line, and nothing but a DN. */
function requireDn(dn: string): void {
  const isDn = splitDn(dn).every((rdn) => /^[A-Za-z][A-Za-z0-9-]*=./.test(rdn));
  if (isDn && dn.trim() !== '' && !/\p{Cc}/u.test(dn)) return;
  throw new DirbridgeError('account-container', `"${dn}" is no DN`, {
    remedy: 'Write it like OU=Service,DC=corp,DC=example,DC=com.',
  });
}

function unsuitable(message: string, remedy: string): DirbridgeError {
  return new DirbridgeError('account-unsuitable', message, { remedy });
}

/** The relative name of the account. */
export function rdnOf({ samAccountName }: AccountName): string {
  return `CN=${escapeRdnValue(samAccountName)}`;
}
