import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

describeCompany('a renamed user', (lab) => {
  it('stays linked: a new common name alone changes nothing, a new display name and UPN are changes', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Renamed');
    const ada = await company.makeUser('ada.byron', ou, { displayName: 'Ada Byron', sn: 'Byron' });
    await company.makeGroup('Analysts', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = nameTenant(await tenant.dump()).users[`ada.byron@${UPN_SUFFIX}`];

    const renamed = await company.move(ada, { name: 'Ada Lovelace' });
    await expectStep(tenant, []);

    await company.set(renamed, {
      displayName: 'Ada Lovelace',
      sn: 'Lovelace',
      userPrincipalName: `ada.lovelace@${UPN_SUFFIX}`,
    });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'user',
        name: `ada.lovelace@${UPN_SUFFIX}`,
        changes: {
          userPrincipalName: [`ada.byron@${UPN_SUFFIX}`, `ada.lovelace@${UPN_SUFFIX}`],
          displayName: ['Ada Byron', 'Ada Lovelace'],
          surname: ['Byron', 'Lovelace'],
        },
      },
    ]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(Object.keys(users)).toEqual([`ada.lovelace@${UPN_SUFFIX}`]);
    expect(users[`ada.lovelace@${UPN_SUFFIX}`]).toMatchObject({ id: before?.id, surname: 'Lovelace' });
    expect(groups['Analysts']?.members).toEqual([before?.id]);
  });

  it('whose display name is its common name gets the new one', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Named by cn');
    const kurt = await company.makeUser('kurt', ou);
    const tenant = await lab.followInStep(ou);
    await company.move(kurt, { name: 'Kurt Gödel' });
    await expectStep(tenant, [
      {
        action: 'update',
        type: 'user',
        name: `kurt@${UPN_SUFFIX}`,
        changes: { displayName: ['kurt', 'Kurt Gödel'] },
      },
    ]);
  });
});
