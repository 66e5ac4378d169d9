import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ROLES } from '../../emulator/options.ts';
import { UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const PEOPLE = 'OU=People,DC=corp,DC=example,DC=com';
const SKU = '10000000-0000-4000-8000-000000000009';
const PLAN = { servicePlanId: '10000000-0000-4000-8000-00000000000a', servicePlanName: 'EXCHANGE_S_STANDARD' };
const MAILBOX = { skuId: SKU, skuPartNumber: 'MAIL', enabled: 5, servicePlans: [PLAN] };

const at = (name: string): string => `${name}@${UPN_SUFFIX}`;
const guid = (name: string): string => Buffer.from(name.padEnd(16, '.')).toString('base64');

/** One user; `addresses`: proxyAddresses. */
function company(addresses: readonly string[], mail: string | null, upn = at('ann'), city = 'Bonn'): string {
  const entry = (dn: string, type: string, name: string, lines: readonly string[]): string =>
    [`dn: ${dn}`, `objectClass: ${type}`, `objectGUID:: ${guid(name)}`, ...lines, ''].join('\n');
  return [
    entry('DC=corp,DC=example,DC=com', 'domainDNS', 'root', ['dc: corp']),
    entry(PEOPLE, 'organizationalUnit', 'people', ['ou: People']),
    entry(`CN=ann,${PEOPLE}`, 'user', 'ann', [
      ...['cn: ann', 'displayName: ann', 'sAMAccountName: ann', `userPrincipalName: ${upn}`, 'userAccountControl: 512'],
      ...[
        'c: DE',
        `l: ${city}`,
        ...(mail === null ? [] : [`mail: ${mail}`]),
        ...addresses.map((one) => `proxyAddresses: ${one}`),
      ],
    ]),
  ].join('\n');
}

let tenant: SynchronizedTenant;

beforeEach(async () => {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const options = { emulator: { synchronization: true, seed: { licences: [MAILBOX] }, roles: DEFAULT_ROLES } };
  tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': company([], null) });
});
afterEach(() => tenant.stop());

const write = (...parts: Parameters<typeof company>): Promise<void> =>
  writeFile(join(tenant.folder, 'corp.ldif'), company(...parts));

type Held = Readonly<Record<string, unknown>>;

async function ann(): Promise<Held> {
  const found = (await tenant.dump()).users.find((one) => one['displayName'] === 'ann');
  if (found === undefined) throw new Error('ann is not in the tenant');
  return found as Held;
}

const addresses = async (): Promise<readonly string[]> => [...((await ann())['proxyAddresses'] as string[])].sort();

async function giveMailbox(): Promise<void> {
  const { id } = await ann();
  await tenant.graph('PATCH', `/users/${id}`, { usageLocation: 'DE' }).catch(() => undefined);
  const addLicenses = [{ skuId: SKU, disabledPlans: [] }];
  await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
}

/** A run that changes nothing, of everything. */
async function expectAtRest(): Promise<void> {
  expect((await tenant.sync()).failed).toBe(0);
  expect(await tenant.plan(true)).toEqual([]);
}

describe('a user who gets a mailbox', () => {
  it('keeps the names that the tenant adds, and no run fights them', async () => {
    await tenant.changeTarget({ via: 'provisioning' });
    await write([`SMTP:${at('a.n')}`], at('a.n'));
    await tenant.sync();
    await giveMailbox();
    const after = await addresses();
    expect(after).toEqual(expect.arrayContaining([`SMTP:${at('a.n')}`, `smtp:${at('ann')}`]));
    expect(after).toHaveLength(3);
    expect(after.filter((one) => one.endsWith('.onmicrosoft.com'))).toHaveLength(1);
    await expectAtRest();

    await write([`SMTP:${at('anna')}`, `smtp:${at('a.n')}`], at('anna'));
    await tenant.sync();
    expect(await addresses()).toEqual(
      [...after.filter((one) => !one.startsWith('SMTP:')), `SMTP:${at('anna')}`, `smtp:${at('a.n')}`].sort(),
    );
    await expectAtRest();

    await write([`SMTP:${at('anna')}`], at('anna'));
    await tenant.sync();
    expect(await addresses()).not.toContain(`smtp:${at('a.n')}`);
    expect(await addresses()).toHaveLength(3);
    await expectAtRest();
  });

  it('keeps the former name as an address when the user principal name changes', async () => {
    await tenant.changeTarget({ via: 'provisioning' });
    await write([`SMTP:${at('a.n')}`], at('a.n'));
    await tenant.sync();
    await giveMailbox();
    await tenant.sync();
    await write([`SMTP:${at('a.n')}`], at('a.n'), at('anna'));
    expect((await tenant.sync()).failed).toBe(0);
    expect(await addresses()).toEqual(expect.arrayContaining([`smtp:${at('ann')}`, `smtp:${at('anna')}`]));
    await expectAtRest();
  });

  it('is not sent addresses at foreign domains again, and the finding says which', async () => {
    await tenant.changeTarget({ via: 'provisioning' });
    await write([`SMTP:${at('ann')}`, 'smtp:ann@corp.local'], at('ann'));
    await tenant.sync();
    expect(await addresses()).toContain('smtp:ann@corp.local');
    await giveMailbox();
    expect(await addresses()).not.toContain('smtp:ann@corp.local');
    await tenant.sync();
    await expectAtRest();
    const told = (await tenant.findings()).filter(({ code }) => code === 'attribute-invalid');
    expect(told).toMatchObject([{ attribute: 'proxyAddresses', value: 'smtp:ann@corp.local', severity: 'warning' }]);
  });
});

describe('a user whose addresses the directory does not know', () => {
  it('keeps them when he is taken over, also when something else of him changes later', async () => {
    await tenant.sync();
    await giveMailbox();
    const before = await ann();
    expect(before['mail']).toBe(at('ann'));
    await tenant.changeTarget({ via: 'provisioning' });
    expect((await tenant.sync()).failed).toBe(0);
    await expectAtRest();
    await write([], null, at('ann'), 'Kiel');
    expect((await tenant.sync()).failed).toBe(0);
    await expectAtRest();
    const { mail, proxyAddresses } = await ann();
    expect([mail, proxyAddresses]).toEqual([at('ann'), expect.arrayContaining(before['proxyAddresses'] as string[])]);
  });
});
