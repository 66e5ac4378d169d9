import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../../test/lab/entra-tenant.ts';
import { signInAs } from '../../../../test/lab/sign-in-as.ts';
import type { PasswordTarget, TargetConnector } from '../../connector.ts';

/** "Pa$$w0rd", from the documentation of DSInternals. */
const CREDENTIAL =
  'v1;PPH1_MD4,60eaffd2c886b419df7a,1000,ab9c532104713157395a70da85cc8a1b418508753c6997f02341d541328ef16b;';

let tenant: EntraTenant;
beforeEach(async () => {
  tenant = await startEntraTenant({ synchronization: true, assumptions: { hashesForCloudUsers: true } });
});
afterEach(() => tenant.close());

function passwordsOf(target: TargetConnector): PasswordTarget {
  if (!target.passwordTarget) throw new Error('the tenant takes no passwords');
  return target.passwordTarget;
}

async function createUser(name: string): Promise<string> {
  const own = { sourceAnchor: `${name}==`, userPrincipalName: `${name}@contoso.com`, accountEnabled: true };
  const attributes = { ...own, displayName: name, alias: name };
  const results = await tenant.write([{ id: name, action: 'create', type: 'user', anchor: `${name}==`, attributes }]);
  const result = results.get(name);
  if (result?.outcome !== 'done') throw new Error(JSON.stringify(result));
  return result.targetId;
}

function write(anchor: string, targetId: string) {
  const credential = Uint8Array.from(Buffer.from(CREDENTIAL));
  return { anchor, targetId, credential, changedAt: '2026-01-02T03:04:05.000Z', forceChange: false };
}

async function signIn(name: string, password: string): Promise<unknown> {
  const answer = await signInAs(tenant.emulator, `${name}@contoso.com`, password);
  return answer === 'ok' ? 'signed in' : Number(answer.replace('AADSTS', ''));
}

describe('passwords of users that were written by way of Graph', () => {
  test('let them sign in with the password of the office, and with no other', async () => {
    const ann = await createUser('ann');
    const target = passwordsOf(tenant.target);
    expect((await target.readFeatures()).isSyncEnabled).toBe(false);
    expect(await target.write([write('ann', ann)])).toEqual([{ anchor: 'ann', outcome: 'done' }]);
    expect((await target.readFeatures()).isSyncEnabled).toBe(true);
    expect(await signIn('ann', 'Pa$$w0rd')).toBe('signed in');
    expect(await signIn('ann', 'pa$$w0rd')).toBe(50126);
  });

  test('that are not in the tenant are told as gone, beside those who are', async () => {
    const ann = await createUser('ann');
    const target = passwordsOf(tenant.target);
    const missing = ann.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const results = await target.write([write('nobody', missing), write('ann', ann)]);
    expect(results.map((one) => [one.anchor, one.outcome])).toEqual([
      ['nobody', 'gone'],
      ['ann', 'done'],
    ]);
  });

  test('go on after a busy service, a redirection and an answer that was lost', async () => {
    const ann = await createUser('ann');
    for (const fault of ['busy', 'bindingRedirect', 'appliedThenReset', '503', 'tokenExpired']) {
      await tenant.control('faults', [
        { match: 'POST /provisioningservice.svc#ProvisionCredentials', times: 1, fault },
      ]);
      expect(await passwordsOf(tenant.connect()).write([write(fault, ann)])).toEqual([
        { anchor: fault, outcome: 'done' },
      ]);
    }
  });
});

describe('a tenant that does not want us', () => {
  test('says in the check what it lacks', async () => {
    const lines: string[] = [];
    const off = await startEntraTenant({ directoryRoles: ['User Administrator'] });
    for await (const line of passwordsOf(off.target).check()) lines.push(`${line.state} ${line.detail}`);
    await off.close();
    expect(lines).toEqual([expect.stringMatching(/^error .*115: Access to Azure Active Directory has been denied/)]);
  });

  test('that takes no old clients says so, and which words of ours decide it', async () => {
    const strict = await startEntraTenant({ synchronization: true, minimumBuild: '2.4.0.0' });
    const refused = passwordsOf(strict.target).readFeatures();
    await expect(refused).rejects.toMatchObject({
      code: 'provisioning-refused',
      message: expect.stringContaining('no longer supported'),
      remedy: expect.stringContaining('buildNumber'),
    });
    const other = passwordsOf(strict.connect({ provisioning: { buildNumber: '2.4.21.0' } }));
    expect((await other.readFeatures()).mayForceChange).toBe(false);
    await strict.close();
  });

  test('that counts the users as its own says what can be done', async () => {
    const strict = await startEntraTenant({ synchronization: true });
    const own = { sourceAnchor: 'x==', userPrincipalName: 'x@contoso.com', accountEnabled: true, displayName: 'x' };
    const created = await strict.write([
      { id: 'x', action: 'create', type: 'user', anchor: 'x==', attributes: { ...own, alias: 'x' } },
    ]);
    const result = created.get('x');
    const [told] = await passwordsOf(strict.target).write([
      write('x', result?.outcome === 'done' ? result.targetId : ''),
    ]);
    await strict.close();
    expect(told).toMatchObject({ outcome: 'failed', failure: { code: '114' } });
  });
});
