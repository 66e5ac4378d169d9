import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;

describeCompany('a disabled user', (lab) => {
  it('is disabled in the tenant, stays a member and is enabled again', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Accounts');
    const ada = await company.makeUser('ada', ou);
    await company.makeGroup('Analysts', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();

    await company.set(ada, { userAccountControl: '546' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: ADA, changes: { accountEnabled: [true, false] } },
    ]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(users[ADA]).toMatchObject({ accountEnabled: false });
    expect(groups['Analysts']?.members).toEqual([users[ADA]?.id]);
    const [run] = await tenant.app().runs(10);
    expect(run?.outcome).toBe('done');

    await company.set(ada, { userAccountControl: '544' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: ADA, changes: { accountEnabled: [false, true] } },
    ]);
    expect(await tenant.picture()).toEqual(before);
  });

  it('is counted as disabled by the plan, and created disabled when it is new', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Disabled from the start');
    const kurt = await company.makeUser('kurt', ou);
    const tenant = await lab.followInStep(ou);
    await company.set(kurt, { userAccountControl: '546' });
    await company.makeUser('grace', ou, { userAccountControl: '546' });
    const { plan } = await tenant.app('plan').plan(false);
    expect(plan.counts.types.user).toMatchObject({ create: 1, update: 1, disable: 1, delete: 0 });
    await tenant.apply();
    const { users } = nameTenant(await tenant.dump());
    expect(Object.values(users).map((user) => user['accountEnabled'])).toEqual([false, false]);
    expect(await tenant.plan()).toEqual([]);
  });
});
