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
import { pictureTenant, type TenantDump } from './tenant-picture.ts';

const STORE = 'tenant.db';
const STATE = 'tenant.json';
const SCOPE = `OU=People,${ROOT_DN}`;
/** A statement may be any of thousands. What lies between sending and the answer is watched of Graph alone; its outcome is that of the next one. */
const TRIED = WRITE_BOUNDARIES.filter((boundary) => boundary !== 'at a statement' && boundary !== 'after sending');

const addresses = (name: string) => ({
  mail: `${name}@contoso.com`,
  proxyAddresses: [`SMTP:${name}@contoso.com`, `smtp:also.${name}@contoso.com`],
});
const mailGroup = (name: string, members: readonly string[]) => {
  const made = group(name, members);
  return { ...made, attributes: { ...made.attributes, groupType: '8', mailNickname: name, ...addresses(name) } };
};

/** As the tenant knows it already. */
function foundCompany(source: MemoryConnector): void {
  for (let at = 0; at < 40; at++)
    source.put(user(`u${at}`, addresses(`u${at}`), at === 0 ? {} : { manager: `u${at - 1}` }));
  for (const name of ['goes', 'returns']) source.put(user(name));
  source.put(group('staff', ['u1', 'u2', 'u3', 'returns']));
  source.put(mailGroup('news', ['u1', 'u4']));
  source.put(mailGroup('ends', ['u4']));
}

/** Something of every kind of write; addresses and names that change hands. */
function changeCompany(source: MemoryConnector): void {
  for (let at = 0; at < 35; at++) source.put(user(`new${at}`, {}, { manager: 'u1' }));
  source.put(mailGroup('fresh', ['new0', 'u1']));
  source.put(user('returns', { title: 'Back' }));
  source.remove(guid('goes'));
  source.remove(guid('ends'));
  source.edit(guid('u1'), { attributes: { title: 'Boss', userPrincipalName: 'u2@contoso.com', ...addresses('u2') } });
  source.edit(guid('u2'), { attributes: { userPrincipalName: 'u1@contoso.com', ...addresses('u1') } });
  const member = { add: [guid('u5'), guid('fresh'), guid('returns')], remove: [guid('u1'), guid('u2')] };
  source.edit(guid('staff'), { attributes: { description: 'All of us' }, references: { member } });
  source.edit(guid('news'), { references: { member: { add: [guid('u6')], remove: [guid('u1')] } } });
  source.edit(guid('u7'), { references: { manager: { add: [], remove: [guid('u6')] } } });
}

let folder: string;
let subjects: Subjects;
let source: MemoryConnector;
let directory: Directory;
let worlds = 0;

function startWorld(at: string): Promise<World> {
  const nature = { lag: 0, seed: 7, pageSize: 200, stateFile: join(at, STATE), via: 'provisioning' } as const;
  return World.start(at, 'tenant', subjects, nature);
}

/** A tenant that has followed the company until before it changed; each one a copy of the same. */
async function openTenant(): Promise<World> {
  const at = join(folder, `copy-${++worlds}`);
  await mkdir(at);
  for (const file of [STORE, STATE]) await copyFile(join(folder, file), join(at, file));
  return startWorld(at);
}

interface Ended {
  readonly dump: TenantDump;
  readonly passed: Readonly<Record<Boundary, number>>;
}

async function run(death: Death | null): Promise<Ended> {
  const world = await openTenant();
  try {
    const end = await world.cycle(directory, { death });
    expect(end === null).toBe(death !== null);
    await comeToRest(world, directory);
    expect(await world.cycle(directory, { full: true })).toMatchObject({ exitCode: 0, operations: 0 });
    return { dump: await world.dump(), passed: end?.passed ?? ({} as Ended['passed']) };
  } finally {
    await world.stop();
  }
}

function describeTenant(dump: TenantDump): object {
  const { users, groups } = dump;
  return { picture: pictureTenant(dump), objects: users.length + groups.length };
}

describe('a process that writes by way of the provisioning service, is killed, and started again', () => {
  let undisturbed: Ended;

  beforeAll(async () => {
    folder = await makeTemporaryFolder('dirbridge-service-boundaries-');
    subjects = new Subjects();
    source = createDirectory('corp');
    directory = { description: { kind: 'memory' }, source, scope: SCOPE };
    foundCompany(source);
    const world = await startWorld(folder);
    await comeToRest(world, directory);
    source.remove(guid('returns'));
    await comeToRest(world, directory);
    await world.stop();
    changeCompany(source);
    undisturbed = await run(null);
  });
  afterAll(async () => {
    await subjects?.stop();
    await removeTemporaryFolder(folder);
  });

  test('passes each boundary several times', () => {
    for (const boundary of TRIED) expect(undisturbed.passed[boundary]).toBeGreaterThan(3);
  });

  test.each(TRIED)('%s ends in the same tenant as one that was left alone', async (boundary) => {
    const last = undisturbed.passed[boundary];
    for (const time of new Set([1, Math.ceil(last / 3), Math.ceil((2 * last) / 3), last])) {
      const { dump } = await run({ at: boundary, time });
      expect({ time, ...describeTenant(dump) }).toEqual({ time, ...describeTenant(undisturbed.dump) });
    }
  }, 300_000);
});
