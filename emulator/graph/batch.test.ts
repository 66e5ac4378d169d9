import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphClient, type JsonObject, type Reply, userBody } from '../graph-client.ts';

let client: GraphClient;

beforeAll(async () => {
  client = await GraphClient.start();
});

afterAll(() => client.close());

function batch(requests: readonly JsonObject[]): Promise<Reply> {
  return client.post('/$batch', { requests });
}

function byId(reply: Reply): Record<string, JsonObject> {
  return Object.fromEntries(reply.list('responses').map((response) => [String(response['id']), response]));
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('a batch', () => {
  test('answers each item alone, in any order', async () => {
    const reply = await batch([
      { id: 'new', method: 'POST', url: '/users', headers: JSON_TYPE, body: userBody('batched') },
      { id: 'missing', method: 'GET', url: '/users/nobody@contoso.com' },
      { id: 'org', method: 'GET', url: '/organization' },
    ]);
    expect(reply.status).toBe(200);
    const answers = byId(reply);
    expect([answers['new']?.['status'], answers['missing']?.['status'], answers['org']?.['status']]).toEqual([
      201, 404, 200,
    ]);
    expect(answers['missing']?.['body']).toMatchObject({ error: { code: 'Request_ResourceNotFound' } });
  });

  test('without dependsOn does not keep to the order of its items', async () => {
    const ids = Array.from({ length: 20 }, (_, at) => String(at));
    const reply = await batch(ids.map((id) => ({ id, method: 'GET', url: '/organization' })));
    const order = reply.list('responses').map((response) => response['id']);
    expect(order).not.toEqual(ids);
    expect([...order].sort()).toEqual([...ids].sort());
  });

  test('an item whose dependency failed is 424', async () => {
    const reply = await batch([
      { id: '1', method: 'GET', url: '/users/nobody@contoso.com' },
      { id: '2', method: 'GET', url: '/organization', dependsOn: ['1'] },
      { id: '3', method: 'GET', url: '/organization', dependsOn: ['2'] },
    ]);
    const answers = byId(reply);
    expect([answers['1']?.['status'], answers['2']?.['status'], answers['3']?.['status']]).toEqual([404, 424, 424]);
  });

  test('finds a dependency whatever the case of its id', async () => {
    const reply = await batch([
      { id: 'first', method: 'GET', url: '/users/nobody@contoso.com' },
      { id: 'second', method: 'GET', url: '/organization', dependsOn: ['First'] },
    ]);
    expect(byId(reply)['second']?.['status']).toBe(424);
  });

  test('names the type of a body that is a bare number', async () => {
    const headers = { ConsistencyLevel: 'eventual' };
    const answers = byId(await batch([{ id: '1', method: 'GET', url: '/groups/$count', headers }]));
    expect(answers['1']).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: '0' });
  });

  test.each<[string, readonly JsonObject[], string]>([
    [
      '21 items',
      Array.from({ length: 21 }, (_, at) => ({ id: String(at), method: 'GET', url: '/organization' })),
      'MaximumValueExceeded',
    ],
    ['none', [], 'BadRequest'],
    [
      'one id twice, whatever its case',
      [
        { id: 'a', method: 'GET', url: '/domains' },
        { id: 'A', method: 'GET', url: '/domains' },
      ],
      'BadRequest',
    ],
    ['a body without Content-Type', [{ id: '1', method: 'POST', url: '/users', body: userBody('x') }], 'BadRequest'],
    ['an absolute url', [{ id: '1', method: 'GET', url: 'https://graph.microsoft.com/v1.0/users' }], 'BadRequest'],
    ['a batch in a batch', [{ id: '1', method: 'POST', url: '/$batch', headers: JSON_TYPE, body: {} }], 'BadRequest'],
    ['an unknown dependency', [{ id: '1', method: 'GET', url: '/domains', dependsOn: ['9'] }], 'BadRequest'],
    [
      'dependencies of no documented pattern',
      [
        { id: '1', method: 'GET', url: '/domains' },
        { id: '2', method: 'GET', url: '/domains' },
        { id: '3', method: 'GET', url: '/domains', dependsOn: ['1'] },
      ],
      'BadRequest',
    ],
  ])('with %s is refused as a whole', async (_, requests, code) => {
    const reply = await batch(requests);
    expect([reply.status, reply.at('error', 'code')]).toEqual([400, code]);
  });

  test('the version does not belong into the url of an item', async () => {
    const answers = byId(await batch([{ id: '1', method: 'GET', url: '/v1.0/users' }]));
    expect(answers['1']?.['status']).toBe(501);
  });
});

test('a second write to one object may be refused as concurrent, when that is assumed', async () => {
  const own = await GraphClient.start({ assumptions: { refuseConcurrentWrites: true } });
  const id = await own.createUser('busy');
  const write = (name: string): JsonObject => ({
    id: name,
    method: 'PATCH',
    url: `/users/${id}`,
    headers: JSON_TYPE,
    body: { jobTitle: name },
  });
  const reply = await own.post('/$batch', { requests: [write('a'), write('b')] });
  expect(reply.list('responses').map((response) => response['status'])).toEqual([204, 409]);
  expect(reply.at('responses', 1, 'body', 'error', 'code')).toBe('Directory_ConcurrencyViolation');
  await own.close();
});
