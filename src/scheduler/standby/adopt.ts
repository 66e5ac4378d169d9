import { z } from 'zod';
import type { EngineContext } from '../../engine/context.ts';
import { adoptHandLinks } from '../../engine/hand-links.ts';
import type { PeerDeparture, Store } from '../../store/store.ts';
import { changeLineSchema, decisionsSchema, runLineSchema } from './publish.ts';
import type { ServerPair } from './server-pair.ts';
import { changesFolder, decisionsFile } from './server-records.ts';

/** How far what a server has published was read: by what it publishes as, and the time of its newest change. */
const positionSchema = z.object({ read: z.record(z.string(), z.number()), newest: z.string() });
type Position = z.infer<typeof positionSchema>;

const changeOrRun = z.union([changeLineSchema, runLineSchema]);
type Change = z.infer<typeof changeLineSchema>;

/** Takes what the other servers wrote to the tenant into the change log, each change once. Answers how many were new. */
export async function adoptChanges(pair: ServerPair, store: Store): Promise<number> {
  let count = 0;
  for (const server of await pair.servers()) {
    if (server === pair.server) continue;
    for (const publication of await pair.folder.list(changesFolder(server)))
      count += await new Adoption(pair, store, server, publication).carryOut();
  }
  return count;
}

class Adoption {
  readonly #pair: ServerPair;
  readonly #store: Store;
  readonly #server: string;
  readonly #publication: string;
  /** Our numbers for its runs. */
  readonly #runs = new Map<string, string>();

  constructor(pair: ServerPair, store: Store, server: string, publication: string) {
    this.#pair = pair;
    this.#store = store;
    this.#server = server;
    this.#publication = publication;
  }

  async carryOut(): Promise<number> {
    const folder = `${changesFolder(this.#server)}/${this.#publication}`;
    let count = 0;
    for (const file of await this.#pair.folder.list(folder)) {
      const position = await this.#position();
      if (lastNumber(file) <= (position.read[this.#publication] ?? 0)) continue;
      const lines = ((await this.#pair.folder.readText(`${folder}/${file}`)) ?? '').split('\n');
      count += await this.#store.transaction(() => this.#takeIn(lines, position));
    }
    return count;
  }

  async #takeIn(lines: readonly string[], position: Position): Promise<number> {
    const isKnown = position.read[this.#publication] !== undefined;
    const after = position.read[this.#publication] ?? 0;
    let { newest } = position;
    let last = after;
    let count = 0;
    for (const line of lines) {
      if (line === '') continue;
      const told = changeOrRun.parse(JSON.parse(line));
      if (!('id' in told)) {
        this.#runs.set(told.run, await this.#store.peers.adoptRun(this.#server, told));
        continue;
      }
      last = Math.max(last, told.id);
      // A store that was lost or put back publishes again what is known already.
      if (told.id <= after || (!isKnown && told.at <= position.newest)) continue;
      await this.#adopt(told);
      if (told.at > newest) newest = told.at;
      count++;
    }
    const read = { ...position.read, [this.#publication]: last };
    await this.#store.setMeta(this.#key, JSON.stringify({ read, newest } satisfies Position));
    return count;
  }

  async #adopt({ id: _id, run, ...change }: Change): Promise<void> {
    const ours = this.#runs.get(run);
    if (ours !== undefined) await this.#store.peers.adoptChanges(ours, [change]);
  }

  async #position(): Promise<Position> {
    const known = await this.#store.meta(this.#key);
    return known === null ? { read: {}, newest: '' } : positionSchema.parse(JSON.parse(known));
  }

  get #key(): string {
    return `standby adopted ${this.#server}`;
  }
}

/**
 * Takes over what left within a day through any of the other servers and what licences they keep for users who were deleted; and, unless this server writes itself,
 * what was decided on the one that does: what is linked or kept apart by hand, who waits for his deletion since when. `writer`: null when it is this server.
 */
export async function adoptDecisions(pair: ServerPair, context: EngineContext, writer: string | null): Promise<void> {
  const { store } = context;
  const departures: PeerDeparture[] = [];
  for (const server of await pair.servers()) {
    const told = server === pair.server ? null : await pair.folder.readJson(decisionsFile(server), decisionsSchema);
    departures.push(...(told?.departures ?? []));
    if (told === null) continue;
    await store.transaction(() => store.peers.adoptLicences(told.licences));
    if (server !== writer) continue;
    await adoptHandLinks(context, told.handLinks);
    await store.transaction(async () => {
      for (const leaving of told.leaving) await store.peers.adoptLeaving(leaving);
    });
  }
  await store.transaction(() => store.peers.adoptDepartures(departures));
}

function lastNumber(file: string): number {
  return Number(/-(\d+)\.ndjson$/.exec(file)?.[1] ?? 0);
}
