import { DirbridgeError } from '../../../errors.ts';
import type { LdapConnection } from '../ldap/ldap-connection.ts';
import { accessListControl, showDeletedControl } from '../ldap/ldap-controls.ts';
import { readBytes } from '../ldap/ldap-entry.ts';
import type { AccessControlList } from '../security/access-control-list.ts';
import { addGrant, findGrant } from '../security/grant.ts';
import { MalformedDescriptor } from '../security/malformed-descriptor.ts';
import {
  readSecurityDescriptor,
  type SecurityDescriptor,
  writeSecurityDescriptor,
} from '../security/security-descriptor.ts';
import { DELETED_OBJECTS_GUID } from '../session/directory-facts.ts';
import type { Session } from '../session/sessions.ts';
import type { NeededRight } from './account-rights.ts';
import { replaceValue } from './directory-writes.ts';
import { isTakenOver, whileOwned } from './take-over.ts';

const ATTRIBUTE = 'nTSecurityDescriptor';

export interface GrantedRight {
  /** DN of the object as the directory has it. */
  readonly dn: string;
  readonly wasThere: boolean;
}

/** Lets the SID have the right, unless it has it. Throws `account-refused`, LdapRefusal, ConnectionLost. */
export async function grantRight(session: Session, sid: Buffer, right: NeededRight): Promise<GrantedRight> {
  const { connection, facts } = session;
  if (right.object === 'domain') return grantOn(connection, facts.namingContext, sid, right);
  const dn = await findDeletedObjects(session);
  const isReadable = (await readDescriptor(connection, dn)) !== null;
  // An attempt that was broken off left it taken over, and it is given back then.
  if (isReadable && !(await isTakenOver(connection, dn))) return grantOn(connection, dn, sid, right);
  return whileOwned(connection, dn, () => grantOn(connection, dn, sid, right));
}

/**
 * Everything else on the access control list stays as it is. A directory knows no "change it if it is still what I read": whoever changes the same list within
 * the same moment may have to do it again, so it is read again afterwards.
 */
async function grantOn(connection: LdapConnection, dn: string, sid: Buffer, right: NeededRight): Promise<GrantedRight> {
  const before = await requireDescriptor(connection, dn);
  const state = findGrant(before.dacl, sid, right.grant);
  if (state === 'granted') return { dn, wasThere: true };
  if (state === 'denied')
    throw new DirbridgeError('account-refused', `${dn} has an entry that denies the account ${right.name}`, {
      remedy: `Take the entry that denies it off the access control list of ${dn}, then run the command again with --existing.`,
    });
  const value = formatDescriptor({ ...before, dacl: addGrant(before.dacl, sid, right.grant) }, dn);
  await replaceValue(connection, dn, [ATTRIBUTE, value], [accessListControl(), showDeletedControl()]);
  const after = await requireDescriptor(connection, dn);
  if (findGrant(after.dacl, sid, right.grant) === 'granted') return { dn, wasThere: false };
  throw new DirbridgeError('account-refused', `${dn} took the right ${right.name} and does not show it`, {
    remedy: 'Somebody else may have changed the same list at the same time: run the command again with --existing.',
  });
}

/** [MS-ADTS] 6.1.1.4: the container by its well-known GUID. */
async function findDeletedObjects({ connection, facts }: Session): Promise<string> {
  const base = `<WKGUID=${DELETED_OBJECTS_GUID},${facts.namingContext}>`;
  const entry = await connection.readEntry({ base, attributes: ['objectGUID'], controls: [showDeletedControl()] });
  if (entry !== null) return entry.dn;
  throw new DirbridgeError(
    'account-refused',
    `the container Deleted Objects of ${facts.namingContext} is not to be seen`,
    {
      remedy: MORE_RIGHTS,
    },
  );
}

const MORE_RIGHTS = 'Give an account with --admin that may read and change it (a member of Domain Admins).';

/** A descriptor with an access control list. */
type UsableDescriptor = SecurityDescriptor & { readonly dacl: AccessControlList };

async function requireDescriptor(connection: LdapConnection, dn: string): Promise<UsableDescriptor> {
  const descriptor = await readDescriptor(connection, dn);
  if (descriptor === null)
    throw new DirbridgeError('account-refused', `the access control list of ${dn} cannot be read`, {
      remedy: MORE_RIGHTS,
    });
  const { dacl } = descriptor;
  if (dacl !== null) return { ...descriptor, dacl };
  // A list with our entry alone would keep everybody else out.
  throw new DirbridgeError('account-refused', `${dn} has no access control list: everybody may do everything`, {
    remedy: 'Give the object an access control list first; that is a hole in the security of the domain.',
  });
}

/** Null when it is not to be read. */
async function readDescriptor(connection: LdapConnection, dn: string): Promise<SecurityDescriptor | null> {
  const controls = [accessListControl(), showDeletedControl()];
  const entry = await connection.readEntry({ base: dn, attributes: [ATTRIBUTE], controls });
  const bytes = entry === null ? undefined : readBytes(entry, ATTRIBUTE);
  return bytes === undefined ? null : parseDescriptor(bytes, dn);
}

function formatDescriptor(descriptor: SecurityDescriptor, dn: string): Buffer {
  try {
    return writeSecurityDescriptor(descriptor);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DirbridgeError('account-refused', `${dn}: ${cause.message}`, {
      cause,
      remedy: 'Take entries off it that nobody needs any more, then run the command again with --existing.',
    });
  }
}

function parseDescriptor(bytes: Buffer, dn: string): SecurityDescriptor {
  try {
    return readSecurityDescriptor(bytes);
  } catch (cause) {
    if (!(cause instanceof MalformedDescriptor)) throw cause;
    throw new DirbridgeError('account-refused', `${dn}: ${cause.message}`, {
      cause,
      remedy:
        'Nothing was changed on it. Give the right with the tools of the directory (dirbridge account create without --run).',
    });
  }
}
