import { copyFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { App, readConfig, SILENT_LOG } from '../../src/app.ts';
import { LOUD } from '../standby/two-servers.ts';
import { outputOf } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';
import { whileSyncing } from './while-syncing.ts';

const HOUR_MS = 3_600_000;
const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

/** Sets the second server up as the guide says: with what the first one exports, and the secrets carried over. */
async function setUpSecond(first: SynchronizedTenant): Promise<string> {
  const folder = join(first.folder, 'second');
  await outputOf(first.configFile, 'config', 'export', '--output', folder);
  for (const secret of ['client-secret', 'corp-password'])
    await copyFile(join(first.folder, secret), join(folder, secret));
  const file = join(folder, 'dirbridge.yaml');
  await outputOf(file, 'config', 'validate');
  return file;
}

function appOf(file: string): App {
  return new App(readConfig(file), { log: SILENT_LOG, progress: () => undefined, command: 'sync' });
}

function sync(file: string) {
  return appOf(file).sync({ full: false, staging: false, approve: false });
}

/** As if a server had been silent for longer than it takes to count as dead: by the clock, and by the folder's. */
async function letTimePassSince(presenceFile: string): Promise<void> {
  const presence = JSON.parse(await readFile(presenceFile, 'utf8')) as object;
  const seen = new Date(Date.now() - 2 * HOUR_MS);
  await writeFile(presenceFile, JSON.stringify({ ...presence, seen: seen.toISOString() }));
  await utimes(presenceFile, seen, seen);
}

describeCompany('a second server', (lab) => {
  it('takes over when the first one was killed in the middle of its writes, and the first one stands by when it comes back', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Two servers');
    const { ada = '' } = await company.makeUsers(ou, { ada: {}, grace: {} });
    const group = await company.makeGroup('Two servers people', ou, [ada]);
    const tenant = await lab.follow({ scope: { include: [ou] } });
    const shared = join(tenant.folder, 'shared');
    await mkdir(shared);
    await tenant.configure({ standby: { folder: shared, server: 'first', deadAfter: '1h' } });
    await appOf(tenant.configFile).takeOver(false);
    await tenant.sync();
    const second = await setUpSecond(tenant);
    const standing = await sync(second);
    expect(standing).toMatchObject({
      plan: { operations: 0 },
      standby: { isActive: false, difference: { operations: 0 } },
    });

    const people = await company.makeUsers(ou, { alan: {}, emmy: {}, kurt: {}, mary: {} });
    await company.changeMembers(group, Object.values(people), [ada]);
    await tenant.fault({ match: 'POST /v1.0/$batch', times: 1000, fault: 'slow', delay: '8s' });
    await whileSyncing(tenant.configFile, async () => {
      await expect(appOf(second).takeOver(false)).rejects.toMatchObject({ code: 'server-alive' });
    });
    await tenant.fault();
    await expect(appOf(second).takeOver(false)).rejects.toMatchObject({ code: 'server-alive' });
    await letTimePassSince(join(shared, 'servers', 'first', 'presence.json'));
    await appOf(second).takeOver(false);
    expect(await sync(second)).toMatchObject({ outcome: 'done', failed: 0, standby: { isActive: true } });
    const { users, groups } = nameTenant(await tenant.dump());
    expect(Object.keys(users).sort()).toEqual(['ada', 'alan', 'emmy', 'grace', 'kurt', 'mary'].map(upn));
    expect(groups['Two servers people']?.members).toEqual(
      ['alan', 'emmy', 'kurt', 'mary'].map((name) => users[upn(name)]?.id).sort(),
    );
    expect(await tenant.countCreations()).toMatchObject({ groups: 1 });

    await company.set(ada, { title: 'Countess' });
    const woken = await tenant.sync();
    expect(woken).toMatchObject({ done: {}, plan: { operations: 1 }, standby: { isActive: false } });
    expect(await sync(second)).toMatchObject({ done: { update: 1 } });
    expect(await tenant.sync()).toMatchObject({ plan: { operations: 0 } });
    expect(await tenant.listFindings()).toEqual([]);
  });

  it('keeps in step with the configuration of the first one and shows what it would do otherwise', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Kept in step');
    await company.makeUsers(ou, { olga: { title: 'Engineer' } });
    const tenant = await lab.follow({ scope: { include: [ou] } });
    const shared = join(tenant.folder, 'shared');
    await mkdir(shared);
    await tenant.configure({ standby: { folder: shared, server: 'first' } });
    await appOf(tenant.configFile).takeOver(false);
    await tenant.sync();
    const second = await setUpSecond(tenant);
    await sync(second);
    await writeFile(join(tenant.folder, 'loud.yaml'), LOUD);
    await tenant.configure({ rules: ['standard', './loud.yaml'] });
    expect(await tenant.sync()).toMatchObject({ done: { update: 1 } });
    const followed = await sync(second);
    expect(followed.followed).toMatchObject([{ area: 'rule', name: 'Loud titles' }]);
    expect(followed.plan.operations).toBe(0);
    expect(await outputOf(second, 'standby')).toMatch(/No difference: first has written \d+ changes within a day/);
    expect(nameTenant(await tenant.dump()).users[upn('olga')]).toMatchObject({ jobTitle: 'ENGINEER' });
  });
});
