import { beforeAll, describe, expect, test } from 'vitest';
import { CountingDriver } from '../../test/memory/counting-driver.ts';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import { SqlStore } from '../store/sql-store.ts';
import { openSqliteDriver } from '../store/sqlite.ts';

const SIZES = [100, 2_000] as const;
/** Tables that grow with the directory. */
const LARGE = [
  'object',
  'reference',
  'reference_count',
  'space_value',
  'metaverse',
  'metaverse_value',
  'contributor',
  'wanted',
];

interface Measured {
  readonly lab: MemoryLab;
  readonly driver: CountingDriver;
}

interface Work {
  readonly statements: number;
  readonly rows: number;
  readonly changed: number;
}

async function company(size: number): Promise<Measured> {
  const driver = new CountingDriver(openSqliteDriver(':memory:', { command: 'test' }));
  const lab = await createMemoryLab({ store: new SqlStore(driver) });
  await fill(lab, lab.source, size);
  return { lab, driver };
}

/** The same, with all people in another domain of the forest than the groups. */
async function forest(size: number): Promise<Measured> {
  const driver = new CountingDriver(openSqliteDriver(':memory:', { command: 'test' }));
  const options = { globalAnchors: true };
  const lab = await createMemoryLab({ store: new SqlStore(driver), source: createDirectory('groups', options) });
  const people = createDirectory('people', options);
  lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: people, scope: WHOLE_DIRECTORY }] };
  await fill(lab, people, size);
  return { lab, driver };
}

async function fill(lab: MemoryLab, people: MemoryConnector, size: number): Promise<void> {
  const names = Array.from({ length: size }, (_, at) => `user ${at}`);
  for (const [at, name] of names.entries())
    people.put(user(name, { userPrincipalName: `u${at}@contoso.com` }, at === 0 ? {} : { manager: 'user 0' }));
  lab.source.put(group('all', names));
  lab.source.put(group('one', ['user 0']));
  await lab.sync();
  await lab.sync();
}

async function measure({ lab, driver }: Measured): Promise<Work> {
  driver.reset();
  const result = await lab.sync();
  expect(result).toMatchObject({ outcome: 'done', failed: 0 });
  return { statements: driver.statements, rows: driver.rows, changed: driver.changed };
}

/** Aliases of large tables in a statement that the database reads from end to end. */
async function largeScans(driver: CountingDriver): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { sql, step } of await driver.explain()) {
    const alias = /^SCAN (\w+)/.exec(step)?.[1];
    if (alias === undefined || / limit 1$/.test(sql)) continue;
    const table = new RegExp(`(?:from|join|into|update)\\s+(\\w+)\\s+(?:as\\s+)?${alias}\\b`).exec(sql)?.[1] ?? alias;
    if (LARGE.includes(table)) found.push(`${step}: ${sql}`);
  }
  return found;
}

const CHANGES: Readonly<Record<string, (lab: MemoryLab) => void>> = {
  'no change at all': () => undefined,
  'one member taken out of the large group': (lab) =>
    lab.source.edit(guid('all'), { references: { member: { remove: [guid('user 5')] } } }),
  'one member put into it again': (lab) =>
    lab.source.edit(guid('all'), { references: { member: { add: [guid('user 5')] } } }),
  'one title': (lab) => lab.source.edit(guid('user 5'), { attributes: { title: 'Boss' } }),
  'another manager': (lab) =>
    lab.source.edit(guid('user 5'), { references: { manager: { add: [guid('user 6')], remove: [guid('user 0')] } } }),
  'a new name of the container that holds everybody': (lab) =>
    lab.source.edit(guid('people'), { place: { parent: guid('root'), rdn: 'OU=Humans' } }),
};

describe('the work of a cycle depends on the change, not on the size of the directory', () => {
  let labs: readonly Measured[] = [];
  beforeAll(async () => {
    const made: Measured[] = [];
    for (const size of SIZES) made.push(await company(size));
    labs = made;
  });

  test.each(Object.keys(CHANGES))('%s', async (name) => {
    const works: Work[] = [];
    for (const measured of labs) {
      CHANGES[name]?.(measured.lab);
      works.push(await measure(measured));
      expect(await largeScans(measured.driver)).toEqual([]);
      // What we wrote comes back with the next import and must not set anything going.
      await measured.lab.sync();
    }
    expect(works[1]).toEqual(works[0]);
  });

  test('no change writes only what a run and a plan leave of themselves', async () => {
    for (const measured of labs) {
      const before = { ...measured.lab.target.written };
      const { changed } = await measure(measured);
      expect(changed).toBeLessThan(40);
      expect(measured.lab.target.written).toEqual(before);
    }
  });

  test('one member is one request', async () => {
    for (const { lab } of labs) {
      const before = { ...lab.target.written };
      lab.source.edit(guid('all'), { references: { member: { remove: [guid('user 7')] } } });
      await lab.sync();
      expect(lab.target.written).toEqual({ ...before, members: before.members + 1 });
    }
  });
});

describe('the same of a group whose members are in another domain of the forest', () => {
  const edits: Readonly<Record<string, (lab: MemoryLab) => void>> = {
    'no change at all': () => undefined,
    'one member taken out': (lab) =>
      lab.source.edit(guid('all'), { references: { member: { remove: [guid('user 5')] } } }),
    'one member put in again': (lab) =>
      lab.source.edit(guid('all'), { references: { member: { add: [guid('user 5')] } } }),
    'a member that nobody knows': (lab) =>
      lab.source.edit(guid('all'), { references: { member: { add: [guid('nobody')] } } }),
  };

  test('in what is read and written', async () => {
    const labs = [await forest(SIZES[0]), await forest(SIZES[1])];
    for (const { lab } of labs)
      expect(lab.tenant()['group all']?.['member']).toHaveLength(labs[0]?.lab === lab ? SIZES[0] : SIZES[1]);
    for (const [name, edit] of Object.entries(edits)) {
      const works: Work[] = [];
      for (const measured of labs) {
        edit(measured.lab);
        works.push(await measure(measured));
        expect(await largeScans(measured.driver), name).toEqual([]);
        await measured.lab.sync();
      }
      expect(works[1], name).toEqual(works[0]);
    }
  });
});
