import type { ObjectChange } from '../../model/change.ts';
import type { ReadEvent, ReadRequest } from '../connector.ts';
import type { WritableType } from './attributes.ts';
import { readMany } from './batch.ts';
import { readDeletedItems } from './deleted-items.ts';
import { type DeltaPage, firstLink, openStream, readStream } from './delta-stream.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json } from './graph-object.ts';
import type { Pace } from './pace.ts';
import { isEmptyPatch, removalOf, toPatch, toPut } from './tenant-change.ts';
import { factsOf, type Organization, readOrganization } from './tenant-facts.ts';
import { printWatermark, readWatermark, STREAMS, type Stream } from './watermark.ts';

const TYPE_OF: Readonly<Record<Stream, WritableType>> = { users: 'user', groups: 'group' };

export interface ReadParts {
  readonly graph: Graph;
  readonly pace: Pace;
  readonly now: () => Date;
}

interface OpenRound {
  readonly mode: 'full' | 'delta';
  readonly reason: string | null;
  readonly streams: Readonly<Record<Stream, { readonly answer: GraphAnswer; readonly link: string }>>;
}

/** The read of the contract: changes since the watermark, or everything with the recycle bin. */
export async function* readTenant(parts: ReadParts, request: ReadRequest): AsyncGenerator<ReadEvent> {
  const organization = await readOrganization(parts.graph);
  const round = await openRound(parts.graph, request.watermark, organization);
  const { mode, reason } = round;
  yield { kind: 'begin', mode, method: 'Graph delta', reason, parameters: factsOf(organization) };
  let done = 0;
  const links: Record<Stream, string> = { users: '', groups: '' };
  for (const stream of STREAMS) {
    const reader = mode === 'full' ? new FullReader(TYPE_OF[stream]) : new DeltaReader(TYPE_OF[stream], parts);
    const pages = readStream(parts.graph, round.streams[stream]);
    for (let next = await pages.next(); ; next = await pages.next()) {
      if (next.done) {
        links[stream] = parts.graph.relative(next.value);
        break;
      }
      const changes = await reader.read(next.value);
      if (changes.length > 0) yield { kind: 'page', changes };
      done += changes.length;
      request.onProgress?.(done, null);
    }
    const last = reader.finish();
    if (last.length > 0) yield { kind: 'page', changes: last };
  }
  if (mode === 'full') yield* readBin(parts.graph);
  yield { kind: 'end', watermark: printWatermark(organization.id, links) };
}

async function* readBin(graph: Graph): AsyncGenerator<ReadEvent> {
  for (const stream of STREAMS) {
    for await (const changes of readDeletedItems(graph, TYPE_OF[stream])) {
      if (changes.length > 0) yield { kind: 'page', changes };
    }
  }
}

/** Asks both streams for their first page before anything is told: one refused token makes the whole read a full one. */
async function openRound(graph: Graph, watermark: string | null, organization: Organization): Promise<OpenRound> {
  if (watermark === null) return openFull(graph, null);
  const links = readWatermark(watermark, organization.id);
  if ('reason' in links) return openFull(graph, links.reason);
  const users = await openStream(graph, links.users);
  if ('reason' in users) return openFull(graph, `the tenant refused the delta token of users (${users.reason})`);
  const groups = await openStream(graph, links.groups);
  if ('reason' in groups) return openFull(graph, `the tenant refused the delta token of groups (${groups.reason})`);
  return { mode: 'delta', reason: null, streams: { users, groups } };
}

async function openFull(graph: Graph, reason: string | null): Promise<OpenRound> {
  const [users, groups] = await Promise.all(STREAMS.map((stream) => openFirst(graph, firstLink(stream))));
  if (!users || !groups) throw new RangeError('a stream is missing');
  return { mode: 'full', reason, streams: { users, groups } };
}

async function openFirst(graph: Graph, link: string): Promise<{ readonly answer: GraphAnswer; readonly link: string }> {
  const answer = await graph.read(link);
  if (answer.status !== 200) throw refused(link, answer);
  return { answer, link };
}

/**
 * A round from the beginning. The first entry of an object is the whole of it; further ones (members that did not fit, repetitions) are patches.
 * Holds the ids of the objects told, and nothing else of them.
 */
class FullReader {
  readonly #type: WritableType;
  #seen = new Set<string>();
  /** Told before a restart and not since: gone, unless they come again. */
  #missing = new Set<string>();
  readonly #anchored = new Set<string>();

  constructor(type: WritableType) {
    this.#type = type;
  }

  async read(page: DeltaPage): Promise<readonly ObjectChange[]> {
    if (page.isRestart) {
      this.#missing = this.#seen.union(this.#missing);
      this.#seen = new Set();
    }
    return page.entries.map((entry) => this.#toChange(entry)).filter((change) => !isEmptyPatch(change));
  }

  finish(): readonly ObjectChange[] {
    return [...this.#missing].map((anchor) => ({ kind: 'delete', anchor }));
  }

  #toChange(entry: Json): ObjectChange {
    const anchor = String(entry['id']);
    if (removalOf(entry) !== null) {
      this.#seen.delete(anchor);
      return { kind: 'delete', anchor };
    }
    if (this.#seen.has(anchor)) return toPatch(this.#type, entry, this.#anchored.has(anchor));
    this.#seen.add(anchor);
    this.#missing.delete(anchor);
    if (typeof entry['uniqueName'] === 'string') this.#anchored.add(anchor);
    return toPut(this.#type, entry, this.#anchored.has(anchor));
  }
}

/** A round that tells changes: everything is a patch or a removal. */
class DeltaReader {
  readonly #type: WritableType;
  readonly #parts: ReadParts;

  constructor(type: WritableType, parts: ReadParts) {
    this.#type = type;
    this.#parts = parts;
  }

  async read(page: DeltaPage): Promise<readonly ObjectChange[]> {
    const binned = page.entries.filter((entry) => removalOf(entry) === 'changed').map((entry) => String(entry['id']));
    const times = await readDeletionTimes(this.#parts, binned);
    return page.entries.map((entry) => this.#toChange(entry, times)).filter((change) => !isEmptyPatch(change));
  }

  finish(): readonly ObjectChange[] {
    return [];
  }

  #toChange(entry: Json, times: ReadonlyMap<string, string>): ObjectChange {
    const anchor = String(entry['id']);
    const removal = removalOf(entry);
    if (removal === null) return toPatch(this.#type, entry, true);
    if (removal === 'deleted') return { kind: 'delete', anchor };
    return {
      kind: 'delete',
      anchor,
      restorable: true,
      deletedAt: times.get(anchor) ?? this.#parts.now().toISOString(),
    };
  }
}

/** When objects were put into the recycle bin. One that is not found there (a replica lags behind) was put there just now. */
async function readDeletionTimes(parts: ReadParts, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const urls = ids.map((id) => `/directory/deletedItems/${id}?$select=id,deletedDateTime`);
  const answers = await readMany(parts.graph, urls, parts.pace);
  const times = new Map<string, string>();
  for (const [at, answer] of answers.entries()) {
    const time = answer.status === 200 && isJson(answer.body) ? answer.body['deletedDateTime'] : undefined;
    if (typeof time === 'string') times.set(ids[at] ?? '', time);
  }
  return times;
}
