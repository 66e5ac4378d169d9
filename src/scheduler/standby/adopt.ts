import { z } from 'zod';
import type { EngineContext } from '../../engine/context.ts';
import { adoptHandLinks } from '../../engine/hand-links.ts';
import { DirbridgeError } from '../../errors.ts';
import type { PeerDeparture, Store } from '../../store/store.ts';
import { changeLineSchema, decisionsSchema, runLineSchema } from './publish.ts';
import type { ServerPair } from './server-pair.ts';
import { changesFolder, decisionsFile } from './server-records.ts';

/** How far what a server has published was read, by what it publishes as. */
const positionSchema = z.object({ read: z.record(z.string(), z.number()) });
type Position = z.infer<typeof positionSchema>;

const changeOrRun = z.union([changeLineSchema, runLineSchema]);
type Change = z.infer<typeof changeLineSchema>;

/** Takes what the other servers wrote to the tenant into the change log, each change once. Answers how many were new. */
export async function adoptChanges(pair: ServerPair, store: Store): Promise<number> {
  let count = 0;
  for (const server of await pair.servers()) {
    if (await isOurs(pair, server)) continue;
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
      count += await this.#store.transaction(() => this.#takeIn(lines, position, `${folder}/${file}`));
    }
    return count;
  }

  async #takeIn(lines: readonly string[], position: Position, file: string): Promise<number> {
    const after = position.read[this.#publication] ?? 0;
    let last = after;
    let count = 0;
    for (const line of lines) {
      if (line === '') continue;
      const told = this.#read(line, file);
      if (!('id' in told)) {
        this.#runs.set(told.run, await this.#store.peers.adoptRun(this.#server, told));
        continue;
      }
      last = Math.max(last, told.id);
      if (told.id <= after) continue;
      if (await this.#adopt(told)) count++;
    }
    const read = { ...position.read, [this.#publication]: last };
    await this.#store.setMeta(this.#key, JSON.stringify({ read } satisfies Position));
    return count;
  }

  #read(line: string, file: string): z.infer<typeof changeOrRun> {
    try {
      return changeOrRun.parse(JSON.parse(line));
    } catch (cause) {
      throw new DirbridgeError(
        'standby-folder',
        `${this.#pair.folder.at(file)} holds a line that this version cannot read: ${line.slice(0, 200)}`,
        {
          cause,
          remedy:
            'Install the same version on both servers, or take the file away: its changes are then not known here.',
        },
      );
    }
  }

  /** False for what is known already: a store that was put back publishes it again. */
  async #adopt({ id: _id, run, ...change }: Change): Promise<boolean> {
    const ours = this.#runs.get(run);
    return ours !== undefined && (await this.#store.peers.adoptChange(ours, change));
  }

  async #position(): Promise<Position> {
    const known = await this.#store.meta(this.#key);
    return known === null ? { read: {} } : positionSchema.parse(JSON.parse(known));
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
    if (await isOurs(pair, server)) continue;
    const told = await pair.folder.readJson(decisionsFile(server), decisionsSchema);
    if (told === null) continue;
    departures.push(...told.departures);
    await store.transaction(() => store.peers.adoptLicences(told.licences));
    if (server !== writer) continue;
    await adoptHandLinks(context, told.handLinks);
    await store.transaction(async () => {
      for (const leaving of told.leaving) await store.peers.adoptLeaving(leaving);
    });
  }
  await store.transaction(() => store.peers.adoptDepartures(departures));
}

/** Also under a name that this server had before. */
async function isOurs(pair: ServerPair, server: string): Promise<boolean> {
  return server === pair.server || (await pair.presenceOf(server))?.identity === pair.identity;
}

function lastNumber(file: string): number {
  return Number(/-(\d+)\.ndjson$/.exec(file)?.[1] ?? 0);
}
