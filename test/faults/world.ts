import { join } from 'node:path';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { sendToGraph } from '../lab/entra-tenant.ts';
import { signInAs } from '../lab/sign-in-as.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';
import type { Death } from './boundary.ts';
import type { Way } from './options.ts';
import type { SourceDescription } from './subject-message.ts';
import type { CycleOutcome, Subjects } from './subject-process.ts';

/** A minute of the tenant and of our waits takes 0.6 seconds. */
const HASTE = 100;

/** Seconds for one request, as in life; and where answers are withheld, so that this does not take as long. */
const TIMEOUT = 60;
const SHORT_TIMEOUT = 0.5;
/** Not writes themselves: what carries them, and the service that takes passwords. */
const CARRIERS = /\$batch$|provisioningservice/;

/** What a new tenant has, and UserForcePasswordChangeOnLogon (DirSyncFeatures). */
const FEATURES = 41_016;
const TAKES_TEMPORARY_PASSWORDS = 16_384;

/** A directory that the product follows. */
export interface Directory {
  readonly description: SourceDescription;
  /** What answers the process of the product; null for one that it reaches by itself. */
  readonly source: Connector | null;
  /** The container whose objects are synchronized, by its name of now. */
  readonly scope: string;
}

/** How a tenant behaves all the time. */
export interface TenantNature {
  /** Replication delay in the tenant's own milliseconds. */
  readonly lag: number;
  readonly seed: number;
  readonly pageSize: number;
  /** How objects are to go there; default Graph. */
  readonly via?: Way;
  /** Whether it keeps the demand to change a password that is not the first one; default true. */
  readonly takesTemporaryPasswords?: boolean;
  /** Where the tenant is kept, and found again. */
  readonly stateFile?: string;
  /** The products that it has bought, as a seed of the emulator names them. */
  readonly products?: readonly object[];
}

/** An emulated tenant that follows a directory, with a store of its own. */
export class World {
  readonly emulator: Emulator;
  readonly takesTemporaryPasswords: boolean;
  readonly #store: string;
  readonly #subjects: Subjects;
  readonly #clockStart: number;
  readonly #via: Way;
  #passed = 0;
  /** As it was named when the configuration was first read to the end: from then on the container is followed, whatever its name. */
  #scope: string | null = null;

  private constructor(
    emulator: Emulator,
    store: string,
    subjects: Subjects,
    clockStart: number,
    { via = 'graph', takesTemporaryPasswords = true }: TenantNature,
  ) {
    this.emulator = emulator;
    this.takesTemporaryPasswords = takesTemporaryPasswords;
    this.#store = store;
    this.#subjects = subjects;
    this.#clockStart = clockStart;
    this.#via = via;
  }

  /** `name` is that of its store in the folder. */
  static async start(folder: string, name: string, subjects: Subjects, nature: TenantNature): Promise<World> {
    const clockStart = Date.now();
    const { via = 'graph', takesTemporaryPasswords = true } = nature;
    const features = FEATURES + (takesTemporaryPasswords ? TAKES_TEMPORARY_PASSWORDS : 0);
    const emulator = await startEmulator({
      domains: ['contoso.com'],
      throttle: 'off',
      synchronization: true,
      // Users that are written by Graph are none that the tenant calls synchronized.
      assumptions: { hashesForCloudUsers: via === 'graph' },
      randomSeed: nature.seed,
      lag: nature.lag,
      ...(nature.stateFile === undefined ? {} : { stateFile: nature.stateFile }),
      seed: {
        tenant: { synchronization: { isEnabled: true, features } },
        ...(nature.products === undefined ? {} : { licences: nature.products }),
      },
      deltaPageSize: nature.pageSize,
      deltaLinkPageSize: nature.pageSize * 3,
      now: () => clockStart + (Date.now() - clockStart) * HASTE,
      log: () => undefined,
    });
    return new World(emulator, join(folder, `${name}.db`), subjects, clockStart, nature);
  }

  /** One cycle of the product; null when its process was killed. */
  async cycle(
    directory: Directory,
    options: {
      readonly full?: boolean;
      readonly death?: Death | null;
      readonly clockError?: number;
      readonly isHurried?: boolean;
    } = {},
  ): Promise<CycleOutcome> {
    const { url, tenant, clientId, clientSecret } = this.emulator;
    const scope = this.#scope ?? directory.scope;
    const order = {
      store: this.#store,
      source: directory.description,
      scope: { include: [scope], exclude: [], groups: [] },
      tenant: { url, tenant, clientId, clientSecret, via: this.#via },
      full: options.full ?? false,
      haste: HASTE,
      clockStart: this.#clockStart,
      clockError: this.#passed + (options.clockError ?? 0),
      death: options.death ?? null,
      timeout: options.isHurried ? SHORT_TIMEOUT : TIMEOUT,
    };
    const outcome = await this.#subjects.cycle(order, directory.source);
    if (outcome?.outcome === 'done') this.#scope = scope;
    return outcome;
  }

  /** Time passes for the tenant and for us. */
  pass(milliseconds: number): void {
    this.emulator.advanceClock(milliseconds);
    this.#passed += milliseconds;
  }

  /** What somebody is told who signs in: `ok`, or the number of the refusal. */
  signIn(userPrincipalName: string, password: string): Promise<string> {
    return signInAs(this.emulator, userPrincipalName, password);
  }

  async dump(): Promise<TenantDump> {
    return (await this.control('dump')) as TenantDump;
  }

  /** A request to Graph as an administrator of the tenant makes it. Throws unless it succeeds. */
  graph(method: string, path: string, body?: unknown): Promise<void> {
    return sendToGraph(this.emulator, method, path, body);
  }

  /** How often each kind of fault has struck. */
  async struck(): Promise<Readonly<Record<string, number>>> {
    return ((await this.control('stats')) as { readonly struck: Readonly<Record<string, number>> }).struck;
  }

  /** GET without a body, POST with one, or as `method` says. */
  async control(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<unknown> {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.emulator.url}/emulator/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`/emulator/${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Method, path pattern and number of the accepted writes. */
  async writes(): Promise<Readonly<Record<string, number>>> {
    const { requests } = (await this.control('stats')) as {
      readonly requests: readonly { method: string; path: string; status: number; count: number }[];
    };
    const accepted = requests.filter(
      ({ method, path, status }) => method !== 'GET' && status < 300 && !CARRIERS.test(path),
    );
    return Object.fromEntries(
      accepted.map(({ method, path, status, count }) => [`${method} ${path} ${status}`, count]),
    );
  }

  stop(): Promise<void> {
    return this.emulator.close();
  }
}
