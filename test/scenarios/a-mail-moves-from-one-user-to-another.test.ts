import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const SALES = `sales@${UPN_SUFFIX}`;
const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('a mail address', (lab) => {
  it('that moves from one user to another is released before it is taken', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Addresses');
    const { from = '', to = '' } = await company.makeUsers(ou, { from: { mail: SALES }, to: { mail: upn('to') } });
    const tenant = await lab.followInStep(ou);
    await company.set(from, { mail: upn('from') });
    await company.set(to, { mail: SALES });
    expect(await tenant.plan()).toEqual([
      { action: 'update', type: 'user', name: upn('from'), changes: { mail: [SALES, upn('from')] } },
      { action: 'update', type: 'user', name: upn('to'), changes: { mail: [upn('to'), SALES] } },
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('from')]).toMatchObject({ mail: upn('from') });
    expect(users[upn('to')]).toMatchObject({ mail: SALES });
  });

  it('that two users want stays with the one that has it; the other goes without it and gets it once it is free', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Contested');
    const { holder = '' } = await company.makeUsers(ou, { holder: { mail: SALES } });
    const tenant = await lab.followInStep(ou);
    await company.makeUser('rival', ou, { mail: SALES, title: 'Rival' });
    const [creation, ...others] = await tenant.plan();
    expect(others).toEqual([]);
    expect(creation).toMatchObject({ action: 'create', name: upn('rival'), changes: { jobTitle: 'Rival' } });
    expect(creation?.changes).not.toHaveProperty('mail');
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.listFindings()).toEqual([`value-conflict ${upn('rival')} -> ${upn('holder')}`]);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await tenant.listFindings()).toEqual([`value-conflict ${upn('rival')} -> ${upn('holder')}`]);

    await company.set(holder, { mail: [] });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('holder'), changes: { mail: [SALES, null] } },
      { action: 'update', type: 'user', name: upn('rival'), changes: { mail: [null, SALES] } },
    ]);
    expect(await tenant.listFindings()).toEqual([]);
  });
});
