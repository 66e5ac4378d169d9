import type { DirectoryEntry } from './directory-entry.ts';

/** What Active Directory has and OpenLDAP's msuser schema lacks; names and numbers are those of [MS-ADSC] and [MS-ADA]. */
export const ADDED_SCHEMA = `
attributetype ( 1.2.840.113556.1.2.447 NAME 'mailNickname'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
${Array.from({ length: 15 }, (_, index) => describeExtensionAttribute(index + 1)).join('\n')}
attributetype ( 1.2.840.113556.1.4.521 NAME 'defaultNamingContext'
  EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.67 NAME 'domainDNS' SUP top STRUCTURAL MUST dc MAY description )
objectclass ( 1.2.840.113556.1.5.15 NAME 'contact' SUP organizationalPerson STRUCTURAL )
`;

function describeExtensionAttribute(number: number): string {
  return `attributetype ( 1.2.840.113556.1.2.${number + (number <= 10 ? 422 : 588)} NAME 'extensionAttribute${number}'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )`;
}

/** What the classes "user" and "group" of the msuser schema require and an Active Directory sets by itself. */
const SET_BY_SERVER = { instanceType: ['4'], nTSecurityDescriptor: [' '] } as const;
const CATEGORIES: ReadonlyMap<string, string> = new Map([
  ['user', 'Person'],
  ['contact', 'Person'],
  ['group', 'Group'],
  ['organizationalUnit', 'Organizational-Unit'],
  ['domainDNS', 'Domain-DNS'],
]);

/**
 * Completes a neutral entry to what an Active Directory would hold and OpenLDAP accepts. extensibleObject allows the
 * attributes that msuser knows but gives to no class. `usn` becomes uSNCreated and uSNChanged.
 */
export function toSlapdEntry(entry: DirectoryEntry, baseDn: string, usn: number): DirectoryEntry {
  const classes = entry.attributes['objectClass'] ?? [];
  const category = CATEGORIES.get(classes.at(-1) ?? '');
  return {
    dn: entry.dn,
    attributes: {
      ...entry.attributes,
      objectClass: [...classes, 'extensibleObject'],
      ...(category ? { objectCategory: [`CN=${category},CN=Schema,CN=Configuration,${baseDn}`] } : {}),
      ...SET_BY_SERVER,
      uSNCreated: [String(usn)],
      uSNChanged: [String(usn)],
    },
  };
}
