import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphClient, userBody } from './graph-client.ts';

let client: GraphClient;
let now = Date.now();

beforeEach(async () => {
  client = await GraphClient.start({ now: () => now, assumptions: { emptyDeltaPages: false, shuffleBatch: false } });
});

afterEach(() => client.close());

async function arm(match: string, fault: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const reply = await client.control('POST', '/faults', [{ match, fault, ...more }]);
  expect(reply.status).toBe(204);
}

/** The raw answer, for those that are no JSON. */
async function fetchRaw(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${await client.token()}` };
  return fetch(`${client.emulator.url}/v1.0${path}`, { headers, redirect: 'manual' });
}

describe('an answer in place of that of Graph', () => {
  test('may be throttling without Retry-After', async () => {
    await arm('GET /v1.0/users', '429', { retryAfter: null });
    const reply = await client.get('/users');
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, null]);
  });

  test('may be a page of a gateway', async () => {
    await arm('POST /v1.0/users', '502');
    const reply = await client.post('/users', userBody('ann'));
    expect([reply.status, reply.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(reply.text).toContain('<h1>502 Bad Gateway</h1>');
    expect((await client.get('/users')).list()).toEqual([]);
  });

  test('may lead elsewhere', async () => {
    await arm('GET /v1.0/users', 'redirect');
    const response = await fetchRaw('/users');
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://proxy.example.net/sign-in']);
  });

  test('may be the page of a portal', async () => {
    await arm('GET /v1.0/users', 'portal');
    const response = await fetchRaw('/users');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
  });

  test('may tell of a concurrent request', async () => {
    await arm('POST /v1.0/users', '409');
    const reply = await client.post('/users', userBody('ann'));
    expect([reply.status, reply.at('error', 'code')]).toEqual([409, 'Directory_ConcurrencyViolation']);
  });
});

describe('an answer that does not arrive whole', () => {
  test('breaks off in the middle after the write', async () => {
    await arm('POST /v1.0/users', 'cut');
    await expect(client.post('/users', userBody('ann'))).rejects.toThrow(/terminated|socket|closed/i);
    expect((await client.get('/users/ann@contoso.com')).status).toBe(200);
  });

  test('is no JSON and looks complete', async () => {
    await client.createUser('ann');
    await arm('GET /v1.0/users', 'garbled');
    const response = await fetchRaw('/users');
    const text = await response.text();
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(text.length)]);
    expect(() => JSON.parse(text)).toThrow();
  });

  test('leaves out an item of a batch that was carried out', async () => {
    await arm('POST /v1.0/users', 'missing');
    const requests = ['a', 'b'].map((name) => ({
      id: name,
      method: 'POST',
      url: '/users',
      headers: { 'Content-Type': 'application/json' },
      body: userBody(name),
    }));
    const reply = await client.post('/$batch', { requests });
    expect(reply.list('responses').map((one) => one['id'])).toEqual(['b']);
    expect((await client.get('/users')).list()).toHaveLength(2);
  });
});

test('the items of one batch fail each in its own way', async () => {
  await arm('POST /v1.0/$batch', 'mixed');
  const requests = [...Array(8).keys()].map((at) => ({
    id: String(at),
    method: 'POST',
    url: '/users',
    headers: { 'Content-Type': 'application/json' },
    body: userBody(`user${at}`),
  }));
  const reply = await client.post('/$batch', { requests });
  expect(reply.status).toBe(200);
  const statuses = Object.fromEntries(reply.list('responses').map((one) => [one['id'], one['status']]));
  expect(statuses).toEqual({ 0: 429, 1: 201, 2: 503, 4: 409, 5: 201, 6: 504, 7: 502 });
  expect((await client.get('/users')).list()).toHaveLength(3);
  expect((await client.control('GET', '/stats')).at('struck', 'mixed')).toBe(1);
});

describe('a token', () => {
  test('that expired before its time is refused from then on, a new one is taken', async () => {
    await arm('GET /v1.0/users', 'tokenExpired');
    const refusal = [401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'];
    for (let at = 0; at < 2; at++) {
      const reply = await client.get('/users');
      expect([reply.status, reply.at('error', 'code'), reply.at('error', 'message')]).toEqual(refusal);
    }
    client.forgetToken();
    now += 1000;
    expect((await client.get('/users')).status).toBe(200);
  });

  test('that begins later than now is refused until then', async () => {
    await arm('POST /*/oauth2/v2.0/token', 'tokenNotYetValid', { delay: '10m' });
    client.forgetToken();
    const reply = await client.get('/users');
    expect([reply.status, reply.at('error', 'message')]).toEqual([
      401,
      'Access token has expired or is not yet valid.',
    ]);
    now += 10 * 60_000;
    expect((await client.get('/users')).status).toBe(200);
  });

  test('lives as long as it is told to', async () => {
    await client.close();
    client = await GraphClient.start({ now: () => now, tokenLifetime: 60 });
    expect((await client.signIn(client.secretFields())).at('expires_in')).toBe(60);
    expect((await client.get('/users')).status).toBe(200);
    now += 60_000;
    expect((await client.get('/users')).status).toBe(401);
  });
});

describe('a delta', () => {
  test.each([
    ['deltaExpired', 410, 'resyncRequired'],
    ['deltaLost', 410, 'syncStateNotFound'],
  ])('token that is no good any more (%s) is refused with the way to begin again', async (fault, status, code) => {
    const { deltaLink } = await client.readAll('/users/delta?$select=id');
    await arm('GET /v1.0/users/delta', fault);
    const reply = await client.get(deltaLink);
    expect([reply.status, reply.at('error', 'code')]).toEqual([status, code]);
    expect(reply.headers.get('location')).toBe(`${client.emulator.url}/v1.0/users/delta?$deltatoken=`);
    expect((await client.get(deltaLink)).status).toBe(200);
  });

  test('page may be forgotten', async () => {
    await arm('GET /v1.0/users/delta', 'pageExpired');
    const { deltaLink } = await client.readAll('/users/delta');
    const reply = await client.get(deltaLink);
    expect([reply.status, reply.at('error', 'code')]).toEqual([400, 'Directory_ExpiredPageToken']);
  });

  test('page may come twice, and an entry twice in one page', async () => {
    const id = await client.createUser('ann');
    await arm('GET /v1.0/users/delta', 'repeatPage');
    const repeated = await client.readAll('/users/delta?$select=id');
    expect([repeated.pages, repeated.entries]).toEqual([2, [{ id }, { id }]]);
    await arm('GET /v1.0/users/delta', 'duplicateEntries');
    const doubled = await client.readAll('/users/delta?$select=id');
    expect([doubled.pages, doubled.entries]).toEqual([1, [{ id }, { id }]]);
  });
});

test('the time that an answer tells may be wrong', async () => {
  await arm('GET /v1.0/users', 'wrongDate', { delay: '3d' });
  const told = Date.parse((await client.get('/users')).headers.get('date') ?? '');
  expect(Math.round((told - now) / 86_400_000)).toBe(3);
});
