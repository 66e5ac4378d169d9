import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  container,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  PEOPLE,
  ROOT,
  ROOT_DN,
  user,
} from '../../test/memory/memory-lab.ts';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-containers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function rulesOf(name: string, body: string): RuleSet {
  const file = join(folder, `${name}.yaml`);
  const head = `  - name: ${name}\n    direction: inbound\n    connector: source\n    from: user\n    to: person\n    precedence: 1\n`;
  writeFileSync(file, `rules:\n${head}${body}`);
  return loadRuleSet(['standard', file]);
}

const FLOW = 'DNComponent(CRef([dn]), 2)';
const READERS: Readonly<Record<string, string>> = {
  'a flow of a part of the dn': `    flows: { company: { expression: '${FLOW}' } }\n`,
  'a flow of distinguishedName': '    flows: { company: distinguishedName }\n',
  'a flow that imports the dn': `    flows: { company: { expression: 'Mid(ImportedValue("dn"), 1)' } }\n`,
  'a scope': `    scope: [[{ attribute: dn, operator: CONTAINS, value: "OU=sales" }]]\n    flows: { company: { constant: Sales } }\n`,
  'a negated scope': `    scope: [[{ attribute: distinguishedName, operator: NOTENDSWITH, value: "OU=sales,OU=People,${ROOT_DN}" }]]\n    flows: { company: { constant: Not sales } }\n`,
};

/** Two users in a container, one below that, a group beside them. */
async function company(rules?: RuleSet): Promise<MemoryLab> {
  const lab = await createMemoryLab(rules === undefined ? {} : { rules });
  lab.source.put(container('sales', 'sales', PEOPLE));
  lab.source.put(container('berlin', 'berlin', guid('sales')));
  lab.source.put(user('ann', {}, { parent: guid('sales') }));
  lab.source.put(user('bob', {}, { parent: guid('berlin') }));
  lab.source.put(group('all', ['ann', 'bob']));
  await lab.sync();
  return lab;
}

function companies(lab: MemoryLab): readonly unknown[] {
  return ['ann', 'bob'].map(
    (name) => lab.tenant()[`user ${name}`]?.['companyName'] ?? lab.tenant()[`user ${name}`]?.['company'],
  );
}

async function synchronized(lab: MemoryLab): Promise<number> {
  const { run } = await lab.sync();
  return (await lab.store.runs.run(run))?.steps.find(({ step }) => step === 'sync')?.counts['synchronized'] ?? -1;
}

async function expectAsFull(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe.each(Object.entries(READERS))('where rules see the whole dn by %s', (name, body) => {
  test('users below a container that is renamed or moved are worked out again', async () => {
    const lab = await company(rulesOf(name, body));
    const before = companies(lab);
    lab.source.edit(guid('sales'), { place: { parent: PEOPLE, rdn: 'OU=verkauf' } });
    await lab.sync();
    const renamed = companies(lab);
    expect(renamed).not.toEqual(before);
    await expectAsFull(lab);
    lab.source.edit(guid('sales'), { place: { parent: ROOT, rdn: 'OU=sales' } });
    await lab.sync();
    await expectAsFull(lab);
    lab.source.edit(guid('sales'), { place: { parent: PEOPLE, rdn: 'OU=sales' } });
    await lab.sync();
    expect(companies(lab)).toEqual(before);
    await expectAsFull(lab);
  });
});

describe('a renamed container', () => {
  test('concerns only the types whose rules see it, besides itself', async () => {
    const lab = await company(rulesOf('one type', READERS['a flow of a part of the dn'] ?? ''));
    lab.source.edit(PEOPLE, { place: { parent: ROOT, rdn: 'OU=Staff' } });
    expect(await synchronized(lab)).toBe(3);
    expect(companies(lab)).toEqual(['sales', 'berlin']);
  });

  test('is one object to work out under the shipped rules, and under those that read no more than the first part', async () => {
    const first = `    flows: { company: { expression: 'IIF(IsPresent([dn]), DNComponent(CRef([distinguishedName]), 1), NULL)' } }\n`;
    for (const lab of [await company(), await company(rulesOf('the first part', first))]) {
      lab.source.edit(guid('sales'), { place: { parent: ROOT, rdn: 'OU=verkauf' } });
      expect(await synchronized(lab)).toBe(1);
      await expectAsFull(lab);
    }
  });
});

describe('a rule that joins by the dn', () => {
  test('finds its object when a container above gets the name', async () => {
    const file = join(folder, 'join.yaml');
    const rule = `  - { name: By DN, direction: inbound, connector: source, from: foreignSecurityPrincipal, to: person, link: join, precedence: 1, join: [[{ space: distinguishedName, metaverse: info }]] }\n`;
    writeFileSync(file, `rules:\n${rule}`);
    const lab = await createMemoryLab({ rules: loadRuleSet(['standard', file]) });
    lab.source.put(container('sales', 'sales'));
    lab.source.put(user('ann', { info: `CN=shadow,OU=verkauf,${ROOT_DN}` }));
    const place = { parent: guid('sales'), rdn: 'CN=shadow' };
    lab.source.put({ anchor: guid('shadow'), type: 'foreignSecurityPrincipal', place, attributes: { cn: 'shadow' } });
    lab.source.put(group('all', ['shadow']));
    await lab.sync();
    expect(lab.tenant()['group all']).not.toHaveProperty('member');
    lab.source.edit(guid('sales'), { place: { parent: ROOT, rdn: 'OU=verkauf' } });
    await lab.sync();
    expect(lab.tenant()['group all']?.['member']).toEqual(['ann']);
    await expectAsFull(lab);
  });

  test('reads the dn as the engine knows it, not as the directory last told it', () => {
    const rules = rulesOf('direct', '    flows: { company: distinguishedName }\n');
    expect(rules.attributesRead('source')).not.toContain('distinguishedName');
  });
});
