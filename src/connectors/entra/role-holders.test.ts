import { afterEach, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';

let tenant: EntraTenant;

afterEach(() => tenant.close());

const BOSS = '10000000-0000-4000-8000-000000000001';
const ADMINS = '20000000-0000-4000-8000-000000000001';
const SEED = {
  users: [
    { id: BOSS, userPrincipalName: 'boss@contoso.com', adminRoles: ['User Administrator', 'Global Administrator'] },
    { userPrincipalName: 'ann@contoso.com' },
  ],
  groups: [{ id: ADMINS, displayName: 'Helpdesk', isAssignableToRole: true, adminRoles: ['Helpdesk Administrator'] }],
};

test('users and groups that hold roles are told with the names of the roles', async () => {
  tenant = await startEntraTenant({ seed: SEED });
  expect(await tenant.target.readRoleHolders?.()).toEqual({
    isKnown: true,
    holders: [
      { id: BOSS, roles: ['Global Administrator', 'User Administrator'] },
      { id: ADMINS, roles: ['Helpdesk Administrator'] },
    ],
  });
});

test('a tenant that is busy is asked again', async () => {
  tenant = await startEntraTenant({ seed: SEED });
  await tenant.control('faults', [{ match: 'GET /v1.0/directoryRoles', times: 2, fault: '503' }]);
  expect(await tenant.target.readRoleHolders?.()).toMatchObject({ isKnown: true });
});

test('an application without the permission learns that it does not know', async () => {
  tenant = await startEntraTenant({ seed: SEED, roles: ['User.ReadWrite.All', 'Organization.Read.All'] });
  const unknown = { isKnown: false, reason: '403 Authorization_RequestDenied' };
  expect(await tenant.target.readRoleHolders?.()).toEqual(unknown);
});
