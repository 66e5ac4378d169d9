import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionLost } from '../../ldap/ldap-failure.ts';
import { DRSUAPI } from '../drsuapi/bind.ts';
import { DrsSession } from '../drsuapi/drs-session.ts';
import { MalformedAnswer } from '../malformed-answer.ts';
import { NtlmClient } from '../ntlm/ntlm-client.ts';
import { mutated } from '../trial/mutated-bytes.ts';
import { sambaAnswer } from '../trial/samba-answers.ts';
import { Conversation, ScriptedRpcServer, type ServerScript } from '../trial/scripted-rpc-server.ts';
import { readBindAnswer } from './bind-answer.ts';
import { CallAnswer } from './call-answer.ts';
import { findPort } from './endpoint-mapper.ts';
import { formatPdu, PDU_FLAG, PDU_TYPE, parsePdu } from './pdu.ts';
import { type RpcAddress, RpcConnection, type RpcLimits } from './rpc-connection.ts';
import { RpcRefusal } from './rpc-refusal.ts';

const LIMITS: RpcLimits = { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, mostAnswerBytes: 100_000 };
const { first: FIRST, last: LAST } = PDU_FLAG;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function connect(
  answer: ServerScript['answer'],
  {
    isSignedIn = true,
    limits = LIMITS,
    ...script
  }: Partial<ServerScript> & { isSignedIn?: boolean; limits?: RpcLimits } = {},
) {
  const server = await ScriptedRpcServer.start({ user: 'ann', password: 'of ann', answer, ...script });
  const connection = await RpcConnection.open(server.address, limits);
  cleanups.push(
    () => server.stop(),
    () => connection.close(),
  );
  const account = { user: 'ann', domain: '', readPassword: () => 'of ann', targetName: 'ldap/test' };
  if (isSignedIn) await connection.bindAs(DRSUAPI, new NtlmClient(account));
  else await connection.bind(DRSUAPI);
  return { server, connection };
}

const LONG = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));

describe('a call', () => {
  test.each([
    ['sealed', {}],
    ['in the clear before anybody signs in', { isSignedIn: false }],
  ])('goes and comes back %s, one after the other', async (_how, options) => {
    const { connection } = await connect(({ callId, stub }, talk) => [talk.respond(callId, stub)], options);
    for (const stub of [Buffer.from('a first call'), Buffer.alloc(0), LONG.subarray(0, 3_001)])
      expect(await connection.call(3, stub, 'trying')).toEqual(stub);
  });

  test('is cut into fragments of the size that the server takes, and each is sealed', async () => {
    const { connection, server } = await connect(
      ({ callId, stub }, talk) => [talk.respond(callId, stub.subarray(-9))],
      {
        fragmentLength: 1432,
      },
    );
    expect(await connection.call(3, LONG, 'trying')).toEqual(LONG.subarray(-9));
    const lengths = server.conversation?.fragments ?? [];
    expect(lengths.length).toBeGreaterThan(14);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1432);
  });

  test('is answered by fragments that are put together', async () => {
    const { connection } = await connect(({ callId }, talk) => [
      talk.respond(callId, LONG.subarray(0, 5_000), FIRST),
      talk.respond(callId, LONG.subarray(5_000, 5_003), 0),
      talk.respond(callId, LONG.subarray(5_003), LAST),
    ]);
    expect(await connection.call(3, Buffer.from('x'), 'trying')).toEqual(LONG);
  });

  test.each([
    [0x00000005, /access denied/, 'sign-in'],
    [0x1c010002, /not known there/, 'other'],
    [0x1c010014, /too much to do/, 'busy'],
    [0x12345678, /no known reason.*0x12345678/, 'other'],
  ])('that ends in fault %i says so in words', async (status, words, about) => {
    const { connection } = await connect(({ callId }, talk) => [talk.fault(callId, status)]);
    const failure = await connection.call(3, Buffer.from('x'), 'reading').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RpcRefusal);
    expect(failure).toMatchObject({ about, code: status, message: expect.stringMatching(words) });
    expect(connection.isOpen).toBe(false);
  });
});

describe('an answer', () => {
  test.each<[string, ServerScript['answer'], RegExp]>([
    ['to another call', ({ callId, stub }, talk) => [talk.respond(callId + 1, stub)], /call \d+ instead of/],
    ['that begins in the middle', ({ callId, stub }, talk) => [talk.respond(callId, stub, LAST)], /out of order/],
    [
      'that begins twice',
      ({ callId, stub }, talk) => [talk.respond(callId, stub, FIRST), talk.respond(callId, stub, FIRST)],
      /out of order/,
    ],
    [
      'that has no end',
      ({ callId }, talk) =>
        Array.from({ length: 30 }, (_, index) =>
          talk.respond(callId, LONG.subarray(0, 5_000), index === 0 ? FIRST : 0),
        ),
      /more than 100000 bytes/,
    ],
    [
      'that comes in crumbs without an end',
      ({ callId }, talk) =>
        Array.from({ length: 2_000 }, (_, index) => talk.respond(callId, Buffer.alloc(0), index === 0 ? FIRST : 0)),
      /more than 100000 bytes/,
    ],
    [
      'that was changed on the way',
      ({ callId, stub }, talk) => {
        const bytes = talk.respond(callId, stub);
        bytes[30] = (bytes[30] ?? 0) ^ 1;
        return [bytes];
      },
      /signature/,
    ],
    [
      'whose fragments were exchanged',
      ({ callId, stub }, talk) => [talk.respond(callId, stub, FIRST), talk.respond(callId, stub, LAST)].reverse(),
      /out of order|signature/,
    ],
    [
      'that comes again',
      ({ callId, stub }, talk) => [talk.respond(callId, stub), talk.respond(callId, stub)],
      /nobody asked|instead of/,
    ],
  ])('%s is refused', async (_what, answer, reason) => {
    const { connection } = await connect(answer);
    const call = async (): Promise<void> => {
      // What comes too much is seen with the next call at the latest.
      for (let count = 0; count < 3; count++) await connection.call(3, Buffer.from('some text to answer'), 'trying');
    };
    const failure = await call().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MalformedAnswer);
    expect(failure).toMatchObject({ message: expect.stringMatching(reason) });
    expect(connection.isOpen).toBe(false);
  });

  test('without a signature is refused where somebody is signed in', async () => {
    const clear = Buffer.concat([Buffer.alloc(8), Buffer.from('in the clear')]);
    const { connection } = await connect(({ callId }) => {
      const bytes = Buffer.alloc(16 + clear.length);
      bytes.set([5, 0, 2, 3, 0x10]);
      bytes.writeUInt16LE(bytes.length, 8);
      bytes.writeUInt32LE(callId, 12);
      bytes.set(clear, 16);
      return [bytes];
    });
    await expect(connection.call(3, Buffer.from('x'), 'trying')).rejects.toThrow(/not protected/);
  });

  test('that does not come ends the wait, and so does a closed connection', async () => {
    const silent = await connect(() => [], { limits: { ...LIMITS, requestTimeoutMs: 50 } });
    const failure = await silent.connection.call(3, Buffer.from('x'), 'trying').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure).toMatchObject({ message: expect.stringContaining('no answer within 0.05 s') });
    const closing = await connect(() => []);
    const call = closing.connection.call(3, Buffer.from('x'), 'trying').catch((error: unknown) => error);
    await closing.server.stop();
    expect(await call).toBeInstanceOf(ConnectionLost);
    await expect(closing.connection.call(3, Buffer.from('x'), 'trying')).rejects.toBeInstanceOf(ConnectionLost);
  });
});

describe('a server that takes connections and says nothing is waited for as long as for a connection', () => {
  const limits = { connectTimeoutMs: 10_000, requestTimeoutMs: 120_000, mostAnswerBytes: 100_000 };
  const account = { user: 'ann', domain: '', readPassword: () => 'of ann', targetName: 'ldap/test' };

  /** What `work` ends with when the clock is moved on as soon as the server has been asked for what it does not answer. */
  async function failureOf(work: Promise<unknown>, isAsked: () => boolean): Promise<unknown> {
    const failure = work.catch((error: unknown) => error);
    while (!isAsked()) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(limits.connectTimeoutMs);
    return failure;
  }

  test.each([
    ['signs in', (address: RpcAddress) => DrsSession.open(address, account, limits)],
    ['asks for the port', (address: RpcAddress) => findPort(address, DRSUAPI, limits)],
  ])('by whoever %s', async (_what, open) => {
    let isAsked = false;
    const server = await ScriptedRpcServer.startWith((socket) => {
      socket.once('data', () => {
        isAsked = true;
      });
    });
    cleanups.push(() => server.stop());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failure = await failureOf(open(server.address), () => isAsked);
    expect(failure).toMatchObject({ message: expect.stringContaining('no answer within 10 s') });
  });

  test('at the first call after the sign-in', async () => {
    let isAsked = false;
    const answer = () => {
      isAsked = true;
      return [];
    };
    const server = await ScriptedRpcServer.start({ user: 'ann', password: 'of ann', answer });
    cleanups.push(() => server.stop());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failure = await failureOf(DrsSession.open(server.address, account, limits), () => isAsked);
    expect(failure).toMatchObject({ message: expect.stringContaining('no answer within 10 s') });
  });
});

describe('a connection', () => {
  const clocks = { ...LIMITS, requestTimeoutMs: 100 };

  test('is given up when an answer comes a little at a time for ever', async () => {
    const taken = vi.spyOn(CallAnswer.prototype, 'take');
    let sendCrumb = (): void => undefined;
    const server = await ScriptedRpcServer.startWith((socket) => {
      const conversation = new Conversation({ user: 'ann', password: 'of ann', answer: () => [] });
      socket.once('data', (bytes: Buffer) => {
        for (const answer of conversation.take(bytes)) socket.write(answer);
        let isFirst = true;
        sendCrumb = () => {
          socket.write(conversation.respond(2, Buffer.from('a'), isFirst ? FIRST : 0));
          isFirst = false;
        };
      });
    });
    cleanups.push(() => server.stop());
    const connection = await RpcConnection.open(server.address, clocks);
    cleanups.push(() => connection.close());
    await connection.bind(DRSUAPI);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const call = connection.call(3, Buffer.from('x'), 'trying').catch((error: unknown) => error);
    for (let elapsed = 0; elapsed < 1_000; elapsed += 90) {
      const before = taken.mock.calls.length;
      sendCrumb();
      while (taken.mock.calls.length === before) await new Promise((resolve) => setImmediate(resolve));
      // Never so long that the server would be silent.
      vi.advanceTimersByTime(90);
    }
    const failure = await call;
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure).toMatchObject({ message: expect.stringContaining('the answer did not end within 1 s') });
  });

  test('leaves nothing open when the server does not even take the request', async () => {
    const server = await ScriptedRpcServer.startWith((socket) => {
      const conversation = new Conversation({ user: 'ann', password: 'of ann', answer: () => [] });
      socket.once('data', (bytes: Buffer) => {
        for (const answer of conversation.take(bytes)) socket.write(answer);
        socket.pause();
      });
    });
    cleanups.push(() => server.stop());
    const open = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    // Those of the tests before are on their way.
    await expect.poll(open).toBe(0);
    const connection = await RpcConnection.open(server.address, clocks);
    await connection.bind(DRSUAPI);
    expect(open()).toBe(2);
    await expect(connection.call(3, Buffer.alloc(32 << 20), 'trying')).rejects.toThrow(/no answer within/);
    connection.close();
    // The end of the server stays open.
    await expect.poll(open).toBe(1);
  });

  test('that the server shuts down is lost, and can be made anew', async () => {
    const { connection } = await connect(({ callId }) => [
      formatPdu(PDU_TYPE.shutdown, FIRST | LAST, callId, Buffer.alloc(0)),
    ]);
    await expect(connection.call(3, Buffer.from('x'), 'trying')).rejects.toBeInstanceOf(ConnectionLost);
  });

  test('is refused where the server would not sign the headers of what it sends', async () => {
    await expect(connect(() => [], { headerSigning: false })).rejects.toThrow(/does not sign the headers/);
  });

  test('that the server has no room for is worth another attempt', () => {
    const nak = (reason: number): Buffer => {
      const body = Buffer.alloc(8);
      body.writeUInt16LE(reason, 0);
      return formatPdu(PDU_TYPE.bindNak, FIRST | LAST, 1, body);
    };
    const refusalOf = (reason: number): unknown => {
      try {
        return readBindAnswer(parsePdu(nak(reason)), 'test');
      } catch (error) {
        return error;
      }
    };
    expect([1, 2, 4, 9].map((reason) => refusalOf(reason))).toMatchObject([
      { about: 'busy' },
      { about: 'busy' },
      { about: 'other' },
      { about: 'sign-in' },
    ]);
  });
});

test('whatever a server sends instead of its answers ends in our own error', async () => {
  let junk: readonly Buffer[] = [];
  const limits = { ...LIMITS, connectTimeoutMs: 100, requestTimeoutMs: 100 };
  const server = await ScriptedRpcServer.startWith((socket) => {
    const left = [...junk];
    socket.on('data', () => {
      const next = left.shift();
      if (next) socket.write(next);
      else socket.end();
    });
  });
  cleanups.push(() => server.stop());
  const account = { user: 'ann', domain: '', readPassword: () => 'of ann', targetName: 'ldap/test' };
  const answers = [sambaAnswer('bindAck'), sambaAnswer('mapperBindAck')];
  const pieces = fc.array(fc.oneof(...answers.map(mutated), fc.constantFrom(...answers)), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(pieces, async (sent) => {
      junk = sent;
      let connection: RpcConnection | null = null;
      try {
        connection = await RpcConnection.open(server.address, limits);
        await connection.bindAs(DRSUAPI, new NtlmClient(account));
        await connection.call(0, Buffer.from('x'), 'trying');
        throw new Error('somebody without the password answered');
      } catch (error) {
        const isOurs = [MalformedAnswer, RpcRefusal, ConnectionLost].some((kind) => error instanceof kind);
        if (!isOurs) throw error;
      } finally {
        connection?.close();
      }
    }),
    { numRuns: 150 },
  );
});
