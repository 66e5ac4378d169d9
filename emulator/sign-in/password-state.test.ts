import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { GraphClient, PASSWORD, type Reply } from '../graph-client.ts';
import { node } from '../provisioning/nbfx/encode-message.ts';
import { credentialOf, credentialsBody, findAll, ServiceClient } from '../provisioning/service-client.ts';

let client: GraphClient | undefined;

afterEach(async () => {
  await client?.close();
  client = undefined;
});

async function codeOf(graph: GraphClient, name: string, password: string): Promise<unknown> {
  const reply: Reply = await graph.signIn({
    client_id: graph.emulator.clientId,
    grant_type: 'password',
    scope: 'https://graph.microsoft.com/User.Read.All',
    username: `${name}@contoso.com`,
    password,
  });
  return reply.at('error_codes', 0) ?? 'signed in';
}

test('a user made through Graph signs in with the password given, once it need not be changed', async () => {
  client = await GraphClient.start();
  await client.createUser('amber', { passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: true } });
  expect(await codeOf(client, 'amber', PASSWORD)).toBe(50055);
  await client.patch('/users/amber@contoso.com', { passwordProfile: { forceChangePasswordNextSignIn: false } });
  expect(await codeOf(client, 'amber', PASSWORD)).toBe('signed in');
  await client.patch('/users/amber@contoso.com', { passwordProfile: { password: 'Another-Horse-8' } });
  expect(await codeOf(client, 'amber', 'Another-Horse-8')).toBe('signed in');
  expect(await codeOf(client, 'amber', PASSWORD)).toBe(50126);
});

test.each([
  ['seven characters', 'Short-7', 400],
  ['two classes', 'onlylettersand1', 400],
  ['the name of the user', 'Xx-1-AMBER-y', 400],
  ['three classes', 'Correct-Horse', 204],
])('a new password of %s is judged', async (_, password, status) => {
  client = await GraphClient.start();
  await client.createUser('amber');
  const reply = await client.patch('/users/amber@contoso.com', { passwordProfile: { password } });
  expect(reply.status).toBe(status);
  if (status === 400) expect(reply.textAt('error', 'message')).toContain('password complexity requirements');
});

test('a password that the policy of the domain lets expire is 50055 after its days, one that never expires is not', async () => {
  client = await GraphClient.start({ seed: { domains: [{ id: 'contoso.com', passwordValidityPeriodInDays: 90 }] } });
  await client.createUser('amber');
  await client.createUser('basil', { passwordPolicies: 'DisablePasswordExpiration' });
  await client.control('POST', '/clock', { advance: '89d' });
  expect(await codeOf(client, 'amber', PASSWORD)).toBe('signed in');
  await client.control('POST', '/clock', { advance: '2d' });
  expect(await codeOf(client, 'amber', PASSWORD)).toBe(50055);
  expect(await codeOf(client, 'basil', PASSWORD)).toBe('signed in');
});

test('a reset ends a lock-out', async () => {
  client = await GraphClient.start();
  await client.createUser('amber');
  for (let round = 0; round < 10; round++) await codeOf(client, 'amber', `wrong ${round}`);
  expect(await codeOf(client, 'amber', PASSWORD)).toBe(50053);
  await client.patch('/users/amber@contoso.com', { passwordProfile: { password: 'Another-Horse-8' } });
  expect(await codeOf(client, 'amber', 'Another-Horse-8')).toBe('signed in');
});

test('synchronized passwords, features and lock-outs outlive the emulator with a state file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-passwords-'));
  const options = { stateFile: join(folder, 'tenant.json') };
  const seed = {
    tenant: { synchronization: { isEnabled: true, features: 41_017 } },
    users: ['amber', 'basil'].map((name) => ({
      userPrincipalName: `${name}@contoso.com`,
      onPremisesSyncEnabled: true,
      onPremisesImmutableId: `${name}==`,
    })),
  };
  client = await GraphClient.start({ ...options, seed });
  const service = new ServiceClient(client);
  const items = ['amber', 'basil'].map((name) => ({ sourceAnchor: `${name}==`, credential: credentialOf('Office-1') }));
  const sent = await service.call('ProvisionCredentials', credentialsBody(items));
  expect(findAll(sent.result, 'Result').map((result) => result.text)).toEqual(['0', '0']);
  expect(await codeOf(client, 'amber', 'Office-1')).toBe('signed in');
  await service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', 41_017 + 16_384)]);
  for (let round = 0; round < 10; round++) await codeOf(client, 'basil', `wrong ${round}`);
  await client.close();
  client = await GraphClient.start(options);
  expect(await codeOf(client, 'amber', 'Office-1')).toBe('signed in');
  expect(await codeOf(client, 'basil', 'Office-1')).toBe(50053);
  const again = new ServiceClient(client);
  await again.call(
    'ProvisionCredentials',
    credentialsBody([{ sourceAnchor: 'amber==', credential: credentialOf('Office-2'), mustChange: true }]),
  );
  expect(await codeOf(client, 'amber', 'Office-2')).toBe(50055);
  await client.close();
  client = undefined;
  rmSync(folder, { recursive: true });
});
