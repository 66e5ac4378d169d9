import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../lab/directory-entry.ts';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { generatePopulation } from '../lab/population.ts';
import { Company, UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';
import { type DumpedObject, nameTenant } from './tenant-picture.ts';

const NAMES: Readonly<Record<string, string>> = {
  displayName: 'displayName',
  givenName: 'givenName',
  sn: 'surname',
  mail: 'mail',
  title: 'jobTitle',
  department: 'department',
  company: 'companyName',
  mobile: 'mobilePhone',
  physicalDeliveryOfficeName: 'officeLocation',
  streetAddress: 'streetAddress',
  l: 'city',
  st: 'state',
  postalCode: 'postalCode',
  co: 'country',
  employeeID: 'employeeId',
  employeeType: 'employeeType',
};

const entries: DirectoryEntry[] = [];

function populate(baseDn: string): readonly DirectoryEntry[] {
  const options = { users: 60, groups: 15, contacts: 3, badObjects: true, seed: 11, baseDn, upnSuffix: UPN_SUFFIX };
  entries.push(...generatePopulation(options));
  return entries;
}

function first(entry: DirectoryEntry, attribute: string): string {
  return entry.attributes[attribute]?.[0] ?? '';
}

function isBad(entry: DirectoryEntry): boolean {
  return entry.dn.includes('OU=Deliberately bad');
}

function entriesOf(objectClass: string): readonly DirectoryEntry[] {
  return entries.filter((entry) => entry.attributes['objectClass']?.at(-1) === objectClass);
}

/** The values of a tenant's user that come from the directory, by the names of the directory. */
function readBack(user: DumpedObject): Readonly<Record<string, unknown>> {
  const told = Object.entries(NAMES).map(([name, native]) => [name, user[native]]);
  const [telephoneNumber] = (user['businessPhones'] as readonly string[] | undefined) ?? [];
  const values = [...told, ['telephoneNumber', telephoneNumber]].filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(values), accountEnabled: user['accountEnabled'] };
}

function expectedValues(entry: DirectoryEntry): Readonly<Record<string, unknown>> {
  const told = [...Object.keys(NAMES), 'telephoneNumber'].flatMap((name) =>
    first(entry, name) === '' ? [] : [[name, first(entry, name)]],
  );
  return { ...Object.fromEntries(told), accountEnabled: (Number(first(entry, 'userAccountControl')) & 2) === 0 };
}

describe.skipIf(!directoryServersAvailable())('a first sync into an empty tenant', () => {
  let company: Company;
  let tenant: SynchronizedTenant;
  let users: Readonly<Record<string, DumpedObject>>;
  let groups: Readonly<Record<string, DumpedObject>>;
  /** UPN or display name by the id of the tenant. */
  let names: ReadonlyMap<string, string>;

  beforeAll(async () => {
    company = await Company.start(populate);
    const [outer, inner] = entriesOf('group').filter(
      (entry) => !isBad(entry) && first(entry, 'groupType') === '-2147483640',
    );
    if (outer === undefined || inner === undefined) throw new Error('the population has no two universal groups');
    const has = (entry: DirectoryEntry, member: DirectoryEntry): boolean =>
      entry.attributes['member']?.includes(member.dn) === true;
    if (!has(outer, inner)) await company.changeMembers(outer.dn, [inner.dn]);
    if (!has(inner, outer)) await company.changeMembers(inner.dn, [outer.dn]);
    circle = [first(outer, 'displayName'), first(inner, 'displayName')];
    tenant = await SynchronizedTenant.follow(company, { scope: { include: [`OU=Accounts,${company.domain.baseDn}`] } });
    const result = await tenant.sync();
    expect(result).toMatchObject({ outcome: 'done', failed: 0 });
    ({ users, groups } = nameTenant(await tenant.dump()));
    names = new Map([...Object.entries(users), ...Object.entries(groups)].map(([name, { id }]) => [id, name]));
  });

  let circle: readonly [string, string] = ['', ''];

  afterAll(async () => {
    await tenant?.stop();
    await company?.stop();
  });

  it('gives every user the values it has in the directory', () => {
    const people = entriesOf('user').filter((entry) => !isBad(entry));
    expect(people).toHaveLength(60);
    const contested = entriesOf('user')
      .filter(isBad)
      .map((entry) => first(entry, 'mail'));
    for (const entry of people) {
      const { mail, ...values } = readBack(users[first(entry, 'userPrincipalName')] ?? { id: '' });
      const { mail: expectedMail, ...expected } = expectedValues(entry);
      expect(values).toEqual(expected);
      if (!contested.includes(String(expectedMail))) expect(mail).toEqual(expectedMail);
    }
  });

  it('gives every user its manager', () => {
    const upns = new Map(entriesOf('user').map((entry) => [entry.dn, first(entry, 'userPrincipalName')]));
    const people = entriesOf('user').filter((entry) => !isBad(entry));
    const managers = people.map((entry) => {
      const { manager } = users[first(entry, 'userPrincipalName')] ?? {};
      return typeof manager === 'string' ? names.get(manager) : undefined;
    });
    expect(managers).toEqual(people.map((entry) => upns.get(first(entry, 'manager'))));
    expect(managers.filter((one) => one !== undefined).length).toBeGreaterThan(40);
  });

  it('gives every group its members, nested groups and a circle of two included', async () => {
    const nameOf = new Map<string, string>();
    for (const entry of entriesOf('user')) nameOf.set(entry.dn, first(entry, 'userPrincipalName'));
    for (const entry of entriesOf('group')) nameOf.set(entry.dn, first(entry, 'displayName') || first(entry, 'cn'));
    const carried = entriesOf('group').filter((entry) => first(entry, 'mail') === '');
    for (const entry of carried) {
      const name = first(entry, 'displayName') || first(entry, 'cn');
      const members = (groups[name]?.members ?? []).map((id) => names.get(id));
      const [outer, inner] = circle;
      const added = name === outer ? [inner] : name === inner ? [outer] : [];
      const expected = [...(entry.attributes['member'] ?? []).flatMap((dn) => nameOf.get(dn) ?? []), ...added];
      expect(new Set(members)).toEqual(new Set(expected));
      expect(members).toHaveLength(new Set(expected).size);
    }
    expect(Object.keys(groups)).toHaveLength(carried.length);
  });

  it('makes of a bad object what the tenant takes, and says what is wrong with it', async () => {
    const substitutes = Object.keys(users).filter((upn) => upn.endsWith(`@${tenant.emulator.tenant}`));
    const bad = entriesOf('user').find((entry) => first(entry, 'cn') === 'No principal name');
    expect(substitutes.map((upn) => upn.split('@')[0]).sort()).toEqual(
      [
        'abc',
        'dot.at.end',
        'jurgen.muller',
        'spaceinname',
        'unroutable',
        'unverified',
        ...(bad === undefined ? [] : [first(bad, 'sAMAccountName')]),
      ].sort(),
    );
    expect(Object.values(users).filter((user) => user['mail'] === `same@${UPN_SUFFIX}`)).toHaveLength(1);
    const findings = await tenant.listFindings();
    const conflicts = findings.filter((one) => one.startsWith('value-conflict'));
    expect(conflicts).toHaveLength(2);
    // One for each attribute, however many users have it.
    const lost = (await tenant.findings()).filter(({ code }) => code === 'target-cannot-carry-attribute');
    expect(lost.map(({ attribute }) => attribute).sort()).toEqual(['countryCode', 'countryLetterCode', 'description']);
    expect(findings.filter((one) => !conflicts.includes(one))).toEqual([
      `attribute-invalid not.a.mail@${UPN_SUFFIX}`,
      `attribute-too-long ${'x'.repeat(70)}@${UPN_SUFFIX}`,
      `reference-out-of-scope manager.outside@${UPN_SUFFIX} -> Administrator`,
      'target-cannot-carry-object Group with the mail of a user',
      ...entriesOf('contact').map((entry) => `target-cannot-carry-object ${first(entry, 'displayName')}`),
      `upn-characters a<b>(c)@${UPN_SUFFIX}`,
      `upn-characters dot.at.end.@${UPN_SUFFIX}`,
      `upn-characters jürgen.müller@${UPN_SUFFIX}`,
      `upn-characters space in name@${UPN_SUFFIX}`,
      'upn-suffix-unverified No principal name',
      'upn-suffix-unverified unroutable@company.local',
      'upn-suffix-unverified unverified@not-ours.example',
    ]);
  });

  it('leaves nothing to do for the next plan, nor for a full one', async () => {
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await tenant.countCreations()).toEqual({
      users: Object.keys(users).length,
      groups: Object.keys(groups).length,
    });
    expect(await tenant.control('stats')).toMatchObject({ throttled: 0 });
  });
});
