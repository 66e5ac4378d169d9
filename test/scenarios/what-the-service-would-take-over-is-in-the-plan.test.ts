import { afterEach, describe, expect, it } from 'vitest';
import { UPN_SUFFIX } from './company.ts';
import { addressLines, ldifCompany, ldifContact, ldifList, ldifUser } from './ldif-company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const addresses = (name: string): object => ({
  mail: `${name}@${UPN_SUFFIX}`,
  proxyAddresses: [`SMTP:${name}@${UPN_SUFFIX}`],
});
/** What people made in the tenant itself. */
const SEED = {
  groups: [
    {
      displayName: 'Cloud team',
      groupTypes: ['Unified'],
      mailEnabled: true,
      securityEnabled: false,
      mailNickname: 'team',
      ...addresses('team'),
    },
  ],
  users: [
    {
      displayName: 'Guest',
      userPrincipalName: `guest_partner.example#EXT#@${UPN_SUFFIX}`,
      userType: 'Guest',
      mailNickname: 'guest',
      accountEnabled: true,
      ...addresses('partner'),
    },
  ],
};
const COMPANY = ldifCompany(
  ldifUser('ann'),
  ldifUser('partner', addressLines('partner')),
  ldifList('team', ['ann']),
  ldifContact('eve', ['mail: eve@example.com', 'mailNickname: eve', 'proxyAddresses: SMTP:eve@example.com']),
);

let tenant: SynchronizedTenant;
afterEach(() => tenant.stop());

async function start(sections: Readonly<Record<string, unknown>>): Promise<void> {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const options = { emulator: { synchronization: true, seed: SEED } };
  tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': COMPANY });
  await tenant.changeTarget({ via: 'provisioning' });
  await tenant.configure(sections);
}

const actions = async (): Promise<readonly string[]> =>
  (await tenant.plan()).map(({ action, type, name }) => `${action} ${type} ${name}`).sort();

async function objectNamed(kind: 'users' | 'groups', name: string): Promise<Readonly<Record<string, unknown>>> {
  const found = (await tenant.dump())[kind].find((one) => one['displayName'] === name);
  if (found === undefined) throw new Error(`no ${name} among the ${kind}`);
  return found;
}

describe('what the provisioning service would take over by itself', () => {
  it('a group of the cloud with the same address is linked in the plan, and undoing the run does not delete it', async () => {
    await start({});
    const { id } = await objectNamed('groups', 'Cloud team');
    expect(await actions()).toEqual(['create contact eve', `create user ann@${UPN_SUFFIX}`, 'link group team']);
    const { run } = await tenant.sync();
    expect((await objectNamed('groups', 'team'))['id']).toBe(id);
    const undo = await tenant.app('undo').undo(run);
    expect((await tenant.listPlan(undo.plan.id)).map(({ action, name }) => `${action} ${name}`)).toContain(
      'update team',
    );
    await tenant.app('apply').apply(undo.plan.id, false);
    expect((await objectNamed('groups', 'Cloud team'))['id']).toBe(id);
  });

  it('a group of the cloud is left as it is where the configuration forbids to take over what has no anchor', async () => {
    await start({ matching: { soft: false } });
    const before = await objectNamed('groups', 'Cloud team');
    expect(await actions()).toEqual(['create contact eve', `create user ann@${UPN_SUFFIX}`]);
    await tenant.sync();
    expect(await objectNamed('groups', 'Cloud team')).toEqual(before);
    expect(await tenant.listFindings()).toContain('match-forbidden team -> Cloud team');
  });

  it('a guest is never taken over', async () => {
    await start({});
    const before = await objectNamed('users', 'Guest');
    await tenant.sync();
    expect(await objectNamed('users', 'Guest')).toEqual(before);
    const told = (await tenant.findings()).find(({ code }) => code === 'match-forbidden');
    expect(told?.cause).toContain('is a guest. Guests are never taken over unasked.');
  });
});
