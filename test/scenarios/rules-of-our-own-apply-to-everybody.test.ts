import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

const ROOMS = `
rules:
  - name: In from AD - Rooms of ours
    direction: inbound
    connector: source
    from: user
    to: person
    link: join
    precedence: 50
    flows:
      physicalDeliveryOfficeName: { expression: 'IIF(IsPresent([roomNumber]), "Room " & [roomNumber], NULL)' }
`;

const PLACES = `
rules:
  - name: In from AD - Office by container
    direction: inbound
    connector: source
    from: user
    to: person
    link: join
    precedence: 50
    flows:
      physicalDeliveryOfficeName: { expression: 'DNComponent(CRef([distinguishedName]), 2)' }
`;

describeCompany('rules of our own', (lab) => {
  it('that see the containers above an object follow a container that is renamed', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Places');
    const inner = await company.makeOu('Berlin', ou);
    await company.makeUser('emil', inner);
    const tenant = await lab.followInStep(ou);
    await writeFile(join(tenant.folder, 'places.yaml'), PLACES);
    await tenant.configure({ rules: ['standard', './places.yaml'] });
    const office = (from: string | null, to: string) => ({
      action: 'update' as const,
      type: 'user' as const,
      name: upn('emil'),
      changes: { officeLocation: [from, to] as const },
    });
    await expectStep(tenant, [office(null, 'Berlin')]);
    await company.move(inner, { name: 'Wien' });
    await expectStep(tenant, [office('Berlin', 'Wien')]);
    await company.move(ou, { name: 'Other places' });
    await expectStep(tenant, []);
  });

  it('apply to everybody at once, read attributes that were not read before, and can be taken back', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Rooms');
    await company.makeUsers(ou, {
      ada: { roomNumber: '12', physicalDeliveryOfficeName: 'London' },
      grace: { physicalDeliveryOfficeName: 'Arlington' },
    });
    const tenant = await lab.followInStep(ou);
    await writeFile(join(tenant.folder, 'rooms.yaml'), ROOMS);
    await tenant.configure({ rules: ['standard', './rooms.yaml'] });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('ada'), changes: { officeLocation: ['London', 'Room 12'] } },
    ]);
    await company.set(`CN=grace,${ou}`, { roomNumber: '7' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('grace'), changes: { officeLocation: ['Arlington', 'Room 7'] } },
    ]);
    await tenant.configure({ rules: ['standard'] });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('ada'), changes: { officeLocation: ['Room 12', 'London'] } },
      { action: 'update', type: 'user', name: upn('grace'), changes: { officeLocation: ['Room 7', 'Arlington'] } },
    ]);
  });

  it('of the standard set leave out whoever is marked, and take him back', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Marked');
    const boss = await company.makeUser('boss', ou);
    const svc = await company.makeUser('service', ou, { manager: boss });
    const group = await company.makeGroup('Services', ou, [svc, boss]);
    const tenant = await lab.followInStep(ou);
    await company.set(boss, { adminDescription: 'User_not_for_the_cloud' });
    await company.set(group, { adminDescription: 'Group_not_for_the_cloud' });
    await expectStep(tenant, [
      { action: 'delete', type: 'user', name: upn('boss') },
      { action: 'delete', type: 'group', name: 'Services' },
    ]);
    expect(await tenant.listFindings()).toEqual([`reference-out-of-scope ${upn('service')} -> ${upn('boss')}`]);
    await company.set(boss, { adminDescription: [] });
    await company.set(group, { adminDescription: [] });
    await expectStep(tenant, [
      { action: 'restore', type: 'user', name: upn('boss') },
      { action: 'update', type: 'user', name: upn('service'), changes: { manager: [null, upn('boss')] } },
      { action: 'restore', type: 'group', name: 'Services', add: [upn('boss')] },
    ]);
    expect(await tenant.listFindings()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
  });

  it('of the standard set let a group go that is no security group any more, and keep one in step that got a mail address', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Kinds');
    const ada = await company.makeUser('ada.kinds', ou);
    const group = await company.makeGroup('Turning', ou, [ada]);
    const tenant = await lab.followInStep(ou);
    const before = await tenant.picture();
    await company.set(group, { groupType: '8' });
    await expectStep(tenant, [{ action: 'delete', type: 'group', name: 'Turning' }]);
    await company.set(group, { groupType: '-2147483640' });
    await expectStep(tenant, [{ action: 'restore', type: 'group', name: 'Turning' }]);
    expect(await tenant.picture()).toEqual(before);

    // Graph cannot make mail-enabled groups: the one that is there goes on without the address.
    await company.set(group, { mail: `turning@${UPN_SUFFIX}`, displayName: 'Turned' });
    const [old, turned] = ['Turning', 'Turned'];
    await expectStep(tenant, [
      { action: 'update', type: 'group', name: turned, changes: { displayName: [old, turned] } },
    ]);
    const losses = async (): Promise<readonly string[]> =>
      (await tenant.findings()).filter(({ object }) => object?.name === turned).map(({ attribute }) => attribute ?? '');
    expect(await losses()).toContain('mail');
    await company.set(group, { mail: [], displayName: [] });
    await expectStep(tenant, [{ action: 'update', type: 'group', name: old, changes: { displayName: [turned, old] } }]);
    // It is told once for all groups, so only who looks at all of them can take it back.
    expect(await tenant.plan(true)).toEqual([]);
    expect(await losses()).toEqual([]);
    expect(await tenant.picture()).toEqual(before);
  });
});
