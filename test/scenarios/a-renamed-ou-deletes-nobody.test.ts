import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

describeCompany('a container of the scope', (lab) => {
  it('that is renamed, or moved with everything in it, stays in scope', async () => {
    const { company } = lab;
    const elsewhere = await company.makeOu('Elsewhere');
    const ou = await company.makeOu('People');
    const inner = await company.makeOu('Berlin', ou);
    const ada = await company.makeUser('ada', inner);
    await company.makeUser('grace', inner, { manager: ada });
    await company.makeGroup('All', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.dump();

    const renamed = await company.move(ou, { name: 'Staff, renamed' });
    await expectStep(tenant, []);
    await company.move(`OU=Berlin,${renamed}`, { name: 'Wien' });
    await expectStep(tenant, []);
    const moved = await company.move(renamed, { parent: elsewhere });
    await expectStep(tenant, []);
    expect(await tenant.dump()).toEqual(before);

    await company.makeUser('kurt', `OU=Wien,${moved}`);
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([`create kurt@${UPN_SUFFIX}`]);
    await tenant.apply();
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(3);
  });

  it('inside an excluded one, and excluded inside an included one: the nearest decides', async () => {
    const { company } = lab;
    const root = await company.makeOu('Nested scopes');
    const secret = await company.makeOu('Secret', root);
    const open = await company.makeOu('Open', secret);
    for (const [name, parent] of Object.entries({ top: root, hidden: secret, shown: open }))
      await company.makeUser(name, parent);
    const tenant = await lab.follow({ scope: { include: [root, open], exclude: [secret] } });
    expect((await tenant.plan()).map(({ name }) => name).sort()).toEqual([`shown@${UPN_SUFFIX}`, `top@${UPN_SUFFIX}`]);
    await tenant.apply();
    await company.move(`CN=top,${root}`, { parent: secret });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: `top@${UPN_SUFFIX}` }]);
    await company.move(secret, { name: 'Top secret' });
    await expectStep(tenant, []);
    await tenant.rescope({ include: [root], exclude: [] });
    await expect(tenant.plan()).resolves.toHaveLength(2);
  });
});
