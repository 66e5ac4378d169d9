import { guidToBytes } from '../../../model/anchor.ts';
import { BerCursor } from '../ldap/ber-cursor.ts';
import { CONTROL, encodeInteger } from '../ldap/ldap-controls.ts';
import type { ScriptedAnswer, ScriptedEntry, ScriptedSearch } from './scripted-server.ts';

/** What a Windows domain controller says of itself, and its objects, for a `ScriptedServer`. */

export const BASE = 'DC=corp,DC=example,DC=com';
export const CONFIGURATION = `CN=Configuration,${BASE}`;
export const SERVICE = `CN=NTDS Settings,CN=DC1,${CONFIGURATION}`;
/** What Windows gives of a multi-valued attribute at once. */
export const MOST_VALUES = 1500;

export function guid(number: number): string {
  return `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
}

export function guidBytes(text: string): Uint8Array {
  return guidToBytes(text) ?? new Uint8Array();
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

export function dirSyncAnswer(hasMore: boolean, cookie: string): Buffer {
  const bytes = Buffer.from(cookie);
  const octets = Buffer.concat([Buffer.from([0x04, bytes.length]), bytes]);
  return sequence(encodeInteger(hasMore ? 1 : 0), encodeInteger(0), octets);
}

export function cookieOf(search: ScriptedSearch): string {
  const cursor = new BerCursor(search.controls.get(CONTROL.dirSync) ?? Buffer.alloc(0));
  cursor.enter(0x30);
  cursor.readInteger();
  cursor.readInteger();
  return cursor.readText();
}

export function flagsOf(search: ScriptedSearch): number {
  const cursor = new BerCursor(search.controls.get(CONTROL.dirSync) ?? Buffer.alloc(0));
  cursor.enter(0x30);
  return cursor.readInteger();
}

export const SYNTAXES: Readonly<Record<string, readonly [syntax: string, isSingle: string, linkId?: string]>> = {
  cn: ['2.5.5.12', 'TRUE'],
  description: ['2.5.5.12', 'FALSE'],
  member: ['2.5.5.1', 'FALSE', '2'],
  memberOf: ['2.5.5.1', 'FALSE', '3'],
};

/** The parts of a Windows domain controller that are asked whatever is read. */
export function answerAboutItself(search: ScriptedSearch): ScriptedAnswer | null {
  if (search.base === '')
    return one('', {
      supportedCapabilities: ['1.2.840.113556.1.4.800'],
      supportedControl: Object.values(CONTROL),
      defaultNamingContext: [BASE],
      configurationNamingContext: [CONFIGURATION],
      schemaNamingContext: [`CN=Schema,${CONFIGURATION}`],
      rootDomainNamingContext: [BASE],
      dsServiceName: [SERVICE],
      highestCommittedUSN: ['1000'],
      domainFunctionality: ['7'],
    });
  if (search.base === SERVICE) return one(SERVICE, { invocationId: [guidBytes(guid(999))] });
  if (search.base.startsWith('CN=Partitions')) return {};
  if (search.base.startsWith('CN=Schema')) {
    const asked = Object.entries(SYNTAXES).filter(
      ([name, [, , linkId]]) => search.filter.includes(`=${name})`) || search.filter.includes(`linkID=${linkId})`),
    );
    return {
      entries: asked.map(([name, [syntax, isSingle, linkId]]) => ({
        dn: `CN=${name},${search.base}`,
        attributes: {
          lDAPDisplayName: [name],
          attributeSyntax: [syntax],
          isSingleValued: [isSingle],
          ...(linkId === undefined ? {} : { linkID: [linkId] }),
        },
      })),
    };
  }
  return null;
}

export function one(dn: string, attributes: ScriptedEntry['attributes']): ScriptedAnswer {
  return { entries: [{ dn, attributes }] };
}

export function entry(number: number, kind: string, attributes: ScriptedEntry['attributes']): ScriptedEntry {
  return {
    dn: `<GUID=${guid(number)}>;CN=o${number},${BASE}`,
    attributes: {
      objectGUID: [guidBytes(guid(number))],
      parentGUID: [guidBytes(guid(1))],
      objectClass: ['top', kind],
      ...attributes,
    },
  };
}

export const ROOT: ScriptedEntry = {
  dn: `<GUID=${guid(1)}>;${BASE}`,
  attributes: { objectGUID: [guidBytes(guid(1))], objectClass: ['top', 'domain', 'domainDNS'] },
};
