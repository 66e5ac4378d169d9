import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectoryEntry } from '../test/lab/directory-entry.ts';
import { POPULATION_ROOT } from '../test/lab/population.ts';
import { type SambaDomain, startSamba } from '../test/lab/samba.ts';
import { DirSyncProbe } from './dirsync-probe.ts';
import { EmulatedTenant } from './emulated-tenant.ts';
import type { MeasureContext } from './measure.ts';
import type { MeasuredProcess } from './measured/measured-process.ts';
import type { CycleMeasurement } from './measured/rig.ts';
import { describePairMember, generateEntries, type PairMember, type PopulationSize } from './population.ts';

/** A domain controller and an emulated tenant that agree, a measured process between them, and a bare client beside it. */
export class SambaRig {
  readonly #domain: SambaDomain;
  readonly #tenant: EmulatedTenant;
  readonly #measured: MeasuredProcess;
  readonly #probe: DirSyncProbe;
  readonly #spareUsers: string[];

  private constructor(parts: {
    readonly domain: SambaDomain;
    readonly tenant: EmulatedTenant;
    readonly measured: MeasuredProcess;
    readonly probe: DirSyncProbe;
    readonly spareUsers: string[];
  }) {
    this.#domain = parts.domain;
    this.#tenant = parts.tenant;
    this.#measured = parts.measured;
    this.#probe = parts.probe;
    this.#spareUsers = parts.spareUsers;
  }

  /** `index` tells apart the domains that run at the same time. */
  static async start(context: MeasureContext, index: number, size: PopulationSize): Promise<SambaRig> {
    const spareUsers: string[] = [];
    context.note(`putting ${size.users} users and ${size.groups} groups into a Samba domain`);
    const domain = await startSamba({
      realm: `CORP${index}.EXAMPLE.COM`,
      population: (baseDn) => rememberSpare(generateEntries(size, baseDn), size.groupPair?.[1] ?? 0, spareUsers),
    });
    const folder = join(context.folder, `samba-${index}`);
    await mkdir(folder);
    const tenant = await EmulatedTenant.start(folder, 'off');
    const service = await domain.addServiceAccount({ replicationRights: true });
    const measured = await context.start({
      store: join(folder, 'store.db'),
      source: {
        kind: 'ad',
        server: domain.ldapsUrl,
        ca: domain.ca,
        user: service.user,
        password: service.password,
        include: [`${POPULATION_ROOT},${domain.baseDn}`],
      },
      target: tenant.target,
    });
    context.note('writing them to the emulated tenant');
    await measured.cycle({ apply: true });
    const again = await measured.cycle({ apply: true });
    if (again.operations > 0) throw new Error(`${again.operations} operations are left after the first load`);
    return new SambaRig({ domain, tenant, measured, probe: await DirSyncProbe.open(domain, service), spareUsers });
  }

  /** Milliseconds that the controller itself needs for what the next cycle asks, and that cycle. */
  async cycle(): Promise<CycleMeasurement & { readonly controller: number }> {
    const controller = await this.#probe.measure(await this.#measured.watermark());
    return { ...(await this.#measured.cycle({ apply: true })), controller };
  }

  /** One more user in a group of the pair. */
  async changeMember(which: PairMember): Promise<void> {
    const user = this.#spareUsers.pop();
    if (user === undefined) throw new Error('no user is left to become a member');
    const dn = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
    const group = describePairMember(which, this.#domain.baseDn);
    await this.#domain.modify(`dn:: ${dn(group)}\nchangetype: modify\nadd: member\nmember:: ${dn(user)}\n-\n`);
  }

  async countWrites(): Promise<number> {
    return (await this.#tenant.stats()).directoryWrites;
  }

  async stop(): Promise<void> {
    this.#probe.close();
    await this.#measured.end();
    await this.#tenant.stop();
    await this.#domain.stop();
  }
}

function* rememberSpare(
  entries: Iterable<DirectoryEntry>,
  members: number,
  spare: string[],
): Generator<DirectoryEntry> {
  let users = 0;
  for (const entry of entries) {
    if (entry.attributes['objectClass']?.at(-1) === 'user' && ++users > members) spare.push(entry.dn);
    yield entry;
  }
}
