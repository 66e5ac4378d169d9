import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant, writeAll } from '../../../test/lab/entra-tenant.ts';
import type { TargetWrite, WriteResult } from '../connector.ts';

let tenant: EntraTenant;
afterEach(() => tenant.close());

const BATCH = 'POST /v1.0/$batch';
const FAULTS = [
  '429',
  '503',
  '504',
  '502',
  '409',
  'reset',
  'timeout',
  'appliedThenReset',
  'cut',
  'garbled',
  'missing',
  'tokenExpired',
] as const;
/** Only where an answer never comes: on a busy machine a request that is cut off too early is one fault more. */
const IMPATIENT = { timeout: 2 };
let patience: { readonly timeout?: number } = {};

function newUser(at: number): TargetWrite {
  const attributes = {
    sourceAnchor: `anchor-${at}/+=`,
    userPrincipalName: `user${at}@contoso.com`,
    accountEnabled: true,
    displayName: `User ${at}`,
    alias: `user${at}`,
    mail: `user${at}@contoso.com`,
  };
  return { id: `user${at}`, action: 'create', type: 'user', anchor: attributes.sourceAnchor, attributes };
}

function newGroup(at: number): TargetWrite {
  const attributes = { sourceAnchor: `group-${at}/+=`, displayName: `Group ${at}`, alias: `group${at}` };
  return { id: `group${at}`, action: 'create', type: 'group', anchor: attributes.sourceAnchor, attributes };
}

function newObjects(users: number, groups: number): readonly TargetWrite[] {
  return [...Array(users).keys()].map(newUser).concat([...Array(groups).keys()].map(newGroup));
}

async function run(writes: readonly TargetWrite[]): Promise<ReadonlyMap<string, WriteResult>> {
  const target = tenant.connect(patience);
  const results = await writeAll(target, writes);
  expect(results.size).toBe(writes.length);
  return results;
}

const idOf = (results: ReadonlyMap<string, WriteResult>, name: string): string => {
  const result = results.get(name);
  if (result?.outcome !== 'done') throw new Error(`${name}: ${JSON.stringify(result)}`);
  return result.targetId;
};

async function writesOfTenant(): Promise<number> {
  return ((await tenant.control('stats')) as { readonly directoryWrites: number }).directoryWrites;
}

const allDone = (results: ReadonlyMap<string, WriteResult>) =>
  [...results.values()].filter((one) => one.outcome !== 'done');

describe.each(FAULTS)('when the tenant answers with %s', (fault) => {
  beforeEach(() => {
    patience = fault === 'timeout' ? IMPATIENT : {};
  });
  afterEach(() => {
    patience = {};
  });

  test.each([
    ['to whole requests', BATCH],
    ['to creations of users', 'POST /v1.0/users'],
    ['to creations of groups', 'PATCH /v1.0/groups(uniqueName=*'],
  ])('%s, every object is made once', async (_, match) => {
    tenant = await startEntraTenant();
    // A batch as a whole is never in another's way, and a token expires once.
    const isItems = fault === '409' && match === BATCH;
    const times = fault === 'tokenExpired' ? 1 : 3;
    await tenant.control('faults', [
      { match: isItems ? 'POST /v1.0/users' : match, fault, times, after: 1, retryAfter: 2 },
    ]);
    const results = await run(newObjects(30, 30));
    expect(allDone(results)).toEqual([]);
    const objects = await tenant.dump();
    expect(objects).toHaveLength(60);
    expect(new Set(objects.map((object) => object['id']))).toEqual(
      new Set([...results.keys()].map((name) => idOf(results, name))),
    );
    expect(await writesOfTenant()).toBe(60);
  });

  test('to changes, every object ends as it was meant to', async () => {
    tenant = await startEntraTenant();
    const made = await run(newObjects(12, 2));
    const user = (at: number) => idOf(made, `user${at}`);
    const group = idOf(made, 'group0');
    await tenant.control('faults', [
      { match: 'PATCH /v1.0/users/{id}', fault, times: 2, retryAfter: 2 },
      { match: 'DELETE /v1.0/users/{id}', fault, times: 2, retryAfter: 2 },
      { match: 'PUT /v1.0/users/{id}/manager/$ref', fault, times: 2, retryAfter: 2 },
      { match: 'PATCH /v1.0/groups/{id}', fault, times: 2, retryAfter: 2 },
      { match: 'DELETE /v1.0/groups/{id}/members/{id}/$ref', fault, times: 2, retryAfter: 2 },
    ]);
    const on = (at: number) => ({ type: 'user', anchor: 'a', targetId: user(at) }) as const;
    const results = await run([
      ...[0, 1, 2].map(
        (at): TargetWrite => ({
          id: `update${at}`,
          action: 'update',
          ...on(at),
          attributes: { city: 'Bonn', title: null },
        }),
      ),
      ...[3, 4, 5].map((at): TargetWrite => ({ id: `delete${at}`, action: 'delete', ...on(at) })),
      ...[6, 7].map(
        (at): TargetWrite => ({ id: `refer${at}`, action: 'refer', ...on(at), attribute: 'manager', to: user(0) }),
      ),
      {
        id: 'members',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: group,
        attribute: 'member',
        add: [8, 9, 10].map(user),
        remove: [],
      },
    ]);
    expect(allDone(results)).toEqual([]);
    await run([
      {
        id: 'less',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: group,
        attribute: 'member',
        add: [user(11)],
        remove: [user(8)],
      },
    ]);
    const objects = new Map((await tenant.dump()).map((object) => [object['id'], object]));
    for (const at of [0, 1, 2]) expect(objects.get(user(at))).toMatchObject({ city: 'Bonn' });
    for (const at of [3, 4, 5]) expect(objects.get(user(at))?.['deletedDateTime'] ?? null).not.toBeNull();
    for (const at of [6, 7]) expect(JSON.stringify(objects.get(user(at))?.['manager'])).toContain(user(0));
    const members = JSON.stringify(objects.get(group)?.['members']);
    for (const at of [9, 10, 11]) expect(members).toContain(user(at));
    expect(members).not.toContain(user(8));
    expect((await tenant.dump()).length).toBe(14);
  });

  test('to restorations, the objects come back', async () => {
    tenant = await startEntraTenant();
    const made = await run(newObjects(3, 0));
    const of = (action: 'delete' | 'restore') =>
      [0, 1, 2].map(
        (at): TargetWrite => ({ id: `${at}`, action, type: 'user', anchor: 'a', targetId: idOf(made, `user${at}`) }),
      );
    await run(of('delete'));
    await tenant.control('faults', [
      { match: 'POST /v1.0/directory/deletedItems/{id}/restore', fault, times: 2, retryAfter: 2 },
    ]);
    expect(allDone(await run(of('restore')))).toEqual([]);
  });
});

test('an answer that is lost after the change was made does not make the change once more', async () => {
  tenant = await startEntraTenant();
  const made = await run(newObjects(5, 0));
  const before = await writesOfTenant();
  await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: 'appliedThenReset' }]);
  const results = await run([
    {
      id: 'update',
      action: 'update',
      type: 'user',
      anchor: 'a',
      targetId: idOf(made, 'user0'),
      attributes: { city: 'Bonn' },
    },
    { id: 'delete', action: 'delete', type: 'user', anchor: 'a', targetId: idOf(made, 'user1') },
    {
      id: 'refer',
      action: 'refer',
      type: 'user',
      anchor: 'a',
      targetId: idOf(made, 'user2'),
      attribute: 'manager',
      to: idOf(made, 'user3'),
    },
  ]);
  expect(allDone(results)).toEqual([]);
  expect((await writesOfTenant()) - before).toBe(3);
});

test("writes to one object that are in each other's way are sent one after the other", async () => {
  tenant = await startEntraTenant({ assumptions: { refuseConcurrentWrites: true } });
  const made = await run(newObjects(60, 1));
  const users = [...Array(60).keys()].map((at) => idOf(made, `user${at}`));
  const group = { type: 'group', anchor: 'g', targetId: idOf(made, 'group0') } as const;
  const change = (id: string, add: readonly string[], remove: readonly string[]): TargetWrite => {
    return { id, action: 'members', ...group, attribute: 'member', add, remove };
  };
  const parts = [0, 20, 40].map((from) => users.slice(from, from + 20));
  const added = await run(parts.map((part, at) => change(`add${at}`, part, [])));
  const removed = await run(parts.map((part, at) => change(`remove${at}`, [], part)));
  for (const result of [...added.values(), ...removed.values()]) {
    expect(result).toEqual({ id: result.id, outcome: 'done', targetId: group.targetId });
  }
  const found = (await tenant.dump()).find((object) => object['id'] === group.targetId);
  expect(found?.['members']).toEqual([]);
});

test('a tenant that names a time for a whole request is asked nothing before it, not even by look-ups', async () => {
  tenant = await startEntraTenant();
  await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: '503', retryAfter: 40 }]);
  const asked: unknown[] = [];
  const delay = async (milliseconds: number): Promise<void> => {
    if (milliseconds >= 40_000)
      asked.push(((await tenant.control('stats')) as { readonly requests: unknown }).requests);
  };
  const pace = { now: () => performance.now() * 100, delay, random: () => 0.5 };
  const results = await writeAll(tenant.connect({}, { pace }), newObjects(3, 2));
  expect(allDone(results)).toEqual([]);
  expect(asked).toHaveLength(5);
  expect(asked[0]).toEqual([{ method: 'POST', path: '/v1.0/$batch', status: 503, count: 1 }]);
});

test('many requests that fail at the same moment are no reason to give up', async () => {
  tenant = await startEntraTenant();
  await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: '503', times: 15, retryAfter: null }]);
  // As fast as leaves a slow machine ten seconds for what must not take thirty.
  const delay = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds / 3));
  const pace = { now: () => performance.now() * 3, delay, random: () => 0.5 };
  expect(allDone(await writeAll(tenant.connect({}, { pace }), newObjects(400, 0)))).toEqual([]);
  expect(await writesOfTenant()).toBe(400);
});

test('a tenant that never answers ends the run, and no write that was sent is told as done', async () => {
  tenant = await startEntraTenant();
  await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: '503', times: 1000 }]);
  await expect(run(newObjects(3, 0))).rejects.toMatchObject({ code: 'tenant-unreachable' });
});

describe('replication that lags behind', () => {
  test('lets new objects be referred to at once', async () => {
    tenant = await startEntraTenant({ lag: 600 });
    const target = tenant.connect();
    const made = await writeAll(target, newObjects(6, 2));
    const user = (at: number) => idOf(made, `user${at}`);
    const results = await writeAll(target, [
      { id: 'refer', action: 'refer', type: 'user', anchor: 'a', targetId: user(0), attribute: 'manager', to: user(1) },
      {
        id: 'members',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: idOf(made, 'group0'),
        attribute: 'member',
        add: [user(2), user(3)],
        remove: [],
      },
      {
        id: 'nested',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: idOf(made, 'group1'),
        attribute: 'member',
        add: [idOf(made, 'group0')],
        remove: [],
      },
      { id: 'update', action: 'update', type: 'user', anchor: 'a', targetId: user(4), attributes: { city: 'Bonn' } },
      { id: 'delete', action: 'delete', type: 'user', anchor: 'a', targetId: user(5) },
    ]);
    expect([...results.values()]).toEqual(
      [...results.keys()].map((id) => expect.objectContaining({ id, outcome: 'done' })),
    );
    expect([...results.values()].filter((one) => 'failedReferences' in one)).toEqual([]);
    const objects = new Map((await tenant.dump()).map((object) => [object['id'], object]));
    expect(objects.get(user(5))?.['deletedDateTime'] ?? null).not.toBeNull();
    expect(JSON.stringify(objects.get(idOf(made, 'group0')))).toContain(user(3));
  });

  test('and lost answers together still make every object once', async () => {
    tenant = await startEntraTenant({ lag: 300 });
    await tenant.control('faults', [
      { match: 'POST /v1.0/$batch', fault: 'appliedThenReset', times: 2 },
      { match: 'POST /v1.0/users', fault: '504', times: 5, retryAfter: 1 },
    ]);
    const results = await run(newObjects(25, 25));
    expect(allDone(results)).toEqual([]);
    expect(await tenant.dump()).toHaveLength(50);
  });

  test('makes nothing a conflict that a killed run has made a moment ago', async () => {
    tenant = await startEntraTenant({ lag: 300 });
    const writes = newObjects(2, 2);
    const before = await writeAll(tenant.connect(), writes);
    const after = await writeAll(tenant.connect(), writes);
    for (const [name] of before) expect(idOf(after, name)).toBe(idOf(before, name));
    expect(await tenant.dump()).toHaveLength(4);
  });
});

describe('what a replica does not know yet', () => {
  test('is not taken for deleted: the deletion fails, and succeeds later', async () => {
    let now = Date.now();
    tenant = await startEntraTenant({ lag: 60_000, now: () => now });
    const made = await tenant.write(newObjects(2, 1));
    const removal = (id: string, type: 'user' | 'group'): TargetWrite => {
      return { id, action: 'delete', type, anchor: 'a', targetId: idOf(made, id) };
    };
    const removals = [removal('user0', 'user'), removal('group0', 'group')];
    await tenant.control('faults', [{ match: 'DELETE /v1.0/users/{id}', fault: 'reset' }]);
    const early = await writeAll(tenant.connect(), removals);
    expect([...early.values()].map((one) => one.outcome)).toEqual(['failed', 'failed']);
    now += 60_000;
    expect(allDone(await writeAll(tenant.connect(), removals))).toEqual([]);
    now += 60_000;
    expect(allDone(await writeAll(tenant.connect(), removals))).toEqual([]);
    expect((await tenant.dump()).filter((one) => one['deletedDateTime'] === undefined)).toHaveLength(1);
  });
});

describe('a batch', () => {
  test('whose items fail differently makes every object once', async () => {
    tenant = await startEntraTenant();
    await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: 'mixed', times: 3 }]);
    expect(allDone(await run(newObjects(40, 20)))).toEqual([]);
    expect(await tenant.dump()).toHaveLength(60);
    expect(await writesOfTenant()).toBe(60);
  });

  test('that leaves a request out for ever gives that one up, and only that', async () => {
    tenant = await startEntraTenant();
    const made = await run(newObjects(2, 0));
    await tenant.control('faults', [
      { match: `PATCH /v1.0/users/${idOf(made, 'user0')}`, fault: 'reset', times: 1 },
      { match: `DELETE /v1.0/groups/{id}/members/{id}/$ref`, fault: 'missing', times: 1000 },
    ]);
    const on = (at: number) => ({ type: 'user', anchor: 'a', targetId: idOf(made, `user${at}`) }) as const;
    const member = { action: 'members', type: 'group', anchor: 'g', attribute: 'member' } as const;
    const group = (await run([newGroup(9)])).get('group9');
    const targetId = group?.outcome === 'done' ? group.targetId : '';
    await run([{ id: 'add', ...member, targetId, add: [on(0).targetId, on(1).targetId], remove: [] }]);
    const results = await run([
      { id: 'update', action: 'update', ...on(0), attributes: { city: 'Bonn' } },
      { id: 'members', ...member, targetId, add: [], remove: [on(0).targetId] },
    ]);
    expect(results.get('update')).toMatchObject({ outcome: 'done' });
    expect(JSON.stringify(results.get('members'))).toContain('leaves this request out');
  });

  test('that something other than Graph answers ends the run and says so', async () => {
    tenant = await startEntraTenant();
    for (const [fault, words] of [
      ['portal', /something other than Microsoft Graph/],
      ['redirect', /led to https:\/\/proxy\.example\.net \(302\)/],
    ] as const) {
      await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault }]);
      await expect(run(newObjects(1, 0))).rejects.toMatchObject({
        code: 'tenant-refused',
        message: expect.stringMatching(words),
      });
    }
    expect(allDone(await run(newObjects(1, 0)))).toEqual([]);
    expect(await tenant.dump()).toHaveLength(1);
  });
});

describe('settling writes whose result was never stored', () => {
  test('looks up what became of them and sends nothing', async () => {
    tenant = await startEntraTenant();
    const made = await run(newObjects(3, 1));
    await run([{ id: 'd', action: 'delete', type: 'user', anchor: 'a', targetId: idOf(made, 'user2') }]);
    const before = await writesOfTenant();
    const on = (name: string) => ({ type: 'user', anchor: 'a', targetId: idOf(made, name) }) as const;
    const settled = new Map<string, unknown>();
    const writes: readonly TargetWrite[] = [
      newUser(0),
      newUser(77),
      newGroup(0),
      newGroup(77),
      { id: 'deleted', action: 'delete', ...on('user2') },
      { id: 'not-deleted', action: 'delete', ...on('user1') },
      { id: 'restored', action: 'restore', ...on('user1') },
      { id: 'not-restored', action: 'restore', ...on('user2') },
      { id: 'update', action: 'update', ...on('user1'), attributes: { city: 'Bonn' } },
    ];
    for await (const page of tenant.target.settle(writes)) for (const one of page) settled.set(one.id, one);
    expect(Object.fromEntries(settled)).toMatchObject({
      user0: { outcome: 'done', targetId: idOf(made, 'user0') },
      user77: { outcome: 'not-done' },
      group0: { outcome: 'done', targetId: idOf(made, 'group0') },
      group77: { outcome: 'not-done' },
      deleted: { outcome: 'done' },
      'not-deleted': { outcome: 'not-done' },
      restored: { outcome: 'done' },
      'not-restored': { outcome: 'not-done' },
      update: { outcome: 'unknown' },
    });
    expect(await writesOfTenant()).toBe(before);
  });
});
