import { afterEach, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import { signInAs } from '../../../test/lab/sign-in-as.ts';
import type { PasswordResult, PasswordWrite } from '../../connectors/connector.ts';
import { ClearPasswords } from './clear-passwords.ts';

const NAMES = ['ann', 'bob', 'cid'] as const;
const SEED = {
  users: NAMES.map((name) => ({ id: idOf(name), userPrincipalName: `${name}@contoso.com`, displayName: name })),
};
const EVERYBODY = 'PATCH /v1.0/users/*';
const BOB = `PATCH /v1.0/users/${idOf('bob')}`;

let tenant: EntraTenant;
afterEach(() => tenant.close());

function idOf(name: (typeof NAMES)[number]): string {
  return `10000000-0000-4000-8000-00000000000${NAMES.indexOf(name)}`;
}

async function begin(match: string, fault: string): Promise<void> {
  tenant = await startEntraTenant({ seed: SEED });
  await tenant.control('faults', [{ match, fault, times: 1000 }]);
}

function newTarget(): ClearPasswords {
  const { clearPasswordTarget } = tenant.target;
  if (clearPasswordTarget === undefined) throw new Error('no passwords can be set');
  return new ClearPasswords(clearPasswordTarget, { mayForceChange: false, expires: false });
}

function write(
  names: readonly (typeof NAMES)[number][],
  more: Partial<PasswordWrite> = {},
  target = newTarget(),
): Promise<readonly PasswordResult[]> {
  const writes = names.map((name) => ({
    anchor: name,
    targetId: idOf(name),
    credential: Buffer.from('Plain-Word-1'),
    changedAt: '2026-03-02T12:00:00.000Z',
    forceChange: false,
    ...more,
  }));
  return target.write(writes);
}

test.each(['503', 'reset'])('one whom the tenant keeps failing over costs the others nothing: %s', async (fault) => {
  await begin(BOB, fault);
  const [ann, bob, cid] = await write(NAMES);
  expect([ann, cid]).toEqual([
    { anchor: 'ann', outcome: 'done' },
    { anchor: 'cid', outcome: 'done' },
  ]);
  expect(bob).toMatchObject({
    anchor: 'bob',
    outcome: 'failed',
    failure: { cause: expect.stringContaining('over this user'), remedy: expect.stringContaining('by itself') },
  });
  expect(await signInAs(tenant.emulator, 'cid@contoso.com', 'Plain-Word-1')).toBe('ok');
});

test.each(['503', 'reset'])('a tenant that answers for nobody is away: %s', async (fault) => {
  await begin(EVERYBODY, fault);
  await expect(write(NAMES)).rejects.toMatchObject({ code: 'tenant-unreachable' });
  await expect(write(['bob'])).rejects.toMatchObject({ code: 'tenant-unreachable' });
});

test('one who is left of a batch, and was refused in it, does not make the tenant one that is away', async () => {
  await begin(BOB, '503');
  expect(await write(['bob'], { wasRefused: true })).toMatchObject([{ anchor: 'bob', outcome: 'failed' }]);
});

test('a tenant that has answered for others a moment before is not away, until it fails once more', async () => {
  await begin(BOB, '503');
  const target = newTarget();
  expect(await write(['ann'], {}, target)).toMatchObject([{ outcome: 'done' }]);
  expect(await write(['bob'], {}, target)).toMatchObject([{ outcome: 'failed' }]);
  await expect(write(['bob'], {}, target)).rejects.toMatchObject({ code: 'tenant-unreachable' });
});

test('a tenant that wants to be left alone is left alone, also when it answered for others', async () => {
  await begin(BOB, '429');
  await expect(write(NAMES)).rejects.toMatchObject({ code: 'tenant-unreachable' });
});
