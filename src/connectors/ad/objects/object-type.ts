import type { SourceType } from '../../../model/change.ts';

/** From the most special class to the most general: computers and inetOrgPersons are users, too ([MS-ADSC]). */
const TYPES_BY_CLASS: readonly (readonly [string, SourceType])[] = [
  ['computer', 'computer'],
  ['inetorgperson', 'inetOrgPerson'],
  ['user', 'user'],
  ['group', 'group'],
  ['contact', 'contact'],
  ['foreignsecurityprincipal', 'foreignSecurityPrincipal'],
  ['organizationalunit', 'organizationalUnit'],
  ['domaindns', 'domain'],
  ['domain', 'domain'],
  ['dcobject', 'domain'],
  ['container', 'container'],
  ['builtindomain', 'container'],
];

/** The type of an object with these classes; `other` for what is read only when an object that we read hangs under it. */
export function chooseType(classes: readonly string[]): SourceType {
  const known = new Set(classes.map((name) => name.toLowerCase()));
  for (const [name, type] of TYPES_BY_CLASS) if (known.has(name)) return type;
  return 'other';
}

/**
 * What a full read of an Active Directory asks for. Containers that Windows hides from people (System, policies, DNS zones, Exchange system
 * objects) hold nothing to synchronize: they are delivered only where an object that is read hangs under them (parents.ts).
 */
export const OBJECT_FILTER =
  '(|(objectClass=user)(objectClass=group)(objectClass=contact)(objectClass=foreignSecurityPrincipal)' +
  '(objectClass=organizationalUnit)(objectClass=domainDNS)(objectClass=builtinDomain)' +
  '(&(objectClass=container)(!(showInAdvancedViewOnly=TRUE))))';

/** Whether `OBJECT_FILTER` would find an object of that type. */
export function isReadByItself(type: SourceType, isHidden: boolean): boolean {
  return type !== 'other' && !(type === 'container' && isHidden);
}
