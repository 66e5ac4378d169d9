import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const COMMAND_LINE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
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
    await tenant.fault({ match: 'POST /v1.0/$batch', times: 1000, fault: 'slow', delay: '20s' });
    const child = spawn(process.execPath, [COMMAND_LINE, '--config', tenant.configFile, 'sync'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const backup = join(tenant.folder, 'store.backup');
    try {
      await new Promise<void>((resolve, reject) => {
        let text = '';
        child.stderr.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes('plan:')) resolve();
        });
        child.once('exit', () => reject(new Error(`the sync ended by itself:\n${text}`)));
      });
      await tenant.app('backup').backUp(backup, false);
      await expect(tenant.app('restore').restore(backup, true)).rejects.toMatchObject({
        code: 'store-locked',
        message: expect.stringContaining(`"dirbridge sync" (process ${child.pid} on`),
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
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
