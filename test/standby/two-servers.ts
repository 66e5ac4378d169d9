import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parse, stringify } from 'yaml';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { App, type CycleResult, type OpenFinding, readConfig, SILENT_LOG, type StandbyReport } from '../../src/app.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';

const MINUTE = 60_000;
/** A product that the tenant has bought. */
export const SKU = '30000000-0000-4000-8000-000000000001';
/** A rule that makes titles loud. */
export const LOUD = `rules:
  - name: Loud titles
    direction: inbound
    connector: source
    from: user
    to: person
    link: join
    precedence: 10
    flows:
      title: { expression: 'UCase([title])' }
`;
const START = Date.parse('2030-03-01T08:00:00Z');
const ANY = { count: 1_000_000, percent: 100 };

/** A person or group of the directory that both servers read. */
export interface Person {
  readonly name: string;
  readonly title?: string;
  /** Of a group. */
  readonly members?: readonly string[];
}

/** A company that two servers read from one file, an emulated tenant, and a folder in which the servers meet. Their clocks stand until they are moved. */
export class TwoServers {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly shared: string;
  #now = START;

  private constructor(emulator: Emulator, folder: string) {
    this.emulator = emulator;
    this.folder = folder;
    this.shared = join(folder, 'shared');
  }

  static async start(people: readonly Person[]): Promise<TwoServers> {
    const emulator = await startEmulator({
      domains: ['contoso.com'],
      throttle: 'off',
      seed: { licences: [{ skuId: SKU, skuPartNumber: 'MAIL', enabled: 5 }] },
    });
    const servers = new TwoServers(emulator, await makeTemporaryFolder('dirbridge-standby-'));
    await mkdir(servers.shared);
    await servers.write(people);
    return servers;
  }

  /** A server with a folder of its own. */
  async server(name: string, sections: Readonly<Record<string, unknown>> = {}): Promise<Server> {
    const server = new Server(this, name);
    await mkdir(server.folder);
    await writeFile(join(server.folder, 'client-secret'), this.emulator.clientSecret, { mode: 0o600 });
    await server.configure({
      sources: [{ name: 'corp', kind: 'ldif', path: join(this.folder, 'corp.ldif') }],
      target: {
        kind: 'entra',
        tenant: this.emulator.tenant,
        clientId: this.emulator.clientId,
        clientSecret: { file: './client-secret' },
        graph: this.emulator.url,
        authority: this.emulator.url,
      },
      store: 'sqlite:./dirbridge.db',
      guards: { deletions: ANY, sourceShrink: { percent: 100, atLeast: 1_000_000 }, massChanges: { percent: 100 } },
      standby: { folder: this.shared, server: name },
      ...sections,
    });
    return server;
  }

  /** What the directory holds from now on. */
  async write(people: readonly Person[]): Promise<void> {
    await writeFile(join(this.folder, 'corp.ldif'), ldifOf(people));
  }

  /** Moves the clocks of both servers and that of the folder. */
  async pass(minutes: number): Promise<void> {
    this.#now += minutes * MINUTE;
    for (const name of await readdir(join(this.shared, 'servers'))) {
      const file = join(this.shared, 'servers', name, 'presence.json');
      const { mtimeMs } = await stat(file);
      await utimes(file, new Date(), new Date(mtimeMs - minutes * MINUTE));
    }
  }

  get now(): () => Date {
    return () => new Date(this.#now);
  }

  async dump(): Promise<TenantDump> {
    const response = await fetch(`${this.emulator.url}/emulator/dump`);
    return (await response.json()) as TenantDump;
  }

  /** One property of the users by their names. */
  async users(property = 'jobTitle'): Promise<Readonly<Record<string, unknown>>> {
    const { users } = await this.dump();
    const live = users.filter((one) => one['deletedDateTime'] == null);
    return Object.fromEntries(live.map((one) => [String(one['displayName']), one[property] ?? null]));
  }

  async control(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<unknown> {
    const response = await fetch(`${this.emulator.url}/emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`/emulator/${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** An administrator of the tenant assigns the product to a user. */
  async license(name: string): Promise<void> {
    const id = String((await this.users('id'))[name]);
    await this.graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
    const addLicenses = [{ skuId: SKU, disabledPlans: [] }];
    await this.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
  }

  /** A request to Graph as an administrator of the tenant makes it. */
  async graph(method: string, path: string, body: object): Promise<void> {
    const signIn = await fetch(`${this.emulator.url}/${this.emulator.tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: this.emulator.clientId,
        client_secret: this.emulator.clientSecret,
        scope: 'https://graph.microsoft.com/.default',
        grant_type: 'client_credentials',
      }),
    });
    const { access_token: token } = (await signIn.json()) as { readonly access_token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.emulator.url}/v1.0${path}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** Answers of the tenant to a path so far. */
  async requests(path: string): Promise<number> {
    const { requests } = (await this.control('stats')) as {
      readonly requests: readonly { readonly path: string; readonly count: number }[];
    };
    return requests.filter((one) => one.path === path).reduce((sum, one) => sum + one.count, 0);
  }

  async waitFor(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  }

  /** As if a server had been killed before it told what it wrote. */
  async forgetChanges(server: string): Promise<void> {
    await rm(join(this.shared, 'servers', server, 'changes'), { recursive: true });
  }

  /** Changes what a server has published of its configuration, as another version might write it. */
  async breakConfiguration(server: string, change: (text: string) => string): Promise<void> {
    const folder = join(this.shared, 'servers', server, 'configurations');
    for (const version of await readdir(folder)) {
      const file = join(folder, version, 'dirbridge.yaml');
      await writeFile(file, change(await readFile(file, 'utf8')));
    }
  }

  /** Whatever the folder of the servers holds, in one text. */
  async sharedTexts(): Promise<string> {
    const names = await readdir(this.shared, { recursive: true, withFileTypes: true });
    const files = names.filter((one) => one.isFile()).map((one) => readFile(join(one.parentPath, one.name), 'utf8'));
    return (await Promise.all(files)).join('\n');
  }

  /** Puts a link in the place of each rule file that a server has published. */
  async linkRules(server: string, target: string): Promise<void> {
    const folder = join(this.shared, 'servers', server, 'configurations');
    for (const version of await readdir(folder)) {
      const rules = join(folder, version, 'rules');
      for (const name of await readdir(rules).catch(() => [])) {
        await rm(join(rules, name));
        await symlink(target, join(rules, name));
      }
    }
  }

  /** A line that no version writes, as the newest of what a server tells. */
  async tellNonsense(server: string): Promise<void> {
    const folder = join(this.shared, 'servers', server, 'changes');
    for (const publication of await readdir(folder))
      await writeFile(join(folder, publication, '000000009000-000000009001.ndjson'), '{"id":"?"}\n');
  }

  async rewritePresence(server: string, change: (presence: object) => object): Promise<void> {
    const file = join(this.shared, 'servers', server, 'presence.json');
    await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))));
  }

  async directoryWrites(): Promise<number> {
    return ((await this.control('stats')) as { readonly directoryWrites: number }).directoryWrites;
  }

  async stop(): Promise<void> {
    await this.emulator.close();
    await removeTemporaryFolder(this.folder);
  }
}

/** One of them. Every command opens the product anew. */
export class Server {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly #company: TwoServers;

  constructor(company: TwoServers, name: string) {
    this.#company = company;
    this.name = name;
    this.folder = join(company.folder, name);
    this.configFile = join(this.folder, 'dirbridge.yaml');
  }

  /** Writes sections in the place of those that the file has. */
  async configure(sections: Readonly<Record<string, unknown>>): Promise<void> {
    const before = (await this.readConfig()) ?? {};
    await writeFile(this.configFile, stringify({ ...before, ...sections }, { lineWidth: 0 }));
  }

  async readConfig(): Promise<Record<string, unknown> | null> {
    const text = await readFile(this.configFile, 'utf8').catch(() => '');
    return parse(text) as Record<string, unknown> | null;
  }

  app(command = 'sync'): App {
    return new App(readConfig(this.configFile), {
      log: SILENT_LOG,
      progress: () => undefined,
      command,
      now: this.#company.now,
      version: '1.0.0',
    });
  }

  sync(options: { readonly approve?: boolean; readonly full?: boolean } = {}): Promise<CycleResult> {
    return this.app().sync({ full: false, staging: false, approve: false, ...options });
  }

  async writeFile(name: string, text: string, mode = 0o644): Promise<void> {
    await writeFile(join(this.folder, name), text, { mode });
  }

  async sources(): Promise<readonly object[]> {
    return (await this.readConfig())?.['sources'] as readonly object[];
  }

  async target(): Promise<object> {
    return (await this.readConfig())?.['target'] as object;
  }

  /** What a command line prints on stdout, and its exit code. */
  async commandLine(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const chunks: string[] = [];
    for (const stream of [out, err]) stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    const line = ['--config', this.configFile, '--no-color', '--quiet', ...args];
    const code = await runCommandLine(line, { stdout: out, stderr: err, environment: {} });
    return { code, text: chunks.join('') };
  }

  takeOver(isForced = false): Promise<StandbyReport> {
    return this.app('take-over').takeOver(isForced);
  }

  standby(): Promise<StandbyReport> {
    return this.app('standby').standby();
  }

  async findings(code?: string): Promise<readonly OpenFinding[]> {
    const all = await this.app('findings').findings(1000);
    return code === undefined ? all : all.filter((one) => one.code === code);
  }
}

const ROOT = 'DC=contoso,DC=com';

function ldifOf(people: readonly Person[]): string {
  const entries = [
    [`dn: ${ROOT}`, 'objectClass: top', 'objectClass: domain', `objectGUID:: ${guidOf('root')}`],
    ...people.map(entryOf),
  ];
  return `version: 1\n\n${entries.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function entryOf({ name, title, members }: Person): readonly string[] {
  const head = [`dn: CN=${name},${ROOT}`, 'objectClass: top'];
  const rest = [`cn: ${name}`, `displayName: ${name}`, `sAMAccountName: ${name}`, `objectGUID:: ${guidOf(name)}`];
  if (members !== undefined)
    return [
      ...head,
      'objectClass: group',
      ...rest,
      'groupType: -2147483646',
      ...members.map((one) => `member: CN=${one},${ROOT}`),
    ];
  return [
    ...head,
    'objectClass: person',
    'objectClass: user',
    ...rest,
    `userPrincipalName: ${name}@contoso.com`,
    'userAccountControl: 512',
    ...(title === undefined ? [] : [`title: ${title}`]),
  ];
}

function guidOf(name: string): string {
  return Buffer.from(name.padEnd(16, '.').slice(0, 16)).toString('base64');
}
