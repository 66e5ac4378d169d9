import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('user principal names that change hands', (lab) => {
  it('swap: one steps aside, the other moves up, both end where they belong', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Swapping');
    const { left = '', right = '' } = await company.makeUsers(ou, { left: { sn: 'Left' }, right: { sn: 'Right' } });
    const tenant = await lab.followInStep(ou);
    const before = nameTenant(await tenant.dump()).users;

    await company.set(left, { userPrincipalName: upn('aside') });
    await company.set(right, { userPrincipalName: upn('left') });
    await company.set(left, { userPrincipalName: upn('right') });
    const planned = await tenant.plan();
    expect(planned).toHaveLength(3);
    const changes = planned.map((one) => one.changes?.['userPrincipalName'] as readonly [string, string]);
    const [[firstFrom, temporary], second, last] = [changes[0] ?? ['', ''], changes[1], changes[2]];
    expect(temporary.endsWith(`@${tenant.emulator.tenant}`)).toBe(true);
    const other = firstFrom === upn('left') ? upn('right') : upn('left');
    expect(second).toEqual([other, firstFrom]);
    expect(last).toEqual([temporary, other]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const after = nameTenant(await tenant.dump()).users;
    expect(after[upn('right')]).toMatchObject({ id: before[upn('left')]?.id, surname: 'Left' });
    expect(after[upn('left')]).toMatchObject({ id: before[upn('right')]?.id, surname: 'Right' });
  });

  it('move on in a chain, and in a circle of three with other changes', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Chain');
    const { a = '', b = '', c = '' } = await company.makeUsers(ou, { a: {}, b: {}, c: {} });
    const tenant = await lab.followInStep(ou);
    const before = nameTenant(await tenant.dump()).users;
    await company.set(c, { userPrincipalName: upn('d') });
    await company.set(b, { userPrincipalName: upn('c') });
    await company.set(a, { userPrincipalName: upn('b') });
    expect((await tenant.plan()).map((one) => one.changes)).toEqual([
      { userPrincipalName: [upn('c'), upn('d')] },
      { userPrincipalName: [upn('b'), upn('c')] },
      { userPrincipalName: [upn('a'), upn('b')] },
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);

    await company.set(c, { userPrincipalName: upn('aside') });
    await company.set(b, { userPrincipalName: upn('d') });
    await company.set(a, { userPrincipalName: upn('c'), title: 'First' });
    await company.set(c, { userPrincipalName: upn('b'), title: 'Third' });
    const planned = await tenant.plan();
    expect(planned).toHaveLength(4);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const after = nameTenant(await tenant.dump()).users;
    expect(after[upn('c')]).toMatchObject({ id: before[upn('a')]?.id, jobTitle: 'First' });
    expect(after[upn('d')]).toMatchObject({ id: before[upn('b')]?.id });
    expect(after[upn('b')]).toMatchObject({ id: before[upn('c')]?.id, jobTitle: 'Third' });
  });

  it('go to a new user when the old one gives it up or is deleted', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Handed on');
    const { old = '' } = await company.makeUsers(ou, { old: {} });
    const tenant = await lab.followInStep(ou);
    await company.set(old, { userPrincipalName: upn('older') });
    await company.makeUser('successor', ou, { userPrincipalName: upn('old') });
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([
      `update ${upn('older')}`,
      `create ${upn('old')}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(Object.keys(nameTenant(await tenant.dump()).users).sort()).toEqual([upn('old'), upn('older')]);
  });
});
