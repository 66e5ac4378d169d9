import { AddRequest, Attribute, Change, type Control, ModifyRequest } from 'ldapts';
import type { LdapConnection } from '../ldap/ldap-connection.ts';

/** Requests that change the directory: only the preparation of our own account sends any. All throw LdapRefusal or ConnectionLost. */

export type WrittenValue = string | Buffer;

export async function addEntry(
  connection: LdapConnection,
  dn: string,
  values: Readonly<Record<string, WrittenValue>>,
): Promise<void> {
  const attributes = Object.entries(values).map(([type, value]) => attributeOf(type, value));
  await connection.carryOut((messageId) => new AddRequest({ messageId, dn, attributes }));
}

export async function replaceValue(
  connection: LdapConnection,
  dn: string,
  [name, value]: readonly [name: string, value: WrittenValue],
  controls: readonly Control[] = [],
): Promise<void> {
  await modify(connection, dn, 'replace', attributeOf(name, value), controls);
}

export async function addValue(
  connection: LdapConnection,
  dn: string,
  [name, value]: readonly [name: string, value: WrittenValue],
): Promise<void> {
  await modify(connection, dn, 'add', attributeOf(name, value), []);
}

function attributeOf(type: string, value: WrittenValue): Attribute {
  return new Attribute({ type, values: Buffer.isBuffer(value) ? [value] : [value] });
}

async function modify(
  connection: LdapConnection,
  dn: string,
  operation: 'add' | 'replace',
  modification: Attribute,
  controls: readonly Control[],
): Promise<void> {
  const changes = [new Change({ operation, modification })];
  await connection.carryOut((messageId) => new ModifyRequest({ messageId, dn, changes, controls: [...controls] }));
}
