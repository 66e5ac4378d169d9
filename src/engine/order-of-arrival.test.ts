import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../test/lab/seeded-random.ts';
import {
  createDirectory,
  createMemoryLab,
  type MemoryLab,
  PEOPLE,
  ROOT,
  ROOT_DN,
  RULES,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import { RandomEdits } from '../../test/memory/random-edits.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.ts';
import type { Scope } from './context.ts';

const SEEDS = [1, 2, 3];
const folder = mkdtempSync(join(tmpdir(), 'dirbridge-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

function rules(name: string, text: string): RuleSet {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return loadRuleSet(['standard', file]);
}

const OWN =
  '    direction: inbound\n    connector: source\n    from: user\n    to: person\n    link: join\n    precedence: 20\n';
const RULE_SETS: readonly RuleSet[] = [
  RULES,
  rules(
    'other-values',
    `rules:\n  - name: Own\n${OWN}    flows: { title: { expression: '"T:" & [cn]' }, department: roomNumber }\n`,
  ),
  rules(
    'filter',
    `rules:\n  - name: Own\n${OWN}    flows: { cloudFiltered: { expression: 'IIF(InStr([title], "1") > 0, True, NULL)' } }\n`,
  ),
  rules('no-managers', 'disable: [Out to AAD - User ExchangeOnline, Out to AAD - Group ExchangeOnline]\n'),
];
const SCOPES: readonly Scope[] = [WHOLE_DIRECTORY, { include: [`OU=People,${ROOT_DN}`], exclude: [], groups: [] }];

async function settle(lab: MemoryLab): Promise<void> {
  for (let round = 0; round < 5; round++) if ((await lab.operations(await lab.sync())).length === 0) return;
  expect.fail('never comes to rest');
}

async function findingTexts(lab: MemoryLab): Promise<readonly string[]> {
  return (await lab.findings())
    .map((one) => `${one.code} ${one.object?.name} ${one.otherObject?.anchor} ${one.attribute} ${one.value}`)
    .sort();
}

/** Everything of a plan but the times, and the ids that the tenant chose. */
async function planText(lab: MemoryLab): Promise<string> {
  const result = await lab.plan();
  const operations = (await lab.allOperations(result)).map((one) => ({ ...one, targetId: null }));
  return JSON.stringify([result.plan.hash, operations, await findingTexts(lab)], null, 1);
}

/** A mail nickname is made once and then kept, so it depends on the past. */
function withoutWhatIsKept(tenant: ReturnType<MemoryLab['tenant']>): object {
  return Object.fromEntries(Object.entries(tenant).map(([key, { alias: _, ...rest }]) => [key, rest]));
}

/** Makes `to` hold what `from` holds; the changes come in a random order. */
function follow(from: MemoryConnector, to: MemoryConnector, random: SeededRandom): void {
  const objects = [...from.directory.objects()].filter((one) => one.anchor !== ROOT && one.anchor !== PEOPLE);
  const there = new Set(objects.map((one) => one.anchor));
  for (const { anchor } of [...to.directory.objects()])
    if (!there.has(anchor) && anchor !== ROOT && anchor !== PEOPLE) to.remove(anchor);
  while (objects.length > 0) {
    const [next] = objects.splice(random.below(objects.length), 1);
    if (next === undefined) return;
    const references = Object.fromEntries([...next.references].map(([name, targets]) => [name, [...targets]]));
    to.put({ anchor: next.anchor, type: next.type, place: next.place, attributes: next.attributes, references });
  }
}

describe.each(SEEDS)('seed %i', (seed) => {
  test('the same directory gives the same plan, in whatever order its objects and changes come', async () => {
    const random = new SeededRandom(seed);
    const model = createDirectory('corp');
    const edits = new RandomEdits(model, { seed, contested: true });
    const labs = [await createMemoryLab(), await createMemoryLab(), await createMemoryLab()];
    for (const changes of [150, 80, 80]) {
      for (let done = 0; done < changes; done++) edits.edit();
      const texts: string[] = [];
      for (const lab of labs) {
        follow(model, lab.source, random);
        texts.push(await planText(lab));
        await settle(lab);
      }
      expect(texts[1]).toBe(texts[0]);
      expect(texts[2]).toBe(texts[0]);
    }
  });

  test('after changes of rules and scopes between changes of the directory, an empty store finds nothing left to do', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: false });
    const lab = await createMemoryLab({ source });
    for (let done = 0; done < 200; done++) {
      edits.edit();
      if (edits.chance(0.08)) lab.context = { ...lab.context, rules: RULE_SETS[edits.below(4)] ?? RULES };
      if (edits.chance(0.05)) {
        const scope = SCOPES[edits.below(2)] ?? WHOLE_DIRECTORY;
        lab.context = { ...lab.context, sources: [{ connector: source, scope }] };
      }
      if (edits.chance(0.3)) await lab.sync();
    }
    await settle(lab);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
    const scope = lab.context.sources[0]?.scope ?? WHOLE_DIRECTORY;
    const fresh = await createMemoryLab({ source, target: lab.target, rules: lab.context.rules, scope });
    expect(await fresh.operations(await fresh.plan())).toEqual([]);
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
    const empty = await createMemoryLab({ source, rules: RULES });
    lab.context = { ...lab.context, rules: RULES, sources: [{ connector: source, scope: WHOLE_DIRECTORY }] };
    await settle(empty);
    await settle(lab);
    expect(withoutWhatIsKept(lab.tenant())).toEqual(withoutWhatIsKept(empty.tenant()));
  });
});
