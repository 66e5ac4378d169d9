import type { LdapConnection } from '../ldap/ldap-connection.ts';
import { ownerControl, showDeletedControl } from '../ldap/ldap-controls.ts';
import { readBytes } from '../ldap/ldap-entry.ts';
import {
  DESCRIPTOR_CONTROL,
  readSecurityDescriptor,
  writeSecurityDescriptor,
} from '../security/security-descriptor.ts';
import { WELL_KNOWN_SID } from '../security/well-known-sids.ts';
import { replaceValue } from './directory-writes.ts';

/**
 * Deleted Objects belongs to the system, and administrators may neither read nor change its access control list ([MS-ADTS] 6.1.1.4.2). They may take it over, and its owner
 * may do both ([MS-DTYP] 2.5.3.2). Afterwards it belongs to the system again. Throws LdapRefusal, ConnectionLost.
 */
export async function whileOwned<Result>(
  connection: LdapConnection,
  dn: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await writeOwner(connection, dn, WELL_KNOWN_SID.administrators);
  const giveBack = (): Promise<void> => writeOwner(connection, dn, WELL_KNOWN_SID.localSystem);
  const result = await work().catch(async (error: unknown) => {
    // What went wrong first is what has to be told.
    await giveBack().catch(() => undefined);
    throw error;
  });
  await giveBack();
  return result;
}

/** Whether it belongs to the administrators, and not to the system. */
export async function isTakenOver(connection: LdapConnection, dn: string): Promise<boolean> {
  const controls = [ownerControl(), showDeletedControl()];
  const entry = await connection.readEntry({ base: dn, attributes: ['nTSecurityDescriptor'], controls });
  const bytes = entry === null ? undefined : readBytes(entry, 'nTSecurityDescriptor');
  return bytes !== undefined && (readSecurityDescriptor(bytes).owner?.equals(WELL_KNOWN_SID.administrators) ?? false);
}

async function writeOwner(connection: LdapConnection, dn: string, owner: Buffer): Promise<void> {
  const control = DESCRIPTOR_CONTROL.selfRelative;
  const value = writeSecurityDescriptor({
    revision: 1,
    reserved: 0,
    control,
    owner,
    group: null,
    sacl: null,
    dacl: null,
  });
  await replaceValue(connection, dn, ['nTSecurityDescriptor', value], [ownerControl(), showDeletedControl()]);
}
