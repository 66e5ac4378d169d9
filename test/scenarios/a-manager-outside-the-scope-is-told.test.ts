import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('a manager outside the scope', (lab) => {
  it('is a finding of severity info, until he comes into the scope', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Inside');
    const outside = await company.makeOu('Outside');
    const boss = await company.makeUser('boss', outside);
    await company.makeUser('ada', ou, { manager: boss });
    const tenant = await lab.follow({ scope: { include: [ou] } });
    expect((await tenant.sync()).outcome).toBe('done');
    const told = `reference-out-of-scope ${upn('ada')} -> ${upn('boss')}`;
    expect(await tenant.listFindings()).toEqual([told]);
    const found = (await tenant.findings()).filter(({ code }) => code === 'reference-out-of-scope');
    expect(found.map(({ severity }) => severity)).toEqual(['info']);
    await expectStep(tenant, []);
    expect(await tenant.listFindings()).toEqual([told]);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await tenant.listFindings()).toEqual([told]);

    const inside = await company.move(boss, { parent: ou });
    const planned = await tenant.plan();
    expect(planned).toHaveLength(2);
    expect(planned[1]).toEqual({
      action: 'update',
      type: 'user',
      name: upn('ada'),
      changes: { manager: [null, upn('boss')] },
    });
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.listFindings()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('ada')]?.manager).toBe(users[upn('boss')]?.id);

    await company.move(inside, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'user', name: upn('boss') }]);
    expect(await tenant.listFindings()).toEqual([told]);
    await company.set(`CN=ada,${ou}`, { manager: [] });
    await expectStep(tenant, []);
    expect(await tenant.listFindings()).toEqual([]);
  });
});
