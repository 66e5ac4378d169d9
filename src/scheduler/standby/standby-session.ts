import type { EngineContext } from '../../engine/context.ts';
import type { CycleResult } from '../../engine/run.ts';
import { DirbridgeError } from '../../errors.ts';
import { type Finding, finding } from '../../model/finding.ts';
import type { Store } from '../../store/store.ts';
import { adoptChanges, adoptDecisions } from './adopt.ts';
import { comparePlan, differenceFindings, type PlanDifference } from './plan-difference.ts';
import {
  type PublishedFile,
  publishChanges,
  publishConfiguration,
  publishDecisions,
  publishPending,
} from './publish.ts';
import { type PairOptions, type Roles, ServerPair } from './server-pair.ts';
import type { Presence, Term } from './server-records.ts';

/** What a person is told of the servers of a tenant. */
export interface StandbyReport {
  readonly server: string;
  readonly isActive: boolean;
  readonly folder: string;
  readonly term: Term | null;
  /** The server that writes, and milliseconds since its last sign of life and until it counts as dead. */
  readonly active: (Presence & { readonly age: number; readonly deadIn: number }) | null;
  /** How our plan stands to what that one does; null on the server that writes, and before the first plan. */
  readonly difference: PlanDifference | null;
}

/**
 * One command on one of the servers of a tenant. The server that writes publishes what it has written, decided and left undone; the other one takes that into its store
 * before it plans, so that it can go on at any moment as if it had written all of it itself.
 */
export class StandbySession {
  readonly pair: ServerPair;
  readonly roles: Roles;
  readonly #store: Store;
  readonly #now: () => Date;
  #difference: PlanDifference | null = null;

  private constructor(pair: ServerPair, roles: Roles, store: Store, now: () => Date) {
    this.pair = pair;
    this.roles = roles;
    this.#store = store;
    this.#now = now;
  }

  /** Gives signs of life until `end`. Throws `standby-folder`, `server-name-taken`. */
  static async begin(store: Store, options: PairOptions): Promise<StandbySession> {
    const pair = await ServerPair.open(store, options);
    const session = new StandbySession(pair, await pair.roles(), store, options.now);
    await pair.begin();
    return session;
  }

  /** After the roles have changed. */
  static async resume(pair: ServerPair, store: Store, now: () => Date): Promise<StandbySession> {
    return new StandbySession(pair, await pair.roles(), store, now);
  }

  get isActive(): boolean {
    return this.roles.isActive;
  }

  /** Throws `standby-unclaimed` while no server has been told to write. */
  requireClaimed(): void {
    if (this.roles.term !== null) return;
    throw new DirbridgeError(
      'standby-unclaimed',
      `No server has taken over the tenant in ${this.pair.folder.path} yet, so nothing was done`,
    );
  }

  /** Throws `standby-only` on a server that stands by. */
  requireActive(what: string): void {
    this.requireClaimed();
    if (this.isActive) return;
    throw new DirbridgeError(
      'standby-only',
      `${what} is for the server that writes to the tenant; ${this.#whoWrites()}`,
    );
  }

  #whoWrites(): string {
    const { server, identity } = this.roles.term ?? { server: null, identity: '' };
    if (server === null) return 'nobody does since it was handed over';
    if (server !== this.pair.server) return `${server} writes`;
    if (identity !== this.pair.identity) return 'this server has begun with a new store since it took over';
    return 'this server may write and its configuration says staging: true';
  }

  /** Before a cycle: what the others have done and decided since. */
  async prepare(context: EngineContext): Promise<void> {
    // What a killed run has left untold.
    await publishChanges(this.pair, this.#store, this.#now());
    await publishDecisions(this.pair, this.#store, this.#now());
    await adoptChanges(this.pair, this.#store);
    await adoptDecisions(this.pair, context, this.isActive ? null : writerOf(this.roles));
  }

  /** After a cycle, also one that failed: what the others have to know, and on a server that stands by how its plan stands to what the other one does. */
  async conclude(result: CycleResult | null, configuration: () => readonly PublishedFile[]): Promise<void> {
    const ended = this.#now().toISOString();
    if (result !== null) {
      const run = await this.#store.runs.run(result.run);
      this.pair.noteRun({
        run: result.run,
        startedAt: run?.startedAt ?? ended,
        endedAt: run?.endedAt ?? ended,
        outcome: result.outcome,
      });
    }
    await publishChanges(this.pair, this.#store, this.#now());
    await publishDecisions(this.pair, this.#store, this.#now());
    if (this.isActive) await this.#publish(configuration());
    await this.#tellDifference(result?.run ?? '0');
  }

  async #publish(configuration: readonly PublishedFile[]): Promise<void> {
    await publishPending(this.pair, this.#store);
    await publishConfiguration(this.pair, configuration);
  }

  async #tellDifference(run: string): Promise<void> {
    const at = this.#now();
    this.#difference = await this.#compare();
    const findings = this.#difference === null ? [] : differenceFindings(this.#difference);
    const { runs } = this.#store;
    await runs.replaceFindings('plan', 'standby', findings, run, at.toISOString());
    await runs.replaceFindings('plan', 'standby writer', await this.#silence(), run, at.toISOString());
  }

  /** That nobody writes, for whoever looks at the server that stands by. */
  async #silence(): Promise<readonly Finding[]> {
    const { term, presence, isActive } = this.roles;
    if (isActive || term === null) return [];
    const cause = term.server === null ? handedOver(term) : await this.#silenceOf(term.server, presence);
    return cause === null ? [] : [finding('nobody-writes', 'plan', { cause })];
  }

  async #silenceOf(server: string, presence: Presence | null): Promise<string | null> {
    if (server === this.pair.server) return `Nobody writes to the tenant: ${this.#whoWrites()}.`;
    if (presence === null) return null;
    const { deadIn } = await this.pair.lifeOf(presence);
    if (deadIn > 0) return null;
    return `${server}, which writes to the tenant, gave its last sign of life at ${presence.seen.slice(0, 16).replace('T', ' ')} UTC.`;
  }

  /** Null on the server that writes, before the first plan, and while the other one has never been seen. */
  async #compare(): Promise<PlanDifference | null> {
    const { presence } = this.roles;
    if (this.isActive || presence === null || presence.server === this.pair.server) return null;
    return comparePlan(this.pair, this.#store, presence, this.#now());
  }

  /** After `conclude`. */
  async report(): Promise<StandbyReport> {
    return { ...(await describeRoles(this.pair, this.roles)), difference: this.#difference };
  }

  end(): Promise<void> {
    return this.pair.end();
  }
}

/** Whose decisions hold: also those of one that has handed the tenant over since. */
function writerOf({ term }: Roles): string | null {
  return term?.server ?? term?.previous ?? null;
}

function handedOver({ previous, at, by }: Term): string {
  return `Nobody writes to the tenant: ${by} had ${previous ?? 'the server before'} hand it over at ${at.slice(0, 16).replace('T', ' ')} UTC.`;
}

/** Who is who, without looking into any plan. */
export async function describeRoles(pair: ServerPair, roles: Roles): Promise<StandbyReport> {
  const { term, presence, isActive } = roles;
  return {
    server: pair.server,
    isActive,
    folder: pair.folder.path,
    term,
    active: presence === null ? null : { ...presence, ...(await pair.lifeOf(presence)) },
    difference: null,
  };
}
