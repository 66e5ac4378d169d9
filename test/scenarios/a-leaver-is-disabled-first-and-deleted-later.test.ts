import { expect, it } from 'vitest';
import type { CycleResult } from '../../src/app.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const CONFIG = { deletions: { disableFirst: true, after: '14d' } };
const DAY = 86_400_000;
const name = (user: string): string => `${user}@${UPN_SUFFIX}`;

/** The clock of the product stands still on the day on which somebody leaves, and on those that a test names. */
const LEFT = Date.now();

function syncIn(tenant: SynchronizedTenant, days: number): Promise<CycleResult> {
  const app = tenant.app('sync', () => new Date(LEFT + days * DAY));
  return app.sync({ full: false, staging: false, approve: false });
}

describeCompany('a leaver', (lab) => {
  it('is disabled first, keeps the memberships, and is deleted two weeks later', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Leaving');
    const people = await company.makeUsers(ou, { lea: {}, stan: {} });
    await company.makeGroup('Choir', ou, [people['lea'] ?? '', people['stan'] ?? '']);
    const tenant = await lab.followInStep(ou, { config: CONFIG });
    const { users } = nameTenant(await tenant.dump());
    const id = users[name('lea')]?.id;

    await company.delete(people['lea'] ?? '');
    expect(await syncIn(tenant, 0)).toMatchObject({ outcome: 'done', done: { update: 1 }, failed: 0 });
    const waiting = nameTenant(await tenant.dump());
    expect(waiting.users[name('lea')]).toMatchObject({ id, accountEnabled: false });
    expect(waiting.groups['Choir']?.members).toContain(id);
    const day = new Date(LEFT + 14 * DAY).toISOString().slice(0, 10);
    const [told] = (await tenant.findings()).filter((one) => one.code === 'leaves-later');
    expect(told).toMatchObject({ severity: 'info', object: { name: name('lea') } });
    expect(told?.cause).toContain(`It is switched off in the tenant and is deleted there on ${day}.`);
    expect(await tenant.app('status').status()).toMatchObject({ leaving: { count: 1 } });
    const [explained] = await tenant.app('explain').explain(name('lea'));
    expect(explained?.verdict).toContain(`there it leaves on ${day}`);

    expect(await syncIn(tenant, 13)).toMatchObject({ outcome: 'done', done: {} });
    expect(await syncIn(tenant, 14)).toMatchObject({ outcome: 'done', done: { delete: 1 } });
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toEqual([name('stan')]);
    expect(await tenant.app('status').status()).toMatchObject({ leaving: { count: 0, next: null } });
  });

  it('who is restored in the directory within that time comes back enabled, in the same groups', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Returning');
    const people = await company.makeUsers(ou, { rita: {}, rolf: {} });
    const group = await company.makeGroup('Band', ou, [people['rita'] ?? '', people['rolf'] ?? '']);
    const tenant = await lab.followInStep(ou, { config: CONFIG });
    const before = await tenant.picture();
    const deleted = await company.delete(people['rita'] ?? '');
    await syncIn(tenant, 0);
    await company.restore(deleted);
    expect(await company.membersOf(group)).toHaveLength(2);
    expect(await syncIn(tenant, 5)).toMatchObject({ outcome: 'done', done: { update: 1 }, failed: 0 });
    expect(await tenant.picture()).toEqual(before);
    expect(await tenant.listFindings()).toEqual([]);
    expect(await syncIn(tenant, 30)).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.picture()).toEqual(before);
  });

  it('who is moved out of the scope and back is treated alike', async () => {
    const { company } = lab;
    const [ou, outside] = [await company.makeOu('Here'), await company.makeOu('There')];
    const nora = await company.makeUser('nora', ou);
    await company.makeGroup('Quartet', ou, [nora]);
    const tenant = await lab.followInStep(ou, { config: CONFIG });
    const before = await tenant.picture();
    const away = await company.move(nora, { parent: outside });
    expect(await tenant.sync()).toMatchObject({ done: { update: 1 } });
    expect(nameTenant(await tenant.dump()).groups['Quartet']?.members).toHaveLength(1);
    await company.move(away, { parent: ou });
    expect(await tenant.sync()).toMatchObject({ done: { update: 1 } });
    expect(await tenant.picture()).toEqual(before);
  });
});
