import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';
import { type Node, node } from './nbfx/encode-message.ts';
import {
  type CallChanges,
  credentialOf,
  credentialsBody,
  ServiceClient,
  type ServiceReply,
  text,
} from './service-client.ts';

let graph: GraphClient;
let service: ServiceClient;

beforeAll(async () => {
  graph = await GraphClient.start({
    synchronization: true,
    seed: {
      tenant: { synchronization: { isEnabled: true, features: 41_017 } },
      users: [{ userPrincipalName: 'ann@contoso.com', onPremisesSyncEnabled: true, onPremisesImmutableId: 'ann==' }],
    },
  });
  service = new ServiceClient(graph);
});

afterAll(() => graph.close());

const ask = (changes: CallChanges = {}): Promise<ServiceReply> =>
  service.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)], changes);

/** The envelope with one header replaced by others. */
function withHeader(name: string, change: (header: Node) => readonly Node[]): CallChanges {
  const envelope = (whole: Node): Node => {
    const [header, ...rest] = whole.content as readonly Node[];
    const headers = (header?.content as readonly Node[]).flatMap((one) => (one.name === name ? change(one) : [one]));
    return { ...whole, content: [node('s:Header', headers), ...rest] };
  };
  return { envelope };
}

const withToken = (change: (members: readonly Node[]) => readonly Node[]): CallChanges =>
  withHeader('SyncToken', (token) => [{ ...token, content: change(token.content as readonly Node[]) }]);

describe('a message', () => {
  test('is answered in binary XML with the action of the response', async () => {
    const reply = await ask();
    expect(reply.status).toBe(200);
    expect(text(reply.envelope, 'Action')).toBe(
      'http://schemas.microsoft.com/online/aws/change/2010/01/IProvisioningWebService/GetCompanyConfigurationResponse',
    );
  });

  test.each<[string, CallChanges]>([
    ['without a MessageID', withHeader('a:MessageID', () => [])],
    ['with two', withHeader('a:MessageID', (one) => [one, one])],
    ['with another action than the HTTP header', { headers: { 'x-ms-aadmsods-apiaction': 'FinalizeExport' } }],
    [
      'for another path',
      withHeader('a:To', () => [node('a:To', 'https://adminwebservice.microsoftonline.com/other.svc')]),
    ],
    ['whose token has its members in another order', withToken((members) => [...members].reverse())],
    ['whose token lacks a member', withToken((members) => members.slice(0, -1))],
    ['without the build in the HTTP headers', { headers: { 'x-ms-aadmsods-dirsyncbuildnumber': undefined } }],
    ['for another tenant', { headers: { 'x-ms-aadmsods-tenantid': '11111111-2222-3333-4444-555555555555' } }],
    ['without client-request-id', { headers: { 'client-request-id': undefined } }],
    [
      'with a header that must be understood and is not',
      withHeader('a:To', (to) => [
        to,
        node('a:Strange', '', { attributes: { 's:mustUnderstand': '1' } }),
        node('Other', 'x', { attributes: { 's:mustUnderstand': '1' } }),
      ]),
    ],
  ])('%s is a fault', async (_, changes) => {
    const reply = await ask(changes);
    expect(reply.status).toBe(500);
    expect(text(reply.envelope, 'Code')).toBeDefined();
  });

  test('of an action that the service does not have is a fault that says so', async () => {
    const reply = await service.call('GetKerberosDomain', []);
    expect([reply.status, text(reply.envelope, 'Subcode')]).toEqual([500, '']);
    expect(text(reply.envelope, 'Text')).toContain('ContractFilter mismatch');
  });

  test('of another content type is 415, one that is no binary XML 400, a GET 405', async () => {
    expect((await ask({ headers: { 'content-type': 'application/soap+xml' } })).status).toBe(415);
    expect((await ask({ bytes: (bytes) => bytes.subarray(1) })).status).toBe(400);
    expect((await ask({ bytes: (bytes) => Buffer.concat([bytes, Buffer.of(1)]) })).status).toBe(400);
    expect((await fetch(`${graph.emulator.url}/ProvisioningService.svc`)).status).toBe(405);
  });

  test('whose members are out of order or unknown is refused', async () => {
    const items = credentialsBody([{ sourceAnchor: 'ann==', credential: credentialOf('x', 1) }]);
    const turned = items.map((request) => turn(request));
    expect((await service.call('ProvisionCredentials', turned)).status).toBe(500);
    expect((await service.call('GetCompanyConfiguration', [node('other', false)])).status).toBe(500);
  });
});

/** The members of each item in the other order. */
function turn(request: Node): Node {
  const [list] = request.content as readonly Node[];
  const items = (list?.content as readonly Node[]).map((item) => ({
    ...item,
    content: [...(item.content as readonly Node[])].reverse(),
  }));
  return { ...request, content: [node('b:RequestItems', items)] };
}

describe('the caller', () => {
  test('needs a token for the old Graph or the synchronization service, not for Microsoft Graph', async () => {
    const refused = await ask({ token: await graph.token() });
    expect(text(refused.envelope, 'Text')).toContain('Audience validation failed');
    const scope = '6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default';
    const token = (await graph.signIn({ ...graph.secretFields(), scope })).textAt('access_token');
    expect((await ask({ token })).status).toBe(200);
    expect((await graph.get('/users', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  test('may have signed in at the endpoint of version 1, which takes a resource', async () => {
    const { scope: _, ...fields } = graph.secretFields();
    const response = await fetch(`${graph.emulator.url}/${graph.emulator.tenant}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, resource: 'https://graph.windows.net' }),
    });
    const answer = (await response.json()) as Readonly<Record<string, string>>;
    expect(answer).toMatchObject({ resource: 'https://graph.windows.net', expires_in: expect.stringMatching(/^\d+$/) });
    expect((await ask({ token: answer['access_token'] ?? '' })).status).toBe(200);
  });

  test('needs a directory role that may synchronize, else 115', async () => {
    const own = await GraphClient.start({ directoryRoles: ['User Administrator'] });
    const reply = await new ServiceClient(own).call('GetCompanyConfiguration', [
      node('includeLicenseInformation', false),
    ]);
    expect(text(reply.envelope, 'ErrorCode')).toBe('115');
    await own.close();
  });

  test('is refused when its build is older than the tenant takes', async () => {
    const own = await GraphClient.start({ minimumBuild: '2.4.21.0' });
    const client = new ServiceClient(own);
    const send = (build: string): Promise<ServiceReply> =>
      client.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)], { build });
    expect((await send('1.5.29.0')).status).toBe(500);
    expect(text((await send('Dirbridge')).envelope, 'ErrorDescription')).toContain('no longer supported');
    expect((await send('2.4.21.0')).status).toBe(200);
    expect((await send('2.10.0.0')).status).toBe(200);
    await own.close();
  });

  test('cannot synchronize while the tenant has it switched off', async () => {
    const own = await GraphClient.start();
    const items = credentialsBody([{ sourceAnchor: 'ann==', credential: credentialOf('x', 1) }]);
    const reply = await new ServiceClient(own).call('ProvisionCredentials', items);
    expect(text(reply.envelope, 'ErrorDescription')).toContain('not yet activated for this company');
    await own.close();
  });
});

describe('faults for tests', () => {
  const arm = (fault: object): Promise<unknown> => graph.control('POST', '/faults', [fault]);
  const match = 'POST /provisioningservice.svc';

  test('busy is error 81, and nothing is changed', async () => {
    await arm({ match: `${match}#ProvisionCredentials`, fault: 'busy' });
    expect((await ask()).status).toBe(200);
    const items = credentialsBody([{ sourceAnchor: 'ann==', credential: credentialOf('Office-1', 1) }]);
    const reply = await service.call('ProvisionCredentials', items);
    expect([reply.status, text(reply.envelope, 'ErrorCode')]).toEqual([500, '81']);
    expect((await service.call('ProvisionCredentials', items)).status).toBe(200);
  });

  test('a redirection names the address to ask', async () => {
    await arm({
      match,
      fault: 'bindingRedirect',
      url: 'https://s1-adminwebservice.microsoftonline.com/provisioningservice.svc',
    });
    const reply = await ask();
    expect(reply.status).toBe(500);
    expect(text(reply.envelope, 'Url')).toBe('https://s1-adminwebservice.microsoftonline.com/provisioningservice.svc');
  });

  test.each(['429', '503', '504'])('%s answers with its status', async (fault) => {
    await arm({ match, fault });
    expect((await ask()).status).toBe(Number(fault));
    expect((await ask()).status).toBe(200);
  });

  test('appliedThenReset changes the tenant and answers nobody, reset changes nothing', async () => {
    const send = (features: number): Promise<unknown> =>
      service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', features)]);
    const features = async (): Promise<string | undefined> => text((await ask()).result, 'DirSyncFeatures');
    await arm({ match: `${match}#SetCompanyDirsyncFeatures`, fault: 'reset' });
    await expect(send(41_019)).rejects.toThrow();
    expect(await features()).toBe('41017');
    await arm({ match: `${match}#SetCompanyDirsyncFeatures`, fault: 'appliedThenReset' });
    await expect(send(41_019)).rejects.toThrow();
    expect(await features()).toBe('41019');
  });

  test('an answer that ends in the middle is no message', async () => {
    await arm({ match, fault: 'garbled' });
    await expect(ask()).rejects.toThrow('ends in the middle');
  });

  test('what was asked is counted by operation', async () => {
    await graph.control('POST', '/stats/clear');
    await ask();
    const stats = await graph.control('GET', '/stats');
    expect(stats.list('requests')).toContainEqual({
      method: 'POST',
      path: '/provisioningservice.svc#GetCompanyConfiguration',
      status: 200,
      count: 1,
    });
  });
});
