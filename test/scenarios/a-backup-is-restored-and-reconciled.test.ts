import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';
import { whileSyncing } from './while-syncing.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('a backup', (lab) => {
  it('is restored and reconciled: after new users and deletions the tenant stays as it is, and is followed again', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Saved');
    const people = await company.makeUsers(ou, { ada: {}, grace: {}, kurt: {}, mary: {} });
    const { ada = '', grace = '', kurt = '', mary = '' } = people;
    const group = await company.makeGroup('Saved people', ou, [ada, grace]);
    const tenant = await lab.followInStep(ou);
    const backup = join(tenant.folder, 'store.backup');
    await tenant.app('backup').backUp(backup, false);
    await expect(tenant.app('backup').backUp(backup, false)).rejects.toMatchObject({ code: 'output-exists' });

    const alan = await company.makeUser('alan', ou, { manager: ada });
    await company.makeGroup('New people', ou, [alan]);
    await company.changeMembers(group, [alan], [grace]);
    await company.set(mary, { title: 'Analyst' });
    const deleted = await company.delete(kurt);
    await company.delete(grace);
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    const before = await tenant.dump();
    const created = await tenant.countCreations();

    await expect(tenant.app('restore').restore(backup, false)).rejects.toMatchObject({ code: 'restore-older' });
    const { kept } = await tenant.app('restore').restore(backup, true);
    expect(kept).toContain('dirbridge.db.replaced-');
    await expectStep(tenant, []);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await tenant.dump()).toEqual(before);
    expect(await tenant.countCreations()).toEqual(created);
    expect(await tenant.listFindings()).toEqual([]);

    // Who was deleted since is known to lie in the recycle bin, and what was made since is followed.
    await company.restore(deleted);
    await company.set(alan, { title: 'Engineer' });
    const next = await tenant.plan();
    expect(next.map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
      `restore ${upn('kurt')}`,
      `update ${upn('alan')}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const users = nameTenant(await tenant.dump()).users;
    expect(users[upn('kurt')]?.id).toBe(before.users.find((one) => String(one['displayName']) === 'kurt')?.id);
    expect(await tenant.countCreations()).toEqual(created);
  });

  it('is taken while a sync writes in another process; restored, the run that was under way is not repeated', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Saved while writing');
    await company.makeUsers(ou, { ada2: {}, grace2: {} });
    const tenant = await lab.followInStep(ou);
    await company.makeUsers(ou, { kurt2: {}, alan2: {}, emmy2: {} });
    await tenant.fault({ match: 'POST /v1.0/$batch', times: 1000, fault: 'slow', delay: '8s' });
    const backup = join(tenant.folder, 'store.backup');
    await whileSyncing(tenant.configFile, async (pid) => {
      await tenant.app('backup').backUp(backup, false);
      await expect(tenant.app('restore').restore(backup, true)).rejects.toMatchObject({
        code: 'store-locked',
        message: expect.stringContaining(`"dirbridge sync" (process ${pid} on`),
      });
    });
    await tenant.fault();
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    const before = await tenant.dump();
    const created = await tenant.countCreations();
    await tenant.app('restore').restore(backup, true);
    await expectStep(tenant, []);
    expect(await tenant.dump()).toEqual(before);
    expect(await tenant.countCreations()).toEqual(created);
  });
});
