import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { Company, UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';
import { nameTenant } from './tenant-picture.ts';

const upn = (name: string): string => `${name}@${UPN_SUFFIX}`;
/** 0x2 disabled, 0x20 no password needed, 0x200 an account. */
const DISABLED = '546';
const LINKED_MAILBOX = '2';

interface Mailbox {
  readonly master?: string;
  readonly type?: string;
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
}

describe.skipIf(!directoryServersAvailable())('an account forest and a resource forest without a trust', () => {
  let accounts: Company;
  let resources: Company;
  let people: string;
  let mailboxes: string;
  let count = 0;
  const tenants: SynchronizedTenant[] = [];

  beforeAll(async () => {
    const exchange = 'RESOURCES.EXAMPLE.COM';
    [accounts, resources] = await Promise.all([
      Company.start(undefined, 'ACCOUNTS.EXAMPLE.COM'),
      Company.start(undefined, exchange, true),
    ]);
  });
  afterEach(async () => {
    for (const tenant of tenants.splice(0)) await tenant.stop();
  });
  afterAll(async () => {
    await accounts?.stop();
    await resources?.stop();
  });

  /** A tenant that follows two new, empty containers: People of the one forest, Mailboxes of the other. */
  async function follow(identity: Readonly<Record<string, unknown>>): Promise<SynchronizedTenant> {
    count++;
    [people, mailboxes] = [await accounts.makeOu(`People ${count}`), await resources.makeOu(`Mailboxes ${count}`)];
    const tenant = await SynchronizedTenant.followAll(
      {
        accounts: { company: accounts, scope: { include: [people] } },
        resources: { company: resources, scope: { include: [mailboxes] } },
      },
      { config: { identity } },
    );
    tenants.push(tenant);
    return tenant;
  }

  /** The disabled account that carries a mailbox, linked to the account `master`. */
  async function makeMailbox(name: string, { master, type = LINKED_MAILBOX, values = {} }: Mailbox): Promise<string> {
    const dn = await resources.makeUser(name, mailboxes, {
      userPrincipalName: `${name}@resources.example.com`,
      userAccountControl: DISABLED,
      mailNickname: name,
      mail: upn(name),
      proxyAddresses: [`SMTP:${upn(name)}`],
      displayName: `${name} (mailbox)`,
      msExchRecipientTypeDetails: type,
      ...values,
    });
    if (master !== undefined) await resources.setBytes(dn, 'msExchMasterAccountSid', await accounts.sidOf(master));
    return dn;
  }

  async function inStep(tenant: SynchronizedTenant): Promise<void> {
    const result = await tenant.sync();
    expect({ outcome: result.outcome, failed: result.failed }).toEqual({ outcome: 'done', failed: 0 });
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.plan(true)).toEqual([]);
  }

  const users = async (tenant: SynchronizedTenant) => nameTenant(await tenant.dump()).users;

  it('make one user of account and linked mailbox: identity of the account, addresses of the mailbox', async () => {
    const tenant = await follow({ join: 'sid' });
    const jane = await accounts.makeUser('jane.doe', people, { title: 'Analyst', displayName: 'Jane (account)' });
    await makeMailbox('jane.doe', { master: jane, values: { department: 'Research' } });
    await inStep(tenant);
    const tenantUsers = await users(tenant);
    expect(Object.keys(tenantUsers)).toEqual([upn('jane.doe')]);
    expect(tenantUsers[upn('jane.doe')]).toMatchObject({
      onPremisesImmutableId: await accounts.anchorOf(jane),
      accountEnabled: true,
      jobTitle: 'Analyst',
      department: 'Research',
      displayName: 'jane.doe (mailbox)',
      mail: upn('jane.doe'),
      mailNickname: 'jane.doe',
    });
  });

  it('make one user of an account and a disabled account that is no linked mailbox', async () => {
    const tenant = await follow({ join: 'sid' });
    const bob = await accounts.makeUser('bob', people);
    await makeMailbox('bob', { master: bob, type: '1' });
    await inStep(tenant);
    expect((await users(tenant))[upn('bob')]).toMatchObject({
      onPremisesImmutableId: await accounts.anchorOf(bob),
      accountEnabled: true,
      displayName: 'bob (mailbox)',
    });
  });

  it('find members of the other forest behind foreign security principals, wherever those lie', async () => {
    const tenant = await follow({ join: 'sid' });
    const jane = await accounts.makeUser('jane.fsp', people);
    const carl = await accounts.makeUser('carl.fsp', people);
    const box = await makeMailbox('jane.fsp', { master: jane });
    const group = await resources.makeGroup('Project team', mailboxes);
    const standIns = await resources.addForeignMembers(group, [await accounts.sidOf(jane), await accounts.sidOf(carl)]);
    await inStep(tenant);
    const found = nameTenant(await tenant.dump());
    const ids = [upn('carl.fsp'), upn('jane.fsp')].map((name) => found.users[name]?.id);
    expect([...(found.groups['Project team']?.members ?? [])].sort()).toEqual([...ids].sort());
    // Behind the mailbox and behind the stand-in is the same person: one member, until both are taken out.
    await resources.changeMembers(group, [box]);
    expect(await tenant.plan()).toEqual([]);
    await resources.changeMembers(group, [], [standIns[0] ?? '']);
    expect(await tenant.plan()).toEqual([]);
    await resources.changeMembers(group, [], [box]);
    expect(await tenant.plan()).toMatchObject([{ type: 'group', name: 'Project team' }]);
    await inStep(tenant);
    expect(nameTenant(await tenant.dump()).groups['Project team']?.members).toEqual([ids[0]]);
  });

  it.each<[string, unknown, Record<string, string>, Record<string, string>]>([
    ['mail', 'mail', { mail: 'Erin@contoso.com' }, { mail: 'erin@contoso.com' }],
    ['account name', 'samAccountName', { sAMAccountName: 'erin.s' }, { sAMAccountName: 'erin.s' }],
    ['mail nickname', 'samAccountName', { sAMAccountName: 'erin.n' }, { mailNickname: 'erin.n' }],
    ['an attribute of their own', { attribute: 'employeeID' }, { employeeID: '4711' }, { employeeID: '4711' }],
    [
      'the anchor they share',
      'none',
      { 'mS-DS-ConsistencyGuid': 'erinerinerinerin' },
      { 'mS-DS-ConsistencyGuid': 'erinerinerinerin' },
    ],
  ])('know a person by %s', async (_what, join, one, other) => {
    const tenant = await follow({ join });
    const name = `erin${count}`;
    await accounts.makeUser(name, people, { title: 'Pilot', ...one });
    const box = { userAccountControl: DISABLED, department: 'Flight', ...other };
    await resources.makeUser(`${name}.box`, mailboxes, box);
    await inStep(tenant);
    const found = Object.values(await users(tenant));
    expect(found).toMatchObject([{ userPrincipalName: upn(name), jobTitle: 'Pilot', department: 'Flight' }]);
  });

  it('keep two users of two accounts that nothing joins', async () => {
    const tenant = await follow({ join: 'none' });
    await accounts.makeUser('frank', people, { mail: upn('frank') });
    await resources.makeUser('frank.box', mailboxes, { employeeID: '1' });
    await inStep(tenant);
    expect(Object.keys(await users(tenant)).sort()).toEqual([upn('frank.box'), upn('frank')].sort());
  });

  it('take an attribute for the anchor: it goes from forest to forest with the person, and never changes', async () => {
    const tenant = await follow({ sourceAnchor: { attribute: 'employeeID' } });
    await accounts.makeUser('gina', people, { employeeID: 'E-1' });
    const hugo = await accounts.makeUser('hugo', people, { employeeID: 'E-2' });
    await accounts.makeUser('ivan', people, { employeeID: 'ivan@contoso.com' });
    const { failed } = await tenant.sync();
    expect(failed).toBe(0);
    expect(await tenant.listFindings()).toEqual([`rule-error ${upn('ivan')}`]);
    const before = await users(tenant);
    expect(Object.keys(before).sort()).toEqual([upn('gina'), upn('hugo')]);
    expect(before[upn('gina')]).toMatchObject({ onPremisesImmutableId: 'E-1' });
    // Gina moves to the other forest; somebody corrects Hugo's number.
    await accounts.delete(`CN=gina,${people}`);
    await resources.makeUser('gina', mailboxes, { employeeID: 'E-1' });
    await accounts.set(hugo, { employeeID: 'E-3' });
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.listFindings()).toEqual([`anchor-changed ${upn('hugo')}`, `rule-error ${upn('ivan')}`]);
    expect(await users(tenant)).toEqual(before);
  });

  it('take ms-DS-ConsistencyGuid or objectGUID alone for the anchor, as chosen', async () => {
    const tenant = await follow({ sourceAnchor: 'objectGUID' });
    const judy = await accounts.makeUser('judy', people, { 'mS-DS-ConsistencyGuid': 'judyjudyjudyjudy' });
    await inStep(tenant);
    expect((await users(tenant))[upn('judy')]).toMatchObject({ onPremisesImmutableId: await accounts.anchorOf(judy) });
    await tenant.configure({ identity: { sourceAnchor: 'auto' } });
    expect(await tenant.plan()).toEqual([]);
    expect(await tenant.listFindings()).toEqual([`anchor-changed ${upn('judy')}`]);
  });

  it('let people sign in with their mail address, wherever their mailbox is', async () => {
    const tenant = await follow({ join: 'sid', userPrincipalName: { attribute: 'mail' } });
    const kate = await accounts.makeUser('kate', people, { userPrincipalName: 'kate@accounts.example.com' });
    await makeMailbox('kate.lee', { master: kate });
    await accounts.makeUser('liam', people, { mail: upn('liam.fox'), userPrincipalName: 'liam@accounts.example.com' });
    await inStep(tenant);
    expect(Object.keys(await users(tenant)).sort()).toEqual([upn('kate.lee'), upn('liam.fox')]);
  });

  it('follow the account that is enabled now, and the link of a mailbox that is set anew', async () => {
    const tenant = await follow({ join: 'sid' });
    const quinn = await accounts.makeUser('quinn', people);
    const desk = await makeMailbox('quinn', { master: quinn, type: '1' });
    const rosa = await accounts.makeUser('rosa', people);
    const box = await makeMailbox('rosa.box', { master: rosa });
    await inStep(tenant);
    const anchor = await accounts.anchorOf(quinn);

    await accounts.set(quinn, { userAccountControl: DISABLED });
    await resources.set(desk, { userAccountControl: '544' });
    await accounts.delete(rosa);
    const next = await accounts.makeUser('rosa.new', people);
    await inStep(tenant);
    const left = await users(tenant);
    expect(Object.keys(left).sort()).toEqual(['quinn@contoso.onmicrosoft.com', upn('rosa.new')]);
    expect(left['quinn@contoso.onmicrosoft.com']).toMatchObject({
      onPremisesImmutableId: anchor,
      accountEnabled: true,
    });
    expect(await tenant.listFindings()).toContain(`anchor-changed quinn@resources.example.com -> ${upn('quinn')}`);

    await resources.setBytes(box, 'msExchMasterAccountSid', await accounts.sidOf(next));
    await resources.setBytes(desk, 'mS-DS-ConsistencyGuid', Buffer.from(anchor, 'base64'));
    await inStep(tenant);
    expect((await users(tenant))[upn('rosa.new')]).toMatchObject({ mail: upn('rosa.box') });
    expect((await tenant.listFindings()).filter((one) => one.startsWith('anchor'))).toEqual([]);
  });

  it('leave what is left: a mailbox alone is no user, an account alone is one, a disabled account may not sign in', async () => {
    const tenant = await follow({ join: 'sid' });
    const names = ['mona', 'nils', 'olga', 'paul'];
    const dns: Record<string, string> = {};
    for (const name of names) dns[name] = await accounts.makeUser(name, people, { title: 'Clerk' });
    const of = (name: string): string => dns[name] ?? '';
    await makeMailbox('mona', { master: of('mona') });
    const nilsBox = await makeMailbox('nils', { master: of('nils') });
    await makeMailbox('olga', { master: of('olga'), type: '1' });
    await inStep(tenant);
    const before = await users(tenant);

    const mona = await accounts.delete(of('mona'));
    const elsewhere = await resources.makeOu(`Elsewhere ${count}`);
    await resources.move(nilsBox, { parent: elsewhere });
    const olga = await accounts.delete(of('olga'));
    await inStep(tenant);
    const after = await users(tenant);
    expect(Object.keys(after).length).toBe(3);
    expect(after[upn('nils')]).toMatchObject({
      id: before[upn('nils')]?.id,
      displayName: 'nils',
      accountEnabled: true,
    });
    const left = Object.values(after).find((one) => one.id === before[upn('olga')]?.id);
    expect(left).toMatchObject({
      accountEnabled: false,
      onPremisesImmutableId: before[upn('olga')]?.['onPremisesImmutableId'],
    });
    expect(await tenant.listFindings()).toContain('anchor-changed olga@resources.example.com');

    await accounts.restore(mona);
    await accounts.restore(olga);
    await resources.move(`CN=nils,${elsewhere}`, { parent: mailboxes });
    await inStep(tenant);
    const again = await users(tenant);
    for (const name of names) {
      const { id, accountEnabled, jobTitle } = before[upn(name)] ?? expect.fail(name);
      expect(again[upn(name)]).toMatchObject({ id, accountEnabled, jobTitle });
    }
    expect((await tenant.listFindings()).filter((one) => one.startsWith('anchor'))).toEqual([]);
  });
});
