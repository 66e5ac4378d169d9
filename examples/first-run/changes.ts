/** One thing that happens to the directory after the first run: in words, and as an edit of its LDIF text. */
export interface DirectoryChange {
  readonly what: string;
  readonly edit: (ldif: string) => string;
}

const SALES = 'OU=Sales,OU=Kestrel,DC=corp,DC=kestrel,DC=example';
const WORKSHOP = 'OU=Workshop,OU=Kestrel,DC=corp,DC=kestrel,DC=example';
const FINANCE = 'OU=Finance,OU=Kestrel,DC=corp,DC=kestrel,DC=example';
const GROUPS = 'OU=Groups,OU=Kestrel,DC=corp,DC=kestrel,DC=example';

const NEW_COLLEAGUE = `
dn: CN=Lucia Fernandez,${SALES}
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: Lucia Fernandez
givenName: Lucia
sn: Fernandez
displayName: Lucia Fernandez
sAMAccountName: lucia.fernandez
userPrincipalName: lucia.fernandez@kestrel.example
mail: lucia.fernandez@kestrel.example
title: Account Manager
department: Sales
company: Kestrel Instruments
c: GB
manager: CN=Priya Raman,OU=Leadership,OU=Kestrel,DC=corp,DC=kestrel,DC=example
userAccountControl: 512
objectGUID:: Wm7Y3kq1Tk6Gx9vLr0PpzA==
`;

/** What happens between the first synchronization and the second one. */
export const CHANGES: readonly DirectoryChange[] = [
  {
    what: 'Emma Carter has married and is called Emma Bailey: name, mail address and user principal name',
    edit: (ldif) =>
      ldif
        .replaceAll('Emma Carter', 'Emma Bailey')
        .replaceAll('emma.carter@', 'emma.bailey@')
        .replace(/(cn: Emma Bailey\ngivenName: Emma\nsn: )Carter/, '$1Bailey'),
  },
  {
    what: 'George Ellis is on leave: his account is disabled',
    edit: (ldif) =>
      inEntry(ldif, `CN=George Ellis,${FINANCE}`, (entry) =>
        replaceText(entry, 'userAccountControl: 512', 'userAccountControl: 514'),
      ),
  },
  {
    what: 'Josef Wagner has retired: his account is deleted',
    edit: (ldif) =>
      replaceText(
        inEntry(ldif, `CN=Josef Wagner,${WORKSHOP}`, () => ''),
        `member: CN=Josef Wagner,${WORKSHOP}\n`,
        '',
      ),
  },
  {
    what: 'Lucia Fernandez is new, and a member of Team Sales',
    edit: (ldif) => addMember(ldif + NEW_COLLEAGUE, `CN=Team Sales,${GROUPS}`, `CN=Lucia Fernandez,${SALES}`),
  },
  {
    what: 'Chloe Whitfield may use the VPN, Oliver Brandt no longer',
    edit: (ldif) =>
      inEntry(
        addMember(ldif, `CN=VPN Users,${GROUPS}`, `CN=Chloe Whitfield,${SALES}`),
        `CN=VPN Users,${GROUPS}`,
        (entry) => replaceText(entry, `\nmember: CN=Oliver Brandt,${SALES}`, ''),
      ),
  },
  {
    what: "Maria Huber and Katharina Maier had each other's user principal name; somebody has swapped them",
    edit: (ldif) => swapTexts(ldif, 'userPrincipalName: maria.huber@', 'userPrincipalName: katharina.maier@'),
  },
];

/** The LDIF text with one entry edited. Throws when the entry is not there. */
function inEntry(ldif: string, dn: string, edit: (entry: string) => string): string {
  const start = ldif.indexOf(`dn: ${dn}\n`);
  if (start < 0) throw new Error(`directory.ldif has no entry ${dn}`);
  const blank = ldif.indexOf('\n\n', start);
  const end = blank < 0 ? ldif.length : blank;
  return ldif.slice(0, start) + edit(ldif.slice(start, end)) + ldif.slice(end);
}

function addMember(ldif: string, group: string, member: string): string {
  return inEntry(ldif, group, (entry) => `${entry}\nmember: ${member}`);
}

function replaceText(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from}" is not there to be replaced`);
  return text.replace(from, () => to);
}

function swapTexts(text: string, one: string, other: string): string {
  const aside = '\u0000';
  return replaceText(replaceText(replaceText(text, one, aside), other, one), aside, other);
}
