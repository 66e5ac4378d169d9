import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { addressLines, ldifCompany, ldifUser } from './ldif-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

/** Made in the tenant: a person with the addresses carl@ and sales@. */
const CARL = {
  displayName: 'Carl',
  userPrincipalName: `carl.cloud@${UPN_SUFFIX}`,
  mailNickname: 'carl',
  accountEnabled: true,
  mail: `carl@${UPN_SUFFIX}`,
  proxyAddresses: [`SMTP:carl@${UPN_SUFFIX}`, `smtp:sales@${UPN_SUFFIX}`],
};

let tenant: SynchronizedTenant;
beforeEach(async () => {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const options = { emulator: { synchronization: true, seed: { users: [CARL] } } };
  tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': ldifCompany() });
  await tenant.changeTarget({ via: 'provisioning' });
});
afterEach(() => tenant.stop());

const write = (...entries: readonly string[]): Promise<void> =>
  writeFile(join(tenant.folder, 'corp.ldif'), ldifCompany(...entries));

async function addressesOf(name: string): Promise<readonly unknown[]> {
  const found = (await tenant.dump()).users.find((one) => one['displayName'] === name);
  const addresses = found?.['proxyAddresses'];
  return Array.isArray(addresses) ? [...addresses].sort() : [];
}

const at = (name: string): string => `${name}@${UPN_SUFFIX}`;

describe('an address that somebody else has', () => {
  it('is left out of those of a new user, and named', async () => {
    await write(ldifUser('ann', addressLines('ann', 'sales', 'a.n')));
    await tenant.sync();
    expect(await addressesOf('ann')).toEqual([`SMTP:${at('ann')}`, `smtp:${at('a.n')}`]);
    const [told] = await tenant.findings();
    expect(told).toMatchObject({ code: 'value-conflict', attribute: 'proxyAddresses', value: `smtp:${at('sales')}` });
    expect(told?.cause).toContain('is without it in the tenant, and its other values of proxyAddresses are written');
    expect(await tenant.plan()).toEqual([]);
  });

  it('is left out of a change, and comes when it is free', async () => {
    await write(ldifUser('ann', addressLines('ann')));
    await tenant.sync();
    await write(ldifUser('ann', addressLines('ann', 'sales', 'a.n')));
    await tenant.sync();
    expect(await addressesOf('ann')).toEqual([`SMTP:${at('ann')}`, `smtp:${at('a.n')}`]);
    const carl = (await tenant.dump()).users.find((one) => one['displayName'] === 'Carl');
    await tenant.graph('DELETE', `/users/${String(carl?.['id'])}`);
    // The service does not tell of the end of what was never synchronized.
    await tenant.sync({ full: true });
    expect(await addressesOf('ann')).toEqual([`SMTP:${at('ann')}`, `smtp:${at('a.n')}`, `smtp:${at('sales')}`]);
    expect(await tenant.findings()).toEqual([]);
  });

  it('moves on when its holder gets another one, without a moment in which that one has none', async () => {
    await write(ldifUser('ann', addressLines('ann', 'a.n')), ldifUser('bob', addressLines('bob')));
    await tenant.sync();
    await write(ldifUser('ann', addressLines('new', 'a.n')), ldifUser('bob', addressLines('ann', 'bob')));
    const plan = await tenant.plan();
    expect(plan.map(({ name, changes }) => [name, changes?.['mail']])).toEqual([
      [at('ann'), [at('ann'), at('new')]],
      [at('bob'), [at('bob'), at('ann')]],
    ]);
    await tenant.apply();
    expect(await addressesOf('ann')).toEqual([`SMTP:${at('new')}`, `smtp:${at('a.n')}`]);
    expect(await addressesOf('bob')).toEqual([`SMTP:${at('ann')}`, `smtp:${at('bob')}`]);
    expect(await tenant.plan()).toEqual([]);
  });

  it('ends where it belongs when two exchange theirs', async () => {
    await write(ldifUser('ann', addressLines('ann', 'a.n')), ldifUser('bob', addressLines('bob', 'b.b')));
    await tenant.sync();
    await write(ldifUser('ann', addressLines('bob', 'b.b')), ldifUser('bob', addressLines('ann', 'a.n')));
    await tenant.sync();
    expect([await addressesOf('ann'), await tenant.plan()]).toEqual([[`SMTP:${at('bob')}`, `smtp:${at('b.b')}`], []]);
    expect(await tenant.findings()).toEqual([]);
  });

  it('is not sent among the others when the mail of a user cannot be it, and the former one stays', async () => {
    await write(ldifUser('ann', addressLines('ann', 'a.n')));
    await tenant.sync();
    await write(ldifUser('ann', addressLines('sales', 'b.n')));
    await tenant.sync();
    expect(await addressesOf('ann')).toEqual([`SMTP:${at('ann')}`, `smtp:${at('b.n')}`]);
    expect(await addressesOf('Carl')).toEqual([`SMTP:${at('carl')}`, `smtp:${at('sales')}`]);
    expect(await tenant.plan()).toEqual([]);
  });
});
