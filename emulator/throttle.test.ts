import { afterEach, describe, expect, test } from 'vitest';
import { EmulatorClock } from './clock.ts';
import { GraphClient, type JsonObject, userBody } from './graph-client.ts';
import { resourceUnits, Throttle } from './throttle.ts';

const TENANT = 'tenant';
const HEADERS: Readonly<Record<string, string>> = {
  unit: 'x-ms-resource-unit',
  level: 'x-ms-throttle-limit-percentage',
};

function makeThrottle(users = 10): { throttle: Throttle; clock: EmulatorClock } {
  const clock = new EmulatorClock(() => 0);
  const throttle = new Throttle({
    clock,
    tenantId: TENANT,
    setting: 'documented',
    retryAfter: 'integer',
    countUsers: () => users,
  });
  return { throttle, clock };
}

function write(throttle: Throttle): ReturnType<Throttle['charge']> {
  return throttle.charge({ appId: 'app', units: 1, isWrite: true });
}

function read(throttle: Throttle, units = 1, appId = 'app'): ReturnType<Throttle['charge']> {
  return throttle.charge({ appId, units, isWrite: false });
}

describe('the documented quota', () => {
  test('is 3,000 writes in 150 seconds for an application in a tenant', () => {
    const { throttle, clock } = makeThrottle();
    for (let at = 0; at < 3000; at++) {
      if (at % 300 === 299) clock.advance(0);
      expect(write(throttle).isThrottled).toBe(false);
    }
    const refused = write(throttle);
    expect(refused.isThrottled).toBe(true);
    expect(refused.headers).toMatchObject({
      'x-ms-throttle-scope': `Tenant_Application/Write/app/${TENANT}`,
      'x-ms-throttle-information': 'WriteLimitExceeded',
      'retry-after': '1',
    });
    clock.advance(150_000);
    expect(write(throttle).isThrottled).toBe(false);
  });

  test('flows back evenly: 20 writes each second', () => {
    const { throttle, clock } = makeThrottle();
    for (let at = 0; at < 3000; at++) write(throttle);
    clock.advance(10_000);
    const accepted = Array.from({ length: 300 }, () => write(throttle)).filter(
      (verdict) => !verdict.isThrottled,
    ).length;
    expect(accepted).toBe(200);
  });

  test('counts throttled calls too, so that hammering makes the wait longer', () => {
    const { throttle } = makeThrottle();
    for (let at = 0; at < 3000; at++) write(throttle);
    const first = Number(write(throttle).headers['retry-after']);
    for (let at = 0; at < 1000; at++) write(throttle);
    const later = write(throttle);
    expect(Number(later.headers['retry-after'])).toBeGreaterThan(first + 40);
    expect(Number(later.headers['x-ms-throttle-limit-percentage'])).toBeGreaterThan(1.3);
  });

  test('never asks for a longer wait than it needs', () => {
    const { throttle, clock } = makeThrottle();
    for (let at = 0; at < 3400; at++) write(throttle);
    const wait = Number(write(throttle).headers['retry-after']);
    clock.advance(wait * 1000);
    expect(write(throttle).isThrottled).toBe(false);
  });

  test.each([
    [49, 3500],
    [50, 5000],
    [500, 5000],
    [501, 8000],
  ])('of a tenant with %i users is %i resource units in 10 seconds', (users, units) => {
    const { throttle, clock } = makeThrottle(users);
    expect(read(throttle, units).isThrottled).toBe(false);
    expect(read(throttle).headers['x-ms-throttle-information']).toBe('ResourceUnitLimitExceeded');
    clock.advance(10_000);
    expect(read(throttle, units / 2).isThrottled).toBe(false);
  });

  test('is kept for each application', () => {
    const { throttle } = makeThrottle();
    read(throttle, 3500);
    expect(read(throttle, 1, 'app').isThrottled).toBe(true);
    expect(read(throttle, 1, 'other').isThrottled).toBe(false);
  });

  test('announces itself from 0.8 on', () => {
    const { throttle } = makeThrottle();
    expect(read(throttle, 2700).headers).toEqual({});
    expect(read(throttle, 100).headers['x-ms-throttle-limit-percentage']).toBe('0.8');
  });
});

test.each([
  [2, 'GET', {}, 2],
  [2, 'GET', { $select: 'id' }, 1],
  [2, 'GET', { $expand: 'manager' }, 3],
  [3, 'GET', { $top: '5' }, 2],
  [1, 'GET', { $select: 'id', $top: '5' }, 1],
  [5, 'POST', { $select: 'id' }, 2],
  [1, 'PATCH', {}, 1],
])('base cost %i of %s with %o is %i', (base, method, options, cost) => {
  expect(resourceUnits(base, method, new Map(Object.entries(options)))).toBe(cost);
});

describe('over the wire', () => {
  let client: GraphClient;
  let now = Date.now();

  afterEach(() => client.close());

  test('every answer tells what it cost, and a refusal how full the quota is', async () => {
    client = await GraphClient.start({ throttle: 10 / 3500, now: () => now });
    const headers = async (path: string): Promise<readonly (string | null)[]> => {
      const reply = await client.get(path);
      return [String(reply.status), ...['unit', 'level'].map((name) => reply.headers.get(HEADERS[name] ?? ''))];
    };
    expect(await headers('/users')).toEqual(['200', '2', null]);
    expect(await headers('/groups/nonsense')).toEqual(['400', '1', null]);
    for (let at = 0; at < 5; at++) await client.get('/organization');
    expect(await headers('/users/nobody@contoso.com')).toEqual(['404', '1', '0.9']);
    expect(await headers('/users')).toEqual(['429', '2', '1.1']);
    expect(await headers('/planner')).toEqual(['501', '1', null]);
  });

  test('a batch throttles item by item, and the rest succeeds after the wait', async () => {
    client = await GraphClient.start({ throttle: 15 / 3000, now: () => now });
    const item = (at: number): JsonObject => ({
      id: String(at),
      method: 'POST',
      url: '/users',
      headers: { 'Content-Type': 'application/json' },
      body: userBody(`u${at}`),
    });
    const reply = await client.post('/$batch', { requests: Array.from({ length: 20 }, (_, at) => item(at)) });
    expect(reply.status).toBe(200);
    const throttled = reply.list('responses').filter((response) => response['status'] === 429);
    expect(throttled.length).toBe(5);
    expect(throttled[0]).toMatchObject({
      headers: {
        'Retry-After': expect.any(String),
        'x-ms-throttle-scope': expect.stringMatching(/^Tenant_Application\/Write\//),
      },
      body: { error: { code: 'TooManyRequests', innerError: { code: '429' } } },
    });
    expect((await client.control('GET', '/stats')).at('throttled')).toBe(5);
    now += 150_000;
    const again = await client.post('/$batch', { requests: throttled.map((response) => item(Number(response['id']))) });
    expect(again.list('responses').map((response) => response['status'])).toEqual([201, 201, 201, 201, 201]);
  });
});
