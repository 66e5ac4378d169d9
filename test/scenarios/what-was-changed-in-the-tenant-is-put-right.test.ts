import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('what somebody changed in the tenant behind our back', (lab) => {
  it('is put right by the next sync, whatever it was', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Guarded');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, { title: 'Analyst', manager: boss });
    const grace = await company.makeUser('grace', ou, { manager: boss });
    await company.makeGroup('Analysts', ou, [ada, grace]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const { users, groups } = nameTenant(await tenant.dump());
    const id = (name: string): string => users[upn(name)]?.id ?? '';
    const group = groups['Analysts']?.id ?? '';

    await tenant.graph('PATCH', `/users/${id('ada')}`, { jobTitle: 'Countess', accountEnabled: false });
    await tenant.graph('DELETE', `/users/${id('grace')}/manager/$ref`);
    await tenant.graph('DELETE', `/groups/${group}/members/${id('ada')}/$ref`);
    await tenant.graph('POST', `/groups/${group}/members/$ref`, {
      '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id('boss')}`,
    });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'user',
        name: upn('ada'),
        changes: { accountEnabled: [false, true], jobTitle: ['Countess', 'Analyst'] },
      },
      { action: 'update', type: 'user', name: upn('grace'), changes: { manager: [null, upn('boss')] } },
      { action: 'update', type: 'group', name: 'Analysts', add: [upn('ada')], remove: [upn('boss')] },
    ]);
    expect(await tenant.picture()).toEqual(before);
  });

  it('a user deleted there is restored with everything, a group deleted there comes back', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Deleted there');
    const ada = await company.makeUser('ada.d', ou, { title: 'Analyst' });
    await company.makeUser('grace.d', ou, { manager: ada });
    await company.makeGroup('Deleted analysts', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const { users, groups } = nameTenant(await tenant.dump());
    await tenant.graph('DELETE', `/users/${users[upn('ada.d')]?.id}`);
    const planned = await tenant.plan();
    expect(planned).toContainEqual({ action: 'restore', type: 'user', name: upn('ada.d') });
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.picture()).toEqual(before);
    expect(nameTenant(await tenant.dump()).users[upn('ada.d')]?.id).toBe(users[upn('ada.d')]?.id);

    await tenant.graph('DELETE', `/groups/${groups['Deleted analysts']?.id}`);
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual(['restore Deleted analysts']);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.picture()).toEqual(before);
  });

  it('a user deleted there for good is created anew', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Purged there');
    await company.makeUser('kurt.p', ou, { title: 'Logician' });
    const tenant = await lab.followInStep(ou);
    const { users } = nameTenant(await tenant.dump());
    const id = users[upn('kurt.p')]?.id;
    await tenant.graph('DELETE', `/users/${id}`);
    await tenant.graph('DELETE', `/directory/deletedItems/${id}`);
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([`create ${upn('kurt.p')}`]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
  });

  it('objects of the tenant alone are never touched', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Beside');
    const ada = await company.makeUser('ada.b', ou);
    await company.makeGroup('Beside group', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    await tenant.graph('POST', '/users', {
      accountEnabled: true,
      displayName: 'Cloud only',
      mailNickname: 'cloud',
      userPrincipalName: upn('cloud'),
      passwordProfile: { password: 'Not-a-real-1-secret' },
    });
    const cloud = nameTenant(await tenant.dump()).users[upn('cloud')];
    const group = nameTenant(await tenant.dump()).groups['Beside group']?.id ?? '';
    await tenant.graph('POST', `/groups/${group}/members/$ref`, {
      '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${cloud?.id}`,
    });
    await expectStep(tenant, []);
    await company.delete(ada);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: upn('ada.b') }]);
    expect(nameTenant(await tenant.dump()).users[upn('cloud')]).toEqual(cloud);
    expect(nameTenant(await tenant.dump()).groups['Beside group']?.members).toEqual([cloud?.id]);
  });
});
