import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ROLES } from '../../emulator/options.ts';
import { entraSection } from '../../src/connectors/entra/config.ts';
import { createEntraConnector } from '../../src/connectors/entra/connector.ts';
import { SILENT_LOG } from '../../src/log.ts';
import { runCommand } from '../lab/run-command.ts';
import { signInAs } from '../lab/sign-in-as.ts';
import { outputOfEnd } from './command-output.ts';
import { UPN_SUFFIX } from './company.ts';
import { SynchronizedTenant } from './synchronized-tenant.ts';

const COMMAND_LINE = fileURLToPath(new URL('../../bin/dirbridge.mjs', import.meta.url));
const PEOPLE = 'OU=People,DC=corp,DC=example,DC=com';
const SKU = '10000000-0000-4000-8000-000000000009';
/** Made in the tenant by somebody, with an address that a list of the directory has too. */
const CLOUD_GROUP = {
  displayName: 'Cloud news',
  groupTypes: ['Unified'],
  mailEnabled: true,
  securityEnabled: false,
  mailNickname: 'cloudnews',
  proxyAddresses: [`SMTP:news@${UPN_SUFFIX}`],
};
const SEED = { licences: [{ skuId: SKU, skuPartNumber: 'MAIL', enabled: 5 }] };
/** Of a new tenant (DirSyncFeatures), and BlockCloudObjectTakeoverThroughHardMatch. */
const [USUAL_FEATURES, NO_HARD_MATCH] = [41_016, 1_048_576];
const CLOUD_PASSWORD = 'Sommerregen-17-im-Juli';
/** "Pa$$w0rd", from the documentation of DSInternals. */
const OFFICE_PASSWORD = 'Pa$$w0rd';
const CREDENTIAL =
  'v1;PPH1_MD4,60eaffd2c886b419df7a,1000,ab9c532104713157395a70da85cc8a1b418508753c6997f02341d541328ef16b;';

const PARTS = ['ann', 'bob', 'eve', 'list', 'news', 'staff', 'pc'] as const;
type Part = (typeof PARTS)[number];

function guid(name: string): string {
  return Buffer.from(name.padEnd(16, '.')).toString('base64');
}

function entry(dn: string, type: string, name: string, lines: readonly string[]): string {
  return [`dn: ${dn}`, `objectClass: ${type}`, `objectGUID:: ${guid(name)}`, ...lines, ''].join('\n');
}

function named(name: Part, type: string, lines: readonly string[]): string {
  return entry(`CN=${name},${PEOPLE}`, type, name, [`cn: ${name}`, `displayName: ${name}`, ...lines]);
}

function user(name: Part, lines: readonly string[] = []): string {
  const own = [`sAMAccountName: ${name}`, `userPrincipalName: ${name}@${UPN_SUFFIX}`, 'userAccountControl: 512'];
  return named(name, 'user', [...own, 'c: DE', ...lines]);
}

function mailGroup(name: Part, groupType: number, members: readonly string[]): string {
  const mail = [`mail: ${name}@${UPN_SUFFIX}`, `mailNickname: ${name}`, `proxyAddresses: SMTP:${name}@${UPN_SUFFIX}`];
  return named(name, 'group', [
    `groupType: ${groupType}`,
    ...mail,
    ...members.map((one) => `member: CN=${one},${PEOPLE}`),
  ]);
}

function company(without: readonly Part[] = [], members: readonly string[] = ['ann', 'bob', 'eve', 'news']): string {
  const proxies = [`proxyAddresses: SMTP:ann@${UPN_SUFFIX}`, `proxyAddresses: smtp:a.n@${UPN_SUFFIX}`];
  const parts: Readonly<Record<Part, string>> = {
    ann: user('ann', [`mail: ann@${UPN_SUFFIX}`, 'mailNickname: ann', ...proxies, `manager: CN=bob,${PEOPLE}`]),
    bob: user('bob'),
    eve: named('eve', 'contact', [
      'mail: eve@example.com',
      'mailNickname: eve',
      'proxyAddresses: SMTP:eve@example.com',
    ]),
    list: mailGroup('list', 8, ['ann', 'eve']),
    news: mailGroup('news', -2147483640, ['bob']),
    staff: named('staff', 'group', [
      'sAMAccountName: staff',
      'groupType: -2147483646',
      ...members.filter((one) => !without.includes(one as Part)).map((one) => `member: CN=${one},${PEOPLE}`),
    ]),
    pc: named('pc', 'computer', ['sAMAccountName: pc$', 'userAccountControl: 4096', 'userCertificate:: AAECAw==']),
  };
  return [
    entry('DC=corp,DC=example,DC=com', 'domainDNS', 'root', ['dc: corp']),
    entry(PEOPLE, 'organizationalUnit', 'people', ['ou: People']),
    ...PARTS.filter((part) => !without.includes(part)).map((part) => parts[part]),
  ].join('\n');
}

interface Conversion {
  readonly outcome: string;
  readonly checks: readonly { readonly what: string; readonly state: string }[];
  readonly takenOver?: Readonly<Record<string, number>>;
  readonly leftAlone?: { readonly counts: object; readonly objects: readonly { readonly name: string }[] };
  readonly linked?: { readonly counts: object; readonly names: readonly string[] };
  readonly created?: { readonly counts: object; readonly names: readonly string[] };
  readonly values?: readonly { readonly type: string; readonly attribute: string }[];
  readonly harmed?: {
    readonly count: number;
    readonly objects: readonly { readonly name: string; readonly harm: string }[];
  };
}

let tenant: SynchronizedTenant;

beforeEach(async () => {
  const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
  const roles = [...DEFAULT_ROLES, 'Organization.ReadWrite.All', 'LicenseAssignment.ReadWrite.All'];
  const options = { emulator: { synchronization: true, seed: SEED, roles } };
  tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': company() });
});
afterEach(() => tenant.stop());

async function convert(
  exitCode: number,
  to: 'graph' | 'provisioning',
  ...more: readonly string[]
): Promise<Conversion> {
  const text = await outputOfEnd(exitCode, tenant.configFile, 'convert', '--to', to, '--json', ...more);
  return (JSON.parse(text) as { readonly conversion: Conversion }).conversion;
}

const configuration = (): Promise<string> => readFile(tenant.configFile, 'utf8');

async function via(): Promise<string> {
  return /^ *via: (\w+)$/m.exec(await configuration())?.[1] ?? 'not said';
}

function switchSynchronization(isOn: boolean): Promise<void> {
  return tenant.graph('PATCH', `/organization/${tenant.emulator.tenantId}`, { onPremisesSyncEnabled: isOn });
}

type Held = Readonly<Record<string, unknown>>;

/** What everybody in the tenant hangs on: ids, managers, members and licences, by names. */
async function holdings(): Promise<Readonly<Record<string, Held>>> {
  const lists = Object.values(await tenant.dump()).filter(Array.isArray) as readonly (readonly Held[])[];
  const objects = lists.flat().filter((one) => (PARTS as readonly unknown[]).includes(one['displayName']));
  const live = objects.filter((one) => one['deletedDateTime'] === undefined);
  const nameOf = new Map(live.map((one) => [one['id'], String(one['displayName'])]));
  const describeOne = (one: Held): Held => ({
    id: one['id'],
    manager: nameOf.get(one['manager']),
    members: Array.isArray(one['members']) ? one['members'].map((id) => nameOf.get(id)).sort() : [],
    licences: one['assignedLicenses'],
  });
  expect(live.length).toBe(nameOf.size);
  return Object.fromEntries(live.map((one) => [String(one['displayName']), describeOne(one)]));
}

/** Of ours, how many the tenant counts as synchronized. */
async function countSynchronized(): Promise<number> {
  const lists = Object.values(await tenant.dump()).filter(Array.isArray) as readonly (readonly Held[])[];
  const ours = lists.flat().filter((one) => (PARTS as readonly unknown[]).includes(one['displayName']));
  return ours.filter((one) => one['onPremisesSyncEnabled'] === true).length;
}

async function idOf(name: Part): Promise<string> {
  return String((await holdings())[name]?.['id']);
}

const signIn = (name: Part, password: string): Promise<string> =>
  signInAs(tenant.emulator, `${name}@${UPN_SUFFIX}`, password);

/** As a password cycle sends it. */
async function sendOfficePassword(name: Part): Promise<void> {
  const { emulator } = tenant;
  const place = { tenant: emulator.tenant, graph: emulator.url, authority: emulator.url, via: 'provisioning' };
  const section = entraSection.parse({ ...place, clientId: emulator.clientId, clientSecret: { env: 'SECRET' } });
  const target = createEntraConnector(section, {
    name: 'tenant',
    log: SILENT_LOG,
    now: () => new Date(),
    readSecret: () => emulator.clientSecret,
    resolvePath: (path) => path,
  });
  const one = { anchor: name, targetId: await idOf(name), changedAt: '2026-01-02T03:04:05.000Z', forceChange: false };
  await target.passwordTarget?.readFeatures();
  const results = await target.passwordTarget?.write([{ ...one, credential: Buffer.from(CREDENTIAL) }]);
  expect(results).toMatchObject([{ outcome: 'done' }]);
}

const openOperations = async (): Promise<readonly string[]> =>
  (await tenant.plan()).map(({ action, type, name }) => `${action} ${type} ${name}`).sort();

describe('convert', () => {
  it('takes a tenant from Graph to the service and back, and everybody keeps id, memberships, licences and password', async () => {
    await tenant.sync();
    await tenant.graph('PATCH', `/users/${await idOf('bob')}`, {
      passwordProfile: { password: CLOUD_PASSWORD, forceChangePasswordNextSignIn: false },
    });
    await tenant.graph('PATCH', `/users/${await idOf('ann')}`, { usageLocation: 'DE' });
    await tenant.graph('POST', `/users/${await idOf('ann')}/assignLicense`, {
      addLicenses: [{ skuId: SKU, disabledPlans: [] }],
      removeLicenses: [],
    });
    await tenant.sync();
    const byGraph = await holdings();
    expect(Object.keys(byGraph).sort()).toEqual(['ann', 'bob', 'staff']);

    const there = await convert(0, 'provisioning', '--apply');
    expect(there).toMatchObject({ outcome: 'converted', takenOver: { user: 2, group: 1 }, harmed: { count: 0 } });
    expect(there.created?.counts).toEqual({ contact: 1, device: 1, group: 2 });
    expect(await via()).toBe('provisioning');
    expect(await countSynchronized()).toBe(PARTS.length);
    expect((await tenant.sync()).failed).toBe(0);
    expect(await openOperations()).toEqual([]);
    const byService = await holdings();
    for (const name of ['ann', 'bob'] as const) expect(byService[name]).toEqual(byGraph[name]);
    expect(byService['staff']).toEqual({ ...byGraph['staff'], members: ['ann', 'bob', 'eve', 'news'] });
    expect(await signIn('bob', CLOUD_PASSWORD)).toBe('ok');
    await sendOfficePassword('ann');
    expect(await signIn('ann', OFFICE_PASSWORD)).toBe('ok');

    await switchSynchronization(false);
    const back = await convert(0, 'graph', '--apply');
    expect(back).toMatchObject({ outcome: 'converted', takenOver: { user: 2, group: 1 }, harmed: { count: 0 } });
    expect(back.leftAlone?.counts).toEqual({ contact: 1, device: 1, group: 2 });
    expect(back.leftAlone?.objects.map(({ name }) => name).sort()).toEqual(['eve', 'list', 'news', 'pc']);
    expect(await via()).toBe('graph');
    await tenant.sync();
    expect(await openOperations()).toEqual([]);
    expect(await holdings()).toEqual(byService);
    expect([await signIn('bob', CLOUD_PASSWORD), await signIn('ann', OFFICE_PASSWORD)]).toEqual(['ok', 'ok']);

    // Graph goes on with the group that carries its anchor now, and leaves alone what it cannot write.
    await writeFile(join(tenant.folder, 'corp.ldif'), company([], ['bob', 'eve', 'news']));
    expect((await tenant.sync()).failed).toBe(0);
    expect((await holdings())['staff']?.['members']).toEqual(['bob', 'eve', 'news']);

    await switchSynchronization(true);
    const again = await convert(0, 'provisioning', '--apply');
    expect(again).toMatchObject({ outcome: 'converted', created: { counts: {} }, harmed: { count: 0 } });
    await tenant.sync();
    expect(await openOperations()).toEqual([]);
    expect(Object.keys(await holdings()).sort()).toEqual([...PARTS].sort());
    expect(await countSynchronized()).toBe(PARTS.length);
  });

  it('gives groups that the service made to Graph: the same groups, which carry their anchor from then on', async () => {
    await tenant.changeTarget({ via: 'provisioning' });
    await tenant.sync();
    const before = await holdings();
    expect(Object.keys(before).sort()).toEqual([...PARTS].sort());
    await switchSynchronization(false);
    const back = await convert(0, 'graph', '--apply');
    expect(back).toMatchObject({ outcome: 'converted', takenOver: { user: 2, group: 1 }, created: { counts: {} } });
    expect(back.values).toContainEqual(expect.objectContaining({ type: 'group', attribute: 'uniqueName' }));
    expect(await holdings()).toEqual(before);
    // Graph had not shown us that ann is in the group before it carried its anchor: the full run after the conversion sees it.
    await writeFile(join(tenant.folder, 'corp.ldif'), company([], ['bob', 'eve', 'news']));
    expect((await tenant.sync()).failed).toBe(0);
    expect((await holdings())['staff']?.['members']).toEqual(['bob', 'eve', 'news']);
    expect(await openOperations()).toEqual([]);
  });

  it('shows the same without --apply, and changes nothing: neither tenant, nor store, nor configuration', async () => {
    await tenant.sync();
    await tenant.sync();
    const [before, said, runs] = [await tenant.dump(), await configuration(), await tenant.app('runs').runs(100)];
    const store = await readFile(join(tenant.folder, 'dirbridge.db'));
    const shown = await convert(0, 'provisioning');
    expect(shown).toMatchObject({ outcome: 'possible', takenOver: { user: 2, group: 1 } });
    expect(shown.created?.names).toEqual(expect.arrayContaining(['contact eve', 'group list', 'device pc']));
    expect(shown.values).toContainEqual(
      expect.objectContaining({ type: 'group', attribute: 'sourceAnchor', objects: 1 }),
    );
    expect([await tenant.dump(), await configuration()]).toEqual([before, said]);
    expect((await readFile(join(tenant.folder, 'dirbridge.db'))).equals(store)).toBe(true);
    expect(await tenant.app('runs').runs(100)).toEqual(runs);
    expect(await openOperations()).toEqual([]);
    const page = await outputOfEnd(0, tenant.configFile, 'convert', '--to', 'provisioning');
    expect(page).toMatch(/Taken over with the same id: .*2 users/);
    expect(page).toMatch(/It can be done\. Nothing was changed\. Do it: dirbridge .*convert --to provisioning --apply/);
    expect((await convert(0, 'graph')).outcome).toBe('already');
  });

  it('is refused while the tenant is not ready, either way', async () => {
    await tenant.sync();
    await switchSynchronization(false);
    const there = await convert(3, 'provisioning', '--apply');
    expect(there.checks).toContainEqual(expect.objectContaining({ what: 'directory synchronization', state: 'error' }));
    await switchSynchronization(true);
    await convert(0, 'provisioning', '--apply');
    const back = await convert(3, 'graph', '--apply');
    expect(back.outcome).toBe('unready');
    expect(back.checks).toContainEqual(expect.objectContaining({ what: 'directory synchronization', state: 'error' }));
    expect(await via()).toBe('provisioning');
    expect((await tenant.sync()).failed).toBe(0);
  });

  it('is refused when somebody would be made again or deleted, by name, and goes on when the remedy was followed', async () => {
    // Days ago: what was made a moment ago may not be known to every replica, and is not missed yet.
    const daysAgo = new Date(Date.now() - 5 * 86_400_000);
    await tenant.app('sync', () => daysAgo).sync({ full: false, staging: false, approve: false });
    await tenant.graph('DELETE', `/groups/${await idOf('staff')}`);
    await tenant.control('clock', { advance: '40d' });
    await writeFile(join(tenant.folder, 'corp.ldif'), company(['bob']));
    const refused = await convert(3, 'provisioning', '--apply', '--approve');
    expect(refused.outcome).toBe('refused');
    const harms = refused.harmed?.objects.map(({ name, harm }) => `${harm} ${name}`).sort();
    expect(harms).toEqual([`deleted bob@${UPN_SUFFIX}`, 'remade staff']);
    expect(refused.created?.names).not.toContain('group staff');
    expect(await via()).toBe('not said');
    expect(Object.keys(await holdings()).sort()).toEqual(['ann', 'bob']);
    const page = await outputOfEnd(3, tenant.configFile, 'convert', '--to', 'provisioning');
    expect(page).toMatch(/! group staff \(.*\) would be made again/);

    await tenant.sync();
    expect(await convert(0, 'provisioning', '--apply')).toMatchObject({ outcome: 'converted' });
    expect(await via()).toBe('provisioning');
  });

  it('is refused when the tenant would refuse to give somebody away, before anything is written', async () => {
    await tenant.stop();
    const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
    const helpdesk = { displayName: 'helpdesk', mailEnabled: false, securityEnabled: true, mailNickname: 'helpdesk' };
    const seed = { groups: [{ ...helpdesk, adminRoles: ['Helpdesk Administrator'] }] };
    const options = { emulator: { synchronization: true, seed } };
    tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': company() });
    await tenant.sync();
    const { groups } = await tenant.dump();
    const holders = groups.find((one) => one['displayName'] === 'helpdesk')?.['id'];
    const bob = await idOf('bob');
    await tenant.graph('POST', `/groups/${holders}/members/$ref`, {
      '@odata.id': `${tenant.emulator.url}/v1.0/directoryObjects/${bob}`,
    });
    for (const more of [[], ['--apply']]) {
      const refused = await convert(3, 'provisioning', ...more);
      expect(refused.outcome).toBe('refused');
      expect(refused.harmed?.objects).toMatchObject([{ name: `bob@${UPN_SUFFIX}`, harm: 'forbidden' }]);
    }
    const page = await outputOfEnd(3, tenant.configFile, 'convert', '--to', 'provisioning');
    expect(page).toMatch(/! user bob@.* holds an administrator role/);
    expect(await countSynchronized()).toBe(0);

    await tenant.graph('DELETE', `/groups/${holders}/members/${bob}/$ref`);
    expect(await convert(0, 'provisioning', '--apply')).toMatchObject({ outcome: 'converted' });
    expect(await countSynchronized()).toBe(PARTS.length);
  });

  it('is refused where the tenant lets nobody be taken over by a hard match', async () => {
    await tenant.stop();
    const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
    const seed = { tenant: { synchronization: { isEnabled: true, features: USUAL_FEATURES + NO_HARD_MATCH } } };
    const options = { emulator: { synchronization: true, seed } };
    tenant = await SynchronizedTenant.start([source], options, { 'corp.ldif': company() });
    await tenant.sync();
    const { outcome, checks } = await convert(3, 'provisioning', '--apply');
    expect(outcome).toBe('unready');
    expect(checks).toContainEqual(expect.objectContaining({ what: 'hard matching', state: 'error' }));
    expect(await countSynchronized()).toBe(0);
  });

  it('says whom of the tenant itself it links', async () => {
    await tenant.stop();
    const source = { name: 'corp', kind: 'ldif', path: './corp.ldif' };
    const emulator = { synchronization: true, seed: { ...SEED, groups: [CLOUD_GROUP] } };
    tenant = await SynchronizedTenant.start([source], { emulator }, { 'corp.ldif': company() });
    await tenant.sync();
    const looked = await convert(0, 'provisioning');
    expect([looked.linked, looked.created?.counts]).toEqual([
      { counts: { group: 1 }, names: ['group news'] },
      { contact: 1, device: 1, group: 1 },
    ]);
    const page = await outputOfEnd(0, tenant.configFile, 'convert', '--to', 'provisioning');
    expect(page).toMatch(/Linked, because the tenant holds one with the same address or name: 1 group\n +group news/);
  });

  it('takes nothing for a change made in the tenant that only the other way shows', async () => {
    await tenant.configure({ drift: { default: 'leave' } });
    await tenant.sync();
    await convert(0, 'provisioning', '--apply');
    await tenant.sync();
    const ann = (await tenant.dump()).users.find((one) => one['displayName'] === 'ann');
    expect(ann?.['proxyAddresses']).toContain(`smtp:a.n@${UPN_SUFFIX}`);
    await switchSynchronization(false);
    await convert(0, 'graph', '--apply');
    await tenant.sync();
    const told = (await tenant.listFindings()).filter((one) => one.startsWith('drift'));
    expect([await openOperations(), told]).toEqual([[], []]);
  });

  it('stops at a guard until it is approved', async () => {
    await tenant.sync();
    await tenant.configure({ guards: { massChanges: { percent: 10, atLeast: 1 } } });
    expect((await convert(3, 'provisioning', '--apply')).outcome).toBe('incomplete');
    expect(await via()).toBe('not said');
    expect(await openOperations()).toEqual([]);
    expect((await convert(0, 'provisioning', '--apply', '--approve')).outcome).toBe('converted');
  });

  it('writes nothing in staging mode', async () => {
    await tenant.sync();
    await tenant.configure({ staging: true });
    expect((await convert(0, 'provisioning')).outcome).toBe('possible');
    await outputOfEnd(2, tenant.configFile, 'convert', '--to', 'provisioning', '--apply');
    expect([await via(), Object.keys(await holdings()).sort()]).toEqual(['not said', ['ann', 'bob', 'staff']]);
  });

  it('writes nothing when the configuration could not be changed in the end', async () => {
    await tenant.sync();
    const before = await tenant.dump();
    await mkdir(join(tenant.folder, '.dirbridge.yaml.converted'));
    const refused = await runCommand(['--config', tenant.configFile, 'convert', '--to', 'provisioning', '--apply']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('could not be replaced when all is done');
    expect(await tenant.dump()).toEqual(before);
  });

  it('writes nothing from a server that stands by, and may look from there', async () => {
    const shared = join(tenant.folder, 'shared');
    await mkdir(shared);
    await tenant.configure({ standby: { folder: shared, server: 'first' } });
    await tenant.app().takeOver(false);
    await tenant.sync();
    const second = join(tenant.folder, 'second.yaml');
    const text = (await configuration()).replace('server: first', 'server: second');
    await writeFile(second, text.replace('./dirbridge.db', './second.db'));
    await outputOfEnd(0, second, 'sync');
    const before = await tenant.dump();
    for (const more of [[], ['--approve']]) {
      const refused = await runCommand(['--config', second, 'convert', '--to', 'provisioning', '--apply', ...more]);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain('convert --apply is for the server that writes to the tenant, not for second');
    }
    const looked = await outputOfEnd(0, second, 'convert', '--to', 'provisioning', '--json');
    expect(JSON.parse(looked)).toMatchObject({ conversion: { outcome: 'possible', takenOver: { user: 2, group: 1 } } });
    expect(await readFile(second, 'utf8')).not.toContain('via:');
    expect(await tenant.dump()).toEqual(before);
    await outputOfEnd(0, tenant.configFile, 'convert', '--to', 'provisioning', '--apply');
    expect(await via()).toBe('provisioning');
    // The one that stands by follows, before anything else is run on the first.
    await outputOfEnd(0, second, 'sync');
    expect(await readFile(second, 'utf8')).toContain('via: provisioning');
  });

  it('leaves the configuration alone when something fails, and goes on when it is given again', async () => {
    await tenant.sync();
    const before = await holdings();
    const match = 'POST /provisioningservice.svc#ProvisionAzureADSyncObjects2';
    await tenant.fault({ match, times: 1000, fault: 'portal' });
    await outputOfEnd(4, tenant.configFile, 'convert', '--to', 'provisioning', '--apply');
    expect(await via()).toBe('not said');
    await tenant.fault();
    expect((await convert(0, 'provisioning', '--apply')).outcome).toBe('converted');
    await tenant.sync();
    expect(await openOperations()).toEqual([]);
    expect(await holdings()).toMatchObject({ ann: before['ann'], bob: before['bob'] });
  });

  it('ends the same when it is killed while it writes, and is given again', async () => {
    await tenant.sync();
    const before = await holdings();
    await tenant.fault({ match: 'POST /provisioningservice.svc', times: 1000, fault: 'slow', delay: 60 });
    for (const moment of ['import tenant:', 'plan:', 'apply']) {
      const args = [COMMAND_LINE, '--config', tenant.configFile, 'convert', '--to', 'provisioning', '--apply'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      const exited = once(child, 'exit');
      let stderr = '';
      child.stderr.on('data', (text: Buffer) => {
        stderr += text.toString();
        if (stderr.includes(moment)) child.kill('SIGKILL');
      });
      await exited;
      expect(stderr).toContain(moment);
    }
    await tenant.fault();
    const last = await convert(0, 'provisioning', '--apply');
    expect(['converted', 'already']).toContain(last.outcome);
    expect(await via()).toBe('provisioning');
    await tenant.sync();
    expect(await openOperations()).toEqual([]);
    expect(await holdings()).toMatchObject({ ann: before['ann'], bob: before['bob'] });
  });
});
