import { expect, it } from 'vitest';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const names = Array.from({ length: 44 }, (_, index) => `user${index}`);
const HOUR = 3_600_000;

describeCompany('a company of 44', (lab) => {
  it('loses nobody to deletions that stay below the limit one run at a time, and everyday leavers need no approval', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Staff');
    const people = await company.makeUsers(ou, Object.fromEntries(names.map((name) => [name, {}])));
    const tenant = await lab.followInStep(ou, { config: { guards: {} } });
    const leave = async (from: number, to: number): Promise<void> => {
      for (const name of names.slice(from, to)) await company.delete(people[name] ?? '');
    };
    const count = async (): Promise<number> => Object.keys(nameTenant(await tenant.dump()).users).length;

    await leave(0, 3);
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: { delete: 3 } });
    await leave(3, 6);
    const blocked = await tenant.sync();
    expect(blocked.outcome).toBe('blocked');
    expect(blocked.message).toContain(
      'The plan deletes 3 of 44 managed users, and 3 were deleted within the last 24 hours (13.6 %); at most 10 % are allowed without approval.',
    );
    expect(await count()).toBe(41);

    const tomorrow = tenant.app('sync', () => new Date(Date.now() + 25 * HOUR));
    expect(await tomorrow.sync({ full: false, staging: false, approve: false })).toMatchObject({
      outcome: 'done',
      done: { delete: 3 },
    });
    expect(await count()).toBe(38);
  });
});
