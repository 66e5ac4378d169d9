import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectoryEntry } from '../../test/lab/directory-entry.ts';
import { POPULATION_ROOT } from '../../test/lab/population.ts';
import { type SambaDomain, startSamba } from '../../test/lab/samba.ts';
import { EmulatedTenant } from '../emulated-tenant.ts';
import { type Figure, median } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import type { MeasuredProcess } from '../measured/measured-process.ts';
import { generateEntries } from '../population.ts';

const ROUNDS = 5;
/** [MS-ADTS] 2.2.16. */
const ACCOUNTDISABLE = 2;

/** Everybody of a real domain has a new password, which is read by replication, derived and sent to the emulated tenant over HTTP; then cycles without a change, and one changed password. */
export const sambaPasswords: Measure = {
  name: 'passwords-samba',
  title: 'Password cycles, Samba and an emulated tenant',
  needsServers: true,
  async run(context) {
    const { passwords: users } = context.sizes;
    context.note(`putting ${users} users into a Samba domain`);
    const accounts: Account[] = [];
    const domain = await startSamba({
      realm: 'PASSWORDS.EXAMPLE.COM',
      population: (baseDn) => remember(generateEntries({ users, groups: 0, memberships: 0 }, baseDn), accounts),
    });
    const folder = join(context.folder, 'samba-passwords');
    await mkdir(folder);
    const tenant = await EmulatedTenant.start(folder, 'off', true);
    try {
      const measured = await startMeasured(context, domain, tenant, folder);
      return await measure(context, { domain, tenant, measured, accounts });
    } finally {
      await tenant.stop();
      await domain.stop();
    }
  },
};

interface Account {
  readonly name: string;
  readonly userPrincipalName: string;
}

interface Parts {
  readonly domain: SambaDomain;
  readonly tenant: EmulatedTenant;
  readonly measured: MeasuredProcess;
  readonly accounts: readonly Account[];
}

async function startMeasured(
  context: MeasureContext,
  domain: SambaDomain,
  tenant: EmulatedTenant,
  folder: string,
): Promise<MeasuredProcess> {
  const service = await domain.addServiceAccount({ replicationRights: true });
  const grant = ['dsacl', 'set', '--action=allow', '--car=get-changes-all'];
  await domain.samba([...grant, `--trusteedn=${service.dn}`, `--objectdn=${domain.baseDn}`]);
  return context.start({
    store: join(folder, 'store.db'),
    source: {
      kind: 'ad',
      server: domain.ldapsUrl,
      ca: domain.ca,
      user: service.user,
      password: service.password,
      include: [`${POPULATION_ROOT},${domain.baseDn}`],
    },
    target: { ...tenant.target, via: 'provisioning' },
  });
}

async function measure(
  context: MeasureContext,
  { domain, tenant, measured, accounts }: Parts,
): Promise<readonly Figure[]> {
  const count = accounts.length;
  context.note('writing them to the emulated tenant, with a first password each');
  await measured.cycle({ apply: true });
  await measured.passwordCycle();
  context.note('setting new passwords');
  await domain.setPasswords(
    accounts.map(({ name }, at) => [name, hashOf(at)] as const),
    'hashes',
  );
  const alone = await measured.derive(count);
  const read = await measured.readPasswords();
  const all = await measured.passwordCycle();
  if (all.sent !== count) throw new Error(`${all.sent} of ${count} passwords were sent`);
  const idle: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { sent, cpuMilliseconds } = await measured.passwordCycle();
    if (sent > 0) throw new Error('a cycle without a change sent something');
    idle.push(cpuMilliseconds);
  }
  const single: number[] = [];
  for (const [at, { name, userPrincipalName }] of accounts.slice(0, ROUNDS).entries()) {
    const password = `Aa1-new-password-${at}`;
    await domain.setPasswords([[name, password]]);
    const { milliseconds } = await measured.passwordCycle();
    const startedAt = performance.now();
    const answer = await tenant.signIn(userPrincipalName, password);
    if (answer !== 'ok') throw new Error(`${userPrincipalName} cannot sign in: ${answer}`);
    single.push(milliseconds + performance.now() - startedAt);
  }
  return [
    { name: `${count} derivations alone`, value: alone.milliseconds / 1000, unit: 's' },
    { name: 'reading them alone, most of it the controller', value: read.milliseconds / 1000, unit: 's' },
    {
      name: `cycle with ${count} new passwords`,
      value: all.milliseconds / 1000,
      unit: 's',
      ...context.limit('at most', 60),
    },
    { name: 'cycle / derivations alone', value: all.milliseconds / alone.milliseconds, unit: 'times' },
    {
      name: 'cycle / the longer of derivations and reading',
      value: all.milliseconds / Math.max(alone.milliseconds, read.milliseconds),
      unit: 'times',
      ...context.limit('at most', 1.5),
    },
    {
      name: 'processor time of the cycle / of the derivations',
      value: all.cpuMilliseconds / alone.cpuMilliseconds,
      unit: 'times',
    },
    {
      name: 'processor time of a cycle without a change (median)',
      value: median(idle),
      unit: 'ms',
      ...context.limit('at most', 100),
    },
    {
      name: 'from the start of a cycle to the sign-in with the new password (most)',
      value: Math.max(...single) / 1000,
      unit: 's',
      ...context.limit('at most', 5),
    },
  ];
}

/** An NT hash in hexadecimal, another one for each account. */
function hashOf(at: number): string {
  return (BigInt(at) + 0x1234_5678_9abc_def0_1234_5678_0000_0000n).toString(16).padStart(32, '0');
}

function* remember(entries: Iterable<DirectoryEntry>, accounts: Account[]): Generator<DirectoryEntry> {
  for (const entry of entries) {
    const [name, userPrincipalName] = ['sAMAccountName', 'userPrincipalName'].map((one) => entry.attributes[one]?.[0]);
    const isDisabled = (Number(entry.attributes['userAccountControl']?.[0]) & ACCOUNTDISABLE) !== 0;
    // The shipped rules take no password of a disabled account.
    if (entry.attributes['objectClass']?.at(-1) === 'user' && name !== undefined && !isDisabled)
      accounts.push({ name, userPrincipalName: userPrincipalName ?? '' });
    yield entry;
  }
}
