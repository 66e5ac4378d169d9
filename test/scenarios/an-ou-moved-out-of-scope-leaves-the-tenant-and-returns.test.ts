import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

describeCompany('an OU moved out of the scope', (lab) => {
  it('leaves the tenant with all it holds, and returns with the same identities, managers and members', async () => {
    const { company } = lab;
    const root = await company.makeOu('In scope');
    const outside = await company.makeOu('Out of scope');
    const ou = await company.makeOu('Team', root);
    const ada = await company.makeUser('ada', ou);
    const grace = await company.makeUser('grace', ou, { manager: ada });
    await company.makeGroup('Team members', ou, [ada, grace]);
    await company.makeGroup('Everybody', root, [ada, grace]);
    const kurt = await company.makeUser('kurt', root, { manager: ada });
    await company.makeGroup('Logicians', root, [kurt]);
    const tenant = await lab.followInStep(root);
    const before = await tenant.picture();
    const ids = nameTenant(await tenant.dump()).users;

    const away = await company.move(ou, { parent: outside });
    await expectStep(tenant, [
      { action: 'delete', type: 'group', name: 'Team members' },
      { action: 'delete', type: 'user', name: `ada@${UPN_SUFFIX}` },
      { action: 'delete', type: 'user', name: `grace@${UPN_SUFFIX}` },
    ]);
    const left = nameTenant(await tenant.dump());
    expect(Object.keys(left.users)).toEqual([`kurt@${UPN_SUFFIX}`]);
    expect(Object.keys(left.groups).sort()).toEqual(['Everybody', 'Logicians']);
    expect(await tenant.listFindings()).toContain(`reference-out-of-scope kurt@${UPN_SUFFIX} -> ada@${UPN_SUFFIX}`);

    await company.move(away, { parent: root });
    const both = [`ada@${UPN_SUFFIX}`, `grace@${UPN_SUFFIX}`];
    await expectStep(tenant, [
      { action: 'restore', type: 'group', name: 'Team members', add: both },
      { action: 'restore', type: 'user', name: `ada@${UPN_SUFFIX}` },
      {
        action: 'restore',
        type: 'user',
        name: `grace@${UPN_SUFFIX}`,
        changes: { manager: [null, `ada@${UPN_SUFFIX}`] },
      },
      { action: 'update', type: 'user', name: `kurt@${UPN_SUFFIX}`, changes: { manager: [null, `ada@${UPN_SUFFIX}`] } },
      { action: 'update', type: 'group', name: 'Everybody', add: both },
    ]);
    expect(await tenant.picture()).toEqual(before);
    const after = nameTenant(await tenant.dump()).users;
    expect(Object.entries(after).map(([name, { id }]) => [name, id])).toEqual(
      Object.entries(ids).map(([name, { id }]) => [name, id]),
    );
  });
});
