import { join } from 'node:path';
import type { EmulatorOptions } from '../../emulator/options.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { toUniqueName } from '../../src/connectors/entra/unique-name.ts';
import type { MemoryConnector } from '../../src/connectors/memory/connector.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { linkByHand, unlinkByHand } from '../../src/engine/hand-links.ts';
import type { CycleResult } from '../../src/engine/run.ts';
import type { Finding, FindingCode } from '../../src/model/finding.ts';
import type { Value } from '../../src/model/value.ts';
import { type Identity, STANDARD_IDENTITY } from '../../src/rules/identity.ts';
import { loadRuleSet } from '../../src/rules/rule-set.ts';
import { type EntraTenant, startEntraTenant } from '../lab/entra-tenant.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import {
  anchorOf,
  createDirectory,
  createMemoryLab,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  WHOLE_DIRECTORY,
} from '../memory/memory-lab.ts';

import type { ProvokedWorld } from './provoked-world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface WorldOptions {
  readonly emulator?: EmulatorOptions;
  readonly lab?: MemoryLabOptions;
  readonly identity?: Partial<Identity>;
  /** The tenant can be started anew. */
  readonly isKept?: boolean;
}

/** Who administrates the directory and the tenant by hand. */
export const ADMINISTRATOR = 'night@server';

const worlds = new Set<FindingWorld>();

/** Ends every world that was made and not ended. */
export async function endWorlds(): Promise<void> {
  await Promise.all([...worlds].map((world) => world.end()));
}

/** A directory in memory, the engine, and an emulated tenant over HTTP. Half an hour passes before each cycle, on both sides. */
export class FindingWorld implements ProvokedWorld {
  readonly folder: string;
  readonly lab: MemoryLab;
  tenant: EntraTenant;
  readonly #clock: { now: number };
  readonly #emulator: EmulatorOptions;

  private constructor(
    folder: string,
    lab: MemoryLab,
    tenant: EntraTenant,
    clock: { now: number },
    emulator: EmulatorOptions,
  ) {
    this.folder = folder;
    this.lab = lab;
    this.tenant = tenant;
    this.#clock = clock;
    this.#emulator = emulator;
  }

  static async begin({ emulator = {}, lab = {}, identity, isKept = false }: WorldOptions = {}): Promise<FindingWorld> {
    const clock = { now: Date.UTC(2030, 0, 1) };
    const rules =
      identity === undefined ? {} : { rules: loadRuleSet(['standard'], { ...STANDARD_IDENTITY, ...identity }) };
    const made = await createMemoryLab({ now: () => new Date(clock.now), ...rules, ...lab });
    const folder = await makeTemporaryFolder('dirbridge-findings-');
    const state = isKept ? { stateFile: join(folder, 'tenant.json') } : {};
    const options = { now: () => clock.now, log: () => undefined, ...state, ...emulator };
    const world = new FindingWorld(folder, made, await startEntraTenant(options), clock, options);
    world.configure({ target: world.tenant.target });
    worlds.add(world);
    return world;
  }

  get context(): EngineContext {
    return this.lab.context;
  }

  get source(): MemoryConnector {
    return this.lab.source;
  }

  /** Changes the configuration. */
  configure(changes: Partial<MemoryLab['context']>): void {
    this.lab.context = { ...this.lab.context, ...changes };
  }

  /** A second directory of the configuration. */
  addDirectory(name: string): MemoryConnector {
    const directory = createDirectory(name);
    this.addSource(directory);
    return directory;
  }

  addSource(connector: Connector): void {
    this.configure({ sources: [...this.lab.context.sources, { connector, scope: WHOLE_DIRECTORY }] });
  }

  pass(milliseconds: number): void {
    this.#clock.now += milliseconds;
  }

  async run(options: { readonly full?: boolean; readonly approvedBy?: string } = {}): Promise<CycleResult> {
    this.pass(30 * MINUTE);
    return this.lab.sync(options);
  }

  /** A plan is made, something happens in the tenant, and then the plan is carried out. */
  async applyLate(happen: () => Promise<void>): Promise<CycleResult> {
    const plan = await this.lab.plan();
    await happen();
    return this.lab.apply(plan);
  }

  /** What the directory says of an object from now on. */
  edit(name: string, attributes: Readonly<Record<string, Value | null>>): void {
    this.source.edit(guid(name), { attributes });
  }

  findings(code?: FindingCode): Promise<readonly Finding[]> {
    return this.lab.findings(code);
  }

  /** What the tenant holds before us: users and groups as seeds of the emulator write them. */
  async seed(seed: Readonly<Record<'users' | 'groups' | 'domains', readonly object[]>> | object): Promise<void> {
    await this.tenant.control('seed', seed);
  }

  async seedUser(name: string, properties: object = {}): Promise<void> {
    await this.seed({
      users: [{ displayName: name, mailNickname: name, userPrincipalName: `${name}@contoso.com`, ...properties }],
    });
  }

  /** An administrator makes a user in the tenant. */
  async createUser(name: string): Promise<void> {
    const names = { displayName: name, mailNickname: name, userPrincipalName: `${name}@contoso.com` };
    const passwordProfile = { password: 'Of-no-use-4711' };
    await this.tenant.graph('POST', '/users', { ...names, accountEnabled: true, passwordProfile });
  }

  /** The user of the tenant with that sign-in name, or with the anchor of that object. */
  async find(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const objects = await this.tenant.dump();
    const isIt = (one: Readonly<Record<string, unknown>>): boolean =>
      [one['onPremisesImmutableId'], one['uniqueName']].includes(anchorOf(name)) ||
      one['userPrincipalName'] === `${name}@contoso.com`;
    return objects.find((one) => isIt(one) && one['deletedDateTime'] == null);
  }

  /** What the tenant holds of an object of ours, by its anchor. */
  async findOurs(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const anchor = anchorOf(name);
    const unique = toUniqueName(anchor);
    return (await this.tenant.dump()).find(
      (one) =>
        one['deletedDateTime'] == null && (one['onPremisesImmutableId'] === anchor || one['uniqueName'] === unique),
    );
  }

  /** An administrator deletes what has that display name in the tenant. */
  async deleteNamed(name: string): Promise<void> {
    const found = (await this.tenant.dump()).find((one) => one['displayName'] === name);
    const kind = found?.['userPrincipalName'] === undefined ? 'groups' : 'users';
    await this.tenant.graph('DELETE', `/${kind}/${String(found?.['id'])}`);
  }

  /** An administrator changes a user in the tenant. */
  async patch(name: string, body: object): Promise<void> {
    await this.tenant.graph('PATCH', `/users/${String((await this.find(name))?.['id'])}`, body);
  }

  /** An administrator deletes a user in the tenant. */
  async delete(name: string): Promise<void> {
    await this.tenant.graph('DELETE', `/users/${String((await this.find(name))?.['id'])}`);
  }

  /** Switches directory synchronization off: the service makes that of a user whom it restores. */
  async switchOffSynchronization(name: string): Promise<void> {
    const id = String((await this.find(name))?.['id']);
    await this.tenant.graph('DELETE', `/users/${id}`);
    await this.tenant.graph('POST', `/directory/deletedItems/${id}/restore`);
  }

  async link(object: string, target: string): Promise<void> {
    await linkByHand(this.lab.context, { object, target, who: ADMINISTRATOR });
  }

  async unlink(object: string): Promise<void> {
    await unlinkByHand(this.lab.context, { object, who: ADMINISTRATOR });
  }

  /** The same tenant with other options, such as permissions of the application; `isKept` must be set. */
  async restart(options: EmulatorOptions): Promise<void> {
    await this.tenant.close();
    this.tenant = await startEntraTenant({ ...this.#emulator, ...options });
    this.configure({ target: this.tenant.target });
  }

  async end(): Promise<void> {
    worlds.delete(this);
    await this.tenant.close();
    await this.lab.store.close();
    await removeTemporaryFolder(this.folder);
  }
}
