import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;
const GRACE = `grace@${UPN_SUFFIX}`;

describeCompany('members of groups', (lab) => {
  it('of nested groups are added where they were added, and nowhere else', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Groups');
    const { ada = '', grace = '' } = await company.makeUsers(ou, { ada: {}, grace: {} });
    const inner = await company.makeGroup('Inner', ou, [ada]);
    const outer = await company.makeGroup('Outer', ou, [inner]);
    const tenant = await lab.followInStep(ou);

    await company.changeMembers(inner, [grace]);
    await expectStep(tenant, [{ action: 'update', type: 'group', name: 'Inner', add: [GRACE] }]);
    await company.changeMembers(inner, [], [ada]);
    await company.changeMembers(outer, [ada]);
    await expectStep(tenant, [
      { action: 'update', type: 'group', name: 'Inner', remove: [ADA] },
      { action: 'update', type: 'group', name: 'Outer', add: [ADA] },
    ]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(groups['Inner']?.members).toEqual([users[GRACE]?.id]);
    expect(new Set(groups['Outer']?.members)).toEqual(new Set([groups['Inner']?.id, users[ADA]?.id]));
  });

  it('that are groups which contain each other: the circle is made and taken apart', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Circles');
    const tenant = await lab.followInStep(ou);
    const one = await company.makeGroup('One', ou);
    const two = await company.makeGroup('Two', ou, [one]);
    const three = await company.makeGroup('Three', ou, [two]);
    await company.changeMembers(one, [three]);
    await tenant.plan();
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { groups } = nameTenant(await tenant.dump());
    expect(groups['One']?.members).toEqual([groups['Three']?.id]);
    expect(groups['Two']?.members).toEqual([groups['One']?.id]);
    expect(groups['Three']?.members).toEqual([groups['Two']?.id]);
    await company.changeMembers(two, [], [one]);
    await expectStep(tenant, [{ action: 'update', type: 'group', name: 'Two', remove: ['One'] }]);
  });

  it('come together with their group, in one plan, in an order that can succeed', async () => {
    const { company } = lab;
    const ou = await company.makeOu('New together');
    const tenant = await lab.followInStep(ou);
    const boss = await company.makeUser('boss', ou);
    const { neo = '', trinity = '' } = await company.makeUsers(ou, {
      neo: { manager: boss },
      trinity: { manager: boss },
    });
    const crew = await company.makeGroup('Crew', ou, [neo, trinity]);
    await company.makeGroup('Everybody', ou, [crew, boss]);
    const created = (await tenant.plan()).map(({ action, type, name, add }) => ({ action, type, name, add }));
    expect(created.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { action: 'create', type: 'group', name: 'Crew', add: [`neo@${UPN_SUFFIX}`, `trinity@${UPN_SUFFIX}`] },
      { action: 'create', type: 'group', name: 'Everybody', add: ['Crew', `boss@${UPN_SUFFIX}`] },
      { action: 'create', type: 'user', name: `boss@${UPN_SUFFIX}` },
      { action: 'create', type: 'user', name: `neo@${UPN_SUFFIX}` },
      { action: 'create', type: 'user', name: `trinity@${UPN_SUFFIX}` },
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
  });

  it('are counted in: a group that grows by 45 at once takes three requests and one operation', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Many');
    const people = await company.makeUsers(
      ou,
      Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`many${index}`, {}])),
    );
    const group = await company.makeGroup('Many people', ou);
    const tenant = await lab.followInStep(ou);
    await company.changeMembers(group, Object.values(people));
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'group',
        name: 'Many people',
        add: Object.keys(people)
          .map((name) => `${name}@${UPN_SUFFIX}`)
          .sort(),
      },
    ]);
    expect(nameTenant(await tenant.dump()).groups['Many people']?.members).toHaveLength(45);
  });
});
