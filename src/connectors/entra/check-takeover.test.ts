import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_ROLES } from '../../../emulator/options.ts';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { CheckLine } from '../connector.ts';

let tenant: EntraTenant;

const synced = { onPremisesSyncEnabled: true };
const SEED = {
  users: [{ userPrincipalName: 'ann@contoso.com', displayName: 'ann', ...synced }],
  groups: [{ displayName: 'staff', mailNickname: 'staff', mailEnabled: false, securityEnabled: true, ...synced }],
};

async function lines(): Promise<readonly CheckLine[]> {
  const found: CheckLine[] = [];
  for await (const line of tenant.target.checkTakeover?.() ?? []) found.push(line);
  return found;
}

describe('Graph goes on with what the provisioning service has written', () => {
  beforeEach(async () => {
    tenant = await startEntraTenant({ seed: SEED, roles: [...DEFAULT_ROLES, 'Organization.ReadWrite.All'] });
  });
  afterEach(() => tenant.close());

  const switchTo = (isOn: boolean): Promise<void> =>
    tenant.graph('PATCH', `/organization/${tenant.emulator.tenantId}`, { onPremisesSyncEnabled: isOn });

  test('not while directory synchronization is on', async () => {
    await switchTo(true);
    expect(await lines()).toMatchObject([{ what: 'directory synchronization', state: 'error' }]);
  });

  test('not while the tenant has not let go of everybody, and it names some', async () => {
    const [first, marks] = await lines();
    expect(first).toMatchObject({ state: 'ok' });
    expect(marks).toMatchObject({ what: 'synchronized objects', state: 'error' });
    expect(marks?.detail).toMatch(/ann@contoso\.com, staff$/);
    expect(marks?.remedy).toMatch(/72 hours/);
  });

  test('when it is off and everybody is free', async () => {
    await switchTo(true);
    await switchTo(false);
    expect((await lines()).map(({ state }) => state)).toEqual(['ok', 'ok']);
  });
});
