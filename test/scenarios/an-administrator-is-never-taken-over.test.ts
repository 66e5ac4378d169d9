import { expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;

/** A user that the tenant held before us. */
function cloud(name: string, more: object = {}): object {
  return { userPrincipalName: upn(name), displayName: `${name} of the cloud`, mailNickname: name, ...more };
}

describeCompany('an administrator of the tenant', (lab) => {
  it('is never taken over by his name or address, however often and with whatever approval; nothing is made beside him', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Administrators');
    await company.makeUsers(ou, {
      root: { displayName: 'Root of the directory' },
      chief: { displayName: 'Chief of the directory', mail: upn('chief.mail') },
      ada: {},
    });
    const users = [
      cloud('root', { adminRoles: ['Global Administrator'] }),
      cloud('chief.cloud', { mail: upn('chief.mail'), adminRoles: ['Helpdesk Administrator'] }),
    ];
    const tenant = await lab.follow({ scope: { include: [ou] }, emulator: { seed: { users } } });
    const before = nameTenant(await tenant.dump()).users;
    for (const full of [false, true, false]) {
      await tenant.sync({ full, approve: true });
      expect(await tenant.listFindings()).toEqual([
        `match-privileged ${upn('chief')} -> ${upn('chief.cloud')}`,
        `match-privileged ${upn('root')} -> ${upn('root')}`,
      ]);
    }
    const after = nameTenant(await tenant.dump()).users;
    expect(Object.keys(after).sort()).toEqual([upn('ada'), upn('chief.cloud'), upn('root')]);
    for (const name of ['root', 'chief.cloud']) expect(after[upn(name)]).toEqual(before[upn(name)]);
  });

  it('is linked by hand alone, and then the plan still waits for an approval', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Linked administrators');
    await company.makeUsers(ou, { boss: { displayName: 'Boss of the directory' } });
    const users = [cloud('boss', { adminRoles: ['Global Administrator'] })];
    const tenant = await lab.follow({
      scope: { include: [ou] },
      emulator: { seed: { users }, directoryRoles: ['User Administrator', 'Privileged Authentication Administrator'] },
      config: { guards: {} },
    });
    await tenant.sync();
    await tenant.app('link').link(upn('boss'), upn('boss'));
    const blocked = await tenant.sync();
    expect(blocked.outcome).toBe('blocked');
    expect(blocked.message).toContain(`${upn('boss')} (Global Administrator)`);
    expect(nameTenant(await tenant.dump()).users[upn('boss')]).toMatchObject({ displayName: 'boss of the cloud' });
    expect(await tenant.sync({ approve: true })).toMatchObject({ outcome: 'done', done: { link: 1 } });
    expect(nameTenant(await tenant.dump()).users[upn('boss')]).toMatchObject({ displayName: 'Boss of the directory' });
  });

  it('is not taken over either when somebody gave him an anchor of ours', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Anchored administrators');
    const dn = await company.makeUser('anchored', ou, { displayName: 'Anchored of the directory' });
    const anchor = await company.anchorOf(dn);
    const users = [cloud('anchored', { onPremisesImmutableId: anchor, adminRoles: ['Global Administrator'] })];
    const tenant = await lab.follow({
      scope: { include: [ou] },
      emulator: { seed: { users } },
      config: { guards: {} },
    });
    const before = nameTenant(await tenant.dump()).users;
    expect(await tenant.sync({ approve: true })).toMatchObject({ outcome: 'done', done: {} });
    expect(await tenant.listFindings()).toEqual([`match-privileged ${upn('anchored')} -> ${upn('anchored')}`]);
    expect(nameTenant(await tenant.dump()).users).toEqual(before);
  });
});
