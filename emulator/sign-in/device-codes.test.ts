import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphClient, type Reply } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
  await client.createUser('ann');
});

afterAll(() => client.close());

const SCOPE = 'https://graph.microsoft.com/User.Read.All openid offline_access';

async function startCode(): Promise<{ readonly userCode: string; readonly deviceCode: string }> {
  const reply = await fetch(`${client.emulator.url}/${client.emulator.tenant}/oauth2/v2.0/devicecode`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.emulator.clientId, scope: SCOPE }),
  });
  const body = (await reply.json()) as Record<string, string>;
  expect(body).toMatchObject({ expires_in: 900, interval: 5 });
  return { userCode: String(body['user_code']), deviceCode: String(body['device_code']) };
}

function poll(deviceCode: string): Promise<Reply> {
  return client.signIn({
    client_id: client.emulator.clientId,
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: deviceCode,
  });
}

test('a code is pending until somebody approves it, and then works once', async () => {
  const { userCode, deviceCode } = await startCode();
  expect((await poll(deviceCode)).at('error')).toBe('authorization_pending');
  await client.control('POST', '/devicecode', { user_code: userCode, approve: true, user: 'ann@contoso.com' });
  const reply = await poll(deviceCode);
  expect(reply.status).toBe(200);
  expect(reply.at('id_token')).toBeTypeOf('string');
  expect((await poll(deviceCode)).at('error')).toBe('bad_verification_code');
});

test('the refresh token gives new tokens without the user', async () => {
  const { userCode, deviceCode } = await startCode();
  await client.control('POST', '/devicecode', { user_code: userCode, approve: true, user: 'ann@contoso.com' });
  const refresh = (await poll(deviceCode)).textAt('refresh_token');
  const fields = {
    client_id: client.emulator.clientId,
    grant_type: 'refresh_token',
    refresh_token: refresh,
    scope: SCOPE,
  };
  const renewed = await client.signIn(fields);
  expect(renewed.status).toBe(200);
  const reply = await client.get('/users', { authorization: `Bearer ${renewed.textAt('access_token')}` });
  expect(reply.status).toBe(200);
  expect((await client.signIn({ ...fields, refresh_token: `${refresh}x` })).at('error')).toBe('invalid_grant');
});

test('a refresh token ends when the sessions of its user are revoked', async () => {
  const { userCode, deviceCode } = await startCode();
  await client.control('POST', '/devicecode', { user_code: userCode, approve: true, user: 'ann@contoso.com' });
  const refresh = (await poll(deviceCode)).textAt('refresh_token');
  expect((await client.send('POST', '/users/ann@contoso.com/revokeSignInSessions')).at('value')).toBe(true);
  const fields = { client_id: client.emulator.clientId, grant_type: 'refresh_token', refresh_token: refresh };
  const refused = await client.signIn(fields);
  expect([refused.at('error'), refused.at('error_codes')]).toEqual(['invalid_grant', [50173]]);
});

test('a declined code says so', async () => {
  const { userCode, deviceCode } = await startCode();
  await client.control('POST', '/devicecode', { user_code: userCode, approve: false });
  expect((await poll(deviceCode)).at('error')).toBe('authorization_declined');
});

test('a code that nobody approves in 15 minutes expires', async () => {
  const { deviceCode } = await startCode();
  await client.control('POST', '/clock', { advance: '15m' });
  expect((await poll(deviceCode)).at('error')).toBe('expired_token');
});
