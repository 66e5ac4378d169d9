import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

describeCompany('a renamed group', (lab) => {
  it('stays the same group: its name changes, its members do not', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Groups');
    const ada = await company.makeUser('ada', ou);
    const group = await company.makeGroup('Analysts', ou, [ada]);
    const outer = await company.makeGroup('Everybody', ou, [group]);
    const tenant = await lab.followInStep(ou);
    const before = nameTenant(await tenant.dump()).groups;

    const renamed = await company.move(group, { name: 'Engine analysts' });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'group',
        name: 'Engine analysts',
        changes: { displayName: ['Analysts', 'Engine analysts'] },
      },
    ]);
    await company.set(renamed, { displayName: 'Analysts of the engine', description: 'Ada and others' });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'group',
        name: 'Analysts of the engine',
        changes: {
          displayName: ['Engine analysts', 'Analysts of the engine'],
          description: [null, 'Ada and others'],
        },
      },
    ]);
    const { groups, users } = nameTenant(await tenant.dump());
    expect(groups['Analysts of the engine']).toMatchObject({
      id: before['Analysts']?.id,
      members: [users[`ada@${UPN_SUFFIX}`]?.id],
    });
    expect(groups['Everybody']?.members).toEqual([before['Analysts']?.id]);

    await company.delete(outer);
    await expectStep(tenant, [{ action: 'delete', type: 'group', name: 'Everybody' }]);
  });
});
