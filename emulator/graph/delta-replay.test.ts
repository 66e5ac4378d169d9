import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GraphClient, type JsonObject, referenceTo } from '../graph-client.ts';
import { Randomness } from '../randomness.ts';

/** What a client of the deltas believes the tenant holds. */
class Shadow {
  readonly objects = new Map<string, Record<string, unknown>>();
  readonly links = new Map<string, Set<string>>();
  readonly gone = new Set<string>();

  take(entry: JsonObject): void {
    const id = String(entry['id']);
    if (entry['@removed']) {
      this.gone.add(id);
      return;
    }
    this.gone.delete(id);
    const object = this.objects.get(id) ?? {};
    this.objects.set(id, object);
    for (const [name, value] of Object.entries(entry)) {
      if (name.endsWith('@delta')) this.#takeLinks(id, value as readonly JsonObject[]);
      else object[name] = value;
    }
  }

  #takeLinks(id: string, changes: readonly JsonObject[]): void {
    const links = this.links.get(id) ?? new Set();
    this.links.set(id, links);
    const removed = changes.filter((change) => change['@removed']);
    for (const change of removed) links.delete(String(change['id']));
    for (const change of changes) if (!change['@removed']) links.add(String(change['id']));
  }

  /** Live objects with their live links, in a form that can be compared with the dump. */
  describe(names: readonly string[]): unknown {
    return [...this.objects.entries()]
      .filter(([id]) => !this.gone.has(id))
      .map(([id, object]) => [
        id,
        names.map((name) => object[name] ?? null),
        [...(this.links.get(id) ?? [])].filter((target) => !this.gone.has(target)).sort(),
      ])
      .sort();
  }
}

function describeDump(
  objects: readonly JsonObject[],
  names: readonly string[],
  link: 'members' | 'manager',
  gone: ReadonlySet<string>,
): unknown[] {
  return objects
    .filter((object) => object['deletedDateTime'] === undefined)
    .map((object) => {
      const targets =
        link === 'manager'
          ? object['manager'] === null
            ? []
            : [String(object['manager'])]
          : (object['members'] as string[]);
      return [
        object['id'],
        names.map((name) => object[name] ?? null),
        targets.filter((target) => !gone.has(target)).sort(),
      ];
    })
    .sort();
}

/** One random write; what the tenant refuses is fine. */
async function change(
  client: GraphClient,
  random: Randomness,
  users: string[],
  groups: string[],
  step: number,
): Promise<void> {
  const pick = (list: readonly string[]): string => list[random.below(Math.max(1, list.length))] ?? 'nobody';
  switch (random.below(12)) {
    case 0:
    case 1:
      users.push(await client.createUser(`user${step}`, random.below(2) === 0 ? { jobTitle: `t${step}` } : {}));
      return;
    case 2:
      groups.push(await client.createGroup(`group${step}`));
      return;
    case 3:
      await client.patch(`/users/${pick(users)}`, { jobTitle: random.below(3) === 0 ? null : `t${step}` });
      return;
    case 4:
      await client.patch(`/groups/${pick(groups)}`, { displayName: `renamed${step}` });
      return;
    case 5:
    case 6:
    case 7:
      await client.post(`/groups/${pick(groups)}/members/$ref`, {
        '@odata.id': referenceTo(pick([...users, ...groups])),
      });
      return;
    case 8:
      await client.delete(`/groups/${pick(groups)}/members/${pick(users)}/$ref`);
      return;
    case 9:
      await client.send('PUT', `/users/${pick(users)}/manager/$ref`, { '@odata.id': referenceTo(pick(users)) });
      return;
    case 10:
      await client.delete(random.below(3) === 0 ? `/groups/${pick(groups)}` : `/users/${pick(users)}`);
      return;
    default: {
      const id = pick([...users, ...groups]);
      if (random.below(2) === 0) await client.send('POST', `/directory/deletedItems/${id}/restore`);
      else await client.delete(`/directory/deletedItems/${id}`);
    }
  }
}

const STREAMS = [
  '/users/delta?$select=displayName,jobTitle,manager',
  '/groups/delta?$select=displayName,members',
] as const;

interface Life {
  readonly seed: number;
  /** Milliseconds of replication delay; every write takes one second. */
  readonly lag: number;
  /** Whether the emulator is stopped and started again in the middle, with a state file. */
  readonly isRestarted: boolean;
}

/** Plays 300 random writes, reading a page now and then, and compares what the reader knows with the tenant. */
async function play(life: Life): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-replay-'));
  let now = Date.now();
  const options = {
    deltaPageSize: 3,
    deltaLinkPageSize: 4,
    lag: life.lag,
    now: () => now,
    randomSeed: life.seed,
    ...(life.isRestarted ? { stateFile: join(folder, 'state.json') } : {}),
  };
  let client = await GraphClient.start(options);
  const random = new Randomness(life.seed);
  const shadow = new Shadow();
  const [users, groups]: [string[], string[]] = [[], []];
  let links: readonly string[] = STREAMS;
  const readOne = async (stream: number): Promise<boolean> => {
    const reply = await client.get(links[stream] ?? '');
    expect(reply.status).toBe(200);
    for (const entry of reply.list()) shadow.take(entry);
    const next = reply.at('@odata.nextLink');
    links = links.map((link, at) => (at === stream ? String(next ?? reply.at('@odata.deltaLink')) : link));
    return next !== undefined;
  };
  for (let step = 0; step < 300; step++) {
    now += 1000;
    await change(client, random, users, groups, step);
    if (random.below(3) === 0) await readOne(random.below(2));
    if (life.isRestarted && step === 150) {
      const before = client.emulator.url;
      await client.close();
      // Ids must not repeat: the seeded sequence would begin anew.
      client = await GraphClient.start({ ...options, randomSeed: life.seed + 1000 });
      links = links.map((link) => link.replace(before, client.emulator.url));
    }
  }
  now += life.lag;
  for (const stream of [0, 1]) {
    while (await readOne(stream));
    // The end of a round that began before the last writes is followed by one that tells them.
    while (await readOne(stream));
  }
  const dump = await client.control('GET', '/dump');
  const names = ['displayName', 'jobTitle'];
  const expected = [
    ...describeDump(dump.list('users'), names, 'manager', shadow.gone),
    ...describeDump(dump.list('groups'), names, 'members', shadow.gone),
  ].sort();
  expect(shadow.describe(names)).toEqual(expected);
  await client.close();
  rmSync(folder, { recursive: true });
}

test.each([
  { seed: 1, lag: 0, isRestarted: false },
  { seed: 2, lag: 0, isRestarted: false },
  { seed: 3, lag: 4000, isRestarted: false },
  { seed: 4, lag: 0, isRestarted: true },
])('whoever reads the deltas page by page between random writes ends with the tenant (%o)', play);
