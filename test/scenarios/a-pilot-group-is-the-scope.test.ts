import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('a scope of pilot groups', (lab) => {
  it('takes their direct members alone, and follows who joins and who leaves', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Pilot');
    const { ada = '', grace = '', kurt = '' } = await company.makeUsers(ou, { ada: {}, grace: {}, kurt: {} });
    const inner = await company.makeGroup('Inner', ou, [kurt]);
    const pilot = await company.makeGroup('Pilot group', ou, [ada, inner]);
    const tenant = await lab.follow({ scope: { include: [ou], groups: [pilot] } });
    const brief = async (): Promise<readonly string[]> =>
      (await tenant.plan()).map(({ action, name }) => `${action} ${name}`).sort();
    expect(await brief()).toEqual(['create Inner', `create ${upn('ada')}`]);
    await tenant.apply();

    await company.changeMembers(pilot, [grace]);
    expect(await brief()).toEqual([`create ${upn('grace')}`]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    await company.changeMembers(pilot, [], [ada]);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: upn('ada') }]);

    await company.move(pilot, { name: 'Pilot group, renamed' });
    await expectStep(tenant, []);
    await company.changeMembers(`CN=Pilot group\\, renamed,${ou}`, [ada, kurt]);
    expect(await brief()).toEqual([`create ${upn('kurt')}`, `restore ${upn('ada')}`, 'update Inner']);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(Object.keys(nameTenant(await tenant.dump()).users).sort()).toEqual([upn('ada'), upn('grace'), upn('kurt')]);

    await tenant.rescope({ include: [ou] });
    expect(await brief()).toEqual(['create Pilot group, renamed']);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
  });
});
