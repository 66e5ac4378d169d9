import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryConnector } from '../../src/connectors/memory/connector.ts';
import { Subjects } from '../faults/subject-process.ts';
import { type Directory, World } from '../faults/world.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { createDirectory, guid, ROOT, ROOT_DN, user } from '../memory/memory-lab.ts';
import { nameTenant } from './tenant-picture.ts';

/** So long that nothing of it passes by itself: the tenant's clock is a hundred times faster than ours. */
const LAG = 60 * 60_000;
const PEOPLE = 12;

let folder: string;
let subjects: Subjects;
let world: World;
let directory: Directory & { readonly source: MemoryConnector };
let worlds = 0;

beforeAll(async () => {
  folder = await makeTemporaryFolder('dirbridge-late-');
  subjects = new Subjects();
});
afterAll(async () => {
  await subjects?.stop();
  await removeTemporaryFolder(folder);
});

beforeEach(async () => {
  const source = createDirectory('corp');
  directory = { description: { kind: 'memory' }, source, scope: `OU=People,${ROOT_DN}` };
  world = await World.start(folder, `world-${++worlds}`, subjects, { lag: LAG, seed: 3, pageSize: 200 });
  expect(await world.cycle(directory)).toMatchObject({ exitCode: 0, operations: 0 });
  for (let at = 0; at < PEOPLE; at++) source.put(user(`u${at}`));
});
afterEach(() => world.stop());

async function settleDown(): Promise<void> {
  for (let cycle = 0; cycle < 3; cycle++) {
    world.emulator.advanceClock(LAG);
    expect(await world.cycle(directory)).toMatchObject({ exitCode: 0 });
  }
  expect(await world.cycle(directory, { full: true })).toMatchObject({ exitCode: 0, operations: 0 });
}

async function users(): Promise<readonly string[]> {
  return Object.keys(nameTenant(await world.dump()).users).sort();
}

describe('users that a killed run has made, and that the tenant shows only later', () => {
  test('are taken away when they have left the directory meanwhile', async () => {
    expect(await world.cycle(directory, { death: { at: 'after sending', time: 1 } })).toBeNull();
    expect(await users()).toHaveLength(PEOPLE);
    directory.source.remove(guid('u0'));
    directory.source.edit(guid('u1'), { place: { parent: ROOT, rdn: 'CN=u1' } });
    await world.cycle(directory);
    await settleDown();
    expect(await users()).toEqual(
      [...Array(PEOPLE).keys()]
        .slice(2)
        .map((at) => `u${at}@contoso.com`)
        .sort(),
    );
  });

  test('end as they are wanted now, not as they were wanted then', async () => {
    expect(await world.cycle(directory, { death: { at: 'after sending', time: 1 } })).toBeNull();
    directory.source.edit(guid('u0'), { attributes: { title: 'Boss' } });
    directory.source.edit(guid('u1'), { attributes: { userPrincipalName: 'new@contoso.com' } });
    await world.cycle(directory);
    await settleDown();
    const found = nameTenant(await world.dump()).users;
    expect(found['u0@contoso.com']).toMatchObject({ jobTitle: 'Boss' });
    expect(found['new@contoso.com']).toMatchObject({ displayName: 'u1' });
    expect(Object.keys(found)).toHaveLength(PEOPLE);
  });
});

describe('users whom we have made a moment ago', () => {
  test('are not made again because a full read does not list them yet', async () => {
    expect(await world.cycle(directory)).toMatchObject({ exitCode: 0, operations: PEOPLE });
    expect(await world.cycle(directory, { full: true })).toMatchObject({ exitCode: 0, operations: 0 });
    await settleDown();
    expect(await world.writes()).toEqual({ 'POST /v1.0/users 201': PEOPLE });
  });

  test('are deleted when they leave at once, though the tenant does not know them yet', async () => {
    expect(await world.cycle(directory)).toMatchObject({ exitCode: 0 });
    directory.source.remove(guid('u0'));
    expect(await world.cycle(directory)).toMatchObject({ exitCode: 0 });
    await settleDown();
    expect(await users()).toHaveLength(PEOPLE - 1);
  });
});
