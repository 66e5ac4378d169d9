import { describe, expect, test } from 'vitest';
import { type ChangesReply, readChangesReply } from './drsuapi/changes-reply.ts';
import { FROM_THE_START, type ReplicationState } from './drsuapi/replication-state.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import { formatWatermark, parseWatermark } from './password-watermark.ts';
import { ReadOnlyController } from './read-only-controller.ts';
import { Replica, type ReplicationSession } from './replica.ts';
import { HistoryLost, ReplicationCycle } from './replication-cycle.ts';
import { sambaAnswer } from './trial/samba-answers.ts';

const A = 'aaaaaaaa-0000-0000-0000-000000000000';
const B = 'bbbbbbbb-0000-0000-0000-000000000000';

const vector = (usn: bigint) => ({ highObjectUpdate: usn, reserved: 0n, highPropertyUpdate: usn });

/** A domain controller that holds `objects` changes and hands out two at a time. */
class CountingDatabase {
  readonly invocationId: string;
  readonly #changes: bigint;
  /** Takes the counts of another database for its own, as a server does that compares nothing. */
  readonly #isCareless: boolean;
  readonly asked: ReplicationState[] = [];

  constructor(invocationId: string, changes: bigint, isCareless = false) {
    this.invocationId = invocationId;
    this.#changes = changes;
    this.#isCareless = isCareless;
  }

  async readChanges(state: ReplicationState): Promise<ChangesReply> {
    this.asked.push(state);
    const isOwn = state.invocationId === this.invocationId || this.#isCareless;
    const from = isOwn ? state.usn.highObjectUpdate : 0n;
    const to = from + 2n > this.#changes ? this.#changes : from + 2n;
    const hasMore = to < this.#changes;
    const objects = Array.from({ length: to > from ? Number(to - from) : 0 }, (_, index) => ({
      name: { guid: `${this.invocationId}/${from + BigInt(index) + 1n}`, sid: null, dn: '' },
      attributes: new Map(),
    }));
    const cursors = hasMore ? null : [{ invocationId: this.invocationId, usn: this.#changes }];
    return { invocationId: this.invocationId, usnTo: vector(to), cursors, hasMore, objects, extendedResult: 0 };
  }
}

async function runCycle(cycle: ReplicationCycle, databases: readonly CountingDatabase[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (let turn = 0; !cycle.isDone; turn++) {
    const database = databases[Math.min(turn, databases.length - 1)];
    if (!database) throw new Error('no database');
    const part = await cycle.next(database, 2);
    names.push(...part.objects.map(({ name }) => name.guid));
    cycle.accept(part);
  }
  return names;
}

describe('a cycle', () => {
  test('reads everything once, and the next one nothing', async () => {
    const database = new CountingDatabase(A, 5n);
    const cycle = new ReplicationCycle(FROM_THE_START);
    expect(cycle.isFull).toBe(true);
    expect(await runCycle(cycle, [database])).toEqual([1, 2, 3, 4, 5].map((usn) => `${A}/${usn}`));
    expect(cycle.end).toEqual({ invocationId: A, usn: vector(5n), cursors: [{ invocationId: A, usn: 5n }] });
    const next = new ReplicationCycle(cycle.end);
    expect(next.isFull).toBe(false);
    expect(await runCycle(next, [database])).toEqual([]);
  });

  test.each([
    ['sees for itself that the counts are not its own', false],
    ['takes the counts of another for its own', true],
  ])('goes on with another domain controller in the middle and leaves nothing out, when that one %s', async (_how, isCareless) => {
    const [first, second] = [new CountingDatabase(A, 9n), new CountingDatabase(B, 5n, isCareless)];
    const start = { ...FROM_THE_START, cursors: [{ invocationId: A, usn: 1n }] };
    const cycle = new ReplicationCycle(start);
    const names = await runCycle(cycle, [first, second]);
    expect(new Set(names)).toEqual(
      new Set([1, 2].map((usn) => `${A}/${usn}`).concat([1, 2, 3, 4, 5].map((usn) => `${B}/${usn}`))),
    );
    // What the first one would still have told is not claimed to be known.
    expect(cycle.end.cursors).toEqual([{ invocationId: B, usn: 5n }]);
    // Until it is done, the other one is asked by what the last finished cycle knew.
    expect(second.asked.every(({ cursors }) => cursors === start.cursors)).toBe(true);
  });

  test('claims to know no more than the domain controller that it ended with: what that one hears of later, it tells', async () => {
    // The last cycle was told by A of its change 9; B, which is asked now, has heard of A up to 7.
    const known = { invocationId: A, usn: vector(9n), cursors: [{ invocationId: A, usn: 9n }] };
    const behind = {
      readChanges: async (): Promise<ChangesReply> => ({
        invocationId: B,
        usnTo: vector(5n),
        cursors: [
          { invocationId: A, usn: 7n },
          { invocationId: B, usn: 5n },
        ],
        hasMore: false,
        objects: [],
        extendedResult: 0,
      }),
    };
    const cycle = new ReplicationCycle(known);
    cycle.accept(await cycle.next(behind, 2));
    expect(cycle.end.cursors).toEqual([
      { invocationId: A, usn: 7n },
      { invocationId: B, usn: 5n },
    ]);
  });

  test('gives a part again that was not accepted', async () => {
    const database = new CountingDatabase(A, 3n);
    const cycle = new ReplicationCycle(FROM_THE_START);
    const lost = await cycle.next(database, 2);
    expect((await runCycle(cycle, [database])).slice(0, 2)).toEqual(lost.objects.map(({ name }) => name.guid));
  });

  test('notices a database that was put back from a copy', async () => {
    const known = { invocationId: A, usn: vector(9n), cursors: [{ invocationId: A, usn: 9n }] };
    await expect(runCycle(new ReplicationCycle(known), [new CountingDatabase(A, 8n)])).rejects.toBeInstanceOf(
      HistoryLost,
    );
    expect(await runCycle(new ReplicationCycle(known), [new CountingDatabase(A, 9n)])).toEqual([]);
  });

  test.each([
    ['sends nothing', []],
    ['sends the same again and again', [{ name: { guid: A, sid: null, dn: '' }, attributes: new Map() }]],
  ])('ends when a server says for ever that there is more, and %s', async (_what, objects) => {
    const reply: ChangesReply = {
      invocationId: A,
      usnTo: vector(0n),
      cursors: null,
      hasMore: true,
      objects,
      extendedResult: 0,
    };
    const cycle = new ReplicationCycle(FROM_THE_START);
    const endless = async (): Promise<void> => {
      for (;;) cycle.accept(await cycle.next({ readChanges: async () => reply }, 2));
    };
    await expect(endless()).rejects.toBeInstanceOf(MalformedAnswer);
  });
});

test('a watermark is read again, however many databases the domain has had', () => {
  const cursors = Array.from({ length: 20_000 }, (_, index) => ({
    invocationId: `${index.toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`,
    usn: BigInt(index),
  }));
  const state = { ...FROM_THE_START, invocationId: A, cursors };
  expect(parseWatermark(formatWatermark({ domain: B, state, attributes: [] }))?.state).toEqual(state);
});

describe('a domain controller', () => {
  const controller = (netbiosName: string, isReadOnly = false) => ({
    netbiosName,
    dnsName: null,
    dsaGuid: A,
    isReadOnly,
  });

  test('that fails at a single account says so, not that access is denied', async () => {
    const { objects: _, ...reply } = readChangesReply(sambaAnswer('changes'), 'reading');
    const failing = async (extendedResult: number): Promise<unknown> => {
      const getChanges = async () => ({ ...reply, objects: [], extendedResult });
      const replica = await Replica.of({ ...session(['dc1'], ['dc1']), getChanges });
      return replica.readObject(A).catch((error: unknown) => error);
    };
    expect(await failing(5)).toMatchObject({ code: 8442, message: expect.stringContaining('result 5') });
    expect(await failing(15)).toMatchObject({ code: 8453, message: expect.stringContaining('access denied') });
  });

  function session(writable: readonly string[], all: readonly string[]): ReplicationSession {
    return {
      server: { label: 'dc1', host: 'dc1', port: null },
      facts: {
        netbiosComputer: 'DC1',
        dnsComputer: null,
        netbiosDomain: 'CORP',
        dnsDomain: 'corp.example.com',
        time: null,
      },
      isOpen: true,
      sessionKey: Buffer.alloc(16),
      listControllers: async (_domain, level) =>
        (level === 2 ? writable : all).map((name) => controller(name, level === 3 && !writable.includes(name))),
      crackName: async (_name, _from, to) => (to === 6 ? `{${B}}` : 'DC=corp,DC=example,DC=com'),
      getChanges: () => Promise.reject(new Error('not asked for')),
      close: async () => undefined,
    };
  }

  test('is known by its name among those that can be written to', async () => {
    const { domain } = await Replica.of(session(['DC0', 'dc1'], ['DC0', 'dc1']));
    expect(domain).toEqual({ guid: B, dn: 'DC=corp,DC=example,DC=com', netbiosName: 'CORP' });
  });

  test('that is read-only is refused with that reason', async () => {
    const failure = await Replica.of(session(['DC0'], ['DC0', 'DC1'])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReadOnlyController);
    expect(failure).toMatchObject({
      message: 'dc1: DC1 is a read-only domain controller, which has no passwords to give',
    });
  });

  test('that is none of its own domain is refused', async () => {
    await expect(Replica.of(session(['DC0'], ['DC0']))).rejects.toBeInstanceOf(MalformedAnswer);
  });
});
