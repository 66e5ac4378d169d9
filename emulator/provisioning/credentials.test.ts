import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, PASSWORD, type Reply } from '../graph-client.ts';
import { matchesCredential } from '../tenant/passwords/synchronized-credential.ts';
import { node } from './nbfx/encode-message.ts';
import { credentialOf, credentialsBody, find, findAll, ServiceClient, text } from './service-client.ts';

let graph: GraphClient;
let service: ServiceClient;

const user = (name: string, more: object = {}): object => ({
  userPrincipalName: `${name}@contoso.com`,
  displayName: name,
  onPremisesSyncEnabled: true,
  onPremisesImmutableId: `${name}==`,
  ...more,
});

beforeAll(async () => {
  const names = ['ann', 'bob', 'eve', 'max', 'tom', 'lea', 'pia', 'kim'];
  graph = await GraphClient.start({
    synchronization: true,
    seed: {
      users: [
        ...names.map((name) => user(name)),
        user('off', { accountEnabled: false }),
        user('cloud', { onPremisesSyncEnabled: false }),
      ],
    },
  });
  service = new ServiceClient(graph);
});

afterAll(() => graph.close());

const signIn = (name: string, password: string): Promise<Reply> =>
  graph.signIn({
    client_id: graph.emulator.clientId,
    grant_type: 'password',
    scope: 'https://graph.microsoft.com/User.Read.All',
    username: `${name}@contoso.com`,
    password,
  });

const codeOf = async (name: string, password: string): Promise<unknown> =>
  (await signIn(name, password)).at('error_codes', 0) ?? 'signed in';

const setFeatures = (features: number): Promise<unknown> =>
  service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', features)]);

async function send(name: string, password: string, more: { mustChange?: boolean } = {}): Promise<string | undefined> {
  const item = { sourceAnchor: `${name}==`, credential: credentialOf(password), ...more };
  return text((await service.call('ProvisionCredentials', credentialsBody([item]))).result, 'Result');
}

describe('password hash synchronization', () => {
  test('is refused with error 90 until the feature is on', async () => {
    const reply = await service.call(
      'ProvisionCredentials',
      credentialsBody([{ sourceAnchor: 'ann==', credential: credentialOf('x') }]),
    );
    expect(reply.status).toBe(500);
    expect(text(reply.envelope, 'ErrorCode')).toBe('90');
    await setFeatures(41_017);
    const configuration = await service.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)]);
    expect(text(configuration.result, 'IsPasswordSyncing')).toBe('true');
    expect(text(configuration.result, 'DirSyncFeatures')).toBe('41017');
    expect(text(configuration.result, 'TenantId')).toBe(graph.emulator.tenantId);
  });

  test('lets a user sign in with the office password, and not with the former one', async () => {
    expect(await send('ann', 'Älter-als-1')).toBe('0');
    expect(await codeOf('ann', 'Älter-als-1')).toBe('signed in');
    expect(await send('ann', 'Neuer-als-2')).toBe('0');
    expect(await codeOf('ann', 'Neuer-als-2')).toBe('signed in');
    expect(await codeOf('ann', 'Älter-als-1')).toBe(50126);
    expect(await codeOf('nobody', 'x')).toBe(50034);
  });

  test('of a disabled user is kept, and the sign-in refused', async () => {
    expect(await send('off', 'Office-1')).toBe('0');
    expect(await codeOf('off', 'Office-1')).toBe(50057);
    expect(await codeOf('off', 'wrong')).toBe(50126);
  });

  test('asks for another password at the next sign-in when it is the first one, and else only where the tenant has that feature', async () => {
    await send('bob', 'Office-0', { mustChange: true });
    expect(await codeOf('bob', 'Office-0')).toBe(50055);
    await send('bob', 'Office-1', { mustChange: true });
    expect(await codeOf('bob', 'Office-1')).toBe('signed in');
    await setFeatures(41_017 + 16_384);
    await send('bob', 'Office-2', { mustChange: true });
    expect(await codeOf('bob', 'Office-2')).toBe(50055);
    await send('bob', 'Office-3');
    expect(await codeOf('bob', 'Office-3')).toBe('signed in');
    await setFeatures(41_017);
  });

  test('keeps the password from expiring, unless the policy of the tenant goes for it', async () => {
    await send('eve', 'Office-1');
    expect((await graph.get('/users/eve@contoso.com?$select=passwordPolicies')).at('passwordPolicies')).toBe(
      'DisablePasswordExpiration',
    );
    await setFeatures(41_017 + 512);
    await send('eve', 'Office-2');
    expect((await graph.get('/users/eve@contoso.com?$select=passwordPolicies')).at('passwordPolicies')).toBe('None');
    await setFeatures(41_017);
    const body = { passwordPolicies: 'DisablePasswordExpiration' };
    expect((await graph.patch('/users/eve@contoso.com', body)).status).toBe(204);
  });

  test('judges each item by itself', async () => {
    const credential = credentialOf('Office-1');
    const reply = await service.call(
      'ProvisionCredentials',
      credentialsBody([
        { sourceAnchor: 'nobody==', credential },
        { sourceAnchor: 'cloud==', credential },
        { sourceAnchor: 'lea==', credential: credential.toUpperCase() },
        { sourceAnchor: 'lea==', credential },
        { credential },
      ]),
    );
    expect(findAll(reply.result, 'Result').map((result) => result.text)).toEqual(['1', '114', '2', '0', '1']);
    expect(text(findAll(reply.result, 'SyncCredentialsChangeResult')[3], 'SourceAnchor')).toBe('lea==');
    expect(find(findAll(reply.result, 'SyncCredentialsChangeResult')[3], 'ExtendedErrorInformation')?.text).toBe('');
  });

  test('finds a user by the cloud anchor, which must be of the same user as the source anchor', async () => {
    const id = (await graph.get('/users/pia@contoso.com?$select=id')).textAt('id');
    const credential = credentialOf('Office-1');
    const reply = await service.call(
      'ProvisionCredentials',
      credentialsBody([
        { cloudAnchor: `User_${id}`, credential },
        { cloudAnchor: `User_${id}`, sourceAnchor: 'kim==', credential },
        { cloudAnchor: `Group_${id}`, credential },
      ]),
    );
    expect(findAll(reply.result, 'Result').map((result) => result.text)).toEqual(['0', '3', '1']);
    expect(await codeOf('pia', 'Office-1')).toBe('signed in');
    expect(await codeOf('kim', 'Office-1')).toBe(50126);
  });

  test('takes 50 items at once and not 51', async () => {
    const items = Array.from({ length: 51 }, () => ({
      sourceAnchor: 'kim==',
      credential: credentialOf('Office-1', 1),
    }));
    expect((await service.call('ProvisionCredentials', credentialsBody(items))).status).toBe(500);
    expect((await service.call('ProvisionCredentials', credentialsBody(items.slice(1)))).status).toBe(200);
  });

  test('shows nowhere what it got, only that and when', async () => {
    const credential = credentialOf('Office-1');
    await service.call('ProvisionCredentials', credentialsBody([{ sourceAnchor: 'max==', credential }]));
    const dump = await graph.control('GET', '/dump');
    expect(dump.text).not.toContain(credential.slice(12, 32));
    expect(dump.list('users').find(({ displayName }) => displayName === 'max')).toMatchObject({
      hasPassword: true,
      passwordState: { isSynchronized: true, changedAt: '2026-01-02T03:04:05Z', forceChange: false },
    });
  });
});

describe('too many wrong passwords lock a user out', () => {
  test('the same wrong one counts once, the eleventh other one and the right one are 50053, and time unlocks', async () => {
    await send('tom', 'Office-1');
    for (let round = 0; round < 12; round++) expect(await codeOf('tom', 'same wrong one')).toBe(50126);
    for (let round = 0; round < 9; round++) expect(await codeOf('tom', `wrong ${round}`)).toBe(50126);
    expect(await codeOf('tom', 'Office-1')).toBe(50053);
    await graph.control('POST', '/clock', { advance: '59s' });
    expect(await codeOf('tom', 'Office-1')).toBe(50053);
    await graph.control('POST', '/clock', { advance: '2s' });
    expect(await codeOf('tom', 'one more')).toBe(50126);
    expect(await codeOf('tom', 'Office-1')).toBe(50053);
    await graph.control('POST', '/clock', { advance: '3m' });
    expect(await codeOf('tom', 'Office-1')).toBe('signed in');
    expect(await codeOf('tom', 'one more')).toBe(50126);
    expect(await codeOf('tom', 'Office-1')).toBe('signed in');
  });
});

describe('a password set through Graph', () => {
  test('is refused where the password is synchronized, until the tenant writes passwords back', async () => {
    await send('lea', 'Office-1');
    const body = { passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: false } };
    const refused = await graph.patch('/users/lea@contoso.com', body);
    expect(refused.status).toBe(400);
    expect(refused.textAt('error', 'message')).toContain('on-premises mastered');
    await setFeatures(41_017 + 2);
    expect((await graph.patch('/users/lea@contoso.com', body)).status).toBe(204);
    await setFeatures(41_017);
    expect(await codeOf('lea', PASSWORD)).toBe('signed in');
    expect(await codeOf('lea', 'Office-1')).toBe(50126);
  });
});

describe('the check of a synchronized hash', () => {
  test.each([
    ['Pa$$w0rd', '60eaffd2c886b419df7a', 1000, 'ab9c532104713157395a70da85cc8a1b418508753c6997f02341d541328ef16b'],
    ['Pa$$w0rd', '317ee9d1dec6508fa510', 100, 'f4a257ffec53809081a605ce8ddedfbc9df9777b80256763bc0a6dd895ef404f'],
  ])('agrees with the published vector of %s with the salt %s', (password, salt, iterations, hash) => {
    const credential = `v1;PPH1_MD4,${salt},${iterations},${hash};`;
    expect(matchesCredential(credential, password)).toBe(true);
    expect(matchesCredential(credential, `${password} `)).toBe(false);
  });
});
