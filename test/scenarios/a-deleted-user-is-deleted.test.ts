import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;
const GRACE = `grace@${UPN_SUFFIX}`;

describeCompany('a deleted user', (lab) => {
  it('is deleted softly; restored from the recycle bin it returns with the same id, manager and memberships', async () => {
    const { company } = lab;
    const ou = await company.makeOu('People');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, { manager: boss, title: 'Analyst' });
    await company.makeUser('grace', ou, { manager: ada });
    await company.makeGroup('Analysts', ou, [ada, boss]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const { id } = nameTenant(await tenant.dump()).users[ADA] ?? {};

    const deleted = await company.delete(ada);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    const dump = await tenant.dump();
    expect(dump.users.find((user) => user.id === id)?.deletedDateTime).toBeDefined();
    expect(Object.keys(nameTenant(dump).users).sort()).toEqual([`boss@${UPN_SUFFIX}`, GRACE]);

    await company.restore(deleted);
    await expectStep(tenant, [
      { action: 'restore', type: 'user', name: ADA },
      { action: 'update', type: 'user', name: GRACE, changes: { manager: [null, ADA] } },
      { action: 'update', type: 'group', name: 'Analysts', add: [ADA] },
    ]);
    expect(nameTenant(await tenant.dump()).users[ADA]?.id).toBe(id);
    expect(await tenant.picture()).toEqual(before);
  });

  it('and made anew under the same name is another user: the old one stays in the recycle bin', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Made anew');
    const kurt = await company.makeUser('kurt', ou, { mail: `kurt@${UPN_SUFFIX}` });
    const tenant = await lab.followInStep(ou);
    const { id } = nameTenant(await tenant.dump()).users[`kurt@${UPN_SUFFIX}`] ?? {};
    await company.delete(kurt);
    await company.makeUser('kurt', ou, { mail: `kurt@${UPN_SUFFIX}` });
    const planned = await tenant.plan();
    expect(planned.map(({ action, name }) => `${action} ${name}`)).toEqual([
      `delete kurt@${UPN_SUFFIX}`,
      `create kurt@${UPN_SUFFIX}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect(Object.keys(users)).toEqual([`kurt@${UPN_SUFFIX}`]);
    expect(users[`kurt@${UPN_SUFFIX}`]?.id).not.toBe(id);
  });

  it('takes its group with it when that is deleted too', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Gone together');
    const [lone, group] = [await company.makeUser('lone', ou), `CN=Loners,${ou}`];
    await company.makeGroup('Loners', ou, [lone]);
    const tenant = await lab.followInStep(ou);
    await company.delete(group);
    await company.delete(lone);
    await expectStep(tenant, [
      { action: 'delete', type: 'user', name: `lone@${UPN_SUFFIX}` },
      { action: 'delete', type: 'group', name: 'Loners' },
    ]);
    expect(await tenant.picture()).toEqual({ users: {}, groups: {} });
  });
});
