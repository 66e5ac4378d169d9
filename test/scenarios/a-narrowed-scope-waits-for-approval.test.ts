import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CycleResult } from '../../src/app.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

/** The limits that the product has by itself. */
const DEFAULTS = { guards: {} };

function stopping(result: CycleResult): readonly string[] {
  return result.plan.guards.filter((guard) => guard.blocked).map((guard) => guard.name);
}

describeCompany('a scope that somebody narrowed', (lab) => {
  it('waits for approval though only one user leaves, and names what was changed and who leaves', async () => {
    const { company } = lab;
    const root = await company.makeOu('Company');
    const interns = await company.makeOu('Interns', root);
    await company.makeUsers(root, Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`staff${index}`, {}])));
    await company.makeUser('ida.intern', interns);
    const tenant = await lab.followInStep(root, { config: DEFAULTS });
    const before = await tenant.dump();

    await tenant.rescope({ include: [root], exclude: [interns] });
    const blocked = await tenant.sync();
    expect(blocked).toMatchObject({ outcome: 'blocked', done: {} });
    expect(stopping(blocked)).toEqual(['scope-change']);
    expect(blocked.message).toBe(
      `The configuration was changed (scope.exclude of corp has "${interns}" in addition) and 1 object that is still in a source leaves the tenant by that; at most 0 are allowed without approval.`,
    );
    expect(blocked.plan.guards.find((guard) => guard.blocked)?.objects).toEqual([`ida.intern@${UPN_SUFFIX}`]);
    expect(await tenant.dump()).toEqual(before);

    await tenant.rescope({ include: [root] });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.dump()).toEqual(before);

    await tenant.rescope({ include: [root], exclude: [interns] });
    expect(await tenant.sync({ approve: true })).toMatchObject({ outcome: 'done', done: { delete: 1 } });
    expect(Object.keys(nameTenant(await tenant.dump()).users)).toHaveLength(30);
    const [run] = await tenant.app('runs').runs(1);
    expect(run?.approvedBy).toMatch(/ on \S+$/);
    await company.delete(`CN=staff0,${root}`);
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: { delete: 1 } });
  });

  it('by a rule waits too, and is told as a change of the rules', async () => {
    const { company } = lab;
    const root = await company.makeOu('Ruled');
    await company.makeUsers(
      root,
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`ruled${index}`, { employeeID: `E${index}` }])),
    );
    await company.set(`CN=ruled7,${root}`, { employeeID: [] });
    const tenant = await lab.followInStep(root, { config: DEFAULTS });
    const rules = `rules:
  - name: In from AD - No external staff
    direction: inbound
    connector: source
    from: user
    to: person
    link: join
    precedence: 50
    scope: [[{ attribute: employeeID, operator: ISNULL }]]
    flows:
      cloudFiltered: { constant: true }
`;
    await writeFile(join(tenant.folder, 'own.yaml'), rules);
    await tenant.configure({ rules: ['standard', './own.yaml'] });
    const blocked = await tenant.sync();
    expect(stopping(blocked)).toEqual(['scope-change']);
    expect(blocked.message).toContain(`(rules was standard and is standard, ${join(tenant.folder, 'own.yaml')})`);
    expect(blocked.message).toContain('1 object');
    expect(blocked.plan.guards.find((guard) => guard.blocked)?.objects).toEqual([`ruled7@${UPN_SUFFIX}`]);
  });
});

describeCompany('an organizational unit', (lab) => {
  it('that was deleted or moved out of the scope waits for approval, named with what left', async () => {
    const { company } = lab;
    const [root, outside] = [await company.makeOu('Root'), await company.makeOu('Outside')];
    const sales = await company.makeOu('Sales', root);
    const many = Array.from({ length: 120 }, (_, index) => [`staff${index}`, {}] as const);
    await company.makeUsers(root, Object.fromEntries(many));
    await company.makeUsers(sales, Object.fromEntries(many.slice(0, 10).map(([name]) => [`sales.${name}`, {}])));
    const tenant = await lab.followInStep(root, { config: DEFAULTS });
    const before = await tenant.dump();
    const away = await company.move(sales, { parent: outside });
    const blocked = await tenant.sync();
    expect(stopping(blocked)).toEqual(['container']);
    expect(blocked.message).toContain(
      `10 objects below ${away} (corp) leave the tenant, 100 % of what was managed there`,
    );
    expect(await tenant.dump()).toEqual(before);
    await company.move(away, { parent: root });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.dump()).toEqual(before);
  });
});
