import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;

describeCompany('a cleared attribute', (lab) => {
  it('is cleared in the tenant, whatever kind it is of', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Cleared');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, {
      title: 'Analyst',
      department: 'Mathematics',
      telephoneNumber: '+44 20 1',
      mobile: '+44 77 2',
      mail: ADA,
      manager: boss,
      givenName: 'Ada',
      displayName: 'Ada Lovelace',
    });
    const tenant = await lab.followInStep(ou);
    await company.set(ada, {
      title: [],
      department: [],
      telephoneNumber: [],
      mobile: [],
      mail: [],
      manager: [],
      givenName: [],
      displayName: [],
    });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'user',
        name: ADA,
        changes: {
          displayName: ['Ada Lovelace', 'ada'],
          givenName: ['Ada', null],
          jobTitle: ['Analyst', null],
          department: ['Mathematics', null],
          businessPhones: ['+44 20 1', null],
          mobilePhone: ['+44 77 2', null],
          mail: [ADA, null],
          manager: [`boss@${UPN_SUFFIX}`, null],
        },
      },
    ]);
    const user = nameTenant(await tenant.dump()).users[ADA] ?? { id: '' };
    const values = ['givenName', 'jobTitle', 'department', 'mobilePhone', 'mail', 'manager'].map((name) => user[name]);
    expect(values.map((value) => value ?? null)).toEqual([null, null, null, null, null, null]);
    expect(user['businessPhones'] ?? []).toEqual([]);
  });

  it('of a group is cleared too', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Cleared group');
    const group = await company.makeGroup('Team', ou, [], { description: 'The team', displayName: 'The Team' });
    const tenant = await lab.followInStep(ou);
    await company.set(group, { description: [], displayName: [] });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'group',
        name: 'Team',
        changes: { displayName: ['The Team', 'Team'], description: ['The team', null] },
      },
    ]);
  });
});
