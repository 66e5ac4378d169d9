import { expect, it } from 'vitest';
import { generatePopulation } from '../lab/population.ts';
import { UPN_SUFFIX } from './company.ts';
import { type CompanyLab, describeCompany } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant, pictureTenant, type TenantPicture } from './tenant-picture.ts';

const USERS = 60;
const GROUPS = 12;
const BATCH = 'POST /v1.0/$batch';

/** Loads a new tenant that fails like this, and compares it with one that never fails. */
async function load(lab: CompanyLab, tenant: SynchronizedTenant): Promise<void> {
  const result = await tenant.sync();
  expect(result).toMatchObject({ outcome: 'done', failed: 0 });
  expect(result.done).toEqual({ create: USERS + GROUPS });
  expect(await tenant.listFindings()).toEqual([]);
  expect(await tenant.picture()).toEqual(await expectedPicture(lab));
  const { users, groups } = await tenant.dump();
  expect(await tenant.countCreations()).toEqual({ users: users.length, groups: groups.length });
  expect(await tenant.plan()).toEqual([]);
}

let expected: TenantPicture | undefined;

async function expectedPicture(lab: CompanyLab): Promise<TenantPicture> {
  if (expected === undefined) {
    const undisturbed = await follow(lab);
    await undisturbed.sync();
    expected = pictureTenant(await undisturbed.dump());
  }
  return expected;
}

function follow(lab: CompanyLab, emulator: object = {}): Promise<SynchronizedTenant> {
  return lab.follow({ scope: { include: [`OU=Accounts,${lab.company.domain.baseDn}`] }, emulator });
}

describeCompany(
  'a tenant that throttles and fails',
  (lab) => {
    it('refuses creations for a while (429, 503, 504): nothing is lost, nothing comes twice', async () => {
      const tenant = await follow(lab);
      await tenant.fault(
        { match: 'POST /v1.0/users', fault: '429', times: 7, retryAfter: 1 },
        { match: 'POST /v1.0/users', fault: '503', times: 5, retryAfter: 1 },
        { match: 'PATCH /v1.0/groups*', fault: '504', times: 4, retryAfter: 1 },
        { match: BATCH, fault: '503', times: 1, retryAfter: 1 },
      );
      await load(lab, tenant);
      expect(await tenant.control('faults')).toEqual({ faults: [] });
    });

    it('breaks connections before and after it has carried requests out: nothing is lost, nothing comes twice', async () => {
      const tenant = await follow(lab);
      await tenant.fault(
        { match: BATCH, fault: 'appliedThenReset', times: 2 },
        { match: BATCH, fault: 'reset', times: 1 },
        { match: BATCH, fault: 'appliedThenReset', times: 1, after: 2 },
      );
      await load(lab, tenant);
      expect(await tenant.control('faults')).toEqual({ faults: [] });
    });

    it('does not answer: the request counts as lost and is looked up', async () => {
      const tenant = await follow(lab);
      await tenant.changeTarget({ timeout: 1 });
      await tenant.fault({ match: BATCH, fault: 'timeout', times: 2, after: 1 });
      await load(lab, tenant);
      expect(await tenant.control('faults')).toEqual({ faults: [] });
    });

    it('shows what was written only seconds later', async () => {
      const start = Date.now();
      // Five seconds of the tenant take a quarter of a second here.
      const tenant = await follow(lab, { lag: 5000, now: () => start + (Date.now() - start) * 20 });
      await load(lab, tenant);
      expect(await tenant.plan()).toEqual([]);
      tenant.emulator.advanceClock(5000);
      expect(await tenant.plan()).toEqual([]);
      expect(await tenant.plan(true)).toEqual([]);
      expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(USERS);
    });
  },
  (baseDn) =>
    generatePopulation({
      users: USERS,
      groups: GROUPS,
      memberships: 300,
      contacts: 0,
      seed: 5,
      baseDn,
      upnSuffix: UPN_SUFFIX,
    }),
);
