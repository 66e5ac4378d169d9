import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  PEOPLE,
  ROOT_DN,
  RULES,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import { loadRuleSet } from '../rules/rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-groups-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Members of the group Left get a company of their own, everybody else another. */
const GROUP_RULES = ['ISMEMBEROF', 'ISNOTMEMBEROF'].map(
  (operator, index) => `  - name: ${operator}
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: ${index}
    scope:
      - - { operator: ${operator}, value: "cn=left, OU=People,${ROOT_DN}" }
    flows:
      company: { constant: ${operator === 'ISMEMBEROF' ? 'inside' : 'outside'} }
`,
);
const FILE = join(folder, 'groups.yaml');
writeFileSync(FILE, `rules:\n${GROUP_RULES.join('')}`);
const SET = loadRuleSet(['standard', FILE]);

async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab({ rules: SET });
  for (const name of ['ann', 'bob', 'cid']) lab.source.put(user(name));
  lab.source.put(group('left', ['ann']));
  await lab.sync();
  return lab;
}

function companies(lab: MemoryLab): readonly unknown[] {
  return ['ann', 'bob', 'cid'].map((name) => lab.tenant()[`user ${name}`]?.['company']);
}

/** A change, then what it came to; a full synchronization must find nothing to add. */
async function changed(lab: MemoryLab, change: () => void): Promise<readonly unknown[]> {
  change();
  await lab.sync();
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  return companies(lab);
}

describe('members of a group that a rule names', () => {
  test('are told from the others', async () => {
    expect(companies(await company())).toEqual(['inside', 'outside', 'outside']);
  });

  test('come and go with the membership, and nobody else is looked at', async () => {
    const lab = await company();
    lab.source.put(group('left', ['bob']));
    const result = await lab.sync();
    expect(companies(lab)).toEqual(['outside', 'inside', 'outside']);
    expect(await lab.operations(result)).toHaveLength(3);
    const run = await lab.store.runs.run(result.run);
    // The group itself, and the two who left and came.
    expect(run?.steps.find(({ step }) => step === 'sync')?.counts['synchronized']).toBeLessThanOrEqual(3);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });

  test('stay members when the group is renamed or moved', async () => {
    const lab = await company();
    const renamed = { ...group('left', ['ann']), place: { parent: PEOPLE, rdn: 'CN=renamed' } };
    expect(await changed(lab, () => lab.source.put(renamed))).toEqual(['inside', 'outside', 'outside']);
  });

  test('are members no more when the group is deleted, and again when one of its name is made', async () => {
    const lab = await company();
    const deleted = await changed(lab, () => lab.source.remove(guid('left')));
    expect(deleted).toEqual(['outside', 'outside', 'outside']);
    const again = { ...group('other', ['cid']), place: { parent: PEOPLE, rdn: 'CN=left' } };
    expect(await changed(lab, () => lab.source.put(again))).toEqual(['outside', 'outside', 'inside']);
  });

  test('are found when the group comes after them, or gets the name later', async () => {
    const lab = await createMemoryLab({ rules: SET });
    for (const name of ['ann', 'bob', 'cid']) lab.source.put(user(name));
    lab.source.put(group('right', ['bob']));
    await lab.sync();
    expect(companies(lab)).toEqual(['outside', 'outside', 'outside']);
    const named = { ...group('right', ['bob']), place: { parent: PEOPLE, rdn: 'CN=left' } };
    expect(await changed(lab, () => lab.source.put(named))).toEqual(['outside', 'inside', 'outside']);
  });
});

describe('a group that a rule names and no source has', () => {
  const missing = async (lab: MemoryLab): Promise<readonly unknown[]> =>
    (await lab.findings('rule-group-missing')).map(({ severity, value, cause }) => ({ severity, value, cause }));
  const DN = `cn=left, OU=People,${ROOT_DN}`;
  const FINDING = {
    severity: 'warning',
    value: DN,
    cause: `No source holds a group "${DN}", which the scope of the rules "ISMEMBEROF", "ISNOTMEMBEROF" names. So nobody counts as its member: what is for its members is for nobody, what is for all others is for everybody.`,
  };

  test('is told until it is there, in whatever source, and again when it has gone', async () => {
    const lab = await createMemoryLab({ rules: SET });
    lab.source.put(user('ann'));
    // What bears the name and is no group does not count.
    lab.source.put({ ...user('left'), place: { parent: PEOPLE, rdn: 'CN=left' } });
    await lab.sync();
    await lab.sync();
    expect(await missing(lab)).toEqual([FINDING]);
    lab.source.remove(guid('left'));
    const other = createDirectory('other');
    lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
    other.put({ ...group('elsewhere'), place: { parent: PEOPLE, rdn: 'CN=left' } });
    await lab.sync();
    expect(await missing(lab)).toEqual([]);
    other.edit(guid('elsewhere'), { place: { parent: PEOPLE, rdn: 'CN=renamed' } });
    await lab.sync();
    expect(await missing(lab)).toEqual([]);
    other.remove(guid('elsewhere'));
    await lab.sync();
    expect(await missing(lab)).toEqual([FINDING]);
  });

  test('is told no more when no rule names it', async () => {
    const lab = await createMemoryLab({ rules: SET });
    await lab.sync();
    expect(await missing(lab)).toEqual([FINDING]);
    lab.context = { ...lab.context, rules: RULES };
    await lab.sync();
    expect(await missing(lab)).toEqual([]);
  });
});
