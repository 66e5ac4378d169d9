import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

describeCompany('an administrator of the tenant', (lab) => {
  /** A tenant in which the account of the directory has been given a role, and a group that has one. */
  async function follow(
    ou: string,
    name: string,
    emulator: { readonly roles?: readonly string[]; readonly directoryRoles?: readonly string[] } = {},
  ): Promise<SynchronizedTenant> {
    const anchor = await lab.company.anchorOf(`CN=${name},${ou}`);
    const boss = {
      userPrincipalName: `${name}@${UPN_SUFFIX}`,
      displayName: name,
      mailNickname: name,
      onPremisesImmutableId: anchor,
      adminRoles: ['Global Administrator'],
    };
    return lab.followInStep(ou, { config: { guards: {} }, emulator: { seed: { users: [boss] }, ...emulator } });
  }

  async function makeStaff(
    name: string,
  ): Promise<{ readonly ou: string; readonly boss: string; readonly upn: string }> {
    const ou = await lab.company.makeOu(`Staff of ${name}`);
    const boss = await lab.company.makeUser(name, ou, { displayName: name });
    return { ou, boss, upn: `${name}@${UPN_SUFFIX}` };
  }

  it('is neither disabled nor renamed nor deleted unasked, and with an approval by an application of high rank only', async () => {
    const { company } = lab;
    const { ou, boss, upn } = await makeStaff('boss');
    const tenant = await follow(ou, 'boss', {
      directoryRoles: ['User Administrator', 'Privileged Authentication Administrator'],
    });
    const before = await tenant.dump();

    await company.set(boss, { userAccountControl: '546' });
    const blocked = await tenant.sync();
    expect(blocked.outcome).toBe('blocked');
    expect(blocked.message).toBe(
      `The plan deletes, disables, renames or takes over 1 holder of administrator roles: ${upn} (Global Administrator) is disabled; at most 0 are allowed without approval.`,
    );
    expect(await tenant.dump()).toEqual(before);

    await company.set(boss, { userAccountControl: '544', userPrincipalName: `chief@${UPN_SUFFIX}` });
    expect((await tenant.sync()).message).toContain(`gets the user principal name chief@${UPN_SUFFIX}`);
    expect(await tenant.dump()).toEqual(before);

    await company.set(boss, { userPrincipalName: upn, title: 'Director' });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: { update: 1 }, failed: 0 });

    await company.delete(boss);
    expect((await tenant.sync()).message).toContain(`${upn} (Global Administrator) is deleted`);
    expect(await tenant.sync({ approve: true })).toMatchObject({ outcome: 'done', done: { delete: 1 }, failed: 0 });
    expect(nameTenant(await tenant.dump()).users).toEqual({});
  });

  it('stays as he is when an approval came and the tenant does not let us, which is told', async () => {
    const { ou, boss, upn } = await makeStaff('owner');
    const tenant = await follow(ou, 'owner');
    await lab.company.set(boss, { userAccountControl: '546' });
    expect(await tenant.sync({ approve: true })).toMatchObject({ outcome: 'done', done: {}, failed: 1 });
    expect(nameTenant(await tenant.dump()).users[upn]).toMatchObject({ accountEnabled: true });
    expect(await tenant.listFindings()).toEqual([`target-refused ${upn}`]);
  });

  it('is not known where the application may not read the roles, which the check and a finding say', async () => {
    const { ou, boss } = await makeStaff('unseen');
    const roles = ['User.ReadWrite.All', 'Group.ReadWrite.All', 'Organization.Read.All', 'User.DeleteRestore.All'];
    const tenant = await follow(ou, 'unseen', { roles });
    const lines = [];
    for await (const line of tenant.app('check').check()) lines.push(line);
    expect(lines.find((line) => line.what.endsWith('permissions'))).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('no guard protects these accounts'),
    });
    await lab.company.set(boss, { title: 'Director' });
    await tenant.sync();
    expect((await tenant.findings()).map((one) => one.code)).toContain('administrators-unknown');
  });
});
