import { UPN_SUFFIX } from './company.ts';

/** A small directory as a file: entries below one container, whose names are their cn, their displayName and what their objectGUID is made of. */
export const PEOPLE = 'OU=People,DC=corp,DC=example,DC=com';

export function ldifCompany(...entries: readonly string[]): string {
  return [
    entry('DC=corp,DC=example,DC=com', 'domainDNS', 'root', ['dc: corp']),
    entry(PEOPLE, 'organizationalUnit', 'people', ['ou: People']),
    ...entries,
  ].join('\n');
}

function entry(dn: string, type: string, name: string, lines: readonly string[]): string {
  const guid = Buffer.from(name.padEnd(16, '.').slice(0, 16)).toString('base64');
  return [`dn: ${dn}`, `objectClass: ${type}`, `objectGUID:: ${guid}`, ...lines, ''].join('\n');
}

function named(name: string, type: string, lines: readonly string[]): string {
  return entry(`CN=${name},${PEOPLE}`, type, name, [`cn: ${name}`, `displayName: ${name}`, ...lines]);
}

export function ldifUser(name: string, lines: readonly string[] = []): string {
  const own = [`sAMAccountName: ${name}`, `userPrincipalName: ${name}@${UPN_SUFFIX}`, 'userAccountControl: 512'];
  return named(name, 'user', [...own, ...lines]);
}

export function ldifContact(name: string, lines: readonly string[] = []): string {
  return named(name, 'contact', lines);
}

export function ldifGroup(name: string, members: readonly string[], lines: readonly string[] = []): string {
  const own = [`sAMAccountName: ${name}`, 'groupType: -2147483646'];
  return named(name, 'group', [...own, ...lines, ...members.map(memberLine)]);
}

/** A distribution list with an address of its own. */
export function ldifList(name: string, members: readonly string[], lines: readonly string[] = []): string {
  return named(name, 'group', [
    'groupType: 8',
    `mailNickname: ${name}`,
    ...addressLines(name),
    ...lines,
    ...members.map(memberLine),
  ]);
}

function memberLine(name: string): string {
  return `member: CN=${name},${PEOPLE}`;
}

/** A primary address and further ones. */
export function addressLines(primary: string, ...secondary: readonly string[]): readonly string[] {
  return [
    `mail: ${primary}@${UPN_SUFFIX}`,
    `proxyAddresses: SMTP:${primary}@${UPN_SUFFIX}`,
    ...secondary.map((name) => `proxyAddresses: smtp:${name}@${UPN_SUFFIX}`),
  ];
}
