import process from 'node:process';
import { expect, it } from 'vitest';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const names = Array.from({ length: 12 }, (_, index) => `user${index}`);

describeCompany('a directory that answers with success', (lab) => {
  it('and without a single entry, because the account may not read them any more, deletes nobody', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Hidden');
    const people = await company.makeUsers(ou, Object.fromEntries(names.map((name) => [name, {}])));
    await company.makeGroup('Seen', ou, Object.values(people));
    const weak = await company.domain.addServiceAccount({ replicationRights: false, name: 'svc-weak' });
    process.env['DIRBRIDGE_TEST_WEAK'] = weak.password;
    const tenant = await lab.followInStep(ou, {
      config: { guards: {} },
      source: { user: weak.user, password: { env: 'DIRBRIDGE_TEST_WEAK' } },
    });
    const before = await tenant.dump();
    expect(Object.keys(nameTenant(before).users)).toHaveLength(12);

    const show = await company.hide(ou, weak.dn);
    const blocked = await tenant.sync({ full: true });
    expect(blocked).toMatchObject({ outcome: 'blocked', done: {} });
    const stopped = blocked.plan.guards.filter((guard) => guard.blocked).map((guard) => guard.name);
    expect(stopped).toEqual(expect.arrayContaining(['deletions-percent-user', 'container']));
    expect(await tenant.dump()).toEqual(before);
    expect(await tenant.sync()).toMatchObject({ outcome: 'blocked' });

    await show();
    expect(await tenant.sync({ full: true })).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.dump()).toEqual(before);
  });
});
