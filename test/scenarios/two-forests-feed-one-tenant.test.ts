import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { Company, UPN_SUFFIX } from './company.ts';
import { expectStep } from './describe-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;
const SHARED = '0123456789abcdef';

describe.skipIf(!directoryServersAvailable())('two forests', () => {
  let people: Company;
  let mail: Company;
  let tenant: SynchronizedTenant;
  let peopleOu: string;
  let mailOu: string;

  beforeAll(async () => {
    [people, mail] = await Promise.all([Company.start(), Company.start(undefined, 'RESOURCES.EXAMPLE.COM')]);
    [peopleOu, mailOu] = [await people.makeOu('People'), await mail.makeOu('Mailboxes')];
    tenant = await SynchronizedTenant.followAll({
      people: { company: people, scope: { include: [peopleOu] } },
      mail: { company: mail, scope: { include: [mailOu] } },
    });
  });

  afterAll(async () => {
    await tenant?.stop();
    await people?.stop();
    await mail?.stop();
  });

  it('feed one tenant: a person with an account in both is one user, who stays as long as one account does', async () => {
    const boss = await people.makeUser('boss', peopleOu);
    await people.makeUser('ada', peopleOu, {
      'mS-DS-ConsistencyGuid': SHARED,
      title: 'Analyst',
      displayName: 'Ada of the people',
      manager: boss,
    });
    const box = await mail.makeUser('ada.mailbox', mailOu, {
      'mS-DS-ConsistencyGuid': SHARED,
      displayName: 'Ada of the mailboxes',
      mobile: '+44 7',
      userAccountControl: '546',
    });
    await mail.makeGroup('Mailboxes', mailOu, [box]);
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`).sort()).toEqual([
      'create Mailboxes',
      `create ${upn('ada')}`,
      `create ${upn('boss')}`,
    ]);
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    const { users, groups } = nameTenant(await tenant.dump());
    expect(users[upn('ada')]).toMatchObject({
      accountEnabled: true,
      displayName: 'Ada of the people',
      jobTitle: 'Analyst',
      mobilePhone: '+44 7',
      manager: users[upn('boss')]?.id,
    });
    expect(groups['Mailboxes']?.members).toEqual([users[upn('ada')]?.id]);

    await people.set(`CN=ada,${peopleOu}`, { mobile: '+44 8' });
    await expectStep(tenant, [
      { action: 'update', type: 'user', name: upn('ada'), changes: { mobilePhone: ['+44 7', '+44 8'] } },
    ]);
    const deleted = await people.delete(`CN=ada,${peopleOu}`);
    const [left] = await tenant.plan();
    expect(left).toMatchObject({
      action: 'update',
      type: 'user',
      changes: {
        accountEnabled: [true, false],
        displayName: ['Ada of the people', 'Ada of the mailboxes'],
        jobTitle: ['Analyst', null],
        manager: [upn('boss'), null],
      },
    });
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    await people.restore(deleted);
    await tenant.sync();
    expect(await tenant.plan()).toEqual([]);
    const restored = nameTenant(await tenant.dump()).users[upn('ada')];
    expect(restored).toMatchObject({ id: users[upn('ada')]?.id, jobTitle: 'Analyst', manager: users[upn('boss')]?.id });
    expect(await tenant.plan(true)).toEqual([]);
  });

  it('of which one refuses us end the run before anything is written', async () => {
    await people.makeUser('newcomer', peopleOu);
    const before = await tenant.dump();
    await mail.set(mail.service.dn, { userAccountControl: '514' });
    await expect(tenant.sync()).rejects.toMatchObject({ code: 'directory-credentials' });
    expect(await tenant.dump()).toEqual(before);
    await mail.set(mail.service.dn, { userAccountControl: '512' });
    expect((await tenant.plan()).map(({ action, name }) => `${action} ${name}`)).toEqual([`create ${upn('newcomer')}`]);
  });
});
