import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DirbridgeError } from '../../../errors.ts';
import type { PasswordTarget, PasswordWrite } from '../../connector.ts';
import { createEntraConnector } from '../connector.ts';
import { ByteWriter } from './nbfx/byte-writer.ts';
import { element, nilElement } from './nbfx/xml-building.ts';
import { childOf, childrenOf, isNil, textOf } from './nbfx/xml-reading.ts';
import type { XmlElement } from './nbfx/xml-tree.ts';
import {
  company,
  contextFor,
  countedPace,
  fault,
  result,
  type Script,
  type ScriptedAnswer,
  type ScriptedService,
  type SeenRequest,
  sectionFor,
  startScriptedService,
} from './trial/scripted-service.ts';

const ON = 1;
const ID = '0f0e0d0c-0b0a-0908-0706-050403020100';
const CREDENTIAL = 'v1;PPH1_MD4,60eaffd2c886b419df7a,1000,ab9c;';

/** Of whoever answers in the place of the service. */
const HTML = { 'content-type': 'text/html' };

let service: ScriptedService;
let features: number;
let pace: ReturnType<typeof countedPace>;
let takeCredentials: (items: readonly XmlElement[], request: SeenRequest) => ScriptedAnswer;

beforeEach(async () => {
  features = ON;
  pace = countedPace();
  takeCredentials = (items) => credentialResults(items, () => ['0', null]);
  service = await startScriptedService(answer);
});
afterEach(() => service.close());

const answer: Script = (request) => {
  if (request.action === 'GetCompanyConfiguration') return company(features);
  if (request.action === 'SetCompanyDirsyncFeatures') {
    features = Number(textOf(request.body, 'dirsyncFeatures'));
    return result('SetCompanyDirsyncFeatures', []);
  }
  return takeCredentials(itemsOf(request), request);
};

function itemsOf(request: SeenRequest): readonly XmlElement[] {
  return childrenOf(childOf(request.body, 'request', 'RequestItems'), 'SyncCredentialsChangeItem');
}

function credentialResults(
  items: readonly XmlElement[],
  judge: (cloudAnchor: string, at: number) => readonly [string, string | null],
): ScriptedAnswer {
  const results = items.map((item, at) => {
    const anchor = textOf(item, 'CloudAnchor') ?? '';
    const [code, words] = judge(anchor, at);
    return element('SyncCredentialsChangeResult', [
      element('CloudAnchor', anchor),
      words === null ? nilElement('ExtendedErrorInformation') : element('ExtendedErrorInformation', words),
      element('Result', code),
      nilElement('SourceAnchor'),
    ]);
  });
  return result('ProvisionCredentials', [element('Results', results)]);
}

function target(requireRight?: () => Promise<void>): PasswordTarget {
  const { passwordTarget } = createEntraConnector(sectionFor(service.url), contextFor(requireRight), { pace });
  if (!passwordTarget) throw new Error('the tenant takes no passwords');
  return passwordTarget;
}

function password(at: number, more: Partial<PasswordWrite> = {}): PasswordWrite {
  const credential = Uint8Array.from(Buffer.from(CREDENTIAL));
  const own = { anchor: `a${at}`, targetId: ID.replace('0f', String(10 + at)) };
  return { ...own, credential, changedAt: '2026-01-02T03:04:05+01:00', forceChange: false, ...more };
}

const sent = (): readonly SeenRequest[] => service.requests.filter((one) => one.action === 'ProvisionCredentials');

describe('a password', () => {
  test('goes out as the credential, with the user named by the id of the tenant', async () => {
    const write = password(0, { targetId: ID, forceChange: true });
    expect(await target().write([write])).toEqual([{ anchor: 'a0', outcome: 'done' }]);
    const [item] = sent().flatMap(itemsOf);
    expect(childrenOf(item).map((one) => [one.name, isNil(one) ? null : textOf(one)])).toEqual([
      ['ChangeDate', '2026-01-02T02:04:05.000Z'],
      ['CloudAnchor', `User_${ID}`],
      ['CredentialData', CREDENTIAL],
      ['ForcePasswordChangeOnLogon', 'true'],
      ['SourceAnchor', null],
      ['WindowsLegacyCredentials', null],
      ['WindowsSupplementalCredentials', null],
    ]);
    expect(Buffer.from(write.credential).toString()).toBe(CREDENTIAL);
  });

  test('is one of fifty in a request, each with its own result', async () => {
    takeCredentials = (items) =>
      credentialResults([...items].reverse(), (anchor) => {
        if (anchor.startsWith('User_10')) return ['114', 'PasswordAccessViolation'];
        return anchor.startsWith('User_11') ? ['7', 'The user does not exist in the tenant.'] : ['0', null];
      });
    const writes = [...Array(50).keys()].map((at) => password(at));
    const results = await target().write(writes);
    expect(sent()).toHaveLength(1);
    expect(results.map((one) => one.anchor)).toEqual(writes.map((one) => one.anchor));
    expect(results[0]).toMatchObject({
      outcome: 'failed',
      failure: { code: '114', remedy: expect.stringContaining('via: provisioning') },
    });
    expect(results[1]).toMatchObject({
      outcome: 'gone',
      failure: { message: 'The user does not exist in the tenant.' },
    });
    expect(results.slice(2).every((one) => one.outcome === 'done')).toBe(true);
  });

  test('is told by its place where the service names nobody', async () => {
    takeCredentials = (items) =>
      result('ProvisionCredentials', [
        element(
          'Results',
          items.map((_, at) => element('SyncCredentialsChangeResult', [element('Result', BigInt(at) * 5n)])),
        ),
      ]);
    const results = await target().write([password(0), password(1)]);
    expect(results.map((one) => one.outcome)).toEqual(['done', 'failed']);
  });

  test('of which the service says nothing is not counted as sent', async () => {
    takeCredentials = (items) => credentialResults(items.slice(0, 1), () => ['0', null]);
    const results = await target().write([password(0), password(1)]);
    expect(results.map((one) => [one.outcome, one.failure?.code])).toEqual([
      ['done', undefined],
      ['failed', 'no-result'],
    ]);
  });

  test('that the service is too busy for is sent again, and no other', async () => {
    let round = 0;
    takeCredentials = (items) => {
      round++;
      return credentialResults(items, (anchor) =>
        round < 3 && anchor.startsWith('User_11') ? ['81', 'Busy.'] : ['0', null],
      );
    };
    const results = await target().write([password(0), password(1)]);
    expect(results.map((one) => one.outcome)).toEqual(['done', 'done']);
    expect(sent().map((one) => itemsOf(one).length)).toEqual([2, 1, 1]);
    expect(pace.waits).toHaveLength(2);
  });

  test.each([
    ['without an answer', {}],
    ['by a gateway that had none in time', { status: 504, headers: HTML }],
  ])('is sent again when the service was left %s, but not a first one: its demand would be lost', async (_what, lost) => {
    let isLost = true;
    takeCredentials = (items) => {
      if (isLost) {
        isLost = false;
        return lost;
      }
      return credentialResults(items, () => ['0', null]);
    };
    expect(await target().write([password(0, { forceChange: true })])).toMatchObject([{ outcome: 'done' }]);
    expect(sent()).toHaveLength(2);
    isLost = true;
    const first = [password(0), password(1, { forceChange: true, isOnce: true })];
    await expect(target().write(first)).rejects.toMatchObject({ code: 'tenant-unreachable' });
    expect(sent()).toHaveLength(3);
  });

  test('that is a first one is sent again when the service has turned it away', async () => {
    let turnedAway = 0;
    takeCredentials = (items) =>
      turnedAway++ < 2
        ? { status: turnedAway === 1 ? 429 : 503, headers: HTML }
        : credentialResults(items, () => ['0', null]);
    const first = [password(0, { forceChange: true, isOnce: true })];
    expect(await target().write(first)).toMatchObject([{ outcome: 'done' }]);
    expect(sent()).toHaveLength(3);
  });

  test('is refused with the words of the tenant where it takes none at all', async () => {
    takeCredentials = (items) => credentialResults(items, () => ['90', 'Password sync is not activated.']);
    await expect(target().write([password(0)])).rejects.toMatchObject({
      code: 'provisioning-refused',
      message: expect.stringContaining('Password sync is not activated.'),
    });
    takeCredentials = () => fault({ errorCode: '115', message: 'Access denied.' });
    await expect(target().write([password(0)])).rejects.toMatchObject({ code: 'provisioning-refused' });
  });

  test('is not sent by a server that may not write any more', async () => {
    const denied = target(() => Promise.reject(new DirbridgeError('server-replaced', 'Another one writes.')));
    await expect(denied.write([password(0)])).rejects.toMatchObject({ code: 'server-replaced' });
    expect(sent()).toEqual([]);
  });

  test.each(['taken', 'refused', 'lost'])('leaves no bytes of a request behind that was %s', async (end) => {
    const spy = vi.spyOn(ByteWriter.prototype, 'written');
    takeCredentials = (items) => {
      if (end === 'lost') return {};
      return end === 'refused' ? fault({ errorCode: '115' }) : credentialResults(items, () => ['0', null]);
    };
    await target()
      .write([password(0)])
      .catch(() => undefined);
    const requests = spy.mock.results.map(({ value }) => value as Uint8Array);
    spy.mockRestore();
    expect(sent().length).toBeGreaterThan(0);
    expect(sent()[0]?.bytes.includes(CREDENTIAL)).toBe(true);
    expect(requests.length).toBeGreaterThanOrEqual(sent().length);
    expect(requests.every((bytes) => bytes.length > 0 && bytes.every((byte) => byte === 0))).toBe(true);
  });

  test('stands in no error', async () => {
    takeCredentials = () => fault({ errorCode: '7', message: 'No.' });
    const error = await target()
      .write([password(0)])
      .catch((thrown: unknown) => thrown);
    expect(JSON.stringify([String(error), Object.values(error as object)])).not.toContain('PPH1_MD4');
  });
});

describe('the features of the tenant', () => {
  test('are read from the bits', async () => {
    features = 1 + 512;
    expect(await target().readFeatures()).toEqual({ isSyncEnabled: true, mayForceChange: false, hasCloudPolicy: true });
    features = 16_384 + 41_016;
    expect(await target().readFeatures()).toEqual({
      isSyncEnabled: false,
      mayForceChange: true,
      hasCloudPolicy: false,
    });
  });

  test('gain the one for password hashes before the first is sent, and keep the others', async () => {
    features = 41_016;
    const passwords = target();
    await passwords.write([password(0)]);
    await passwords.write([password(1)]);
    expect(features).toBe(41_017);
    const set = service.requests.filter((one) => one.action === 'SetCompanyDirsyncFeatures');
    expect(set).toHaveLength(1);
  });

  test('gain and lose the one for the policy of the tenant, and keep the others', async () => {
    features = 41_017;
    await target().setCloudPolicy?.(true);
    await target().setCloudPolicy?.(true);
    expect(features).toBe(41_017 + 512);
    await target().setCloudPolicy?.(false);
    expect(features).toBe(41_017);
    const set = service.requests.filter((one) => one.action === 'SetCompanyDirsyncFeatures');
    expect(set).toHaveLength(2);
  });
});

describe('the check', () => {
  const lines = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const line of target().check()) found.push(`${line.state} ${line.what}`);
    return found;
  };

  test('says what is there and that users of Graph may be refused, and sends no password', async () => {
    const users = 'warning users for password hashes';
    const reach = ['ok provisioning service', 'ok directory synchronization'];
    expect(await lines()).toEqual([...reach, 'ok password hashes', 'ok expiry of passwords', users]);
    features = 0;
    expect(await lines()).toEqual([...reach, 'warning password hashes', 'ok expiry of passwords', users]);
    expect(sent()).toEqual([]);
  });

  test('says in one line that the service refuses us', async () => {
    service.script = () => fault({ errorCode: '115', message: 'Access denied.' });
    expect(await lines()).toEqual(['error provisioning service']);
  });
});
