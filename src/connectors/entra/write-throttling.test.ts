import { afterEach, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { TargetWrite } from '../connector.ts';

let tenant: EntraTenant;
afterEach(() => tenant.close());

function newUser(at: number): TargetWrite {
  const attributes = {
    sourceAnchor: `anchor-${at}`,
    userPrincipalName: `user${at}@contoso.com`,
    accountEnabled: true,
    displayName: `User ${at}`,
    alias: `user${at}`,
  };
  return { id: `user${at}`, action: 'create', type: 'user', anchor: attributes.sourceAnchor, attributes };
}

interface Stats {
  readonly directoryWrites: number;
  readonly throttled: number;
}

/** The connector's waits are a hundredth long, so the tenant's clock runs a hundred times as fast. */
const begun = Date.now();
const fastClock = () => begun + (Date.now() - begun) * 100;

test.each([
  'integer',
  'fractional',
  'missing',
] as const)('a load over the quota is written once, and hardly ever refused (Retry-After %s)', async (retryAfter) => {
  tenant = await startEntraTenant({ throttle: 0.5, now: fastClock, assumptions: { retryAfter } });
  const results = await tenant.write([...Array(3000).keys()].map(newUser));
  expect([...results.values()].filter((one) => one.outcome !== 'done')).toEqual([]);
  const stats = (await tenant.control('stats')) as Stats;
  expect(stats.directoryWrites).toBe(3000);
  expect(stats.throttled).toBeLessThan(300);
});

test('a tenant that refuses everything for a while is waited for', async () => {
  tenant = await startEntraTenant();
  await tenant.control('faults', [{ match: 'POST /v1.0/users', fault: '429', times: 60, retryAfter: 20 }]);
  const results = await tenant.write([...Array(40).keys()].map(newUser));
  expect([...results.values()].every((one) => one.outcome === 'done')).toBe(true);
  expect(((await tenant.control('stats')) as Stats).directoryWrites).toBe(40);
});
