import { expect, it } from 'vitest';
import { outputOf, outputOfEnd } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const SKU = '10000000-0000-4000-8000-000000000009';
const RARE = '10000000-0000-4000-8000-00000000000a';
const CHAT = '20000000-0000-4000-8000-000000000001';
const PARTS = [
  { servicePlanId: CHAT, servicePlanName: 'CHAT' },
  { servicePlanId: '20000000-0000-4000-8000-000000000002', servicePlanName: 'FORMS' },
];
const SEED = {
  licences: [
    { skuId: SKU, skuPartNumber: 'MAIL', enabled: 5, servicePlans: PARTS },
    { skuId: RARE, skuPartNumber: 'RARE', enabled: 1 },
  ],
};
const ADA = `ada@${UPN_SUFFIX}`;

/** What a mailbox hangs on: the id of the user, and its addresses. */
async function mailboxOf(tenant: SynchronizedTenant, name: string): Promise<object> {
  const user = nameTenant(await tenant.dump()).users[name];
  return { id: user?.id, proxyAddresses: user?.['proxyAddresses'] };
}

async function licencesOf(tenant: SynchronizedTenant, name: string): Promise<unknown> {
  return nameTenant(await tenant.dump()).users[name]?.['assignedLicenses'];
}

/** As an administrator does: with one part of it switched off. */
async function license(tenant: SynchronizedTenant, name: string, skuId = SKU): Promise<void> {
  const { id } = nameTenant(await tenant.dump()).users[name] ?? {};
  await tenant.graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
  const addLicenses = [{ skuId, disabledPlans: skuId === SKU ? [CHAT] : [] }];
  await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
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
    expect(licences).toEqual([{ skuId: SKU, disabledPlans: [CHAT] }]);
    const away = await company.move(ada, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    const returned = [
      { action: 'restore', type: 'user', name: ADA },
      { action: 'update', type: 'group', name: 'Readers', add: [ADA] },
    ];
    await company.move(away, { parent: ou });
    await expectStep(tenant, returned);
    expect([await mailboxOf(tenant, ADA), await licencesOf(tenant, ADA)]).toEqual([mailbox, licences]);
    expect(await tenant.plan()).toEqual([]);

    const deleted = await company.delete(ada);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    await company.restore(deleted);
    await expectStep(tenant, returned);
    expect([await mailboxOf(tenant, ADA), await licencesOf(tenant, ADA)]).toEqual([mailbox, licences]);
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

  it('has the licence again as soon as a seat is free, when somebody else has taken it meanwhile', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Few seats');
    const outside = await company.makeOu('Few seats, outside');
    const cleo = await company.makeUser('cleo', ou);
    await company.makeUser('otto', ou);
    const tenant = await lab.followInStep(ou, { emulator: { seed: SEED }, scope: { include: [ou] } });
    const [name, other] = [`cleo@${UPN_SUFFIX}`, `otto@${UPN_SUFFIX}`];
    await license(tenant, name);
    await license(tenant, name, RARE);
    const away = await company.move(cleo, { parent: outside });
    await tenant.sync();
    await license(tenant, other, RARE);
    await company.move(away, { parent: ou });
    expect(await outputOf(tenant.configFile, 'plan')).toContain(
      'licences given back: MAIL (1 part switched off), RARE',
    );
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 1, done: { restore: 1, license: 1 } });
    expect(await licencesOf(tenant, name)).toEqual([{ skuId: SKU, disabledPlans: [CHAT] }]);
    expect(await tenant.findings()).toContainEqual(
      expect.objectContaining({
        code: 'licence-not-returned',
        severity: 'error',
        object: expect.objectContaining({ name }),
        value: `RARE (${RARE})`,
        cause: expect.stringMatching(/no seat of RARE is left/),
        remedy: expect.stringMatching(/^Free a seat of RARE or buy one\. Each run tries again until /),
      }),
    );
    const page = await outputOfEnd(1, tenant.configFile, 'plan');
    expect(page).toMatch(/Licences still to be given back\n.*cleo@.*: RARE\n/);
    expect(page).toContain('nothing else is to be done');
    expect(JSON.parse(await outputOfEnd(1, tenant.configFile, 'plan', '--json'))).toMatchObject({
      plan: { operations: [] },
      owedLicences: [{ name, licences: [{ id: RARE, name: 'RARE', disabledParts: [] }] }],
    });
    const { id } = nameTenant(await tenant.dump()).users[other] ?? {};
    await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses: [], removeLicenses: [RARE] });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0, done: { license: 1 } });
    expect(await licencesOf(tenant, name)).toMatchObject([{ skuId: SKU }, { skuId: RARE }]);
    expect(await tenant.listFindings()).not.toContainEqual(expect.stringContaining('licence-not-returned'));
    expect(await tenant.sync({ full: true })).toMatchObject({ failed: 0, done: {} });
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
