import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DEFAULT_ROLES } from '../../emulator/options.ts';
import { ldifCompany, ldifUser } from './ldif-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const SKU = '10000000-0000-4000-8000-000000000009';
const SEED = { licences: [{ skuId: SKU, skuPartNumber: 'MAIL', enabled: 5 }] };
const ANN = ldifUser('ann', ['msExchUsageLocation: DE']);

let tenant: SynchronizedTenant;
afterEach(() => tenant.stop());

/** A tenant whose user ann, by way of the provisioning service, holds a licence. */
async function start(via: 'graph' | 'provisioning', roles: readonly string[]): Promise<void> {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const emulator = { synchronization: true, seed: SEED, roles };
  tenant = await SynchronizedTenant.start([source], { emulator }, { 'corp.ldif': ldifCompany(ANN, ldifUser('bob')) });
  await tenant.changeTarget({ via });
  await tenant.sync();
  const addLicenses = [{ skuId: SKU, disabledPlans: [] }];
  await tenant.graph('POST', `/users/${String((await ann())['id'])}/assignLicense`, {
    addLicenses,
    removeLicenses: [],
  });
}

async function ann(): Promise<Readonly<Record<string, unknown>>> {
  const found = (await tenant.dump()).users.find((one) => one['displayName'] === 'ann');
  if (found === undefined) throw new Error('ann is not in the tenant');
  return found;
}

async function leave(): Promise<void> {
  await writeFile(join(tenant.folder, 'corp.ldif'), ldifCompany(ldifUser('bob')));
  await tenant.sync();
  expect((await ann())['assignedLicenses']).toEqual([]);
}

async function returnWithLicence(): Promise<void> {
  await writeFile(join(tenant.folder, 'corp.ldif'), ldifCompany(ANN, ldifUser('bob')));
  expect(await tenant.sync()).toMatchObject({ done: { restore: 1, license: 1 }, failed: 0 });
  expect((await ann())['assignedLicenses']).toEqual([expect.objectContaining({ skuId: SKU })]);
}

it('a user whom the provisioning service deletes and brings back holds his licences again', async () => {
  await start('provisioning', [...DEFAULT_ROLES, 'LicenseAssignment.ReadWrite.All']);
  await leave();
  await returnWithLicence();
});

it('a user who was deleted by way of Graph, and returns after the conversion, holds his licences again', async () => {
  await start('graph', [...DEFAULT_ROLES, 'LicenseAssignment.ReadWrite.All']);
  await leave();
  await tenant.changeTarget({ via: 'provisioning' });
  await tenant.sync();
  await returnWithLicence();
});
