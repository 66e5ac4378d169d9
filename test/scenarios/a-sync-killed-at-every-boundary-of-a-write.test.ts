import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MemoryConnector } from '../../src/connectors/memory/connector.ts';
import { type Boundary, type Death, WRITE_BOUNDARIES } from '../faults/boundary.ts';
import { comeToRest } from '../faults/come-to-rest.ts';
import { Subjects } from '../faults/subject-process.ts';
import { type Directory, World } from '../faults/world.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { createDirectory, group, guid, ROOT_DN, user } from '../memory/memory-lab.ts';
import { comparablePicture, type DumpedObject, type TenantDump } from './tenant-picture.ts';

const STORE = 'tenant.db';
const STATE = 'tenant.json';
const SCOPE = `OU=People,${ROOT_DN}`;
/** A statement may be any of thousands: the campaign tries those at random. */
const TRIED = WRITE_BOUNDARIES.filter((boundary) => boundary !== 'at a statement');
/** Every kind of write there is, by what the tenant is asked. */
const KINDS = [
  'POST /v1.0/users 201',
  'PATCH /v1.0/groups/{id} 201',
  'PATCH /v1.0/users/{id} 204',
  'DELETE /v1.0/users/{id} 204',
  'DELETE /v1.0/groups/{id} 204',
  'POST /v1.0/directory/deletedItems/{id}/restore 200',
  'PATCH /v1.0/groups/{id} 204',
  'DELETE /v1.0/groups/{id}/members/{id}/$ref 204',
  'PUT /v1.0/users/{id}/manager/$ref 204',
  'DELETE /v1.0/users/{id}/manager/$ref 204',
  'POST /v1.0/users/{id}/assignLicense 200',
];
const LICENCES = [1, 2].map((number) => `30000000-0000-4000-8000-00000000000${number}`);
const PRODUCTS = LICENCES.map((skuId) => ({ skuId, skuPartNumber: `PRODUCT ${skuId.slice(-1)}`, enabled: 9 }));

let folder: string;
let subjects: Subjects;
let directory: Directory & { readonly source: MemoryConnector };
let worlds = 0;

function directoryOf(source: MemoryConnector): typeof directory {
  return { description: { kind: 'memory' }, source, scope: SCOPE };
}

/** As the tenant knows it already. */
function foundCompany(source: MemoryConnector): void {
  for (let at = 0; at < 30; at++) source.put(user(`u${at}`, {}, at === 0 ? {} : { manager: `u${at - 1}` }));
  for (const name of ['goes', 'returns']) source.put(user(name, { msExchUsageLocation: 'DE' }));
  source.put(group('staff', ['u1', 'u2', 'u3', 'returns']));
  source.put(group('ends', ['u4']));
}

/** Something of every kind of write. */
function changeCompany(source: MemoryConnector): void {
  for (let at = 0; at < 25; at++) source.put(user(`new${at}`, {}, { manager: 'u1' }));
  source.put(group('fresh', ['new0', 'u1']));
  source.put(user('returns', { title: 'Back', msExchUsageLocation: 'DE' }));
  source.remove(guid('goes'));
  source.remove(guid('ends'));
  source.edit(guid('u1'), { attributes: { title: 'Boss', userPrincipalName: 'u2@contoso.com' } });
  source.edit(guid('u2'), { attributes: { userPrincipalName: 'u1@contoso.com' } });
  const member = { add: [guid('u5'), guid('fresh'), guid('returns')], remove: [guid('u1'), guid('u2')] };
  source.edit(guid('staff'), { attributes: { description: 'All of us' }, references: { member } });
  source.edit(guid('u7'), { references: { manager: { add: [], remove: [guid('u6')] } } });
  source.edit(guid('u8'), { references: { manager: { add: [guid('u3')], remove: [guid('u7')] } } });
}

/** A tenant that has followed the company until before it changed; each one a copy of the same. */
async function openTenant(): Promise<World> {
  const name = `copy-${++worlds}`;
  await mkdir(join(folder, name));
  for (const file of [STORE, STATE]) await copyFile(join(folder, file), join(folder, name, file));
  return startWorld(join(folder, name));
}

function startWorld(at: string): Promise<World> {
  return World.start(at, 'tenant', subjects, {
    lag: 0,
    seed: 7,
    pageSize: 200,
    stateFile: join(at, STATE),
    products: PRODUCTS,
  });
}

/** Both products directly, as an administrator of the tenant gives them. */
async function license(world: World, name: string): Promise<void> {
  const { id } = await find(world, name);
  const addLicenses = LICENCES.map((skuId) => ({ skuId, disabledPlans: [] }));
  await world.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
}

async function find(world: World, name: string): Promise<DumpedObject> {
  const found = (await world.dump()).users.find((one) => one['displayName'] === name);
  if (found === undefined) throw new Error(`${name} is not in the tenant`);
  return found;
}

interface Undisturbed {
  readonly dump: TenantDump;
  readonly passed: Readonly<Record<Boundary, number>>;
  readonly writes: Readonly<Record<string, number>>;
}

async function syncUndisturbed(): Promise<Undisturbed> {
  const world = await openTenant();
  try {
    const end = await world.cycle(directory);
    if (end === null) throw new Error('the undisturbed process died');
    expect(end).toMatchObject({ exitCode: 0, message: null });
    const writes = await world.writes();
    await comeToRest(world, directory);
    return { dump: await world.dump(), passed: end.passed, writes };
  } finally {
    await world.stop();
  }
}

async function killAndRestart(death: Death): Promise<TenantDump> {
  const world = await openTenant();
  try {
    expect(await world.cycle(directory, { death })).toBeNull();
    await comeToRest(world, directory);
    expect(await world.cycle(directory, { full: true })).toMatchObject({ exitCode: 0, operations: 0 });
    return await world.dump();
  } finally {
    await world.stop();
  }
}

function idsOf({ users, groups }: TenantDump): number {
  return users.length + groups.length;
}

describe('a process that is killed at a boundary of a write, and started again', () => {
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-boundaries-');
    subjects = new Subjects();
    directory = directoryOf(createDirectory('corp'));
    foundCompany(directory.source);
    const world = await startWorld(folder);
    await comeToRest(world, directory);
    await license(world, 'returns');
    directory.source.remove(guid('returns'));
    await comeToRest(world, directory);
    await world.stop();
    changeCompany(directory.source);
    undisturbed = await syncUndisturbed();
  });
  afterAll(async () => {
    await subjects?.stop();
    await removeTemporaryFolder(folder);
  });

  test('passes each of them for every kind of write', () => {
    expect(Object.keys(undisturbed.writes)).toEqual(expect.arrayContaining(KINDS));
    for (const boundary of TRIED) expect(undisturbed.passed[boundary]).toBeGreaterThan(3);
  });

  test('leaves the returned user with the licences that were assigned before', () => {
    const { users } = undisturbed.dump;
    expect(users.find((one) => one['displayName'] === 'returns')?.['assignedLicenses']).toHaveLength(2);
  });

  test.each(TRIED)('%s ends in the same tenant as one that was left alone', async (boundary) => {
    for (let time = 1; time <= undisturbed.passed[boundary]; time++) {
      const dump = await killAndRestart({ at: boundary, time });
      const told = { time, picture: comparablePicture(dump), objects: idsOf(dump) };
      expect(told).toEqual({ time, picture: comparablePicture(undisturbed.dump), objects: idsOf(undisturbed.dump) });
    }
  }, 300_000);
});

describe('a user who leaves with licences, and returns after a process was killed', () => {
  let alone: typeof directory;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-leavers-');
    subjects = new Subjects();
    alone = directoryOf(createDirectory('corp'));
    alone.source.put(user('goes', { msExchUsageLocation: 'DE' }));
    for (let at = 0; at < 20; at++) alone.source.put(user(`stays${at}`));
    const world = await startWorld(folder);
    await world.cycle(alone);
    await license(world, 'goes');
    await world.stop();
  });
  afterAll(async () => {
    await subjects?.stop();
    await removeTemporaryFolder(folder);
  });

  test.each(TRIED)('%s of the deletion has them again', async (at) => {
    const world = await openTenant();
    try {
      alone.source.remove(guid('goes'));
      expect(await world.cycle(alone, { death: { at, time: 1 } })).toBeNull();
      await world.cycle(alone);
      expect(await find(world, 'goes')).toMatchObject({ deletedDateTime: expect.any(String), assignedLicenses: [] });
      alone.source.put(user('goes', { msExchUsageLocation: 'DE' }));
      await world.cycle(alone);
      expect((await find(world, 'goes'))['assignedLicenses']).toHaveLength(2);
    } finally {
      await world.stop();
    }
  });
});
