import { expect, it } from 'vitest';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const names = Array.from({ length: 12 }, (_, index) => `member${index}`);

describeCompany('a group', (lab) => {
  it('is not emptied unasked, nor does it lose most of its members, step by step neither', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Teams');
    const people = await company.makeUsers(ou, Object.fromEntries(names.map((name) => [name, {}])));
    const dns = names.map((name) => people[name] ?? '');
    const board = await company.makeGroup('Board', ou, dns.slice(0, 5));
    const everybody = await company.makeGroup('Everybody', ou, dns);
    const tenant = await lab.followInStep(ou, { config: { guards: {} } });
    const membersOf = async (group: string): Promise<number> =>
      nameTenant(await tenant.dump()).groups[group]?.members?.length ?? 0;

    await company.changeMembers(board, [], dns.slice(0, 5));
    const emptied = await tenant.sync();
    expect(emptied).toMatchObject({ outcome: 'blocked', done: {} });
    expect(emptied.message).toBe(
      'The group Board loses 5 of 5 members (100 %); a group of 5 or more is not emptied without approval.',
    );
    expect(await membersOf('Board')).toBe(5);
    await company.changeMembers(board, dns.slice(0, 5));
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: {} });

    await company.changeMembers(everybody, [], dns.slice(0, 6));
    expect(await tenant.sync()).toMatchObject({ outcome: 'done' });
    expect(await membersOf('Everybody')).toBe(6);
    await company.changeMembers(everybody, [], dns.slice(6, 10));
    const shrunken = await tenant.sync();
    expect(shrunken.outcome).toBe('blocked');
    expect(shrunken.message).toBe(
      'The group Everybody loses 4 of 6 members, and lost 6 within the last 24 hours (83.3 %); at most 30 % of a group are allowed without approval.',
    );
    expect(await membersOf('Everybody')).toBe(6);
    expect(await tenant.app('apply').apply(shrunken.plan.id, true)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(await membersOf('Everybody')).toBe(2);
  });
});
