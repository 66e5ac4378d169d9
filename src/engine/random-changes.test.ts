import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BreakingDriver } from '../../test/memory/breaking-driver.ts';
import { createDirectory, createMemoryLab, createTenant, guid, type MemoryLab } from '../../test/memory/memory-lab.ts';
import { RandomEdits } from '../../test/memory/random-edits.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { SqlStore } from '../store/sql-store.ts';
import { openSqliteDriver } from '../store/sqlite.ts';
import type { Scope } from './context.ts';

const EDITS = 300;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Shows the names of the containers above each user and group. */
const folder = mkdtempSync(join(tmpdir(), 'dirbridge-random-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, 'places.yaml');
const PLACES = [
  ['user', 'person', 'company', 'distinguishedName'],
  ['group', 'group', 'description', `{ expression: 'DNComponent(CRef([dn]), 2)' }`],
].map(
  ([from, to, target, flow], index) =>
    `  - { name: Place of ${from}, direction: inbound, connector: source, from: ${from}, to: ${to}, precedence: ${index}, flows: { ${target}: ${flow} } }\n`,
);
writeFileSync(FILE, `rules:\n${PLACES.join('')}`);
const WITH_PLACES = loadRuleSet(['standard', FILE]);

interface ScopeNames {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly groups: readonly string[];
}

const SCOPES: Readonly<Record<string, ScopeNames>> = {
  'the whole directory': { include: [], exclude: [], groups: [] },
  'some containers': { include: ['people', 'attic'], exclude: ['berlin'], groups: [] },
  'a pilot group': { include: [], exclude: [], groups: ['pilot'] },
};
const CASES = Object.entries(SCOPES).flatMap(([what, scope], row) =>
  [1, 2].map((number) => ({ what, scope, seed: row * 100 + number })),
);

/** The scope as an administrator writes it down today: by DN. */
function nameScope(source: MemoryConnector, names: ScopeNames): Scope {
  const dns = (list: readonly string[]): readonly string[] => list.map((name) => dnOf(source, guid(name)));
  return { include: dns(names.include), exclude: dns(names.exclude), groups: dns(names.groups) };
}

function dnOf(source: MemoryConnector, anchor: string): string {
  const place = source.directory.get(anchor)?.place;
  if (!place) return expect.fail(`${anchor} is nowhere`);
  return place.parent === null ? place.rdn : `${place.rdn},${dnOf(source, place.parent)}`;
}

/** Syncs until there is nothing to do, and says what went wrong if that never comes. */
async function settle(lab: MemoryLab, history: readonly string[]): Promise<void> {
  let operations: readonly string[] = [];
  for (let round = 0; round < 4; round++) {
    const result = await lab.sync();
    await expectOrdered(lab, result);
    operations = await lab.operations(result);
    if (operations.length === 0) return;
  }
  expect.fail(`never comes to rest: ${operations.join('; ')}\n${history.slice(-30).join('\n')}`);
}

async function expectOrdered(lab: MemoryLab, result: Awaited<ReturnType<MemoryLab['sync']>>): Promise<void> {
  for (const operation of await lab.allOperations(result))
    for (const before of operation.after)
      if (Number(before) >= Number(operation.id)) expect.fail(`operation ${operation.id} stands before ${before}`);
}

function withoutWhatIsKept(tenant: ReturnType<MemoryLab['tenant']>): object {
  return Object.fromEntries(Object.entries(tenant).map(([key, { alias: _, ...rest }]) => [key, rest]));
}

async function findingTexts(lab: MemoryLab): Promise<readonly string[]> {
  return (await lab.findings())
    .map((one) => `${one.code} ${one.object?.name} ${one.otherObject?.anchor} ${one.attribute}`)
    .sort();
}

describe.each(CASES)('after many small changes to $what (seed $seed)', ({ scope, seed }) => {
  test('the tenant is the one that a full run from scratch gives', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: false });
    const lab = await createMemoryLab({ source, scope: nameScope(source, scope) });
    await lab.sync();
    const history: string[] = [];
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(6); more >= 0; more--, done++) history.push(edits.edit());
      if (edits.chance(0.1)) history.push(await edits.drift(lab.target));
      if (edits.chance(0.1)) await lab.plan();
      else await lab.sync({ full: edits.chance(0.05) });
      history.push('--');
    }
    await settle(lab, history);
    const fresh = await createMemoryLab({ source, scope: nameScope(source, scope) });
    await settle(fresh, history);
    expect(withoutWhatIsKept(lab.tenant())).toEqual(withoutWhatIsKept(fresh.tenant()));
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
  });

  test('the same where rules see the names of the containers above', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: false });
    const options = { source, scope: nameScope(source, scope), rules: WITH_PLACES };
    const lab = await createMemoryLab(options);
    await lab.sync();
    const history: string[] = [];
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(12); more >= 0; more--, done++) history.push(edits.edit());
      await lab.sync();
      history.push('--');
    }
    expect(history.join()).toContain('OU=verkauf');
    await settle(lab, history);
    const fresh = await createMemoryLab({ ...options, scope: nameScope(source, scope) });
    await settle(fresh, history);
    expect(withoutWhatIsKept(lab.tenant())).toEqual(withoutWhatIsKept(fresh.tenant()));
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });

  test('and contested names, refusals and interruptions, a full run finds nothing left to do', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: true });
    // Without a recycle bin: who comes back to one that somebody else has taken a name from depends on the past.
    const target = createTenant({ restorableTypes: [] });
    const lab = await createMemoryLab({ source, target, scope: nameScope(source, scope) });
    await lab.sync();
    let isRefusing = true;
    const history: string[] = [];
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(6); more >= 0; more--, done++) history.push(edits.edit());
      lab.target.breakAfter(1_000_000, new Error('never'));
      isRefusing = false;
      if (edits.chance(0.1)) history.push(await edits.drift(lab.target));
      isRefusing = true;
      if (edits.chance(0.15))
        lab.target.refuse(() => isRefusing && edits.chance(0.3), { code: 'no', message: 'Not today.' }, 3);
      if (edits.chance(0.15)) lab.target.breakAfter(edits.below(5), new Error('broken off'));
      await lab.sync({ full: edits.chance(0.05) }).catch((error: Error) => expect(error.message).toBe('broken off'));
      history.push('--');
    }
    lab.target.breakAfter(1_000_000, new Error('never'));
    isRefusing = false;
    await settle(lab, history);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
    const fresh = await createMemoryLab({ source, scope: nameScope(source, scope), target: lab.target });
    const plan = await fresh.plan();
    expect(await fresh.operations(plan)).toEqual([]);
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
  });

  test('and the death of the process at any statement, nothing is lost and nothing happens twice', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: false });
    const driver = new BreakingDriver(openSqliteDriver(':memory:', { command: 'test' }));
    const options = { source, target: createTenant(), scope: nameScope(source, scope) };
    let lab = await createMemoryLab({ ...options, store: new SqlStore(driver) });
    await lab.sync();
    const history: string[] = [];
    let deaths = 0;
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(12); more >= 0; more--, done++) history.push(edits.edit());
      if (edits.chance(0.7)) driver.breakAfter(edits.below(600));
      await lab.sync({ full: edits.chance(0.05) }).catch((error: Error) => {
        expect(error.message).toBe('killed');
        deaths++;
      });
      driver.mend();
      lab = await createMemoryLab({ ...options, store: new SqlStore(driver) });
      history.push('--');
    }
    expect(deaths).toBeGreaterThan(5);
    await settle(lab, history);
    const fresh = await createMemoryLab({ source, scope: nameScope(source, scope) });
    await settle(fresh, history);
    expect(withoutWhatIsKept(lab.tenant())).toEqual(withoutWhatIsKept(fresh.tenant()));
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });

  test('and leavers that wait for days, nobody has gone who should not, and in the end it is the same tenant', async () => {
    const source = createDirectory('corp');
    const edits = new RandomEdits(source, { seed, contested: false });
    const driver = new BreakingDriver(openSqliteDriver(':memory:', { command: 'test' }));
    let time = Date.UTC(2030, 0, 1);
    const options = {
      source,
      target: createTenant(),
      scope: nameScope(source, scope),
      deletions: { disableFirst: true, after: 3 * DAY },
      now: () => new Date(time),
    };
    let lab = await createMemoryLab({ ...options, store: new SqlStore(driver) });
    await lab.sync();
    const history: string[] = [];
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(6); more >= 0; more--, done++) history.push(edits.edit());
      if (edits.chance(0.1)) history.push(await edits.drift(lab.target));
      if (edits.chance(0.2)) driver.breakAfter(edits.below(600));
      await lab.sync({ full: edits.chance(0.05) }).catch((error: Error) => expect(error.message).toBe('killed'));
      driver.mend();
      lab = await createMemoryLab({ ...options, store: new SqlStore(driver) });
      time += edits.below(24) * HOUR;
      history.push('--');
    }
    await settle(lab, history);
    const fresh = await createMemoryLab({ source, scope: nameScope(source, scope) });
    await settle(fresh, history);
    expect(Object.keys(lab.tenant())).toEqual(expect.arrayContaining(Object.keys(fresh.tenant())));
    time += 3 * DAY;
    await settle(lab, history);
    expect(withoutWhatIsKept(lab.tenant())).toEqual(withoutWhatIsKept(fresh.tenant()));
    expect(await findingTexts(lab)).toEqual(await findingTexts(fresh));
    expect((await lab.store.leaving.summary()).count).toBe(0);
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });
});
