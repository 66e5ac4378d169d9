import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generatePopulation } from '../lab/population.ts';
import { writeLdif } from '../lab/write-ldif.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const STRICT = { guards: { deletions: { count: 500, percent: 10 }, sourceShrink: { percent: 20 } } };
const names = Array.from({ length: 20 }, (_, index) => `user${index}`);

describeCompany('a plan that deletes too much', (lab) => {
  it('writes nothing until it is approved, and the approval is for that plan alone', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Many');
    const people = await company.makeUsers(ou, Object.fromEntries(names.map((name) => [name, {}])));
    const tenant = await lab.followInStep(ou, { config: STRICT });
    const before = await tenant.dump();

    for (const name of names.slice(0, 3)) await company.delete(people[name] ?? '');
    const blocked = await tenant.sync();
    expect(blocked).toMatchObject({ outcome: 'blocked', done: {}, failed: 0 });
    expect(blocked.message).toMatch(/deletes 3 of 20 managed users \(15 %\); at most 10 %/);
    expect(blocked.plan.guards.filter((guard) => guard.blocked).map((guard) => guard.name)).toEqual([
      'deletions-percent-user',
    ]);
    expect(await tenant.dump()).toEqual(before);
    const refused = await tenant.app('apply').apply(blocked.plan.id, false);
    expect(refused.outcome).toBe('blocked');
    expect(await tenant.dump()).toEqual(before);

    const approved = await tenant.app('apply').apply(blocked.plan.id, true);
    expect(approved).toMatchObject({ outcome: 'done', done: { delete: 3 }, failed: 0 });
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(17);
    await tenant.app('plan').readPlan(blocked.plan.id, async (head) => {
      expect(head).toMatchObject({ state: 'applied' });
      expect(head.approvedBy).not.toBeNull();
    });

    for (const name of names.slice(3, 6)) await company.delete(people[name] ?? '');
    expect(await tenant.sync()).toMatchObject({ outcome: 'blocked' });
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(17);
  });

  it('because the scope was emptied is blocked too, and what comes back needs no approval', async () => {
    const { company } = lab;
    const [root, outside] = [await company.makeOu('Root'), await company.makeOu('Outside')];
    const ou = await company.makeOu('Team', root);
    await company.makeUsers(ou, { anna: {}, berta: {}, clara: {} });
    const tenant = await lab.followInStep(root, { config: STRICT });
    const before = await tenant.dump();
    const away = await company.move(ou, { parent: outside });
    expect(await tenant.sync()).toMatchObject({ outcome: 'blocked' });
    expect(await tenant.dump()).toEqual(before);
    await company.move(away, { parent: root });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.dump()).toEqual(before);
  });

  it('and is stale, because the directory has moved on, is refused', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Moving on');
    const kurt = await company.makeUser('kurt.stale', ou);
    const tenant = await lab.followInStep(ou);
    await company.set(kurt, { title: 'First' });
    const { plan } = await tenant.app('plan').plan(false);
    await company.set(kurt, { title: 'Second' });
    const newer = await tenant.app('plan').plan(false);
    const before = await tenant.dump();
    const stale = await tenant.app('apply').apply(plan.id, true);
    expect(stale).toMatchObject({ outcome: 'stale', done: {}, failed: 0 });
    expect(await tenant.dump()).toEqual(before);
    expect(await tenant.app('apply').apply(newer.plan.id, false)).toMatchObject({ outcome: 'done' });
    expect(nameTenant(await tenant.dump()).users[`kurt.stale@${UPN_SUFFIX}`]).toMatchObject({ jobTitle: 'Second' });
    expect(await tenant.app('apply').apply(newer.plan.id, false)).toMatchObject({ outcome: 'stale' });
  });
});

describe('a source file', () => {
  let tenant: SynchronizedTenant | undefined;

  afterEach(async () => {
    await tenant?.stop();
    tenant = undefined;
  });

  async function followFile(): Promise<{ readonly at: SynchronizedTenant; readonly path: string }> {
    const options = { users: 30, groups: 5, badObjects: false, seed: 3, baseDn: 'DC=x', upnSuffix: UPN_SUFFIX };
    let text = '';
    for await (const chunk of writeLdif(generatePopulation(options))) text += chunk;
    const at = await SynchronizedTenant.start(
      [{ name: 'files', kind: 'ldif', path: './people.ldif' }],
      { config: STRICT },
      { 'people.ldif': text },
    );
    tenant = at;
    expect(await at.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(await at.plan()).toEqual([]);
    return { at, path: join(at.folder, 'people.ldif') };
  }

  it('that holds nothing any more deletes nobody', async () => {
    const { at, path } = await followFile();
    const before = await at.dump();
    expect(nameTenant(before).users).not.toEqual({});
    const text = await readFile(path, 'utf8');
    await writeFile(path, 'version: 1\n');
    await expect(at.sync()).rejects.toThrow(/people\.ldif is not whole: it holds no record/);
    expect(await at.dump()).toEqual(before);
    const containers = text.split('\n\n').filter((record) => /objectClass: organizationalUnit/.test(record));
    await writeFile(path, `${containers.join('\n\n')}\n\n`);
    const emptied = await at.sync();
    expect(emptied).toMatchObject({ outcome: 'blocked' });
    expect(emptied.message).toMatch(/The source files is empty; it held 35 users, groups and contacts before/);
    expect(await at.dump()).toEqual(before);
    await writeFile(path, text);
    expect(await at.sync()).toMatchObject({ outcome: 'done', done: {} });
    expect(await at.dump()).toEqual(before);
  });

  it('that was cut in the middle is an error that names it, and deletes nobody', async () => {
    const { at, path } = await followFile();
    const before = await at.dump();
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, text.length / 2));
    const cut = await at.sync().catch((error: unknown) => error);
    if (cut instanceof Error) expect(cut.message).toMatch(/people\.ldif/);
    else expect(cut).toMatchObject({ outcome: 'blocked' });
    expect(await at.dump()).toEqual(before);
    await writeFile(path, text);
    expect(await at.sync()).toMatchObject({ outcome: 'done', done: {} });
    expect(await at.dump()).toEqual(before);
  });
});
