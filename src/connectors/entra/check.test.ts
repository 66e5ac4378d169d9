import { afterEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { CheckLine, TargetConnector } from '../connector.ts';

let tenant: EntraTenant;
afterEach(() => tenant.close());

async function linesOf(target: TargetConnector): Promise<ReadonlyMap<string, CheckLine>> {
  const lines = new Map<string, CheckLine>();
  for await (const line of target.check()) lines.set(line.what, line);
  return lines;
}

const states = (lines: ReadonlyMap<string, CheckLine>) =>
  Object.fromEntries([...lines].map(([what, line]) => [what, line.state]));

test('a tenant that is ready is ok throughout', async () => {
  tenant = await startEntraTenant();
  const lines = await linesOf(tenant.target);
  expect(states(lines)).toEqual({
    'sign-in': 'ok',
    organization: 'ok',
    'verified domains': 'ok',
    permissions: 'ok',
    quota: 'ok',
    clock: 'ok',
  });
  expect(lines.get('quota')?.detail).toContain('3000 writes in 150 s');
});

test('a wrong secret is the last line, with its remedy', async () => {
  tenant = await startEntraTenant();
  const lines = await linesOf(tenant.connect({}, {}, { SECRET: 'wrong' }));
  expect([...lines.keys()]).toEqual(['sign-in']);
  expect(lines.get('sign-in')).toMatchObject({
    state: 'error',
    detail: expect.stringContaining('AADSTS7000215'),
    remedy: expect.stringContaining('clientSecret'),
  });
});

describe('permissions', () => {
  test('that are missing are named, with what will not work', async () => {
    tenant = await startEntraTenant({
      roles: ['User.ReadWrite.All', 'GroupMember.ReadWrite.All', 'Organization.Read.All'],
    });
    const line = (await linesOf(tenant.target)).get('permissions');
    expect(line).toMatchObject({
      state: 'error',
      detail: expect.stringContaining('Group.ReadWrite.All is missing: groups cannot be created, changed or deleted'),
      remedy: expect.stringContaining('Group.ReadWrite.All'),
    });
  });

  test('of which there are none at all are all named, though nothing can be read', async () => {
    tenant = await startEntraTenant({ roles: [] });
    const lines = await linesOf(tenant.target);
    expect(lines.get('organization')?.state).toBe('error');
    expect(lines.get('permissions')?.detail).toContain('User.ReadWrite.All');
  });

  test('of the least kind are enough', async () => {
    const roles = [
      'User.ReadWrite.All',
      'User.DeleteRestore.All',
      'Group.ReadWrite.All',
      'Organization.Read.All',
      'RoleManagement.Read.Directory',
    ];
    tenant = await startEntraTenant({ roles });
    expect((await linesOf(tenant.target)).get('permissions')?.state).toBe('ok');
    await expect(tenant.read()).resolves.toMatchObject({ begin: { mode: 'full' } });
  });

  test('that hide the administrators are a warning that names what to grant, and the connector says it does not know', async () => {
    tenant = await startEntraTenant({ roles: ['User.ReadWrite.All', 'Group.ReadWrite.All', 'Organization.Read.All'] });
    expect((await linesOf(tenant.target)).get('permissions')).toMatchObject({
      state: 'warning',
      detail:
        'RoleManagement.Read.Directory is missing: who holds an administrator role cannot be read, so no guard protects these accounts',
      remedy: expect.stringContaining('RoleManagement.Read.Directory'),
    });
    expect(await tenant.target.readRoleHolders?.()).toEqual({
      isKnown: false,
      reason: '403 Authorization_RequestDenied',
    });
  });
});

test('a tenant without a domain of its own is warned of', async () => {
  tenant = await startEntraTenant({ domains: [] });
  expect((await linesOf(tenant.target)).get('verified domains')).toMatchObject({
    state: 'warning',
    remedy: expect.stringContaining('verify'),
  });
});

test('a clock that goes wrong is warned of', async () => {
  tenant = await startEntraTenant();
  tenant.emulator.advanceClock(600_000);
  expect((await linesOf(tenant.target)).get('clock')).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(/^\d+ s behind the tenant/),
  });
});

test('a tenant that nobody can reach is an error, not an exception', async () => {
  tenant = await startEntraTenant();
  const target = tenant.connect();
  await tenant.control('faults', [{ match: '* /v1.0/*', fault: 'reset', times: 500 }]);
  const lines = await linesOf(target);
  expect(lines.get('organization')?.state).toBe('error');
});
