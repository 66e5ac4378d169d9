import type { DirectoryEntry } from './directory-entry.ts';
import { escapeRdnValue } from './escape-rdn-value.ts';
import type { PopulationContext } from './population-context.ts';
import type { GeneratedUser } from './population-users.ts';

/** The container of the bad objects, below the population's own. */
export const BAD_OBJECTS_CONTAINER = 'OU=Deliberately bad';

type Attributes = Readonly<Record<string, readonly string[]>>;

/** Objects that an Active Directory takes and a tenant does not, or that a careful tool warns of. */
export function* generateBadObjects(
  context: PopulationContext,
  users: readonly GeneratedUser[],
): Generator<DirectoryEntry> {
  const container = `${BAD_OBJECTS_CONTAINER},${context.root}`;
  const { objectGUID } = context.identify();
  const name = BAD_OBJECTS_CONTAINER.slice('OU='.length);
  yield { dn: container, attributes: { objectClass: ['top', 'organizationalUnit'], ou: [name], objectGUID } };
  for (const [cn, attributes] of listBadUsers(context, users)) {
    yield describeBadUser(context, container, cn, attributes);
  }
  for (const [cn, attributes] of listBadGroups(context, users)) {
    yield describeBadGroup(context, container, cn, attributes);
  }
}

function listBadUsers(
  { options: { upnSuffix, baseDn } }: PopulationContext,
  users: readonly GeneratedUser[],
): readonly (readonly [string, Attributes])[] {
  const upn = (local: string): Attributes => ({ userPrincipalName: [`${local}@${upnSuffix}`] });
  const taken = users[0]?.mail ?? `nobody@${upnSuffix}`;
  return [
    ['Unroutable', { userPrincipalName: ['unroutable@company.local'], ...why('UPN suffix that no tenant can verify') }],
    ['Unverified', { userPrincipalName: ['unverified@not-ours.example'], ...why('UPN suffix not verified') }],
    ['No principal name', why('no userPrincipalName at all')],
    ['Space in name', { ...upn('space in name'), ...why('spaces in the userPrincipalName') }],
    ['Umlaut in name', { ...upn('jürgen.müller'), ...why('umlauts in the userPrincipalName') }],
    ['Dot at end', { ...upn('dot.at.end.'), ...why('a dot before the @ of the userPrincipalName') }],
    ['Forbidden characters', { ...upn('a<b>(c)'), ...why('forbidden characters in the userPrincipalName') }],
    ['Long name', { ...upn('x'.repeat(70)), ...why('more than 64 characters before the @') }],
    ['Same mail one', { ...upn('same.mail.one'), mail: [`same@${upnSuffix}`], ...why('mail of another user') }],
    ['Same mail two', { ...upn('same.mail.two'), mail: [`same@${upnSuffix}`], ...why('mail of another user') }],
    ['Mail of an employee', { ...upn('mail.of.employee'), mail: [taken], ...why('mail of another user') }],
    ['Not a mail', { ...upn('not.a.mail'), mail: ['call me instead'], ...why('mail is not an address') }],
    ['Blank display name', { ...upn('blank'), displayName: [' '], ...why('displayName is blank') }],
    [
      'Manager outside',
      {
        ...upn('manager.outside'),
        manager: [`CN=Administrator,CN=Users,${baseDn}`],
        ...why('manager outside the scope'),
      },
    ],
    ['SystemMailbox{0}', { ...upn('systemmailbox'), mail: [`sys@${upnSuffix}`], ...why('a name that is left out') }],
  ];
}

function listBadGroups(
  { options: { upnSuffix, baseDn } }: PopulationContext,
  users: readonly GeneratedUser[],
): readonly (readonly [string, Attributes])[] {
  const first = users[0];
  return [
    ['Empty group', why('a group without members')],
    [
      'Members outside',
      { member: [`CN=Administrator,CN=Users,${baseDn}`, ...(first ? [first.dn] : [])], ...why('a member outside') },
    ],
    ['Group with the mail of a user', { mail: [first?.mail ?? `nobody@${upnSuffix}`], ...why('mail of a user') }],
    ['N'.repeat(64), { displayName: ['D'.repeat(256)], ...why('names as long as the directory takes them') }],
  ];
}

function why(text: string): Attributes {
  return { description: [`deliberately bad: ${text}`] };
}

function describeBadUser(
  context: PopulationContext,
  container: string,
  cn: string,
  attributes: Attributes,
): DirectoryEntry {
  const identity = context.identify();
  const rid = identity.objectSid[0]?.split('-').at(-1) ?? '';
  return {
    dn: `CN=${escapeRdnValue(cn)},${container}`,
    attributes: {
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      cn: [cn],
      sn: ['Bad'],
      displayName: [cn],
      sAMAccountName: [`bad-${rid}`],
      userAccountControl: ['512'],
      ...attributes,
      ...identity,
    },
  };
}

function describeBadGroup(
  context: PopulationContext,
  container: string,
  cn: string,
  attributes: Attributes,
): DirectoryEntry {
  const identity = context.identify();
  const rid = identity.objectSid[0]?.split('-').at(-1) ?? '';
  return {
    dn: `CN=${cn},${container}`,
    attributes: {
      objectClass: ['top', 'group'],
      cn: [cn],
      sAMAccountName: [`bad-${rid}`],
      groupType: ['-2147483646'],
      ...attributes,
      ...identity,
    },
  };
}
