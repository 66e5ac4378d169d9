import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { EmulatorOptions } from '../../emulator/options.ts';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { App, type CycleResult, type OpenFinding, readConfig, SILENT_LOG } from '../../src/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { type Company, UPN_SUFFIX } from './company.ts';
import { listPlan, type PlannedOperation } from './plan-list.ts';
import { pictureTenant, type TenantDump, type TenantPicture } from './tenant-picture.ts';

export interface ScopeOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly groups?: readonly string[];
}

export interface TenantOptions {
  readonly scope?: ScopeOptions;
  /** Over the keys of the source. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** Over the sections of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly emulator?: EmulatorOptions;
}

/** Small companies change by the half: a scenario that is about guards takes the limits of the product, or its own. */
const ANY = { count: 1_000_000, percent: 100 };
const NO_GUARDS = {
  deletions: ANY,
  disablements: ANY,
  membershipRemovals: { percent: 100, emptied: 1_000_000, total: ANY },
  sourceShrink: { percent: 100, atLeast: 1_000_000 },
  scopeChange: { count: 1_000_000 },
  containers: { percent: 100 },
  privileged: { count: 1_000_000 },
  massChanges: { percent: 100 },
};

/**
 * An emulated tenant with a configuration and a store of its own that follows a company. Every command opens the product anew, as the command line
 * does, and speaks to both sides over sockets.
 */
export class SynchronizedTenant {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly configFile: string;
  readonly #sections: Record<string, unknown>;

  private constructor(emulator: Emulator, folder: string, sections: Record<string, unknown>) {
    this.emulator = emulator;
    this.folder = folder;
    this.configFile = join(folder, 'dirbridge.yaml');
    this.#sections = sections;
  }

  static async follow(company: Company, options: TenantOptions = {}): Promise<SynchronizedTenant> {
    const { source, files } = describeSource(company, 'corp', options);
    return SynchronizedTenant.start([source], options, files);
  }

  /** One tenant for several forests; their names in the configuration are the keys. */
  static async followAll(
    companies: Readonly<Record<string, { readonly company: Company; readonly scope: ScopeOptions }>>,
    options: TenantOptions = {},
  ): Promise<SynchronizedTenant> {
    const described = Object.entries(companies).map(([name, { company, scope }]) =>
      describeSource(company, name, { scope }),
    );
    const files = Object.assign({}, ...described.map((one) => one.files)) as Readonly<Record<string, string>>;
    const sources = described.map((one) => one.source);
    return SynchronizedTenant.start(sources, options, files);
  }

  /** `files`: names and contents in the folder of the configuration. */
  static async start(
    sources: readonly object[],
    options: TenantOptions = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<SynchronizedTenant> {
    const emulator = await startEmulator({ domains: [UPN_SUFFIX], throttle: 'off', ...options.emulator });
    const folder = await makeTemporaryFolder('dirbridge-scenario-');
    const tenant = new SynchronizedTenant(emulator, folder, {
      sources,
      target: {
        kind: 'entra',
        tenant: emulator.tenant,
        clientId: emulator.clientId,
        clientSecret: { file: './client-secret' },
        graph: emulator.url,
        authority: emulator.url,
      },
      store: 'sqlite:./dirbridge.db',
      guards: NO_GUARDS,
      ...options.config,
    });
    for (const [name, text] of Object.entries({ ...files, 'client-secret': emulator.clientSecret }))
      await writeFile(join(folder, name), text, { mode: 0o600 });
    await tenant.configure({});
    return tenant;
  }

  /** Writes the configuration with these sections in place of those it has. */
  async configure(sections: Readonly<Record<string, unknown>>): Promise<void> {
    Object.assign(this.#sections, sections);
    await writeFile(this.configFile, stringify(this.#sections, { lineWidth: 0 }));
  }

  /** Writes the scope of the one source. */
  async rescope(scope: ScopeOptions): Promise<void> {
    const [source] = this.#sections['sources'] as readonly object[];
    await this.configure({ sources: [{ ...source, scope }] });
  }

  /** Sets keys of the target's section. */
  async changeTarget(keys: Readonly<Record<string, unknown>>): Promise<void> {
    await this.configure({ target: { ...(this.#sections['target'] as object), ...keys } });
  }

  /** The product, opened on the configuration as it is now. */
  app(command = 'sync', now?: () => Date): App {
    return new App(readConfig(this.configFile), {
      log: SILENT_LOG,
      progress: () => undefined,
      command,
      ...(now === undefined ? {} : { now }),
    });
  }

  async sync(
    options: { readonly full?: boolean; readonly staging?: boolean; readonly approve?: boolean } = {},
  ): Promise<CycleResult> {
    return this.app().sync({ full: false, staging: false, approve: false, ...options });
  }

  /** Makes a plan and lists it as an expert would write it down. */
  async plan(full = false): Promise<readonly PlannedOperation[]> {
    const app = this.app('plan');
    const { plan } = await app.plan(full);
    return listPlan(app, plan.id);
  }

  /** The newest plan. */
  async listPlan(id?: string): Promise<readonly PlannedOperation[]> {
    return listPlan(this.app('plan'), id);
  }

  /** Carries the newest plan out; throws with what is open when anything of it failed. */
  async apply(): Promise<CycleResult> {
    const result = await this.app('apply').apply(undefined, false);
    if (result.outcome !== 'done' || result.failed > 0) {
      const open = (await this.findings()).map(({ code, object, cause }) => `${code} ${object?.name}: ${cause}`);
      throw new Error(`apply ended ${result.outcome}, ${result.failed} failed: ${result.message}\n${open.join('\n')}`);
    }
    return result;
  }

  async findings(): Promise<readonly OpenFinding[]> {
    return this.app('findings').findings(1000);
  }

  /** The findings in short: `code object [-> other object]`; without what the target can carry of nobody. */
  async listFindings(): Promise<readonly string[]> {
    return (await this.findings())
      .filter(({ code }) => code !== 'target-cannot-carry-attribute')
      .map(({ code, object, otherObject }) =>
        [code, object?.name, ...(otherObject === null ? [] : ['->', otherObject.name])].join(' '),
      )
      .sort();
  }

  /** What the tenant holds. */
  async picture(): Promise<TenantPicture> {
    return pictureTenant(await this.dump());
  }

  async dump(): Promise<TenantDump> {
    return (await this.control('dump')) as TenantDump;
  }

  /** What the next requests are to suffer, as POST /emulator/faults takes it, in place of what was left of earlier faults. */
  async fault(...faults: readonly object[]): Promise<void> {
    await this.control('faults', undefined, 'DELETE');
    await this.control('faults', faults);
  }

  /** GET without a body, POST with one, or as `method` says. */
  async control(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<unknown> {
    const response = await fetch(`${this.emulator.url}/emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`/emulator/${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** A request to Graph as an administrator of the tenant makes it, behind the back of the synchronization. */
  async graph(method: string, path: string, body?: unknown): Promise<void> {
    const form = new URLSearchParams({
      client_id: this.emulator.clientId,
      client_secret: this.emulator.clientSecret,
      scope: 'https://graph.microsoft.com/.default',
      grant_type: 'client_credentials',
    });
    const signIn = await fetch(`${this.emulator.url}/${this.emulator.tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body: form,
    });
    const { access_token: token } = (await signIn.json()) as { readonly access_token: string };
    const response = await fetch(`${this.emulator.url}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** How many creations the tenant has carried out. */
  async countCreations(): Promise<Readonly<Record<'users' | 'groups', number>>> {
    const { requests } = (await this.control('stats')) as {
      readonly requests: readonly { method: string; path: string; status: number; count: number }[];
    };
    const created = requests.filter((one) => one.status === 201);
    const sum = (matches: (path: string) => boolean): number =>
      created.filter((one) => matches(one.path)).reduce((total, one) => total + one.count, 0);
    return {
      users: sum((path) => /\/users$/.test(path)),
      groups: sum((path) => /\/groups(\/\{id\})?$/.test(path)),
    };
  }

  async stop(): Promise<void> {
    await this.emulator.close();
    await removeTemporaryFolder(this.folder);
  }
}

function describeSource(
  { domain, service }: Company,
  name: string,
  options: TenantOptions,
): { readonly source: object; readonly files: Readonly<Record<string, string>> } {
  const source = {
    name,
    kind: 'ad',
    servers: [domain.ldapsUrl],
    tls: { ca: domain.ca },
    user: service.user,
    password: { file: `./${name}-password` },
    scope: options.scope ?? {},
    ...options.source,
  };
  return { source, files: { [`${name}-password`]: service.password } };
}
