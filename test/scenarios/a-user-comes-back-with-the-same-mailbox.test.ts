import { expect, it } from 'vitest';
import { outputOf } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const SKU = '10000000-0000-4000-8000-000000000009';
const SEED = { licences: [{ skuId: SKU, skuPartNumber: 'MAIL', enabled: 5 }] };
const ADA = `ada@${UPN_SUFFIX}`;

/** What a mailbox hangs on: the id of the user, and its addresses. */
async function mailboxOf(tenant: SynchronizedTenant, name: string): Promise<object> {
  const user = nameTenant(await tenant.dump()).users[name];
  return { id: user?.id, proxyAddresses: user?.['proxyAddresses'] };
}

async function licencesOf(tenant: SynchronizedTenant, name: string): Promise<unknown> {
  return nameTenant(await tenant.dump()).users[name]?.['assignedLicenses'];
}

async function license(tenant: SynchronizedTenant, name: string): Promise<void> {
  const { id } = nameTenant(await tenant.dump()).users[name] ?? {};
  await tenant.graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
  await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses: [{ skuId: SKU }], removeLicenses: [] });
}

describeCompany('a user with a mailbox who leaves', (lab) => {
  it('has the same one after every kind of return: moved back, restored in AD, enabled again', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Mailboxes');
    const outside = await company.makeOu('No mailboxes');
    const ada = await company.makeUser('ada', ou, { mail: ADA });
    await company.makeGroup('Readers', ou, [ada]);
    const tenant = await lab.followInStep(ou, { emulator: { seed: SEED }, scope: { include: [ou] } });
    await license(tenant, ADA);
    expect(await tenant.plan()).toEqual([]);
    const mailbox = await mailboxOf(tenant, ADA);
    const licences = await licencesOf(tenant, ADA);
    expect(licences).toMatchObject([{ skuId: SKU }]);
    const away = await company.move(ada, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    const returned = [
      { action: 'restore', type: 'user', name: ADA },
      { action: 'update', type: 'group', name: 'Readers', add: [ADA] },
    ];
    await company.move(away, { parent: ou });
    await expectStep(tenant, returned);
    expect(await mailboxOf(tenant, ADA)).toEqual(mailbox);
    // The tenant releases licences with the deletion; to give them is the administrator's (docs/guide/limits.md).
    expect(await licencesOf(tenant, ADA)).toEqual([]);
    await license(tenant, ADA);
    expect(await tenant.plan()).toEqual([]);

    const deleted = await company.delete(ada);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    await company.restore(deleted);
    await expectStep(tenant, returned);
    expect(await mailboxOf(tenant, ADA)).toEqual(mailbox);
    // The tenant releases licences with the deletion; to give them is the administrator's (docs/guide/limits.md).
    expect(await licencesOf(tenant, ADA)).toEqual([]);
    await license(tenant, ADA);
    expect(await tenant.plan()).toEqual([]);

    for (const [control, enabled] of [
      ['546', false],
      ['544', true],
    ] as const) {
      await company.set(ada, { userAccountControl: control });
      await expectStep(tenant, [
        { action: 'update', type: 'user', name: ADA, changes: { accountEnabled: [!enabled, enabled] } },
      ]);
      expect([await mailboxOf(tenant, ADA), await licencesOf(tenant, ADA)]).toEqual([mailbox, licences]);
    }
    expect(await tenant.countCreations()).toMatchObject({ users: 1 });
  });

  it('is created anew after 30 days, and the plan says that the old one is gone for good', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Too late');
    const outside = await company.makeOu('Too late, outside');
    const late = await company.makeUser('late', ou);
    await company.makeGroup('Late readers', ou, [late]);
    const tenant = await lab.followInStep(ou);
    const name = `late@${UPN_SUFFIX}`;
    const { id } = nameTenant(await tenant.dump()).users[name] ?? {};
    const away = await company.move(late, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name }]);
    await tenant.control('clock', { advance: '31d' });
    await company.move(away, { parent: ou });
    const page = await outputOf(tenant.configFile, 'plan');
    expect(page).toMatch(/what stood for it was deleted on \d{4}-\d\d-\d\d and is gone for good: this is a new one/);
    const planned = await tenant.listPlan();
    expect(planned.map(({ action, name: of, add }) => [action, of, add])).toEqual([
      ['create', name, undefined],
      ['update', 'Late readers', [name]],
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(users[name]?.id).not.toBe(id);
    expect(groups['Late readers']?.members).toEqual([users[name]?.id]);
  });
});
