import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, PASSWORD } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
});

afterAll(() => client.close());

describe('an application signs in with its secret', () => {
  test('the token lives 60 to 90 minutes and names the application and its roles', async () => {
    const reply = await client.signIn(client.secretFields());
    expect(reply.status).toBe(200);
    expect(reply.at('token_type')).toBe('Bearer');
    expect(Number(reply.at('expires_in'))).toBeGreaterThanOrEqual(3599);
    expect(Number(reply.at('expires_in'))).toBeLessThan(5400);
    const claims = JSON.parse(Buffer.from(reply.textAt('access_token').split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ appid: client.emulator.clientId, tid: client.emulator.tenantId, idtyp: 'app' });
    expect(claims.roles).toContain('User.ReadWrite.All');
    expect(reply.at('refresh_token')).toBeUndefined();
  });

  test('the secret may also come in the Basic header', async () => {
    const { client_id = '', client_secret = '', ...rest } = client.secretFields();
    const basic = Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString(
      'base64',
    );
    const reply = await client.signIn(rest, { authorization: `Basic ${basic}` });
    expect(reply.status).toBe(200);
  });

  test.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client', 7000218],
    [
      'an unknown application',
      { client_id: '11111111-2222-3333-4444-555555555555' },
      400,
      'unauthorized_client',
      700016,
    ],
    [
      'a scope that is not .default',
      { scope: 'https://graph.microsoft.com/User.Read.All' },
      400,
      'invalid_scope',
      70011,
    ],
    ['an unknown resource', { scope: 'https://other.example/.default' }, 400, 'invalid_resource', 500011],
    ['an unknown grant', { grant_type: 'magic' }, 400, 'unsupported_grant_type', 70003],
  ])('%s is refused with its AADSTS number', async (_, change, status, error, number) => {
    const fields = Object.entries({ ...client.secretFields(), ...change }).filter(([, value]) => value !== undefined);
    const reply = await client.signIn(Object.fromEntries(fields) as Record<string, string>);
    expect(reply.status).toBe(status);
    expect(reply.at('error')).toBe(error);
    expect(reply.at('error_codes')).toEqual([number]);
    expect(reply.textAt('error_description')).toMatch(
      new RegExp(`^AADSTS${number}: .* Trace ID: .* Correlation ID: .* Timestamp: `),
    );
  });

  test('an unknown tenant is refused by the token endpoint and by the discovery', async () => {
    const token = await fetch(`${client.emulator.url}/nobody.example/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(client.secretFields()),
    });
    expect(await token.json()).toMatchObject({ error: 'invalid_request', error_codes: [90002] });
    const discovery = await fetch(`${client.emulator.url}/nobody.example/v2.0/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ error: 'invalid_tenant' });
  });
});

describe('Graph looks at the token', () => {
  test.each([
    ['none', ''],
    ['one of somebody else', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['no token at all', 'Bearer nonsense'],
  ])('%s is answered 401', async (_, authorization) => {
    const reply = await client.get('/users', { authorization });
    expect(reply.status).toBe(401);
    expect(reply.at('error', 'code')).toBe('InvalidAuthenticationToken');
  });

  test('an expired one is answered 401, a new one is accepted', async () => {
    const own = await GraphClient.start();
    expect((await own.get('/organization')).status).toBe(200);
    await own.control('POST', '/clock', { advance: '2h' });
    const refused = await own.get('/organization');
    expect(refused.status).toBe(401);
    expect(refused.textAt('error', 'message')).toContain('expired');
    own.forgetToken();
    expect((await own.get('/organization')).status).toBe(200);
    await own.close();
  });
});

describe('discovery', () => {
  test('the OpenID document leads to endpoints of this host and to the issuer of the real service', async () => {
    const { url, tenant, tenantId } = client.emulator;
    const reply = await fetch(`${url}/${tenant}/v2.0/.well-known/openid-configuration`);
    expect(await reply.json()).toMatchObject({
      issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      token_endpoint: `${url}/${tenantId}/oauth2/v2.0/token`,
      jwks_uri: `${url}/${tenantId}/discovery/v2.0/keys`,
    });
  });

  test('the key set holds the key that signs the tokens', async () => {
    const { url, tenantId } = client.emulator;
    const keys = (await (await fetch(`${url}/${tenantId}/discovery/v2.0/keys`)).json()) as { keys: { kid: string }[] };
    const header = JSON.parse(Buffer.from((await client.token()).split('.')[0] ?? '', 'base64url').toString());
    expect(keys.keys.map((key) => key.kid)).toContain(header.kid);
  });

  test('instance discovery names this host', async () => {
    const reply = await fetch(`${client.emulator.url}/common/discovery/instance?api-version=1.1`);
    const document = (await reply.json()) as { metadata: { aliases: string[] }[] };
    expect(document.metadata[0]?.aliases).toContain(new URL(client.emulator.url).host);
  });
});

describe('a user signs in with a password', () => {
  const fields = (password: string): Record<string, string> => ({
    client_id: client.emulator.clientId,
    grant_type: 'password',
    scope: 'https://graph.microsoft.com/User.Read.All openid offline_access',
    username: 'ann@contoso.com',
    password,
  });

  test('and gets tokens for delegated access', async () => {
    const id = await client.createUser('ann');
    const reply = await client.signIn(fields(PASSWORD));
    expect(reply.status).toBe(200);
    expect(reply.at('refresh_token')).toBeTypeOf('string');
    const users = await client.get(`/users/${id}`, { authorization: `Bearer ${reply.textAt('access_token')}` });
    expect(users.status).toBe(200);
  });

  test('a password that has to be changed first is refused as expired', async () => {
    const passwordProfile = { password: 'Correct-Horse-7', forceChangePasswordNextSignIn: true };
    await client.createUser('fresh', { passwordProfile });
    const reply = await client.signIn({
      ...client.secretFields(),
      grant_type: 'password',
      username: 'fresh@contoso.com',
      password: passwordProfile.password,
    });
    expect([reply.status, reply.at('error'), reply.at('error_codes')]).toEqual([400, 'invalid_grant', [50055]]);
  });

  test('a wrong password, and a disabled account, are refused', async () => {
    expect((await client.signIn(fields('Wrong-Horse-7'))).at('error_codes')).toEqual([50126]);
    await client.patch('/users/ann@contoso.com', { accountEnabled: false });
    expect((await client.signIn(fields(PASSWORD))).at('error_codes')).toEqual([50057]);
  });
});
