import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryLab, group, type MemoryLab, ROOT_DN, user } from '../../test/memory/memory-lab.ts';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.ts';
import { explainObject } from './explain.ts';
import { readSample } from './sample-object.ts';
import type { ObjectTrace } from './trace-object.ts';
import { traceInStore } from './try-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-try-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, 'own.yaml');
writeFileSync(
  FILE,
  `rules:
  - name: Own
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 5
    scope:
      - - { attribute: department, operator: EQUAL, value: Sales }
        - { operator: ISMEMBEROF, value: "CN=staff,OU=People,${ROOT_DN}" }
      - - { attribute: title, operator: ISNOTNULL }
    flows:
      title: { constant: Seller }
      company: { expression: 'Error("no company")' }
`,
);
const OWN = loadRuleSet(['standard', FILE]);

async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  lab.source.put(user('ann', { department: 'Sales', title: 'Boss' }));
  lab.source.put(group('staff', ['ann']));
  await lab.sync();
  return lab;
}

async function tryOn(lab: MemoryLab, rules: RuleSet): Promise<ObjectTrace> {
  const sample = await readSample(lab.source, {
    attributes: rules.attributesRead('source'),
    references: rules.referencesRead('source'),
    groups: rules.scopeGroups(),
    dn: `cn=ann,OU=People,${ROOT_DN}`,
    now: lab.context.now(),
  });
  if (sample === null) expect.fail('ann is not in the directory');
  return traceInStore({ ...lab.context, rules }, { sample, sourceName: 'corp' });
}

describe('trying rules on an object as its directory holds it', () => {
  test('shows each clause of a scope with what the object has', async () => {
    const trace = await tryOn(await company(), OWN);
    expect(trace.inbound[0]).toMatchObject({ rule: 'Own', inScope: true });
    expect(trace.inbound[0]?.scope).toEqual([
      {
        holds: true,
        clauses: [
          { attribute: 'department', operator: 'EQUAL', value: 'Sales', found: 'Sales', holds: true },
          expect.objectContaining({ operator: 'ISMEMBEROF', found: null, holds: true }),
        ],
      },
      { holds: true, clauses: [expect.objectContaining({ attribute: 'title', found: 'Boss', holds: true })] },
    ]);
  });

  test('shows whom the join finds', async () => {
    const lab = await company();
    const trace = await tryOn(lab, loadRuleSet(['standard']));
    const found = trace.inbound.flatMap(({ joins }) => joins.flatMap((join) => join.found));
    expect(found).toContain('ann@contoso.com');
  });

  test('shows who won an attribute and what the others would have given, and tells of an error', async () => {
    const trace = await tryOn(await company(), OWN);
    const title = trace.metaverse.find(({ attribute }) => attribute === 'title');
    expect(title?.value).toBe('Seller');
    expect(title?.contributions).toEqual([
      expect.objectContaining({ rule: 'Own', verdict: 'wins', value: 'Seller' }),
      expect.objectContaining({ rule: 'In from AD - User Common', verdict: 'loses', value: 'Boss' }),
    ]);
    expect(trace.verdict).toContain('"Own" raises an error for company (no company)');
  });

  test('follows the object out to the tenant', async () => {
    const lab = await company();
    const trace = await tryOn(lab, loadRuleSet(['standard']));
    expect(trace.verdict).toBe('The rules want it in the tenant as user.');
    expect(trace.outbound.find(({ rule }) => rule === 'Out to AAD - User Join')).toMatchObject({ inScope: true });
    expect(trace.tenant.find(({ attribute }) => attribute === 'title')).toMatchObject({ value: 'Boss' });
  });

  test('sees what no import has brought yet, and writes nothing', async () => {
    const lab = await company();
    const before = await lab.store.sync.version();
    lab.source.put(user('ann', { department: 'Sales', title: 'Queen' }));
    const trace = await tryOn(lab, loadRuleSet(['standard']));
    expect(trace.tenant.find(({ attribute }) => attribute === 'title')).toMatchObject({ value: 'Queen' });
    expect(await lab.store.sync.version()).toBe(before);
    expect(await lab.findings()).toEqual([]);
  });
});

test('explain shows the same chain for what is stored', async () => {
  const lab = await company();
  const [explained] = await explainObject(lab.context, 'ann@contoso.com');
  const tried = await tryOn(lab, lab.context.rules);
  expect(explained?.trace).toEqual(tried);
  expect(explained?.trace.inbound.some(({ scope }) => scope.length > 0)).toBe(true);
});
