import { afterEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import { signInAs } from '../../../test/lab/sign-in-as.ts';
import type {
  CheckLine,
  ClearPasswordTarget,
  ClearPasswordWrite,
  PasswordResult,
  UndecidedPassword,
} from '../connector.ts';

const ANN = '10000000-0000-4000-8000-000000000001';
const BOSS = '10000000-0000-4000-8000-000000000002';
const SEED = {
  users: [
    { id: ANN, userPrincipalName: 'ann@contoso.com', displayName: 'Ann' },
    { id: BOSS, userPrincipalName: 'boss@contoso.com', displayName: 'Boss', adminRoles: ['Global Administrator'] },
  ],
};

let tenant: EntraTenant;
afterEach(() => tenant.close());

function setter(): ClearPasswordTarget {
  const { clearPasswordTarget } = tenant.target;
  if (clearPasswordTarget === undefined) throw new Error('no passwords can be set');
  return clearPasswordTarget;
}

function writeOf(password: string, more: Partial<ClearPasswordWrite> = {}): ClearPasswordWrite {
  return { anchor: 'a1', targetId: ANN, password: Buffer.from(password), forceChange: false, expires: false, ...more };
}

const set = (password: string, more: Partial<ClearPasswordWrite> = {}): Promise<PasswordResult | UndecidedPassword> =>
  setter().set(writeOf(password, more));

/** The number of the refusal, or that there is none. */
async function signIn(password: string): Promise<number | 'welcome'> {
  const answer = await signInAs(tenant.emulator, 'ann@contoso.com', password);
  return answer === 'ok' ? 'welcome' : Number(answer.replace('AADSTS', ''));
}

describe('a password', () => {
  test.each([
    'Plain-Word-1',
    'With "quotes" and \\ 1',
    ' Blanks around 1 ',
    `${'A'.repeat(250)}b1-`,
  ])('opens the tenant as it is: %j', async (password) => {
    tenant = await startEntraTenant({ seed: SEED });
    expect(await set(password)).toEqual({ anchor: 'a1', outcome: 'done' });
    expect(await signIn(password)).toBe('welcome');
    expect(await signIn(`${password}x`)).toBe(50126);
  });

  test('may have to be changed at the next sign-in', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    await set('Only-For-Now-1', { forceChange: true });
    expect(await signIn('Only-For-Now-1')).toBe(50055);
    await set('For-Long-2');
    expect(await signIn('For-Long-2')).toBe('welcome');
  });

  test('that the rules of the tenant do not allow is refused with what to do', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    const { outcome, failure } = await set('Wörter-sind-7');
    expect([outcome, failure?.code]).toEqual(['failed', 'Request_BadRequest']);
    expect(failure?.cause).toContain("the tenant's own rules");
    expect(failure?.remedy).toContain('8 to 256 characters');
  });

  test('of an administrator is refused with why', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    expect(await set('Plain-Word-1', { targetId: BOSS })).toMatchObject({
      outcome: 'failed',
      failure: { code: 'Authorization_RequestDenied', remedy: expect.stringContaining('administrator role') },
    });
  });

  test('of a user who is not there is told so', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    const targetId = '10000000-0000-4000-8000-00000000000f';
    expect(await set('Plain-Word-1', { targetId })).toMatchObject({ outcome: 'gone' });
  });

  test.each([
    '503',
    '429',
    'reset',
    'appliedThenReset',
  ])('gets through a tenant that is weak for a moment: %s', async (fault) => {
    tenant = await startEntraTenant({ seed: SEED });
    await tenant.control('faults', [{ match: 'PATCH /v1.0/users/*', fault, times: 2 }]);
    expect(await set('Plain-Word-1')).toMatchObject({ outcome: 'done' });
    expect(await signIn('Plain-Word-1')).toBe('welcome');
  });

  test.each([
    ['503', 'ServiceUnavailable'],
    ['reset', 'no-answer'],
  ])('is undecided when the tenant stays away: %s', async (fault, code) => {
    tenant = await startEntraTenant({ seed: SEED });
    await tenant.control('faults', [{ match: 'PATCH /v1.0/users/*', fault, times: 100 }]);
    expect(await set('Plain-Word-1')).toMatchObject({
      anchor: 'a1',
      outcome: 'undecided',
      failure: { code, remedy: expect.stringContaining('tried again by itself') },
      error: { code: 'tenant-unreachable' },
    });
    expect(await signIn('Plain-Word-1')).toBe(50126);
  });

  test('throws when the tenant wants to be left alone', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    await tenant.control('faults', [{ match: 'PATCH /v1.0/users/*', fault: '429', times: 100 }]);
    await expect(set('Plain-Word-1')).rejects.toMatchObject({ code: 'tenant-unreachable' });
  });

  test("is neither changed nor kept: the buffer stays the caller's", async () => {
    tenant = await startEntraTenant({ seed: SEED });
    const write = writeOf('Plain-Word-1');
    await setter().set(write);
    expect(Buffer.from(write.password).toString()).toBe('Plain-Word-1');
  });
});

describe('its expiry', () => {
  const DAYS = 86_400_000;
  const BOTH = 'DisablePasswordExpiration, DisableStrongPassword';
  const seedWith = (passwordPolicies: string) => ({
    domains: [{ id: 'contoso.com', passwordValidityPeriodInDays: 90 }],
    users: [{ ...SEED.users[0], passwordPolicies }],
  });
  const policies = async (): Promise<unknown> => {
    const { users } = (await tenant.control('dump')) as { readonly users: readonly Record<string, unknown>[] };
    return users.find(({ id }) => id === ANN)?.['passwordPolicies'];
  };

  test('is not in the tenant, unless it is asked for', async () => {
    tenant = await startEntraTenant({ seed: seedWith('None') });
    await set('Plain-Word-1');
    tenant.emulator.advanceClock(100 * DAYS);
    expect(await signIn('Plain-Word-1')).toBe('welcome');
    await set('Plain-Word-2', { expires: true });
    expect(await signIn('Plain-Word-2')).toBe('welcome');
    tenant.emulator.advanceClock(100 * DAYS);
    expect(await signIn('Plain-Word-2')).toBe(50055);
  });

  test.each([
    ['None', false, 'DisablePasswordExpiration'],
    ['DisablePasswordExpiration', false, 'DisablePasswordExpiration'],
    ['DisableStrongPassword', false, BOTH],
    [BOTH, false, BOTH],
    ['None', true, 'None'],
    ['DisablePasswordExpiration', true, 'None'],
    ['DisableStrongPassword', true, 'DisableStrongPassword'],
    ['DisableStrongPassword,DisablePasswordExpiration', true, 'DisableStrongPassword'],
  ])('leaves what else the tenant holds of it: %s, expires: %s', async (before, expires, after) => {
    tenant = await startEntraTenant({ seed: seedWith(before) });
    expect(await set('Plain-Word-1', { expires })).toMatchObject({ outcome: 'done' });
    expect(await policies()).toBe(after);
  });

  test('that cannot be asked for is tried again, and then told', async () => {
    tenant = await startEntraTenant({ seed: SEED });
    await tenant.control('faults', [{ match: 'GET /v1.0/users/*', fault: '503', times: 2 }]);
    expect(await set('Plain-Word-1')).toMatchObject({ outcome: 'done' });
    await tenant.control('faults', [{ match: 'GET /v1.0/users/*', fault: '503', times: 100 }]);
    expect(await set('Plain-Word-2')).toMatchObject({
      outcome: 'undecided',
      error: { code: 'tenant-unreachable' },
    });
    expect(await signIn('Plain-Word-1')).toBe('welcome');
  });
});

describe('the check', () => {
  async function lines(): Promise<readonly CheckLine[]> {
    const all: CheckLine[] = [];
    for await (const line of setter().check()) all.push(line);
    return all;
  }

  test('finds the permission', async () => {
    tenant = await startEntraTenant();
    expect(await lines()).toMatchObject([{ state: 'ok' }]);
  });

  test('names the one that is missing', async () => {
    tenant = await startEntraTenant({ roles: ['User.ReadWrite.All'] });
    expect(await lines()).toMatchObject([
      { state: 'error', detail: expect.stringContaining('User-PasswordProfile.ReadWrite.All is missing') },
    ]);
  });

  test('is an answer, too, when nobody can sign in', async () => {
    tenant = await startEntraTenant();
    const { clearPasswordTarget } = tenant.connect({}, {}, { SECRET: 'wrong' });
    const all: CheckLine[] = [];
    for await (const line of clearPasswordTarget?.check() ?? []) all.push(line);
    expect(all).toMatchObject([{ state: 'error', code: 'tenant-sign-in' }]);
  });
});
