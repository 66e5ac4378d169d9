import { createHash, X509Certificate } from 'node:crypto';
import {
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
  PublicClientApplication,
} from '@azure/msal-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';
import { createSelfSignedCertificate } from '../self-signed-certificate.ts';

const { certificate, privateKey } = createSelfSignedCertificate('msal');

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start({ certificates: [certificate] });
  await client.createUser('ann');
});

afterAll(() => client.close());

/** MSAL wants https; its requests to the emulator's host go over plain http on loopback. */
function loopback(host: string): INetworkModule {
  const exchange = async <T>(
    url: string,
    method: string,
    options?: NetworkRequestOptions,
  ): Promise<NetworkResponse<T>> => {
    const response = await fetch(url.replace(`https://${host}`, `http://${host}`), {
      method,
      headers: options?.headers ?? {},
      ...(options?.body === undefined ? {} : { body: options.body }),
    });
    return {
      headers: Object.fromEntries(response.headers),
      body: (await response.json()) as T,
      status: response.status,
    };
  };
  return {
    sendGetRequestAsync: (url, options) => exchange(url, 'GET', options),
    sendPostRequestAsync: (url, options) => exchange(url, 'POST', options),
  };
}

function configure(auth: Partial<Configuration['auth']>): Configuration {
  const { host } = new URL(client.emulator.url);
  const authority = `https://${host}/${client.emulator.tenant}`;
  return {
    auth: { clientId: client.emulator.clientId, authority, knownAuthorities: [host], ...auth },
    system: { networkClient: loopback(host) },
  };
}

const SCOPES = ['https://graph.microsoft.com/.default'];

async function isAccepted(token: string | undefined): Promise<boolean> {
  return (await client.get('/organization', { authorization: `Bearer ${token}` })).status === 200;
}

test('MSAL signs in with a client secret', async () => {
  const app = new ConfidentialClientApplication(configure({ clientSecret: client.emulator.clientSecret }));
  const result = await app.acquireTokenByClientCredential({ scopes: SCOPES });
  expect(await isAccepted(result?.accessToken)).toBe(true);
});

test('MSAL signs in with a certificate, again and again', async () => {
  const thumbprintSha256 = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  const app = new ConfidentialClientApplication(configure({ clientCertificate: { thumbprintSha256, privateKey } }));
  for (const skipCache of [false, true]) {
    const result = await app.acquireTokenByClientCredential({ scopes: SCOPES, skipCache });
    expect(await isAccepted(result?.accessToken)).toBe(true);
  }
});

test('MSAL tells the AADSTS number of a wrong secret', async () => {
  const app = new ConfidentialClientApplication(configure({ clientSecret: 'wrong' }));
  await expect(app.acquireTokenByClientCredential({ scopes: SCOPES })).rejects.toThrow(/AADSTS7000215/);
});

test('MSAL signs a user in with a device code and renews the token silently', async () => {
  const app = new PublicClientApplication(configure({}));
  const scopes = ['https://graph.microsoft.com/User.Read.All'];
  const result = await app.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ userCode }) => {
      void client.control('POST', '/devicecode', { user_code: userCode, approve: true, user: 'ann@contoso.com' });
    },
  });
  expect(result?.account?.username).toBe('ann@contoso.com');
  if (!result?.account) throw new Error('MSAL gave no account');
  const renewed = await app.acquireTokenSilent({ account: result.account, scopes, forceRefresh: true });
  expect(renewed.accessToken).not.toBe(result.accessToken);
});
