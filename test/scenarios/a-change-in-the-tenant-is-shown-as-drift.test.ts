import { expect, it } from 'vitest';
import { outputOf } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

async function idOf(tenant: SynchronizedTenant, name: string): Promise<string> {
  const { users, groups } = nameTenant(await tenant.dump());
  return users[upn(name)]?.id ?? groups[name]?.id ?? '';
}

describeCompany('what an administrator changed in the tenant', (lab) => {
  it('is shown as that, with both values, beside what changed in the directory', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Shown');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, { title: 'Analyst', department: 'Numbers', manager: boss });
    const grace = await company.makeUser('grace', ou);
    const group = await company.makeGroup('Analysts', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const analysts = await idOf(tenant, 'Analysts');
    await tenant.graph('PATCH', `/users/${await idOf(tenant, 'ada')}`, { jobTitle: 'Countess', city: 'London' });
    await tenant.graph('DELETE', `/users/${await idOf(tenant, 'ada')}/manager/$ref`);
    await tenant.graph('DELETE', `/groups/${analysts}/members/${await idOf(tenant, 'ada')}/$ref`);
    await company.set(ada, { department: 'Engines' });
    await company.changeMembers(group, [grace]);

    const page = await outputOf(tenant.configFile, 'plan');
    expect(page).toMatch(/jobTitle +changed in the tenant: "Countess" -> back to "Analyst"/);
    expect(page).toMatch(/city +changed in the tenant: "London" -> back to \(?(none|nothing|empty|-)/);
    expect(page).toMatch(/department +"Numbers" -> "Engines"/);
    expect(page).toContain(`+ ${upn('ada')} (removed in the tenant)`);
    expect(page).toMatch(new RegExp(`\\+ ${upn('grace')}$`, 'm'));
    const { plan } = JSON.parse(await outputOf(tenant.configFile, 'plan', '--json')) as {
      plan: { operations: { name: string; changes: object[]; members: { add: object[] }; cause: object }[] };
    };
    const [user, members] = ['ada@contoso.com', 'Analysts'].map((name) =>
      plan.operations.find((one) => one.name === name),
    );
    expect(user?.changes).toEqual(
      expect.arrayContaining([
        { attribute: 'jobTitle', from: 'Countess', to: 'Analyst', drift: true },
        { attribute: 'department', from: 'Numbers', to: 'Engines' },
        { attribute: 'manager', from: null, to: upn('boss'), drift: true },
      ]),
    );
    expect(user?.cause).toMatchObject({ drift: 'changed' });
    expect(members?.members.add).toContainEqual(expect.objectContaining({ name: upn('ada'), drift: true }));
    expect(members?.members.add).toContainEqual(expect.not.objectContaining({ drift: true }));

    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    await company.set(ada, { department: 'Numbers' });
    await company.changeMembers(group, [], [grace]);
    await tenant.sync();
    expect(await tenant.picture()).toEqual(before);
  });

  it('by deleting or restoring is shown as that', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Deleted and restored');
    await company.makeUser('wanted', ou);
    const left = await company.makeUser('left', ou);
    const tenant = await lab.followInStep(ou);
    const ids = { wanted: await idOf(tenant, 'wanted'), left: await idOf(tenant, 'left') };
    await company.delete(left);
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: upn('left') }]);
    await tenant.graph('DELETE', `/users/${ids.wanted}`);
    await tenant.graph('POST', `/directory/deletedItems/${ids.left}/restore`);
    const page = await outputOf(tenant.configFile, 'plan');
    expect(page).toContain('it was deleted in the tenant');
    expect(page).toContain('it was restored in the tenant, but the directory does not have it');
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toEqual([upn('wanted')]);
  });

  it('stays where the configuration says so, until the directory has something new to say', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Left alone');
    const kurt = await company.makeUser('kurt', ou, { title: 'Logician', department: 'Mathematics' });
    const group = await company.makeGroup('Logicians', ou, [kurt]);
    const config = { drift: { attributes: { jobTitle: 'leave' }, members: 'leave' } };
    const tenant = await lab.followInStep(ou, { config, scope: { include: [ou] } });
    const id = await idOf(tenant, 'kurt');
    await tenant.graph('PATCH', `/users/${id}`, { jobTitle: 'Professor', department: 'Theology' });
    await tenant.graph('DELETE', `/groups/${await idOf(tenant, 'Logicians')}/members/${id}/$ref`);
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('kurt'), changes: { department: ['Theology', 'Mathematics'] } },
    ]);
    expect(await tenant.listFindings()).toEqual([
      `drift-left Logicians -> ${upn('kurt')}`,
      `drift-left ${upn('kurt')}`,
    ]);
    expect(await outputOf(tenant.configFile, 'explain', upn('kurt'))).toMatch(
      /jobTitle was changed in the tenant from "Logician".* to "Professor"/s,
    );
    expect(await tenant.plan(true)).toEqual([]);
    await company.set(kurt, { title: 'Reader' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('kurt'), changes: { jobTitle: ['Professor', 'Reader'] } },
    ]);
    await company.changeMembers(group, [], [kurt]);
    await expectStep(tenant, []);
    expect(await tenant.listFindings()).toEqual([]);
    await company.changeMembers(group, [kurt]);
    await expectStep(tenant, [{ action: 'update', type: 'group', name: 'Logicians', add: [upn('kurt')] }]);
  });
});
