import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../lab/directory-entry.ts';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { generatePopulation } from '../lab/population.ts';
import { Company, UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const entries: DirectoryEntry[] = [];

function populate(baseDn: string): readonly DirectoryEntry[] {
  const options = { users: 60, groups: 15, contacts: 3, badObjects: true, seed: 11, baseDn, upnSuffix: UPN_SUFFIX };
  entries.push(...generatePopulation(options));
  return entries;
}

describe.skipIf(!directoryServersAvailable())('a first sync', () => {
  let company: Company;
  let tenant: SynchronizedTenant;

  beforeAll(async () => {
    company = await Company.start(populate);
    tenant = await SynchronizedTenant.follow(company, {
      scope: { include: [`OU=Accounts,${company.domain.baseDn}`] },
    });
  });

  afterAll(async () => {
    await tenant?.stop();
    await company?.stop();
  });

  it('fills an empty tenant', async () => {
    const result = await tenant.sync();
    console.log(JSON.stringify(result, null, 1), await tenant.listFindings());
    const again = await tenant.plan();
    console.log(JSON.stringify(again, null, 1));
    expect(again).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
    console.log(JSON.stringify(await tenant.picture(), null, 1).slice(0, 4000));
  });
});
