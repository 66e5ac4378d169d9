import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ROLES } from '../../emulator/options.ts';
import { UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const PEOPLE = 'OU=People,DC=corp,DC=example,DC=com';
const NAMES = ['ann', 'bob', 'eve', 'list', 'pc', 'staff'] as const;
type Name = (typeof NAMES)[number];
const EVERYBODY = Object.fromEntries(NAMES.map((name) => [name, true]));

const guid = (name: string): string => Buffer.from(name.padEnd(16, '.')).toString('base64');
const mailOf = (name: string): readonly string[] => [
  `mail: ${name}@${UPN_SUFFIX}`,
  `mailNickname: ${name}`,
  `proxyAddresses: SMTP:${name}@${UPN_SUFFIX}`,
];

function entry(dn: string, type: string, name: string, lines: readonly string[]): string {
  return [`dn: ${dn}`, `objectClass: ${type}`, `objectGUID:: ${guid(name)}`, ...lines, ''].join('\n');
}

function user(name: string): readonly string[] {
  return [`sAMAccountName: ${name}`, `userPrincipalName: ${name}@${UPN_SUFFIX}`, 'userAccountControl: 512'];
}

const LINES: Readonly<Record<Name, readonly [string, readonly string[]]>> = {
  ann: ['user', [...user('ann'), ...mailOf('ann')]],
  bob: ['user', user('bob')],
  eve: ['contact', mailOf('eve')],
  list: ['group', ['groupType: 8', ...mailOf('list')]],
  pc: ['computer', ['sAMAccountName: pc$', 'userAccountControl: 4096', 'userCertificate:: AAECAw==']],
  staff: ['group', ['sAMAccountName: staff', 'groupType: -2147483646']],
};

function company(without: readonly Name[] = []): string {
  return [
    entry('DC=corp,DC=example,DC=com', 'domainDNS', 'root', ['dc: corp']),
    entry(PEOPLE, 'organizationalUnit', 'people', ['ou: People']),
    ...NAMES.filter((name) => !without.includes(name)).map((name) =>
      entry(`CN=${name},${PEOPLE}`, LINES[name][0], name, [`cn: ${name}`, `displayName: ${name}`, ...LINES[name][1]]),
    ),
  ].join('\n');
}

let tenant: SynchronizedTenant;

beforeEach(async () => {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const roles = [...DEFAULT_ROLES, 'Organization.ReadWrite.All'];
  tenant = await SynchronizedTenant.start(
    [source],
    { emulator: { synchronization: true, roles } },
    { 'corp.ldif': company() },
  );
  await tenant.changeTarget({ via: 'provisioning' });
  expect((await tenant.sync()).failed).toBe(0);
  await tenant.sync();
  expect(await synchronized()).toEqual(EVERYBODY);
});
afterEach(() => tenant.stop());

type Held = Readonly<Record<string, unknown>>;

async function objects(): Promise<readonly Held[]> {
  const lists = Object.values(await tenant.dump()).filter(Array.isArray) as readonly (readonly Held[])[];
  const ours = lists.flat().filter((one) => (NAMES as readonly unknown[]).includes(one['displayName']));
  return ours.filter((one) => one['deletedDateTime'] === undefined);
}

/** Names of those who are there, and whether the tenant counts them as synchronized. */
async function synchronized(): Promise<Readonly<Record<string, boolean>>> {
  return Object.fromEntries(
    (await objects()).map((one) => [String(one['displayName']), one['onPremisesSyncEnabled'] === true]).sort(),
  );
}

async function idOf(name: Name): Promise<string> {
  return String((await objects()).find((one) => one['displayName'] === name)?.['id']);
}

function switchSynchronization(isOn: boolean): Promise<void> {
  return tenant.graph('PATCH', `/organization/${tenant.emulator.tenantId}`, { onPremisesSyncEnabled: isOn });
}

async function switchOffAndOn(): Promise<void> {
  await switchSynchronization(false);
  await switchSynchronization(true);
  expect(await synchronized()).toEqual(Object.fromEntries(NAMES.map((name) => [name, false])));
}

describe('what the tenant counts as its own', () => {
  it('is shown in the plan and taken back with its id when synchronization was off for a time', async () => {
    const before = (await objects()).map((one) => one['id']).sort();
    await switchOffAndOn();
    const plan = await tenant.plan(true);
    expect(plan.map(({ action, name }) => `${action} ${name}`).sort()).toEqual(
      [`ann@${UPN_SUFFIX}`, `bob@${UPN_SUFFIX}`, 'eve', 'list', 'pc', 'staff'].map((name) => `update ${name}`),
    );
    expect((await tenant.sync()).failed).toBe(0);
    expect(await synchronized()).toEqual(EVERYBODY);
    expect((await objects()).map((one) => one['id']).sort()).toEqual(before);
    await tenant.sync();
    expect(await tenant.plan(true)).toEqual([]);
  });

  it('is taken back when an administrator has deleted and restored it, and an edit in the tenant is refused from then on', async () => {
    const id = await idOf('bob');
    await tenant.graph('DELETE', `/users/${id}`).catch(() => undefined);
    const isLive = (await synchronized())['bob'] !== undefined;
    if (!isLive) await tenant.graph('POST', `/directory/deletedItems/${id}/restore`);
    expect((await synchronized())['bob']).toBe(false);
    expect((await tenant.sync()).failed).toBe(0);
    expect(await synchronized()).toEqual(EVERYBODY);
    await expect(tenant.graph('PATCH', `/users/${id}`, { jobTitle: 'Boss' })).rejects.toThrow(/400/);
  });

  it('leaves all the same: it is taken over first where nobody had seen it change', async () => {
    await switchOffAndOn();
    await writeFile(join(tenant.folder, 'corp.ldif'), company(['bob', 'eve', 'list', 'pc']));
    const { failed } = await tenant.sync();
    expect(await tenant.listFindings()).toEqual([]);
    expect(failed).toBe(0);
    expect(Object.keys(await synchronized())).toEqual(['ann', 'staff']);
    expect(await tenant.plan(true)).toEqual([]);
  });
});
