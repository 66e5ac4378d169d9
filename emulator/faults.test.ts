import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphClient, userBody } from './graph-client.ts';

let client: GraphClient;

beforeEach(async () => {
  client = await GraphClient.start();
});

afterEach(() => client.close());

async function arm(match: string, fault: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const reply = await client.control('POST', '/faults', [{ match, fault, ...more }]);
  expect(reply.status).toBe(204);
}

const ITEM = { headers: { 'Content-Type': 'application/json' }, method: 'POST', url: '/users' };

describe('a fault', () => {
  test.each([
    ['429', 429, 'TooManyRequests'],
    ['503', 503, 'ServiceUnavailable'],
    ['504', 504, 'UnknownError'],
  ])('%s answers so, as often as it was told, and nothing is written', async (fault, status, code) => {
    await arm('POST /v1.0/users', fault, { times: 2, retryAfter: 7 });
    for (let at = 0; at < 2; at++) {
      const reply = await client.post('/users', userBody('ann'));
      expect([reply.status, reply.at('error', 'code'), reply.headers.get('retry-after')]).toEqual([status, code, '7']);
    }
    expect((await client.post('/users', userBody('ann'))).status).toBe(201);
  });

  test('reset breaks the connection before the write, appliedThenReset after it', async () => {
    await arm('POST /v1.0/users', 'reset');
    await expect(client.post('/users', userBody('before'))).rejects.toThrow();
    expect((await client.get('/users/before@contoso.com')).status).toBe(404);
    await arm('POST /v1.0/users', 'appliedThenReset');
    await expect(client.post('/users', userBody('after'))).rejects.toThrow();
    expect((await client.get('/users/after@contoso.com')).status).toBe(200);
  });

  test('timeout applies and never answers', async () => {
    await arm('POST /v1.0/users', 'timeout');
    const token = await client.token();
    const abort = new AbortController();
    const waiting = fetch(`${client.emulator.url}/v1.0/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(userBody('silent')),
      signal: abort.signal,
    });
    await expect.poll(async () => (await client.get('/users/silent@contoso.com')).status).toBe(200);
    abort.abort();
    await expect(waiting).rejects.toThrow();
  });

  test('slow answers late', async () => {
    await arm('GET /v1.0/organization', 'slow', { delay: 30 });
    expect((await client.get('/organization')).status).toBe(200);
  });

  test('strikes an item of a batch alone when it is an answer', async () => {
    await arm('POST /v1.0/users', '503');
    const requests = ['a', 'b'].map((name) => ({ id: name, ...ITEM, body: userBody(name) }));
    const reply = await client.post('/$batch', { requests });
    expect(
      reply
        .list('responses')
        .map((response) => response['status'])
        .sort(),
    ).toEqual([201, 503]);
  });

  test('strikes the whole batch when it breaks the connection, after applying the item', async () => {
    await arm('POST /v1.0/users', 'appliedThenReset');
    await expect(
      client.post('/$batch', { requests: [{ id: '1', ...ITEM, body: userBody('item') }] }),
    ).rejects.toThrow();
    expect((await client.get('/users/item@contoso.com')).status).toBe(200);
  });

  test('of the kind reset leaves the item of a batch undone', async () => {
    await arm('POST /v1.0/users', 'reset');
    await expect(
      client.post('/$batch', { requests: [{ id: '1', ...ITEM, body: userBody('item') }] }),
    ).rejects.toThrow();
    expect((await client.get('/users/item@contoso.com')).status).toBe(404);
  });

  test('finds an object however its path names it', async () => {
    await arm('PATCH /v1.0/groups/{id}', '503');
    expect((await client.patch("/groups(uniqueName='team')", { displayName: 'Team' })).status).toBe(503);
    await arm('GET /v1.0/users/ann@contoso.com', '503', { times: 2 });
    expect((await client.get('/users/ann%40contoso.com')).status).toBe(503);
    expect((await client.get("/users('ann@contoso.com')")).status).toBe(503);
  });

  test('finds its requests by placeholder and by star', async () => {
    const id = await client.createUser('ann');
    await arm('PATCH /v1.0/users/{id}', '503');
    expect((await client.patch(`/users/${id}`, { jobTitle: 'x' })).status).toBe(503);
    await arm('* /v1.0/groups*', '503');
    expect((await client.get('/groups/delta')).status).toBe(503);
    await arm('POST /*/oauth2/v2.0/token', '503');
    expect((await client.signIn(client.secretFields())).status).toBe(503);
  });

  test('that is wrong is refused with what is allowed', async () => {
    const reply = await client.control('POST', '/faults', [{ match: 'POST /v1.0/users', fault: 'explode' }]);
    expect([reply.status, reply.textAt('error')]).toEqual([
      400,
      expect.stringContaining('429, 503, 504, reset, timeout, slow, appliedThenReset'),
    ]);
  });
});

describe('statistics', () => {
  test('count by method, pattern and status, and the writes', async () => {
    const id = await client.createUser('ann');
    await client.patch(`/users/${id}`, { jobTitle: 'x' });
    await client.get(`/users/${id}`);
    await client.get('/users/nobody@contoso.com');
    const stats = await client.control('GET', '/stats');
    expect(stats.list('requests')).toEqual([
      { method: 'POST', path: '/v1.0/users', status: 201, count: 1 },
      { method: 'GET', path: '/v1.0/users/{id}', status: 200, count: 1 },
      { method: 'GET', path: '/v1.0/users/{id}', status: 404, count: 1 },
      { method: 'PATCH', path: '/v1.0/users/{id}', status: 204, count: 1 },
    ]);
    expect([stats.at('directoryWrites'), stats.at('throttled'), stats.at('mostAtOnce')]).toEqual([2, 0, 1]);
  });
});
