import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EntraTenant, readAll, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { DirbridgeError } from '../../errors.ts';
import type { ObjectChange } from '../../model/change.ts';
import type { TargetWrite } from '../connector.ts';

let tenant: EntraTenant;
let now: number;

beforeEach(async () => {
  now = Date.now();
  tenant = await startEntraTenant({ deltaPageSize: 4, now: () => now });
  await tenant.write([...Array(10).keys()].map(newUser));
});
afterEach(() => tenant.close());

function newUser(at: number): TargetWrite {
  const name = `user${at}`;
  const attributes = {
    sourceAnchor: `anchor-${at}`,
    userPrincipalName: `${name}@contoso.com`,
    accountEnabled: true,
    displayName: name,
    alias: name,
  };
  return { id: name, action: 'create', type: 'user', anchor: attributes.sourceAnchor, attributes };
}

async function arm(fault: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await tenant.control('faults', [{ match: 'GET /v1.0/users/delta', fault, ...more }]);
}

async function failure(watermark: string | null = null): Promise<DirbridgeError> {
  return readAll(tenant.connect(), watermark).then(
    () => expect.fail('the read did not fail'),
    (error: DirbridgeError) => error,
  );
}

/** The names of the users told, each once. */
function namesIn(changes: readonly ObjectChange[]): readonly string[] {
  const names = changes.flatMap((one) => ('attributes' in one ? [String(one.attributes['displayName'])] : []));
  return [...new Set(names)].sort();
}

const EVERYBODY = [...Array(10).keys()].map((at) => `user${at}`);

describe.each([
  ['429', { retryAfter: null }],
  ['502', {}],
  ['503', {}],
  ['504', {}],
  ['reset', {}],
  ['timeout', {}],
  ['cut', {}],
  ['garbled', {}],
  ['tokenExpired', { times: 1 }],
  ['pageExpired', {}],
  ['repeatPage', {}],
  ['duplicateEntries', {}],
  ['wrongDate', {}],
] as const)('a page that meets %s', (fault, more) => {
  test.each([0, 1, 2])('after %i others, is read all the same', async (after) => {
    await arm(fault, { times: 2, after, ...more });
    const { changes } = await readAll(tenant.connect(fault === 'timeout' ? { timeout: 0.4 } : {}), null);
    expect(namesIn(changes)).toEqual(EVERYBODY);
    expect(new Set(changes.map((one) => one.anchor)).size).toBe(10);
    expect(changes.filter((one) => one.kind === 'delete')).toEqual([]);
  });
});

describe('a token of an earlier round', () => {
  test.each([
    ['deltaExpired', 'resyncRequired'],
    ['deltaLost', 'syncStateNotFound'],
  ])('that the tenant does not take (%s) makes a full read that says why', async (fault, code) => {
    const { watermark } = await tenant.read();
    await arm(fault);
    const { begin, changes } = await tenant.read(watermark);
    expect(begin).toMatchObject({ mode: 'full', reason: expect.stringContaining(`410 ${code}`) });
    expect(namesIn(changes)).toEqual(EVERYBODY);
  });
});

test('a page that comes for ever ends the read', async () => {
  await arm('repeatPage', { times: 10_000 });
  expect(await failure()).toMatchObject({
    code: 'tenant-refused',
    message: expect.stringContaining('again and again'),
  });
});

test.each([
  ['garbled', 'tenant-unreachable', /the answer ends in the middle/],
  ['cut', 'tenant-unreachable', /did not answer/],
  ['portal', 'tenant-refused', /something other than Microsoft Graph has answered/],
  ['redirect', 'tenant-refused', /led to https:\/\/proxy\.example\.net \(302\)/],
  ['502', 'tenant-unreachable', /kept answering 502/],
] as const)('a tenant that only ever answers with %s is an error that says so', async (fault, code, words) => {
  await arm(fault, { times: 1000 });
  expect(await failure()).toMatchObject({ code, message: expect.stringMatching(words) });
});

describe('a clock that is wrong', () => {
  test('of Graph refuses a token that is not valid yet: the error names the clock, and it passes', async () => {
    await tenant.control('faults', [{ match: 'POST /*/oauth2/v2.0/token', fault: 'tokenNotYetValid', times: 2 }]);
    const error = await failure();
    expect(error).toMatchObject({ code: 'tenant-refused', remedy: expect.stringContaining('clock of this machine') });
    expect(error.message).toContain('not yet valid');
    now += 600_000;
    expect((await tenant.read()).begin.mode).toBe('full');
  });

  test('of ours does not lengthen a wait that is told as a date', async () => {
    const day = 86_400_000;
    now += day;
    const retryAfter = new Date(now + 1000).toUTCString();
    await arm('503', { retryAfter });
    // By our clock the date is a day away, by that of the answer a second.
    const { begin } = await readAll(tenant.connect(), null);
    expect(begin.mode).toBe('full');
  }, 20_000);
});
