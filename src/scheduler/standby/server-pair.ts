import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { DirbridgeError, messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Store } from '../../store/store.ts';
import { PairFolder } from './pair-folder.ts';
import { type Presence, presenceFile, presenceSchema, type Term, termFile, termSchema } from './server-records.ts';

/** The last term that this store has seen in a folder. With less it is not the one that we know, or not mounted. */
const TERM_SEEN = 'standby term seen in';

const IDENTITY = 'standby identity';

/** From one sign of life of a process that works to the next: at most, and at least. */
const BEAT_MS = 10_000;
const SHORTEST_BEAT_MS = 1_000;

/** So many signs fail to come before silence counts as death, where `deadAfter` is short. */
const BEATS_UNTIL_DEAD = 4;

export interface PairOptions {
  readonly folder: string;
  /** How this server is called, and the host it runs on. */
  readonly server: string;
  readonly host: string;
  readonly version: string;
  readonly every: number;
  readonly deadAfter: number;
  /** The configuration says that this server never writes. */
  readonly isStaging: boolean;
  /** Only looks: nothing is remembered in the store. */
  readonly isReader?: boolean;
  readonly now: () => Date;
  readonly log: Log;
}

/** Who is who at one moment. `presence` of the server that writes: null when it has never been seen. */
export interface Roles {
  readonly term: Term | null;
  readonly presence: Presence | null;
  readonly isActive: boolean;
}

/** What is known of the life of a server: how long ago its last sign was, and when it counts as dead. */
export interface LifeSign {
  readonly age: number;
  readonly deadIn: number;
}

/**
 * Servers that share one tenant, of which one writes. Who does is the newest of the terms in a folder that all of them reach: a term is a file that one server alone can make.
 * The server that writes looks at it right before each request that changes anything, so that one that was believed dead stops when it wakes.
 */
export class ServerPair {
  readonly folder: PairFolder;
  readonly server: string;
  /** Of the store: a server that lost it, or a copy of a server, is another one. */
  readonly identity: string;
  readonly #options: PairOptions;
  readonly #store: Store;
  /** Tells this process from another one of the same name. */
  readonly #process = randomUUID();
  #state: Presence['state'] = 'idle';
  #isSeen = false;
  #configuration: string | null = null;
  #lastRun: Presence['lastRun'] = null;
  #timer: NodeJS.Timeout | undefined;
  #beat: Promise<void> = Promise.resolve();

  private constructor(store: Store, options: PairOptions, identity: string) {
    this.#store = store;
    this.identity = identity;
    this.#options = options;
    this.folder = new PairFolder(options.folder);
    this.server = options.server;
  }

  /** Throws `standby-folder`, and `server-name-taken` when another server gives signs of life by this name. */
  static async open(store: Store, options: PairOptions): Promise<ServerPair> {
    const pair = new ServerPair(store, options, await identityOf(store, options.isReader === true));
    await pair.folder.requireThere();
    const own = await pair.presenceOf(options.server);
    if (own !== null) await pair.#takeUp(own);
    return pair;
  }

  async #takeUp(own: Presence): Promise<void> {
    const { host, server } = this.#options;
    // A store that was lost and begins anew on the same host is the same server, though not the one that writes until it is told so.
    if (own.identity !== this.identity && own.host !== host && (await this.lifeOf(own)).deadIn > 0)
      throw new DirbridgeError(
        'server-name-taken',
        `${own.host} goes by the name ${server} in ${this.folder.path}, and so does this server (${host})`,
      );
    if (own.identity !== this.identity) return;
    this.#configuration = own.configuration;
    this.#lastRun = own.lastRun;
  }

  async roles(): Promise<Roles> {
    const term = await this.#newestTerm();
    const writer = term?.server ?? term?.previous ?? null;
    const presence = writer === null ? null : await this.presenceOf(writer);
    const isOurs = term !== null && term.server === this.server && term.identity === this.identity;
    return { term, presence, isActive: isOurs && !this.#options.isStaging };
  }

  async #newestTerm(): Promise<Term | null> {
    const seen = Number((await this.#store.meta(this.#termSeen)) ?? 0);
    const newest = (await this.folder.list('terms')).at(-1);
    const term = newest === undefined ? null : await this.folder.readJson(`terms/${newest}`, termSchema);
    if ((term?.term ?? 0) < seen)
      throw new DirbridgeError(
        'standby-folder',
        `The folder ${this.folder.path} that the servers share knows of ${term?.term ?? 0} takeovers, this server of ${seen}: it is another folder, an older copy, or not mounted`,
      );
    if (term !== null && term.term > seen && this.#options.isReader !== true)
      await this.#store.setMeta(this.#termSeen, String(term.term));
    return term;
  }

  get #termSeen(): string {
    return `${TERM_SEEN} ${this.folder.path}`;
  }

  presenceOf(server: string): Promise<Presence | null> {
    return this.folder.readJson(presenceFile(server), presenceSchema);
  }

  /** The names of all servers that have ever been seen, this one too. */
  servers(): Promise<readonly string[]> {
    return this.folder.list('servers');
  }

  /** By the clock of this server or that of the folder, whichever makes the sign younger: a clock that is wrong must not make anybody dead. */
  async lifeOf(presence: Presence): Promise<LifeSign> {
    const byClock = Math.max(0, this.#options.now().getTime() - Date.parse(presence.seen));
    const byFolder = this.#options.isReader === true ? null : await this.#ageByFolder(presence.server);
    const age = Math.min(byClock, byFolder ?? byClock);
    return { age, deadIn: Math.max(0, presence.deadAfter - age) };
  }

  #ageByFolder(server: string): Promise<number | null> {
    return this.folder.age(presenceFile(server), `servers/${this.server}/probe`);
  }

  /** Throws `server-replaced` when another server has taken over, `standby-folder` when nobody can say. */
  async requireActive(): Promise<void> {
    const { term, isActive } = await this.roles();
    const own = await this.presenceOf(this.server);
    if (this.#isSeen && own !== null && own.process !== this.#process)
      throw new DirbridgeError(
        'server-name-taken',
        `Another process (${own.pid} on ${own.host}) goes by the name ${this.server} as well; this one has stopped writing`,
      );
    if (isActive) return;
    throw new DirbridgeError(
      'server-replaced',
      `${term?.server ?? 'nobody'} writes to the tenant since ${term?.at ?? 'now'} (told by ${term?.by ?? 'nobody'}), so ${this.server} has stopped`,
    );
  }

  /** Gives signs of life until `end`. */
  async begin(): Promise<void> {
    this.#state = 'running';
    await this.sign();
    this.#timer = setInterval(() => {
      this.#beat = this.#signIfOurs().catch((error: unknown) =>
        this.#options.log.warn(
          { error: messageOf(error) },
          'the sign of life for the other server could not be written',
        ),
      );
    }, this.#beatMs()).unref();
  }

  #beatMs(): number {
    const wanted = this.#options.deadAfter / BEATS_UNTIL_DEAD;
    return Math.min(BEAT_MS, Math.max(SHORTEST_BEAT_MS, wanted));
  }

  /** What another process of our name has written stays, so that we see it. */
  async #signIfOurs(): Promise<void> {
    const own = await this.presenceOf(this.server);
    if (own === null || own.process === this.#process) await this.sign();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beat;
    this.#state = 'idle';
    await this.#signIfOurs();
  }

  noteRun(run: Presence['lastRun']): void {
    this.#lastRun = run;
  }

  noteConfiguration(hash: string): void {
    this.#configuration = hash;
  }

  async sign(): Promise<void> {
    const { host, version, every, deadAfter, now } = this.#options;
    await this.folder.writeJson(presenceFile(this.server), {
      server: this.server,
      identity: this.identity,
      host,
      pid: process.pid,
      process: this.#process,
      version,
      state: this.#state,
      term: Number((await this.#store.meta(this.#termSeen)) ?? 0),
      seen: now().toISOString(),
      every,
      deadAfter,
      configuration: this.#configuration,
      lastRun: this.#lastRun,
    } satisfies Presence);
    this.#isSeen = true;
  }

  /**
   * Makes this server the one that writes. Refused with `server-alive` while the other one is alive, unless forced; of two servers that try at the same moment one alone
   * succeeds.
   */
  async takeOver(by: string, isForced: boolean): Promise<Term> {
    const { term, presence, isActive } = await this.roles();
    if (term !== null && isActive) return term;
    const isOther = term?.server != null && term.server !== this.server;
    if (isOther && !isForced) await this.#requireDead(term, presence);
    const previous = term?.server ?? term?.previous ?? null;
    return this.#claim({ server: this.server, by, previous, forced: isForced && isOther }, term);
  }

  async #claim(claim: Pick<Term, 'server' | 'by' | 'previous' | 'forced'>, before: Term | null): Promise<Term> {
    const at = this.#options.now().toISOString();
    const next: Term = { term: (before?.term ?? 0) + 1, identity: this.identity, at, ...claim };
    if (!(await this.folder.createJson(termFile(next.term), next))) {
      const winner = await this.#newestTerm();
      throw new DirbridgeError('server-alive', `${winner?.server ?? 'another server'} took over at the same moment`);
    }
    await this.#store.setMeta(this.#termSeen, String(next.term));
    await this.sign();
    return next;
  }

  async #requireDead(term: Term, presence: Presence | null): Promise<void> {
    if (presence === null)
      throw new DirbridgeError(
        'server-alive',
        `${term.server} writes to the tenant since ${term.at} and has not been seen yet, so nobody knows whether it is alive`,
      );
    const { age, deadIn } = await this.lifeOf(presence);
    if (deadIn <= 0) return;
    const does = presence.state === 'running' ? 'is at work' : 'may work again at any time';
    throw new DirbridgeError(
      'server-alive',
      `${presence.server} (${presence.host}) gave its last sign of life ${duration(age)} ago and ${does}; without another one it counts as dead in ${duration(deadIn)}`,
    );
  }

  /** Gives the tenant up, so that another server may take over at once; this one writes no more until it takes over again. */
  async handOver(by: string): Promise<void> {
    const { isActive, term } = await this.roles();
    if (!isActive)
      throw new DirbridgeError(
        'standby-only',
        `${this.server} does not write to the tenant; ${term?.server == null ? 'nobody does' : `${term.server} does`}`,
        { remedy: 'There is nothing to hand over here.' },
      );
    await this.#claim({ server: null, by, previous: this.server, forced: false }, term);
  }
}

/** `under a minute`, `12 minutes`, `3 hours`. */
function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return 'under a minute';
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `${Math.round(minutes / 60)} hours`;
}

async function identityOf(store: Store, isReader: boolean): Promise<string> {
  const known = await store.meta(IDENTITY);
  if (known !== null || isReader) return known ?? '';
  const made = randomUUID();
  await store.setMeta(IDENTITY, made);
  return made;
}
