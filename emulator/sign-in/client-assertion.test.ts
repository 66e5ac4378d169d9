import { constants, createHash, sign, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, type Reply } from '../graph-client.ts';
import { createSelfSignedCertificate } from '../self-signed-certificate.ts';

const registered = createSelfSignedCertificate('registered');
const stranger = createSelfSignedCertificate('stranger');

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start({ certificates: [registered.certificate] });
});

afterAll(() => client.close());

interface Wishes {
  readonly alg?: 'PS256' | 'RS256' | 'none';
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

function makeAssertion(wishes: Wishes = {}): string {
  const { alg = 'PS256', certificate = registered.certificate, privateKey = registered.privateKey } = wishes;
  const { raw } = new X509Certificate(certificate);
  const thumbprint = createHash('sha256').update(raw).digest('base64url');
  const now = Math.floor(Date.now() / 1000);
  const { clientId, tenantId } = client.emulator;
  const claims = {
    aud: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    iss: clientId,
    sub: clientId,
    jti: 'one',
    nbf: now,
    exp: now + 600,
    ...wishes.claims,
  };
  const content = [{ typ: 'JWT', alg, 'x5t#S256': thumbprint, ...wishes.header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const padding = alg === 'RS256' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  const key = { key: privateKey, padding, ...(alg === 'RS256' ? {} : { saltLength: 32 }) };
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

function present(assertion: string): Promise<Reply> {
  const { client_secret, ...fields } = client.secretFields();
  expect(client_secret).toBeDefined();
  return client.signIn({
    ...fields,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
}

describe('an assertion signed with the registered key', () => {
  test.each(['PS256', 'RS256'] as const)('with %s gives a token that Graph takes', async (alg) => {
    const reply = await present(makeAssertion({ alg }));
    expect(reply.status).toBe(200);
    const answer = await client.get('/organization', { authorization: `Bearer ${reply.textAt('access_token')}` });
    expect(answer.status).toBe(200);
  });

  test('may name its certificate by the SHA-1 thumbprint', async () => {
    const x5t = createHash('sha1').update(new X509Certificate(registered.certificate).raw).digest('base64url');
    expect((await present(makeAssertion({ header: { 'x5t#S256': undefined, x5t } }))).status).toBe(200);
  });
});

describe('an assertion is refused', () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  test.each([
    ['signed with another key', { privateKey: stranger.privateKey }, 700027],
    ['naming a certificate that is not registered', { certificate: stranger.certificate }, 700027],
    ['naming no certificate', { header: { 'x5t#S256': undefined } }, 700027],
    ['after its time', { claims: { exp: past } }, 700024],
    ['before its time', { claims: { nbf: past + 7200 } }, 700024],
    ['a minute after its time', { claims: { exp: past + 3540 } }, 700024],
    ['two minutes before its time', { claims: { nbf: past + 3720 } }, 700024],
    [
      'made for another tenant',
      { claims: { aud: 'https://login.microsoftonline.com/other/oauth2/v2.0/token' } },
      700023,
    ],
    ['issued by another application', { claims: { iss: 'other' } }, 700021],
    ['without a jti', { claims: { jti: undefined } }, 50027],
    ['with another algorithm', { alg: 'none' as const }, 50027],
  ])('%s', async (_, wishes: Wishes, number) => {
    const reply = await present(makeAssertion(wishes));
    expect(reply.at('error_codes')).toEqual([number]);
  });

  test('when it is no JWT', async () => {
    expect((await present('nonsense')).at('error_codes')).toEqual([50027]);
  });

  test('when it is used twice and replays are refused', async () => {
    const strict = await GraphClient.start({
      certificates: [registered.certificate],
      tenantId: client.emulator.tenantId,
      clientId: client.emulator.clientId,
      assumptions: { refuseReplayedAssertions: true },
    });
    const before = client;
    client = strict;
    const assertion = makeAssertion();
    expect((await present(assertion)).status).toBe(200);
    expect((await present(assertion)).at('error_codes')).toEqual([700030]);
    client = before;
    await strict.close();
  });

  test('when the certificate has expired', async () => {
    const old = createSelfSignedCertificate('old', {
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
    });
    const own = await GraphClient.start({
      certificates: [old.certificate],
      tenantId: client.emulator.tenantId,
      clientId: client.emulator.clientId,
    });
    const before = client;
    client = own;
    const reply = await present(makeAssertion({ certificate: old.certificate, privateKey: old.privateKey }));
    expect(reply.at('error_codes')).toEqual([1000502]);
    client = before;
    await own.close();
  });
});
