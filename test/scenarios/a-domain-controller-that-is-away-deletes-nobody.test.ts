import { expect, it } from 'vitest';
import { DirbridgeError } from '../../src/errors.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';

describeCompany('a domain controller', (lab) => {
  it('that is away ends the run with an error, deletes nobody, and is followed again when it is back', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Accounts');
    const ada = await company.makeUser('ada', ou);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.dump();

    await company.domain.kill();
    const failure = await tenant.sync().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DirbridgeError);
    expect(failure).toMatchObject({ code: 'directory-unreachable', kind: 'outside' });
    expect(await tenant.dump()).toEqual(before);
    const [last] = await tenant.app('runs').runs(1);
    expect(last).toMatchObject({ outcome: 'failed' });
    expect(last?.message).toContain(company.domain.ldapsUrl);

    await company.restart();
    await company.set(ada, { title: 'Analyst' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: `ada@${UPN_SUFFIX}`, changes: { jobTitle: [null, 'Analyst'] } },
    ]);
  });

  it('whose account was locked out is an error that says so, and changes nothing', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Locked out');
    await company.makeUser('grace', ou);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.dump();
    await company.set(company.service.dn, { userAccountControl: '514' });
    await expect(tenant.sync()).rejects.toMatchObject({ code: 'directory-credentials' });
    expect(await tenant.dump()).toEqual(before);
    await company.set(company.service.dn, { userAccountControl: '512' });
    await expectStep(tenant, []);
  });
});
