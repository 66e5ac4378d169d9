import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, PEOPLE, ROOT_DN, user } from '../../test/memory/memory-lab.ts';
import { loadRuleSet } from '../rules/rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-groups-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Members of the group Left get a company of their own, everybody else another. */
const RULES = ['ISMEMBEROF', 'ISNOTMEMBEROF'].map(
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
writeFileSync(FILE, `rules:\n${RULES.join('')}`);
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
