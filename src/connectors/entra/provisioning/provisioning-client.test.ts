import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirbridgeError } from '../../../errors.ts';
import { createProvisioningClient } from './create-client.ts';
import { element } from './nbfx/xml-building.ts';
import { attributeOf, childOf, childrenOf, textOf } from './nbfx/xml-reading.ts';
import type { ServiceRequest } from './provisioning-client.ts';
import {
  contextFor,
  countedPace,
  fault,
  result,
  type Script,
  type ScriptedService,
  sectionFor,
  startScriptedService,
} from './trial/scripted-service.ts';

const ASK: ServiceRequest = {
  action: 'GetCompanyConfiguration',
  content: [element('includeLicenseInformation', 'false')],
  isChange: false,
};
const CHANGE: ServiceRequest = {
  action: 'SetCompanyDirsyncFeatures',
  content: [element('dirsyncFeatures', '1')],
  isChange: true,
};
const FINE = result('GetCompanyConfiguration', [element('DisplayName', 'Contoso')]);

let service: ScriptedService;
let rights: number;
let pace: ReturnType<typeof countedPace>;

beforeEach(async () => {
  rights = 0;
  pace = countedPace();
  service = await startScriptedService(() => FINE);
});
afterEach(() => service.close());

function client(more: Readonly<Record<string, unknown>> = {}) {
  const requireRight = async () => {
    rights++;
  };
  return createProvisioningClient(sectionFor(service.url, more), contextFor(requireRight), pace);
}

async function refusal(work: Promise<unknown>): Promise<DirbridgeError> {
  const thrown: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (thrown instanceof DirbridgeError) return thrown;
  throw new Error(`no refusal of ours: ${String(thrown)}`);
}

/** The first answers in their order, then always the last. */
function inOrder(...answers: readonly ReturnType<Script>[]): Script {
  return (_, count) => answers[count - 1] ?? answers.at(-1) ?? FINE;
}

describe('a request', () => {
  test('is SOAP in binary XML, addressed, with our token and who we are', async () => {
    const answer = await client().call(ASK);
    expect(textOf(answer, 'DisplayName')).toBe('Contoso');
    const [seen] = service.requests;
    const header = childOf(seen?.envelope, 'Header');
    const token = childOf(header, 'SyncToken');
    expect(seen?.headers).toMatchObject({
      'content-type': 'application/soap+msbin1',
      'x-ms-aadmsods-apiaction': 'GetCompanyConfiguration',
      'x-ms-aadmsods-tenantid': 'tenant-id',
      'x-ms-aadmsods-appid': '11111111-2222-3333-4444-555555555555',
    });
    expect(textOf(header, 'Action')).toBe(
      'http://schemas.microsoft.com/online/aws/change/2010/01/IProvisioningWebService/GetCompanyConfiguration',
    );
    expect(textOf(header, 'To')).toBe(`${service.url}/provisioningservice.svc`);
    expect(textOf(header, 'MessageID')).toBe(`urn:uuid:${String(seen?.headers['client-request-id'])}`);
    expect(textOf(header, 'ReplyTo', 'Address')).toBe('http://www.w3.org/2005/08/addressing/anonymous');
    expect(token && attributeOf(token, 'role')).toBe('urn:microsoft.online.administrativeservice');
    expect(childrenOf(token).map((one) => one.name)).toEqual([
      'ApplicationId',
      'BearerToken',
      'ClientVersion',
      'DirSyncBuildNumber',
      'FIMBuildNumber',
      'IsInstalledOnDC',
      'IssueDateTime',
      'LanguageId',
      'LiveToken',
      'ProtocolVersion',
      'RichCoexistenceEnabled',
      'TrackingId',
    ]);
    expect(textOf(token, 'BearerToken')).toMatch(/^e30\./);
    expect(textOf(seen?.body, 'includeLicenseInformation')).toBe('false');
    expect(service.scopes).toEqual(['https://graph.windows.net/.default']);
  });

  test('says that we are Dirbridge, unless the configuration says otherwise', async () => {
    await client().call(ASK);
    await client({ provisioning: { buildNumber: '2.4.21.0', clientVersion: '8.0', applicationId: 'app' } }).call(ASK);
    const [own, other] = service.requests;
    expect(own?.headers['user-agent']).toMatch(/^Dirbridge\/\d/);
    expect(own?.headers['x-ms-aadmsods-clientversion']).toMatch(/^Dirbridge\/\d/);
    expect(own?.headers['x-ms-aadmsods-dirsyncbuildnumber']).toMatch(/^\d+\.\d+\.\d+$/);
    expect(other?.headers).toMatchObject({
      'x-ms-aadmsods-clientversion': '8.0',
      'x-ms-aadmsods-dirsyncbuildnumber': '2.4.21.0',
      'x-ms-aadmsods-fimbuildnumber': '2.4.21.0',
      'x-ms-aadmsods-appid': 'app',
    });
    expect(textOf(other?.envelope, 'Header', 'SyncToken', 'DirSyncBuildNumber')).toBe('2.4.21.0');
  });

  test('that changes something asks for the right before each try, and one that only reads does not', async () => {
    service.script = inOrder(fault({ errorCode: '81' }), result('SetCompanyDirsyncFeatures', []));
    await client().call(CHANGE);
    expect(rights).toBe(2);
    service.script = () => FINE;
    await client().call(ASK);
    expect(rights).toBe(2);
  });

  test('is not sent when another server has the right', async () => {
    const taken = contextFor(() => Promise.reject(new DirbridgeError('server-replaced', 'Another one writes.')));
    const denied = createProvisioningClient(sectionFor(service.url), taken, pace);
    expect((await refusal(denied.call(CHANGE))).code).toBe('server-replaced');
    expect(service.requests).toEqual([]);
  });
});

describe('what passes is tried again', () => {
  test.each<readonly [string, ReturnType<Script>]>([
    ['a service that is busy (81)', fault({ errorCode: '81', message: 'Busy.' })],
    ['one that says so in the words of WCF', fault({ subcode: 'a:ServerTooBusy' })],
    [
      'a gateway without an answer',
      { status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<p>') },
    ],
    ['a connection that breaks', {}],
  ])('%s', async (_, answer) => {
    service.script = inOrder(answer, answer, FINE);
    expect(textOf(await client().call(ASK), 'DisplayName')).toBe('Contoso');
    expect(pace.waits).toEqual([500, 1000]);
  });

  test('after the time that the service names', async () => {
    const busy = { status: 503, headers: { 'retry-after': '7', 'content-type': 'text/plain' } };
    service.script = inOrder(busy, { ...busy, status: 429 }, FINE);
    await client().call(ASK);
    expect(pace.waits).toEqual([7000, 7000]);
  });

  test('but not after a day: that is a matter of the next run', async () => {
    const busy = { status: 503, headers: { 'retry-after': '86400', 'content-type': 'text/plain' } };
    service.script = inOrder(busy, FINE);
    await expect(client().call(ASK)).rejects.toMatchObject({ code: 'tenant-unreachable' });
    expect(pace.waits).toEqual([]);
  });

  test('cutting what it says of itself to a length that people read', async () => {
    service.script = inOrder(fault({ code: 's:Sender', message: 'word '.repeat(100_000) }));
    const failed = await client()
      .call(ASK)
      .catch((thrown: unknown) => thrown as Error);
    expect((failed as Error).message.length).toBeLessThan(1000);
  });

  test('when no answer comes in time', async () => {
    service.script = inOrder({ isSilent: true }, FINE);
    await client({ timeout: 0.2 }).call(ASK);
    expect(service.requests).toHaveLength(2);
  });

  test('and in the end given up in plain words', async () => {
    service.script = () => fault({ errorCode: '81', message: 'The service is busy.' });
    const error = await refusal(client().call(ASK));
    expect(error.message).toBe('The provisioning service refused GetCompanyConfiguration: 81: The service is busy.');
    expect(service.requests).toHaveLength(10);
    service.script = () => ({});
    expect((await refusal(client().call(ASK))).code).toBe('tenant-unreachable');
  });
});

describe('a token', () => {
  test('that is refused is renewed once', async () => {
    service.script = inOrder({ status: 401 }, FINE);
    await client().call(ASK);
    const tokens = service.requests.map((seen) => textOf(seen.envelope, 'Header', 'SyncToken', 'BearerToken'));
    expect(new Set(tokens).size).toBe(2);
    service.script = () => ({ status: 401 });
    const error = await refusal(client().call(ASK));
    expect([error.code, error.message]).toEqual([
      'provisioning-refused',
      expect.stringContaining('does not take our token'),
    ]);
  });

  test('that a fault refuses is renewed once, too', async () => {
    service.script = inOrder(fault({ code: 's:Sender', subcode: 'o:FailedAuthentication' }), FINE);
    await client().call(ASK);
    expect(service.requests).toHaveLength(2);
  });
});

describe('a regional host', () => {
  test('is followed, and remembered', async () => {
    const region = await startScriptedService(() => FINE);
    service.script = () => fault({ redirect: `${region.url}/provisioningservice.svc` });
    const one = client();
    await one.call(ASK);
    await one.call(ASK);
    expect([service.requests.length, region.requests.length]).toEqual([1, 2]);
    expect(textOf(region.requests[0]?.envelope, 'Header', 'To')).toBe(`${region.url}/provisioningservice.svc`);
    await region.close();
    service.script = () => FINE;
    await one.call(ASK);
    expect(service.requests).toHaveLength(2);
  });

  test('is not followed for ever', async () => {
    service.script = () => fault({ redirect: service.url });
    const error = await refusal(client().call(ASK));
    expect(error.message).toContain('more than 3 times');
    expect(service.requests).toHaveLength(4);
  });

  test('of another owner does not get our token', async () => {
    service.script = () => fault({ redirect: 'https://adminwebservice.example.com/provisioningservice.svc' });
    const error = await refusal(client().call(ASK));
    expect(error.code).toBe('provisioning-refused');
    expect(error.message).toContain('adminwebservice.example.com, which is no host of the same cloud');
  });
});

describe('a refusal is told in plain words', () => {
  test.each([
    ['115', 'Access denied.', /Grant it what/],
    ['90', 'Not activated.', /PasswordHashSync/],
    ['6', 'Identity synchronization is not yet activated for this company.', /onPremisesSyncEnabled/],
    ['99', 'This version of the client is no longer supported. Upgrade to the latest.', /takes no client of this name/],
    ['7', 'Something else.', /documents? that service|via: graph/],
  ])('code %s: %s', async (errorCode, message, remedy) => {
    service.script = () => fault({ errorCode, message });
    const error = await refusal(client().call(ASK));
    expect(error.code).toBe('provisioning-refused');
    expect(error.message).toContain(`${errorCode}: ${message}`);
    expect(error.remedy).toMatch(remedy);
    expect(service.requests).toHaveLength(1);
  });

  test.each<readonly [string, ReturnType<Script>, RegExp]>([
    ['bytes that are no binary XML', { body: Buffer.from('<html>') }, /cannot be read/],
    ['another message', result('FinalizeExport', []), /holds no answer/],
    [
      'a page of a portal',
      { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('hi') },
      /answers 200/,
    ],
    [
      'a redirection of HTTP',
      { status: 302, headers: { location: 'https://portal.example.com/x', 'content-type': 'text/html' } },
      /leads to portal\.example\.com/,
    ],
    ['a refusal of HTTP', { status: 403, headers: { 'content-type': 'text/html' } }, /answers 403/],
  ])('%s', async (_, answer, words) => {
    service.script = () => answer;
    const error = await refusal(client().call(ASK));
    expect([error.code, service.requests.length]).toEqual(['provisioning-refused', 1]);
    expect(error.message).toMatch(words);
  });

  test('and never holds the token', async () => {
    service.script = (seen) => fault({ errorCode: '7', message: `No: ${seen.action}` });
    const error = await refusal(client().call(ASK));
    const token = textOf(service.requests[0]?.envelope, 'Header', 'SyncToken', 'BearerToken') ?? '';
    expect(token).not.toBe('');
    expect(`${error.message} ${error.remedy} ${String(error.cause)}`).not.toContain(token);
  });
});

test('a cloud whose address nobody has published has to be told it', () => {
  const section = sectionFor(service.url);
  const { graph: _, authority: __, ...usgov } = { ...section, cloud: 'usgov' as const };
  expect(() => createProvisioningClient(usgov, contextFor(), pace)).toThrow(/Nobody has published/);
});
