import { expect, it } from 'vitest';
import { replaceRecord } from '../../src/connectors/ad/trial/domain-editor.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const names = Array.from({ length: 60 }, (_, index) => `clerk${String(index).padStart(2, '0')}`);

describeCompany('a script in the directory that gives everybody another department', (lab) => {
  it('waits for approval, with examples of what would become of whom; one department for new ones does not', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Clerks');
    const people = await company.makeUsers(
      ou,
      Object.fromEntries(names.map((name) => [name, { department: 'Accounts' }])),
    );
    const tenant = await lab.followInStep(ou, { config: { guards: {} } });
    const before = await tenant.dump();
    const setAll = (values: Readonly<Record<string, string>>): Promise<void> =>
      company.domain.modify(names.map((name) => replaceRecord(people[name] ?? '', values)).join(''));
    await setAll({ department: 'Sales' });
    const blocked = await tenant.sync();
    expect(blocked).toMatchObject({ outcome: 'blocked', done: {} });
    const examples = names.slice(0, 3).map((name) => `${name}@${UPN_SUFFIX}: "Accounts" -> "Sales"`);
    expect(blocked.message).toBe(
      `The plan changes or clears department of 60 of 60 managed users, 100 % (${examples.join('; ')}); at most 25 % are allowed without approval.`,
    );
    expect(blocked.plan.guards.find((guard) => guard.blocked)?.objects).toEqual(
      names.slice(0, 10).map((name) => `${name}@${UPN_SUFFIX}`),
    );
    expect(await tenant.dump()).toEqual(before);
    expect(await tenant.app('apply').apply(blocked.plan.id, true)).toMatchObject({
      outcome: 'done',
      done: { update: 60 },
      failed: 0,
    });
    expect(nameTenant(await tenant.dump()).users[`clerk00@${UPN_SUFFIX}`]).toMatchObject({ department: 'Sales' });
    await setAll({ title: 'Clerk' });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: { update: 60 } });
  });
});
