import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

const WRONG = `
rules:
  - name: In from AD - A slip
    direction: inbound
    connector: source
    from: user
    to: person
    link: join
    precedence: 50
    flows:
      department: { expression: '"Nowhere"' }
`;

/** A command line against the tenant: what it prints and its exit code. */
async function run(tenant: SynchronizedTenant, ...args: readonly string[]): Promise<{ text: string; exit: number }> {
  let text = '';
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString();
      done();
    },
  });
  const stderr = new Writable({ write: (_chunk, _, done) => done() });
  const exit = await runCommandLine(['--config', tenant.configFile, '--no-color', ...args], {
    stdout,
    stderr,
    environment: {},
  });
  return { text, exit };
}

describeCompany('a wrong run', (lab) => {
  it('of a wrong rule and a container taken out of the scope is undone: same users, same ids, same memberships', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Undone');
    const sales = await company.makeOu('Sales', ou);
    const { ada = '', grace = '' } = await company.makeUsers(ou, {
      ada: { department: 'Analysis' },
      grace: { department: 'Navy' },
    });
    const linus = await company.makeUser('linus', sales, { department: 'Sales', manager: ada });
    await company.makeGroup('Everybody', ou, [ada, grace, linus]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    const ids = (await tenant.dump()).users.map((user) => user.id).sort();

    await writeFile(join(tenant.folder, 'wrong.yaml'), WRONG);
    await tenant.configure({ rules: ['standard', './wrong.yaml'] });
    await tenant.rescope({ include: [ou], exclude: [sales] });
    await company.makeUser('temp', ou);
    const wrong = await tenant.sync();
    expect(wrong).toMatchObject({ outcome: 'done', done: { create: 1, delete: 1, update: 2 }, failed: 0 });
    expect(nameTenant(await tenant.dump()).users[upn('ada')]).toMatchObject({ department: 'Nowhere' });
    // Somebody helps himself before we notice.
    await tenant.graph('PATCH', `/users/${upn('grace')}`, { department: 'Computing' });

    const page = await run(tenant, 'undo', wrong.run);
    expect(page.exit).toBe(1);
    expect(page.text).toContain(
      `This plan takes back what run ${wrong.run} changed. It is against what the rules want:`,
    );
    expect(page.text).toContain('Not undone (1)');
    expect(page.text).toContain('the run wrote "Nowhere"; the tenant holds "Computing"');
    const { text } = await run(tenant, '--json', 'plan', '--show');
    expect(JSON.parse(text)).toMatchObject({
      plan: { undoes: wrong.run, state: 'ready' },
      notUndone: [{ name: upn('grace'), attribute: 'department', values: { written: 'Nowhere', now: 'Computing' } }],
    });
    const listed = (await tenant.listPlan()).map(({ action, name }) => `${action} ${name}`);
    expect([...listed].sort()).toEqual(
      [`delete ${upn('temp')}`, `restore ${upn('linus')}`, `update ${upn('ada')}`, 'update Everybody'].sort(),
    );

    const applied = await run(tenant, 'apply');
    expect(applied.text).toContain(`this took back what run ${wrong.run} changed, and the next sync does it again`);
    const after = await tenant.picture();
    const changed = Object.entries(after.users).filter(([key, values]) => {
      return JSON.stringify(values) !== JSON.stringify(before.users[key]);
    });
    expect(changed.map(([, values]) => values['department'])).toEqual(['Computing']);
    expect(after.groups).toEqual(before.groups);
    const live = (await tenant.dump()).users.filter((user) => user.deletedDateTime === undefined);
    expect(live.map((user) => user.id).sort()).toEqual(ids);

    // The cause is still there, and the next plan says so.
    const again = (await tenant.plan()).map(({ action, name }) => `${action} ${name}`).sort();
    expect(again).toEqual([
      `delete ${upn('linus')}`,
      `restore ${upn('temp')}`,
      `update ${upn('ada')}`,
      `update ${upn('grace')}`,
    ]);

    // It is put right: what was undone stays, with the same accounts.
    await tenant.configure({ rules: ['standard'] });
    await tenant.rescope({ include: [ou] });
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
      `restore ${upn('temp')}`,
      `update ${upn('grace')}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan(true)).toEqual([]);
    const users = nameTenant(await tenant.dump()).users;
    expect(ids).toContain(users[upn('linus')]?.id);
  });

  it('that deleted a group gives it back with its members where the tenant keeps it, and else tells who was in it', async () => {
    const { company } = lab;
    for (const isKept of [true, false]) {
      const ou = await company.makeOu(`Groups undone ${isKept}`);
      const [mary, kurt] = [`mary.${isKept}`, `kurt.${isKept}`];
      const people = await company.makeUsers(ou, { [mary]: {}, [kurt]: {} });
      const group = await company.makeGroup(`Keyholders ${isKept}`, ou, Object.values(people));
      const tenant = await lab.followInStep(ou, { emulator: { assumptions: { softDeleteSecurityGroups: isKept } } });
      const before = await tenant.picture();
      await company.delete(group);
      const wrong = await tenant.sync();
      expect(wrong).toMatchObject({ outcome: 'done', done: { delete: 1 }, failed: 0 });
      const page = await run(tenant, 'undo', wrong.run);
      expect(page.exit).toBe(isKept ? 0 : 1);
      if (isKept) {
        expect(page.text).toContain(`  + group Keyholders ${isKept}\n`);
        await tenant.apply();
        expect(await tenant.picture()).toEqual(before);
      } else {
        expect(page.text).toContain(`  ! group Keyholders ${isKept}\n`);
        expect(page.text).toContain(`its members were: ${upn(kurt)}, ${upn(mary)}`);
        expect(page.text.trimEnd().split('\n').at(-1)).toContain('Nothing to do');
      }
    }
  });
});
