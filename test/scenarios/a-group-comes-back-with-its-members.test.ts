import { expect, it } from 'vitest';
import { outputOf } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;
/** The tenant keeps no deleted security groups. */
const GONE_AT_ONCE = { assumptions: { softDeleteSecurityGroups: false } };

describeCompany('a group that leaves a tenant that keeps no groups', (lab) => {
  it('comes back with its members; whom it held was in the change log before it was deleted', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Groups');
    const outside = await company.makeOu('Groups, outside');
    const ada = await company.makeUser('ada', ou);
    const grace = await company.makeUser('grace', ou);
    const crew = await company.makeGroup('Crew', ou, [ada, grace]);
    await company.makeGroup('Everybody', ou, [crew]);
    const tenant = await lab.followInStep(ou, { emulator: GONE_AT_ONCE, scope: { include: [ou] } });
    const before = await tenant.picture();
    const { groups } = nameTenant(await tenant.dump());
    await tenant.graph('POST', '/users', {
      accountEnabled: true,
      displayName: 'Cloud only',
      mailNickname: 'cloud',
      userPrincipalName: upn('cloud'),
      passwordProfile: { password: 'Not-a-real-1-secret' },
    });
    const cloud = nameTenant(await tenant.dump()).users[upn('cloud')]?.id;
    await tenant.graph('POST', `/groups/${groups['Crew']?.id}/members/$ref`, {
      '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${cloud}`,
    });
    expect(await tenant.plan()).toEqual([]);

    const away = await company.move(crew, { parent: outside });
    await expectStep(tenant, [{ action: 'delete', type: 'group', name: 'Crew' }]);
    expect((await tenant.dump()).groups.map((group) => group['displayName'])).toEqual(['Everybody']);

    await company.move(away, { parent: ou });
    const page = await outputOf(tenant.configFile, 'plan');
    expect(page).toMatch(/what stood for it was deleted on \d{4}-\d\d-\d\d and is gone for good/);
    const [created, update] = await tenant.listPlan();
    expect(created).toMatchObject({ action: 'create', name: 'Crew', add: [upn('ada'), upn('grace')] });
    expect(update).toEqual({ action: 'update', type: 'group', name: 'Everybody', add: ['Crew'] });
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const explained = await outputOf(tenant.configFile, 'explain', 'Crew');
    expect(explained).toMatch(/held, when it was deleted\n.*cloud@contoso\.com/);
    expect(explained).toContain(upn('ada'));
    await tenant.graph('DELETE', `/users/${cloud}`);
    expect(await tenant.picture()).toEqual(before);
  });
});
