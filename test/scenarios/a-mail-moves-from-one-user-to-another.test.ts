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
    // Graph keeps the address that a new one replaces as a secondary one: only clearing gives it up.
    expect(await tenant.plan()).toEqual([
      { action: 'update', type: 'user', name: upn('from'), changes: { mail: [SALES, null] } },
      { action: 'update', type: 'user', name: upn('to'), changes: { mail: [upn('to'), SALES] } },
      { action: 'update', type: 'user', name: upn('from'), changes: { mail: [null, upn('from')] } },
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('from')]).toMatchObject({ mail: upn('from') });
    expect(users[upn('to')]).toMatchObject({ mail: SALES });
  });

  it('that two users exchange ends where it belongs', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Exchanged');
    const { one = '', two = '' } = await company.makeUsers(ou, {
      one: { mail: upn('first') },
      two: { mail: upn('second') },
    });
    const tenant = await lab.followInStep(ou);
    await company.set(one, { mail: upn('second') });
    await company.set(two, { mail: upn('first') });
    const changes = (await tenant.plan()).map((operation) => [operation.name, operation.changes?.['mail']]);
    expect(changes).toHaveLength(4);
    expect(changes.slice(0, 2).sort()).toEqual([
      [upn('one'), [upn('first'), null]],
      [upn('two'), [upn('second'), null]],
    ]);
    expect(changes.slice(2).sort()).toEqual([
      [upn('one'), [null, upn('second')]],
      [upn('two'), [null, upn('first')]],
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect([users[upn('one')]?.['mail'], users[upn('two')]?.['mail']]).toEqual([upn('second'), upn('first')]);
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
