import { BerWriter, EqualityFilter, OrFilter } from 'ldapts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DirbridgeError } from '../../../errors.ts';
import { SILENT_LOG } from '../../../log.ts';
import type { PasswordReadEvent } from '../../connector.ts';
import { BerCursor } from '../ldap/ber-cursor.ts';
import type { LdapSearch } from '../ldap/ldap-connection.ts';
import { decodeEntry, type LdapEntry } from '../ldap/ldap-entry.ts';
import { ConnectionLost, LdapRefusal, RESULT } from '../ldap/ldap-failure.ts';
import type { Session } from '../session/sessions.ts';
import { writeEntry } from '../trial/write-entry.ts';
import { AccountReader } from './account-reader.ts';
import { attributeNumber } from './drsuapi/attribute-ids.ts';
import { readChangesReply } from './drsuapi/changes-reply.ts';
import { decryptNtHash } from './drsuapi/replicated-secret.ts';
import { FROM_THE_START } from './drsuapi/replication-state.ts';
import { NtlmSession } from './ntlm/ntlm-client.ts';
import { formatWatermark } from './password-watermark.ts';
import { ASKED } from './replica.ts';
import type { OpenReplica } from './replicas.ts';
import { ReplicatedPasswords } from './replicated-passwords.ts';
import { sambaAnswer, sambaSessionKey } from './trial/samba-answers.ts';
import { ANN, type ControllerScript, DOMAIN, ScriptedDomainController } from './trial/scripted-domain-controller.ts';

vi.mock(import('./drsuapi/replicated-secret.ts'), { spy: true });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function connect(...scripts: readonly ControllerScript[]) {
  return connectAs(ANN.user, ...scripts);
}

async function connectAs(user: string, ...scripts: readonly ControllerScript[]) {
  const controllers: ScriptedDomainController[] = [];
  for (const script of scripts) {
    const controller = await ScriptedDomainController.start(script);
    cleanups.push(() => controller.stop());
    controllers.push(controller);
  }
  const settings = {
    source: 'corp',
    servers: controllers.map(({ server }) => server),
    user,
    hasOwnAccount: true,
    readPassword: () => ANN.password,
    pageSize: 100,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    limits: { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, mostAnswerBytes: 1 << 24 },
  };
  return {
    passwords: new ReplicatedPasswords(
      () => settings,
      SILENT_LOG,
      () => new Date(),
    ),
    controllers,
  };
}

async function collect(passwords: ReplicatedPasswords): Promise<readonly PasswordReadEvent[]> {
  return Array.fromAsync(passwords.read({ watermark: null }));
}

async function failureOf(passwords: ReplicatedPasswords): Promise<DirbridgeError> {
  return collect(passwords).then(
    () => Promise.reject(new Error('nothing failed')),
    (error: DirbridgeError) => error,
  );
}

/** The buffers of all hashes that are decrypted from now on. */
function watchHashes(): () => readonly Buffer[] {
  const { mock } = vi.mocked(decryptNtHash).mockClear();
  return () => mock.results.flatMap(({ type, value }) => (type === 'return' ? [value] : []));
}

describe('a read', () => {
  test('brings the passwords of everybody', async () => {
    const { passwords } = await connect({ partsBefore: 2 });
    const events = await collect(passwords);
    expect(events.map(({ kind }) => kind)).toEqual(['begin', 'page', 'page', 'page', 'end']);
  });
});

describe('a read that nobody goes on with', () => {
  test('overwrites what it has decrypted, also when it is left at its beginning', async () => {
    const hashes = watchHashes();
    const { passwords } = await connect({ partsBefore: 2 });
    for await (const event of passwords.read({ watermark: null })) {
      expect(event.kind).toBe('begin');
      break;
    }
    expect(hashes().length).toBeGreaterThan(3);
    await expect.poll(() => hashes().filter((hash) => hash.some((byte) => byte !== 0))).toEqual([]);
  });

  test('leaves no connection open, also when it is left while the connection is made anew', async () => {
    // The first request is the proof, the second one is the first part; the third one is made ahead.
    const { passwords, controllers } = await connect({
      partsBefore: 5,
      onChanges: (count) => (count === 3 ? 'cut' : null),
    });
    for await (const event of passwords.read({ watermark: null })) {
      if (event.kind !== 'page') continue;
      while (controllers[0]?.rpc.connections !== 2) await new Promise((resolve) => setImmediate(resolve));
      break;
    }
    await expect.poll(() => controllers[0]?.rpc.openConnections).toBe(0);
  });
});

/** What the head of an answer points to begins there. */
const AFTER_HEAD = 144;

test('a database that turns out to be an older one only at the end of a read is read from the start by the next one', async () => {
  let parts = 0;
  // The last part is the one that tells what is known; the ones before say nothing about it.
  const edit = (stub: Buffer): void => {
    const usn = Buffer.alloc(8);
    usn.writeBigUInt64LE(3945n);
    // The proof by our own password and the first part.
    if (parts++ < 2) stub.writeBigUInt64LE(9000n, stub.indexOf(usn, AFTER_HEAD));
  };
  const { passwords } = await connect({ partsBefore: 2, edit });
  const recorded = readChangesReply(sambaAnswer('changes'), 'recorded');
  const cursors = [{ invocationId: recorded.invocationId, usn: 5000n }];
  const state = { ...FROM_THE_START, invocationId: recorded.invocationId, cursors };
  const known = formatWatermark({ domain: DOMAIN.guid, state, attributes: ASKED });
  const first = await Array.fromAsync(passwords.read({ watermark: known }));
  expect(first[0]).toMatchObject({ kind: 'begin', mode: 'delta' });
  const end = first.at(-1);
  expect(end?.kind).toBe('end');
  const [begin, ...rest] = await Array.fromAsync(
    passwords.read({ watermark: end?.kind === 'end' ? end.watermark : null }),
  );
  expect(begin).toMatchObject({ mode: 'full', reason: expect.stringContaining('put back from a copy') });
  expect(rest.at(-1)).toMatchObject({ kind: 'end', watermark: expect.stringContaining(DOMAIN.guid) });
});

test('a refused sign-in of an account for passwords alone names the keys of the configuration that it comes from', async () => {
  const remedy = 'Check user and password of the source.';
  const refusal = new DirbridgeError('directory-credentials', 'user or password is wrong', { remedy });
  const { passwords } = await connect({ onBind: () => 'cut', openDirectory: () => Promise.reject(refusal) });
  const failure = await failureOf(passwords);
  expect(failure.code).toBe('directory-credentials');
  expect(failure.remedy).toContain('replication.user');
});

test('the keys of a connection that broke are forgotten', async () => {
  const clear = vi.spyOn(NtlmSession.prototype, 'clear');
  const { passwords, controllers } = await connect({
    partsBefore: 2,
    onChanges: (count) => (count === 3 ? 'cut' : null),
  });
  await collect(passwords);
  expect(controllers[0]?.rpc.connections).toBe(2);
  expect(new Set(clear.mock.contexts).size).toBe(2);
});

const ANN_ANCHOR = readChangesReply(sambaAnswer('changes'), 'recorded').objects.find(({ name }) =>
  name.dn.startsWith('CN=ann,'),
)?.name.guid as string;

describe('another domain controller stands in', () => {
  test.each([
    ['that does not replicate outwards', 8456],
    ['that is busy for ever', 8438],
    ['that breaks off whenever it is asked', 'cut'],
  ] as const)('for one %s', async (_what, trouble) => {
    const { passwords, controllers } = await connect({ onChanges: () => trouble }, {});
    const events = await collect(passwords);
    expect(events.map(({ kind }) => kind)).toEqual(['begin', 'page', 'end']);
    expect(controllers[1]?.rpc.connections).toBe(1);
  });

  test.each([
    ['cuts the connection', 'cut'],
    ['makes a mistake', 8442],
    ['replicates to nobody', 8456],
    ['denies it', 5],
    ['cannot reach what it needs', 1722],
    ['fails at a call', 1726],
    ['answers what nobody understands', 'malformed'],
  ] as const)('for one that proves that it gives passwords, and %s whenever it is asked for those of the domain', async (_what, trouble) => {
    const { passwords, controllers } = await connect({ onPart: () => trouble }, {});
    const events = await collect(passwords);
    expect(events.map(({ kind }) => kind)).toEqual(['begin', 'page', 'end']);
    expect(controllers.map(({ rpc }) => rpc.connections)).toEqual([1, 1]);
  });

  test('and is asked first from then on, by reads and for single accounts', async () => {
    const { passwords, controllers } = await connect({ onPart: () => 'cut' }, {});
    await collect(passwords);
    await collect(passwords);
    await Array.fromAsync(passwords.fetch([ANN_ANCHOR]));
    expect(controllers.map(({ rpc }) => rpc.connections)).toEqual([1, 3]);
  });

  test('not for a missing right, which is missing everywhere', async () => {
    const { passwords, controllers } = await connect({ onPart: () => 8453 }, {});
    expect((await failureOf(passwords)).code).toBe('password-rights');
    expect(controllers.map(({ rpc }) => rpc.connections)).toEqual([1, 0]);
  });

  test('and where all of them refuse, each is asked once', async () => {
    const { passwords, controllers } = await connect({ onPart: () => 8442 }, { onPart: () => 8456 });
    const failure = await failureOf(passwords);
    expect(failure.code).toBe('directory-refused');
    expect(failure.message).toContain(`${controllers[1]?.server.label}: reading changes: outbound replication`);
    expect(controllers.map(({ rpc }) => rpc.connections)).toEqual([1, 1]);
  });

  test('and where the only one breaks off, it is asked five times more', async () => {
    const { passwords, controllers } = await connect({ onPart: () => 'cut' });
    expect((await failureOf(passwords)).code).toBe('directory-interrupted');
    expect(controllers[0]?.rpc.connections).toBe(6);
  });

  test('and where the only one refuses, it is not asked again', async () => {
    const { passwords, controllers } = await connect({ onPart: () => 8442 });
    expect((await failureOf(passwords)).code).toBe('directory-refused');
    expect(controllers[0]?.rpc.connections).toBe(1);
  });

  test('but two that each become busy after their first part do not take turns for ever', async () => {
    const busyLater: ControllerScript = { partsBefore: 5, onPart: (usn) => (usn > 0n ? 8438 : null) };
    const other = 'bbbbbbbb-0000-0000-0000-000000000000';
    const { passwords } = await connect(busyLater, { ...busyLater, invocationId: other });
    const pages: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const { kind } of passwords.read({ watermark: null })) {
        if (kind === 'page') pages.push(kind);
        if (pages.length > 50) throw new Error('they take turns');
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'directory-interrupted' });
    expect(pages.length).toBeLessThan(10);
  });

  test('and where none does, the error names the one that it speaks of', async () => {
    const { passwords, controllers } = await connect({ onChanges: () => 8456 });
    const failure = await failureOf(passwords);
    expect(failure.message).toContain(
      `${controllers[0]?.server.label}: reading an account: outbound replication is switched off`,
    );
    expect(failure.remedy).toContain('repadmin');
  });

  test('for one that became busy in the middle, and the read goes on there', async () => {
    const { passwords } = await connect({ partsBefore: 3, onChanges: (count) => (count > 3 ? 8438 : null) }, {});
    const events = await collect(passwords);
    expect(events.filter(({ kind }) => kind === 'page').length).toBeGreaterThan(2);
    expect(events.at(-1)?.kind).toBe('end');
  });

  test('for one that goes away while we sign in', async () => {
    const openDirectory = () => Promise.reject(new ConnectionLost('ldaps://dc1: connect ECONNREFUSED'));
    const { passwords, controllers } = await connect({ onBind: () => 'cut', openDirectory }, {});
    const events = await collect(passwords);
    expect(events.at(-1)?.kind).toBe('end');
    expect(controllers[1]?.rpc.connections).toBe(1);
  });

  test('only where it holds the same domain', async () => {
    const domainGuid = '99999999-2222-3333-4444-555555555555';
    const { passwords } = await connect(
      { partsBefore: 3, onChanges: (count) => (count > 2 ? 8438 : null) },
      { domainGuid },
    );
    const failure = await failureOf(passwords);
    expect(failure.code).toBe('directory-refused');
    expect(failure.message).toContain('which is not the domain DC=corp,DC=example,DC=com that the others hold');
  });
});

/** An LDAP server that knows the state of every account that it is asked for. */
class Directory {
  opened = 0;
  searches = 0;
  /** Ends the connection after each search. */
  readonly #isShort: boolean;

  constructor(isShort = false) {
    this.#isShort = isShort;
  }

  readonly open = async (): Promise<Session> => {
    this.opened += 1;
    const connection = {
      isOpen: true,
      searchAll: async ({ filter }: LdapSearch) => {
        if (!connection.isOpen) throw new ConnectionLost('ldaps://dc1: the server closed the connection');
        this.searches += 1;
        connection.isOpen = !this.#isShort;
        const asked = filter instanceof OrFilter ? filter.filters : [];
        return asked.map((one) => entryOf(stateOf(one instanceof EqualityFilter ? one.value : '')));
      },
      readEntry: async () => entryOf({ sAMAccountName: 'ann' }),
      close: () => undefined,
    };
    return { connection, facts: { namingContext: DOMAIN.dn } } as unknown as Session;
  };
}

function stateOf(objectGUID: Buffer | string) {
  return { objectGUID, userAccountControl: '512', pwdLastSet: '1', accountExpires: '0' };
}

function entryOf(values: Readonly<Record<string, Buffer | string>>): LdapEntry {
  const writer = new BerWriter();
  writeEntry(
    writer,
    '',
    Object.entries(values).map(([name, value]) => [name, [value]] as const),
  );
  return decodeEntry(new BerCursor(writer.buffer));
}

describe('a read of changes, which come without the state of their accounts,', () => {
  /** The attribute of another number is none that we asked for. */
  const withoutExpiry = (stub: Buffer): void => {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(attributeNumber('accountExpires'));
    for (let at = stub.indexOf(number); at >= 0; at = stub.indexOf(number, at)) stub.writeUInt32LE(0x9ffff, at);
  };
  const { invocationId } = readChangesReply(sambaAnswer('changes'), 'recorded');
  const known = formatWatermark({ domain: DOMAIN.guid, state: { ...FROM_THE_START, invocationId }, attributes: ASKED });
  const readChanges = (passwords: ReplicatedPasswords) => Array.fromAsync(passwords.read({ watermark: known }));

  test('asks for it over LDAP, and again where that connection was ended', async () => {
    const directory = new Directory(true);
    const script = { partsBefore: 2, edit: withoutExpiry, openDirectory: directory.open };
    const { passwords, controllers } = await connect(script);
    const events = await readChanges(passwords);
    expect(events.map(({ kind }) => kind)).toEqual(['begin', 'page', 'page', 'page', 'end']);
    expect([directory.opened, directory.searches]).toEqual([3, 3]);
    expect(controllers[0]?.rpc.connections).toBe(1);
  });

  test.each([
    ['is away', new ConnectionLost('ldaps://dc1: connect ECONNREFUSED')],
    ['has a certificate that has expired', new DirbridgeError('directory-certificate', 'ldaps://dc1: it has expired')],
    ['refuses to be asked', new LdapRefusal(RESULT.insufficientAccessRights, '')],
  ])('goes on at another domain controller where LDAP of the first %s', async (_what, failure) => {
    const directory = new Directory();
    const broken = () => Promise.reject(failure);
    const { passwords, controllers } = await connect(
      { edit: withoutExpiry, openDirectory: broken },
      { edit: withoutExpiry, openDirectory: directory.open },
    );
    const events = await readChanges(passwords);
    expect(events.map(({ kind }) => kind)).toEqual(['begin', 'page', 'end']);
    expect([directory.searches, controllers[0]?.rpc.connections]).toEqual([1, 1]);
  });

  test('goes on there as well where an account that is named by its DN cannot even be looked up at the first', async () => {
    const directory = new Directory();
    const expired = new DirbridgeError('directory-certificate', 'ldaps://dc1: it has expired');
    const { passwords, controllers } = await connectAs(
      'CN=ann,CN=Users,DC=corp,DC=example,DC=com',
      { openDirectory: () => Promise.reject(expired) },
      { openDirectory: directory.open },
    );
    expect((await collect(passwords)).at(-1)?.kind).toBe('end');
    expect(controllers.map(({ rpc }) => rpc.connections)).toEqual([0, 1]);
  });

  test('names the domain controller that refuses to be asked where there is no other', async () => {
    const openDirectory = () => Promise.reject(new LdapRefusal(RESULT.insufficientAccessRights, ''));
    const { passwords, controllers } = await connect({ edit: withoutExpiry, openDirectory });
    await expect(readChanges(passwords)).rejects.toMatchObject({
      code: 'directory-refused',
      message: expect.stringContaining(`${controllers[0]?.server.label}: asking over LDAP`),
    });
  });

  test('tries no wrong password on another domain controller', async () => {
    const refusal = new DirbridgeError('directory-credentials', 'ldaps://dc1: ann was refused');
    const openDirectory = () => Promise.reject(refusal);
    const { passwords, controllers } = await connect({ edit: withoutExpiry, openDirectory }, {});
    await expect(readChanges(passwords)).rejects.toMatchObject({ code: 'directory-credentials' });
    expect(controllers[1]?.rpc.connections).toBe(0);
  });
});

describe('check', () => {
  const away = () => Promise.reject(new ConnectionLost('ldaps://dc1: connect ECONNREFUSED'));

  test('is content with a domain controller that also tells the state of accounts over LDAP', async () => {
    const directory = new Directory();
    const { passwords } = await connect({ openDirectory: directory.open });
    const lines = await Array.fromAsync(passwords.check());
    expect(lines.map(({ state }) => state)).toEqual(['ok']);
    expect(directory.searches).toBe(1);
  });

  test('tells of one that gives passwords and is not there over LDAP, which each read of changes needs', async () => {
    const { passwords, controllers } = await connect({ openDirectory: away });
    const [line] = await Array.fromAsync(passwords.check());
    expect(line).toMatchObject({ state: 'error', code: 'directory-unreachable' });
    expect(line?.detail).toContain(`${controllers[0]?.server.label} gives passwords, but cannot be asked over LDAP`);
    expect(line?.remedy).toContain('servers of the source');
  });

  test('only warns of it where another one stands in', async () => {
    const { passwords } = await connect({ openDirectory: away }, { openDirectory: new Directory().open });
    const lines = await Array.fromAsync(passwords.check());
    expect(lines.map(({ state }) => state)).toEqual(['ok', 'warning']);
  });
});

test('a password without a version is a problem of its account, and its hash is overwritten', async () => {
  const hashes = watchHashes();
  const { objects } = readChangesReply(sambaAnswer('changes'), 'reading');
  const strange = objects.map((object) => ({
    ...object,
    attributes: new Map([...object.attributes].map(([name, { value }]) => [name, { value, metadata: null }] as const)),
  }));
  const open = { replica: { session: { sessionKey: sambaSessionKey() } } } as unknown as OpenReplica;
  const { passwords, problems } = await new AccountReader(open).describe(strange, true);
  expect(passwords).toEqual([]);
  expect(problems.map(({ cause }) => cause)).toContain('a password without a version');
  expect(hashes().length).toBe(problems.length);
  expect(hashes().every((hash) => hash.every((byte) => byte === 0))).toBe(true);
});
