import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const ADA = `ada@${UPN_SUFFIX}`;

describeCompany('a user moved out of the scope and back', (lab) => {
  it('is restored with the same id, manager and memberships', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Inside');
    const outside = await company.makeOu('Outside');
    const boss = await company.makeUser('boss', ou);
    const ada = await company.makeUser('ada', ou, { manager: boss, department: 'Analysis' });
    await company.makeGroup('Analysts', ou, [ada, boss]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const { id } = nameTenant(await tenant.dump()).users[ADA] ?? {};

    const away = await company.move(ada, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: ADA }]);
    const dump = await tenant.dump();
    expect(dump.users.find((user) => user.id === id)?.deletedDateTime).toBeDefined();
    expect(nameTenant(dump).groups['Analysts']?.members).not.toContain(id);

    await company.move(away, { parent: ou });
    await expectStep(tenant, [
      { action: 'restore', type: 'user', name: ADA },
      { action: 'update', type: 'group', name: 'Analysts', add: [ADA] },
    ]);
    expect(nameTenant(await tenant.dump()).users[ADA]?.id).toBe(id);
    expect(await tenant.picture()).toEqual(before);
    expect(await tenant.countCreations()).toMatchObject({ users: 2 });
  });

  it('comes back with what changed while it was away', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Inside again');
    const outside = await company.makeOu('Outside again');
    const kurt = await company.makeUser('kurt', ou, { department: 'Logic' });
    const tenant = await lab.followInStep(ou);
    const away = await company.move(kurt, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: `kurt@${UPN_SUFFIX}` }]);
    await company.set(away, { department: 'Mathematics' });
    await expectStep(tenant, []);
    await company.move(away, { parent: ou });
    await expectStep(tenant, [
      {
        action: 'restore',
        type: 'user',
        name: `kurt@${UPN_SUFFIX}`,
        changes: { department: ['Logic', 'Mathematics'] },
      },
    ]);
    expect(nameTenant(await tenant.dump()).users[`kurt@${UPN_SUFFIX}`]).toMatchObject({ department: 'Mathematics' });
  });

  it('comes back under the new name when another has taken the old one, and without a mail address that is taken', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Names taken');
    const outside = await company.makeOu('Names taken, outside');
    const mail = `press@${UPN_SUFFIX}`;
    const away = await company.makeUser('away', ou, { mail, title: 'Speaker' });
    const other = await company.makeUser('other', ou);
    const tenant = await lab.followInStep(ou);
    const { id } = nameTenant(await tenant.dump()).users[`away@${UPN_SUFFIX}`] ?? {};
    const moved = await company.move(away, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: `away@${UPN_SUFFIX}` }]);
    await company.set(moved, { userPrincipalName: `back@${UPN_SUFFIX}` });
    await company.set(other, { userPrincipalName: `away@${UPN_SUFFIX}`, mail });
    await tenant.plan();
    await tenant.apply();

    await company.move(moved, { parent: ou });
    await expectStep(tenant, [
      {
        action: 'restore',
        type: 'user',
        name: `back@${UPN_SUFFIX}`,
        changes: {
          userPrincipalName: [`away@${UPN_SUFFIX}`, `back@${UPN_SUFFIX}`],
          mail: [mail, null],
        },
      },
    ]);
    expect(await tenant.listFindings()).toEqual([`value-conflict back@${UPN_SUFFIX} -> away@${UPN_SUFFIX}`]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[`back@${UPN_SUFFIX}`]).toMatchObject({ id, jobTitle: 'Speaker', mail: null });
    expect(users[`away@${UPN_SUFFIX}`]).toMatchObject({ mail });
  });

  it('loses the memberships that were taken away meanwhile, which the tenant gives back with the user', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Memberships');
    const outside = await company.makeOu('Memberships, outside');
    const lost = await company.makeUser('lost', ou);
    const group = await company.makeGroup('Left meanwhile', ou, [lost]);
    await company.makeGroup('Stayed in', ou, [lost]);
    const tenant = await lab.followInStep(ou);
    const away = await company.move(lost, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: `lost@${UPN_SUFFIX}` }]);
    await company.changeMembers(group, [], [away]);
    await expectStep(tenant, []);
    await company.move(away, { parent: ou });
    await expectStep(tenant, [
      { action: 'restore', type: 'user', name: `lost@${UPN_SUFFIX}` },
      { action: 'update', type: 'group', name: 'Left meanwhile', remove: [`lost@${UPN_SUFFIX}`] },
      { action: 'update', type: 'group', name: 'Stayed in', add: [`lost@${UPN_SUFFIX}`] },
    ]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(groups['Left meanwhile']?.members).toEqual([]);
    expect(groups['Stayed in']?.members).toEqual([users[`lost@${UPN_SUFFIX}`]?.id]);
  });

  it('loses the manager who was taken away meanwhile, and a group that comes back the members', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Returning');
    const outside = await company.makeOu('Returning, outside');
    const boss = await company.makeUser('chief', ou);
    const report = await company.makeUser('report', ou, { manager: boss });
    const crew = await company.makeGroup('Crew', ou, [boss, report]);
    const tenant = await lab.followInStep(ou);
    const reportAway = await company.move(report, { parent: outside });
    const crewAway = await company.move(crew, { parent: outside });
    await tenant.plan();
    await tenant.apply();
    await tenant.plan(true);
    await company.set(reportAway, { manager: [] });
    await company.changeMembers(crewAway, [], [boss]);
    await expectStep(tenant, []);
    await company.move(reportAway, { parent: ou });
    await company.move(crewAway, { parent: ou });
    await expectStep(tenant, [
      {
        action: 'restore',
        type: 'user',
        name: `report@${UPN_SUFFIX}`,
        changes: { manager: [`chief@${UPN_SUFFIX}`, null] },
      },
      {
        action: 'restore',
        type: 'group',
        name: 'Crew',
        add: [`report@${UPN_SUFFIX}`],
        remove: [`chief@${UPN_SUFFIX}`],
      },
    ]);
  });

  it('is restored by the service also when the answer to its deletion was lost and the tenant is read anew', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Inside, by the service');
    const outside = await company.makeOu('Outside, by the service');
    await company.makeUser('mia', ou);
    const tom = await company.makeUser('tom', ou);
    const tenant = await lab.follow({
      scope: { include: [ou] },
      emulator: { seed: { tenant: { synchronization: { isEnabled: true } } } },
    });
    await tenant.changeTarget({ via: 'provisioning' });
    await tenant.plan();
    await tenant.apply();
    const { id } = nameTenant(await tenant.dump()).users[`tom@${UPN_SUFFIX}`] ?? {};

    const away = await company.move(tom, { parent: outside });
    const match = 'POST /provisioningservice.svc#ProvisionAzureADSyncObjects2';
    await tenant.fault(
      { match, fault: 'appliedThenReset', times: 1 },
      // Longer than anybody waits: this run does not learn what became of its request.
      { match, fault: '503', times: 1, retryAfter: 86_400 },
    );
    await expect(tenant.sync()).rejects.toMatchObject({ code: 'tenant-unreachable' });
    expect((await tenant.dump()).users.find((user) => user.id === id)?.deletedDateTime).toBeDefined();

    await company.move(away, { parent: ou });
    expect(await tenant.sync({ full: true })).toMatchObject({ outcome: 'done', failed: 0 });
    expect(nameTenant(await tenant.dump()).users[`tom@${UPN_SUFFIX}`]?.id).toBe(id);
    expect(await tenant.plan(true)).toEqual([]);
  });
});
