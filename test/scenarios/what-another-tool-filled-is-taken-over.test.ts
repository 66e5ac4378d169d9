import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

describeCompany('a tenant that another tool has filled', (lab) => {
  it('is taken over: users with our anchors are joined, not made again', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Taken over');
    const ada = await company.makeUser('ada', ou, { title: 'Analyst', displayName: 'Ada' });
    await company.makeUser('grace', ou, { manager: ada, displayName: 'Grace' });
    const seeded = {
      userPrincipalName: upn('ada'),
      displayName: 'Ada',
      mailNickname: 'ada',
      jobTitle: 'Countess',
      onPremisesImmutableId: await company.anchorOf(ada),
    };
    const tenant = await lab.follow({ scope: { include: [ou] }, emulator: { seed: { users: [seeded] } } });
    const { id } = nameTenant(await tenant.dump()).users[upn('ada')] ?? {};
    const planned = await tenant.plan();
    expect(planned).toHaveLength(2);
    expect(planned).toContainEqual({
      action: 'link',
      type: 'user',
      name: upn('ada'),
      changes: { jobTitle: ['Countess', 'Analyst'] },
    });
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('ada')]?.id).toBe(id);
    expect(users[upn('grace')]?.manager).toBe(id);
  });

  it('holds a group that Connect made: not found by its name, so a second one is planned, until it carries our anchor', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Groups of Connect');
    const ada = await company.makeUser('ada.g', ou);
    const group = await company.makeGroup('Board', ou, [ada]);
    const seeded = { displayName: 'Board', mailNickname: 'Board', mailEnabled: false, securityEnabled: true };
    const tenant = await lab.follow({ scope: { include: [ou] }, emulator: { seed: { groups: [seeded] } } });
    const listPlan = async (): Promise<readonly string[]> =>
      (await tenant.plan()).map(({ action, type, name }) => `${action} ${type} ${name}`);
    expect(await listPlan()).toContain('create group Board');

    const { id } = nameTenant(await tenant.dump()).groups['Board'] ?? {};
    const uniqueName = (await company.anchorOf(group)).replaceAll('+', '-').replaceAll('/', '_');
    await tenant.graph('PATCH', `/groups/${id}`, { uniqueName });
    expect(await listPlan()).not.toContain('create group Board');
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { groups } = nameTenant(await tenant.dump());
    expect(Object.keys(groups)).toEqual(['Board']);
    expect(groups['Board']?.id).toBe(id);
  });

  it('holds a group that is joined by hand: it stays the same, gets our members, and loses those of ours that are none', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Groups by hand');
    const eva = await company.makeUser('eva.h', ou);
    await company.makeUser('max.h', ou);
    const tenant = await lab.followInStep(ou);
    const before = nameTenant(await tenant.dump());
    await tenant.graph('POST', '/groups', {
      displayName: 'Council of the cloud',
      mailNickname: 'council',
      mailEnabled: false,
      securityEnabled: true,
      'members@odata.bind': [`${tenant.emulator.url}/v1.0/directoryObjects/${before.users[upn('max.h')]?.id}`],
    });
    const group = await company.makeGroup('Council', ou, [eva]);
    await tenant.plan();
    const { id = '' } = nameTenant(await tenant.dump()).groups['Council of the cloud'] ?? {};
    await tenant.app('link').link(group, id);
    await tenant.sync();
    await tenant.sync();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
    const { groups, users } = nameTenant(await tenant.dump());
    expect(Object.keys(groups)).toEqual(['Council']);
    expect(groups['Council']).toMatchObject({ id, members: [users[upn('eva.h')]?.id] });
  });

  it('holds users of the cloud: by mail, then by name, they are linked; administrators and guests are left alone', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Cloud users');
    await company.makeUsers(ou, {
      kurt: { displayName: 'Kurt of the directory' },
      mary: { displayName: 'Mary', mail: upn('mary') },
      root: { displayName: 'Root of the directory' },
      alan: {},
    });
    const cloud = (name: string, more: object = {}): object => ({
      userPrincipalName: upn(name),
      displayName: `${name} of the cloud`,
      mailNickname: name,
      ...more,
    });
    const tenant = await lab.follow({
      scope: { include: [ou] },
      emulator: {
        seed: {
          users: [
            cloud('kurt'),
            cloud('mary.old', { mail: upn('mary') }),
            cloud('root', { adminRoles: ['Global Administrator'] }),
          ],
        },
      },
    });
    const before = nameTenant(await tenant.dump()).users;
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
      `create ${upn('alan')}`,
      `link ${upn('kurt')}`,
      `link ${upn('mary')}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await tenant.listFindings()).toEqual([`match-privileged ${upn('root')} -> ${upn('root')}`]);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('kurt')]).toMatchObject({ id: before[upn('kurt')]?.id, displayName: 'Kurt of the directory' });
    expect(users[upn('mary')]).toMatchObject({ id: before[upn('mary.old')]?.id, displayName: 'Mary' });
    expect(users[upn('root')]).toEqual(before[upn('root')]);
  });
});

describeCompany('ms-DS-ConsistencyGuid', (lab) => {
  const GUID = '0123456789abcdef';

  it('is the anchor where it is set; setting it later is told and changes nothing', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Anchors');
    await company.makeUser('moved', ou, { 'mS-DS-ConsistencyGuid': GUID });
    const late = await company.makeUser('late', ou);
    const tenant = await lab.followInStep(ou);
    const { users } = nameTenant(await tenant.dump());
    expect(users[upn('moved')]).toMatchObject({ onPremisesImmutableId: Buffer.from(GUID).toString('base64') });
    const before = await tenant.dump();

    await company.set(late, { 'mS-DS-ConsistencyGuid': 'fedcba9876543210', title: 'Late' });
    await expectStep(tenant, []);
    expect(await tenant.listFindings()).toEqual([`anchor-changed ${upn('late')}`]);
    expect(await tenant.dump()).toEqual(before);
    await company.set(late, { 'mS-DS-ConsistencyGuid': [] });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('late'), changes: { jobTitle: [null, 'Late'] } },
    ]);
    expect(await tenant.listFindings()).toEqual([]);
  });

  it('that its own objectGUID is written into changes nothing, and joins the user in another place', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Written back');
    const ada = await company.makeUser('ada.wb', ou);
    const tenant = await lab.followInStep(ou);
    const { id } = nameTenant(await tenant.dump()).users[upn('ada.wb')] ?? {};
    const anchor = Buffer.from(await company.anchorOf(ada), 'base64');
    await company.setBytes(ada, 'mS-DS-ConsistencyGuid', anchor);
    await expectStep(tenant, []);
    // The account is made anew with the anchor of the old one, as in a migration to another domain.
    await company.delete(ada);
    await company.makeUser('ada.wb', ou, { title: 'New account' });
    await company.setBytes(`CN=ada.wb,${ou}`, 'mS-DS-ConsistencyGuid', anchor);
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('ada.wb'), changes: { jobTitle: [null, 'New account'] } },
    ]);
    expect(nameTenant(await tenant.dump()).users[upn('ada.wb')]?.id).toBe(id);
  });

  it('copied to a second account is a finding, and the first keeps its place', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Copied');
    await company.makeUser('original', ou, { 'mS-DS-ConsistencyGuid': 'aaaabbbbccccdddd' });
    const tenant = await lab.followInStep(ou);
    const before = await tenant.dump();
    await company.makeUser('copy', ou, { 'mS-DS-ConsistencyGuid': 'aaaabbbbccccdddd' });
    await expectStep(tenant, []);
    expect(await tenant.listFindings()).toEqual([`join-conflict ${upn('copy')} -> ${upn('original')}`]);
    expect(await tenant.dump()).toEqual(before);
    await company.set(`CN=copy,${ou}`, { 'mS-DS-ConsistencyGuid': [] });
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([`create ${upn('copy')}`]);
  });
});
