import { expect, test } from 'vitest';
import { createMemoryPasswordTarget, type MemoryPasswordTarget } from '../connectors/memory/password-target.ts';
import { WithExpiryPolicy } from './expiry-policy.ts';

function createTarget(hasCloudPolicy: boolean): MemoryPasswordTarget {
  const target = createMemoryPasswordTarget(() => ({ isEnabled: true }));
  target.setFeatures({ isSyncEnabled: true, hasCloudPolicy });
  return target;
}

const WRITE = {
  anchor: 'YW5u',
  targetId: '10000000-0000-4000-8000-000000000001',
  credential: Buffer.from(`v1;PPH1_MD4,${'0'.repeat(20)},1000,${'0'.repeat(64)};`),
  changedAt: '2030-01-01T00:00:00.000Z',
  forceChange: false,
};

async function expiryLines(target: WithExpiryPolicy): Promise<readonly string[]> {
  const lines = await Array.fromAsync(target.check());
  return lines.filter(({ what }) => what === 'expiry of passwords').map(({ state, detail }) => `${state} ${detail}`);
}

test.each([true, false])('the tenant is told before the first password, and not by a check: %s', async (isEnforced) => {
  const target = createTarget(!isEnforced);
  const passwords = new WithExpiryPolicy(target, isEnforced);
  const words = isEnforced ? /^warning .* never expire .* shall expire/ : /^warning .* expire .* shall never expire/;
  expect(await expiryLines(passwords)).toEqual([expect.stringMatching(words)]);
  expect(await target.readFeatures()).toMatchObject({ hasCloudPolicy: !isEnforced });
  expect(await passwords.write([WRITE])).toMatchObject([{ outcome: 'done' }]);
  expect(await target.readFeatures()).toMatchObject({ hasCloudPolicy: isEnforced });
  expect(await expiryLines(passwords)).toEqual([]);
});

test('a tenant that cannot be told takes no password', async () => {
  const target = createTarget(false);
  const passwords = new WithExpiryPolicy(target, true);
  target.breakDown(new Error('it is away'));
  await expect(passwords.write([WRITE])).rejects.toThrow('it is away');
  expect(await expiryLines(passwords)).toEqual([]);
  target.breakDown(null);
  await passwords.write([WRITE]);
  expect(await target.readFeatures()).toMatchObject({ hasCloudPolicy: true });
});

test('a tenant with which something is wrong is not asked once more by a check', async () => {
  const target = createTarget(false);
  const wrong = { what: 'provisioning service', state: 'error', detail: 'it is away' } as const;
  let isAsked = false;
  Object.assign(target, {
    check: async function* () {
      yield wrong;
    },
    readFeatures: async () => {
      isAsked = true;
      throw new Error('it is away');
    },
  });
  expect(await Array.fromAsync(new WithExpiryPolicy(target, true).check())).toEqual([wrong]);
  expect(isAsked).toBe(false);
});
