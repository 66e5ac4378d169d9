import { setImmediate as pass } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EntraTenant, startEntraTenant, writeAll } from '../../../test/lab/entra-tenant.ts';
import type { TargetConnector, TargetWrite, WriteResult } from '../connector.ts';

const LAG = 60_000;
/** Of the tenant and of our waits, in milliseconds; it moves when somebody waits. */
let now: number;
let tenant: EntraTenant;

beforeEach(async () => {
  now = Date.now();
  tenant = await startEntraTenant({ lag: LAG, now: () => now });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await tenant.close();
});

const PACE = {
  now: () => now,
  delay: async (milliseconds: number) => {
    await pass();
    now += milliseconds;
  },
  random: () => 0.5,
};

/** Another process of ours. */
function connect(more: Readonly<Record<string, unknown>> = {}): TargetConnector {
  return tenant.connect(more, { pace: PACE });
}

async function send(target: TargetConnector, write: TargetWrite): Promise<WriteResult> {
  const result = (await writeAll(target, [write])).get(write.id);
  if (result === undefined) throw new Error(`${write.id} was not answered`);
  return result;
}

async function make(target: TargetConnector, type: 'user' | 'group', name: string): Promise<string> {
  const own = type === 'user' ? { userPrincipalName: `${name}@contoso.com`, accountEnabled: true } : {};
  const attributes = { sourceAnchor: `anchor of ${name}`, displayName: name, alias: name, ...own };
  const result = await send(target, { id: name, action: 'create', type, anchor: attributes.sourceAnchor, attributes });
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
  return result.targetId;
}

async function isAlive(id: string): Promise<boolean> {
  const found = (await tenant.dump()).find((one) => one['id'] === id);
  return found !== undefined && found['deletedDateTime'] === undefined;
}

/** Calls `onRefusal` with the number of the refusal whenever the tenant misses something in a write, before we learn of it. */
function watchRefusals(onRefusal: (count: number) => void): void {
  const fetchReally = globalThis.fetch;
  let count = 0;
  vi.stubGlobal('fetch', async (...given: Parameters<typeof fetch>) => {
    const response = await fetchReally(...given);
    if (!/"method":"(?!GET)/.test(String(given[1]?.body))) return response;
    const text = await response.text();
    if (/do(es)? not exist/.test(text)) onRefusal(++count);
    return new Response(text, response);
  });
}

describe('what was made a moment ago and is refused', () => {
  test.each([
    'user',
    'group',
  ] as const)('is tried again when the %s turns up between refusal and look-up', async (type) => {
    const target = connect();
    const targetId = await make(target, type, 'late');
    // Every refusal but the last comes from a replica that shows nothing, so the wait is long; the last one is overtaken.
    const frozen = now;
    watchRefusals((count) => {
      now = count < 7 ? Math.min(now, frozen + 1000) : now + LAG;
    });
    const attributes = { displayName: 'Later' };
    const update: TargetWrite = { id: 'u', action: 'update', type, anchor: 'a', targetId, attributes };
    expect(await send(target, update)).toMatchObject({ outcome: 'done' });
    expect(await tenant.dump()).toMatchObject([{ displayName: 'Later' }]);
  });

  test('is tried again as the new member of a group', async () => {
    const target = connect();
    const group = await make(target, 'group', 'staff');
    now += LAG;
    const member = await make(target, 'user', 'late');
    const frozen = now;
    watchRefusals((count) => {
      now = count < 7 ? Math.min(now, frozen + 1000) : now + LAG;
    });
    const head = { id: 'm', action: 'members', type: 'group', anchor: 'g', attribute: 'member' } as const;
    const result = await send(target, { ...head, targetId: group, add: [member], remove: [] });
    expect(result).toEqual({ id: 'm', outcome: 'done', targetId: group });
  });

  test('says of a stranger that it is missing, and does not wait for ever', async () => {
    const targetId = '00000000-0000-4000-8000-000000000000';
    const update: TargetWrite = {
      id: 'u',
      action: 'update',
      type: 'user',
      anchor: 'a',
      targetId,
      attributes: { city: 'Bonn' },
    };
    const before = now;
    expect(await send(connect(), update)).toMatchObject({ outcome: 'gone', failure: { isMissing: true } });
    expect(now - before).toBeLessThan(10_000);
  });
});

describe.each(['user', 'group'] as const)('a %s that was deleted a moment ago', (type) => {
  let restore: TargetWrite;
  beforeEach(async () => {
    const other = connect();
    const targetId = await make(other, type, 'ann');
    now += LAG;
    await send(other, { id: 'd', action: 'delete', type, anchor: 'a', targetId });
    restore = { id: 'r', action: 'restore', type, anchor: 'a', targetId, deletedAt: new Date(now).toISOString() };
  });

  test('is restored by another process though a replica still shows it alive', async () => {
    const result = await send(connect(), restore);
    expect(result).toMatchObject({ outcome: 'done' });
    expect(await isAlive(result.outcome === 'done' ? result.targetId : '')).toBe(true);
  });

  test('is restored though the answer is lost and a replica still shows it alive', async () => {
    now += LAG - 2000;
    await tenant.control('faults', [{ match: 'POST /v1.0/$batch', fault: 'reset' }]);
    const result = await send(connect(), restore);
    expect(result).toMatchObject({ outcome: 'done' });
    expect(await isAlive(result.outcome === 'done' ? result.targetId : '')).toBe(true);
  });

  test('and restored by another process, which was killed, counts as restored when it is seen', async () => {
    now += LAG;
    await send(connect(), restore);
    expect(await send(connect(), restore)).toMatchObject({ outcome: 'done' });
  });

  test('is told as missing, never as gone, when it does not turn up', async () => {
    now += LAG;
    if (restore.action !== 'restore') throw new Error('that is no restoration');
    await tenant.graph('DELETE', `/directory/deletedItems/${restore.targetId}`);
    now += LAG;
    const failure = { code: 'restore-refused', isMissing: true };
    expect(await send(connect(), restore)).toMatchObject({ outcome: 'failed', failure });
  });
});
