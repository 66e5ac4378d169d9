import type { SourceType } from '../../model/change.ts';

/** The first class that an entry has decides: Active Directory gives a computer the class user, and a contact the class person. */
const TYPES_BY_CLASS: readonly (readonly [string, SourceType])[] = [
  ['computer', 'computer'],
  ['contact', 'contact'],
  ['inetorgperson', 'inetOrgPerson'],
  ['user', 'user'],
  ['foreignsecurityprincipal', 'foreignSecurityPrincipal'],
  ['group', 'group'],
  ['groupofnames', 'group'],
  ['groupofuniquenames', 'group'],
  ['organizationalunit', 'organizationalUnit'],
  ['domain', 'domain'],
  ['domaindns', 'domain'],
  ['dcobject', 'domain'],
  ['container', 'container'],
  ['builtindomain', 'container'],
  ['organization', 'container'],
  ['organizationalperson', 'user'],
  ['person', 'user'],
];

/** The kind of object that the classes of an entry (in lower case) make it. */
export function typeOfClasses(classes: ReadonlySet<string>): SourceType {
  return TYPES_BY_CLASS.find(([name]) => classes.has(name))?.[1] ?? 'other';
}
