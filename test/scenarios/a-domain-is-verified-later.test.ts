import { expect, it } from 'vitest';
import { describeCompany, expectStep } from './describe-company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';

describeCompany('a domain that is verified later', (lab) => {
  async function suffixesOf(tenant: SynchronizedTenant): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const { what, state, detail } of tenant.app('check').check())
      if (what.startsWith('UPN suffix')) lines.push(`${state} ${what}: ${detail.replace(/ as of \S+Z/, '')}`);
    return lines;
  }

  it('gives its users their real names in the next run, by itself', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Fabrikam');
    await company.makeUser('ann', ou, { userPrincipalName: 'ann@fabrikam.example', mail: 'ann.doe@fabrikam.example' });
    await company.makeUser('bob', ou, { userPrincipalName: 'böb@contoso.com', mail: 'bob.lee@contoso.com' });
    await company.makeUser('cyn', ou, { userPrincipalName: 'cyn@contoso.com' });
    const tenant = await lab.follow({ scope: { include: [ou] } });
    expect(await suffixesOf(tenant)).toEqual([expect.stringContaining('ok UPN suffixes: not known yet')]);
    await tenant.sync();
    expect(await tenant.plan()).toEqual([]);
    const names = async () => (await tenant.dump()).users.map((user) => String(user['userPrincipalName'])).sort();
    expect(await names()).toEqual([
      `ann.doe@${tenant.emulator.tenant}`,
      `bob.lee@${tenant.emulator.tenant}`,
      'cyn@contoso.com',
    ]);
    expect((await tenant.listFindings()).filter((one) => one.startsWith('upn-'))).toEqual([
      'upn-characters böb@contoso.com',
      'upn-suffix-unverified ann@fabrikam.example',
    ]);
    expect(await suffixesOf(tenant)).toEqual([
      'ok UPN suffix contoso.com: verified, 2 users',
      `warning UPN suffix fabrikam.example: not verified in the tenant: 1 user with a name at ${tenant.emulator.tenant} instead`,
    ]);

    await tenant.control('seed', { domains: [{ id: 'fabrikam.example' }] });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'user',
        name: 'ann@fabrikam.example',
        changes: { userPrincipalName: [`ann.doe@${tenant.emulator.tenant}`, 'ann@fabrikam.example'] },
      },
    ]);
    expect(await names()).toContain('ann@fabrikam.example');
    expect((await tenant.listFindings()).filter((one) => one.startsWith('upn-'))).toEqual([
      'upn-characters böb@contoso.com',
    ]);
    expect(await suffixesOf(tenant)).toEqual([
      'ok UPN suffix contoso.com: verified, 2 users',
      'ok UPN suffix fabrikam.example: verified, 1 user',
    ]);
  });
});
