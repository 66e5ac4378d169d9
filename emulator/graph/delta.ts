import { type Answer, answerJson } from '../http-exchange.ts';
import { notEmulated, queryUnsupported } from '../refusals.ts';
import type { Directory } from '../tenant/directory.ts';
import type { Entity } from '../tenant/entity.ts';
import {
  describeLinks,
  describeManager,
  describeObject,
  hasNews,
  type LinkBudget,
  type Tracked,
  trackedOf,
} from './delta-object.ts';
import { closeDelta, type DeltaState, openDelta } from './delta-token.ts';
import { CONTEXT, type GraphRequest } from './graph-request.ts';
import { type Filter, parseFilter } from './query/filter-syntax.ts';

type DeltaKind = 'user' | 'group';

/** Every so many pages one is empty and still carries a nextLink (observed; switchable). */
const EMPTY_PAGE_EVERY = 8;
const MOST_FILTER_IDS = 50;

interface Page {
  readonly value: Record<string, unknown>[];
  /** The round goes on here; undefined: it is complete. */
  readonly next: DeltaState | undefined;
  readonly since: number;
  readonly state: DeltaState;
}

/** GET /users/delta and /groups/delta. */
export function readDelta(kind: DeltaKind): (request: GraphRequest) => Answer {
  const path = `/${kind}s/delta`;
  return (request) => {
    const { query } = request;
    const token = query.skipToken ?? query.deltaToken;
    if (token === 'latest')
      return answerDelta(request, path, completeRound(beginRound(request, kind), request.tenant.visible.seq));
    if (token === undefined || token === '')
      return answerDelta(request, path, readPage(request, beginRound(request, kind)));
    if (query.given.size > 1) throw notEmulated('query options beside a delta token: they are part of the token');
    const state = openDelta(request, token, path);
    // Observed: the token of another resource is accepted and answered with nothing.
    if (state.kind !== kind) return answerDelta(request, path, completeRound(state, state.since));
    return answerDelta(request, path, readPage(request, state));
  };
}

function beginRound(request: GraphRequest, kind: DeltaKind): DeltaState {
  const { query, tenant } = request;
  trackedOf(kind, query.select);
  return {
    kind,
    select: query.select,
    ids: query.filter === undefined ? undefined : readIds(parseFilter(query.filter)),
    phase: 'full',
    at: 0,
    since: tenant.visible.seq,
    linksAfter: undefined,
    linksOf: undefined,
    page: 0,
  };
}

/** A delta takes no filter but `id eq 'a' or id eq 'b' ...`, at most 50 of them (documented). */
function readIds(filter: Filter): readonly string[] {
  const parts = filter.type === 'or' ? filter.parts : [filter];
  const ids = parts.map((part) => {
    const isId =
      part.type === 'compare' && part.operator === 'eq' && part.path === 'id' && typeof part.value === 'string';
    if (!isId) throw queryUnsupported('Delta queries support only filters on id with eq and or.');
    return String(part.value).toLowerCase();
  });
  if (ids.length > MOST_FILTER_IDS) throw queryUnsupported(`Delta queries support at most ${MOST_FILTER_IDS} ids.`);
  return ids;
}

function completeRound(state: DeltaState, since: number): Page {
  return { value: [], next: undefined, since: Math.max(since, state.since), state };
}

function answerDelta(request: GraphRequest, path: string, page: Page): Answer {
  const context = path === '/users/delta' ? 'users' : 'groups';
  const link = page.next
    ? { '@odata.nextLink': `${request.origin}/v1.0${path}?$skiptoken=${closeDelta(request, page.next)}` }
    : { '@odata.deltaLink': `${request.origin}/v1.0${path}?$deltatoken=${closeDelta(request, restFrom(page))}` };
  return answerJson(200, { '@odata.context': `${CONTEXT}${context}`, ...link, value: page.value });
}

/** The state of a client that knows everything up to `page.since`. */
function restFrom(page: Page): DeltaState {
  const { kind, select, ids } = page.state;
  const start = { at: page.since, since: page.since, linksAfter: undefined, linksOf: undefined, page: 0 };
  return { kind, select, ids, phase: 'changes', ...start };
}

function readPage(request: GraphRequest, state: DeltaState): Page {
  const page = { ...state, page: state.page + 1 };
  const isEmptyTurn = request.tenant.assumptions.emptyDeltaPages && page.page % EMPTY_PAGE_EVERY === 0;
  if (isEmptyTurn) return { value: [], next: page, since: state.since, state };
  const tracked = trackedOf(state.kind, state.select);
  const read = new PageReader(request, page, tracked).read();
  // A round that had anything to tell ends with an empty page: clients must not stop at the first page.
  const isFirstOfMany = request.tenant.assumptions.emptyDeltaPages && read.next === undefined && read.value.length > 0;
  if (isFirstOfMany) return { ...read, next: endOf(page, request.tenant.visible, read.since) };
  return read;
}

/** A state behind the last object, from which only what changes from now on is still to be told. */
function endOf(state: DeltaState, directory: Directory, since: number): DeltaState {
  const at = state.phase === 'full' ? directory.listed(state.kind).length : since;
  return { ...state, at, linksAfter: undefined, linksOf: undefined };
}

/** Fills one page from the listing or from the changes, as far as the numbers of objects and links allow. */
class PageReader {
  readonly #request: GraphRequest;
  readonly #state: DeltaState;
  readonly #tracked: Tracked;
  readonly #value: Record<string, unknown>[] = [];
  readonly #budget: LinkBudget;

  constructor(request: GraphRequest, state: DeltaState, tracked: Tracked) {
    this.#request = request;
    this.#state = state;
    this.#tracked = tracked;
    this.#budget = { left: request.settings.deltaLinkPageSize };
  }

  read(): Page {
    return this.#state.phase === 'full' ? this.#readListing() : this.#readChanges();
  }

  #readListing(): Page {
    const { kind, at, since, linksAfter, linksOf } = this.#state;
    const listed = this.#request.tenant.visible.listed(kind);
    for (let place = at; place < listed.length; place++) {
      const entity = listed[place];
      if (entity?.status !== 'live' || !this.#isWanted(entity)) continue;
      if (this.#isFull()) return this.#goOn({ at: place, linksAfter: undefined, linksOf: undefined });
      const cut = this.#give(entity, 0, entity.id === linksOf ? linksAfter : undefined);
      if (cut !== undefined) return this.#goOn({ at: place, linksAfter: cut, linksOf: entity.id });
    }
    return { value: this.#value, next: undefined, since, state: this.#state };
  }

  #readChanges(): Page {
    const { kind, at, since, linksAfter, linksOf } = this.#state;
    const directory = this.#request.tenant.visible;
    let last = at;
    for (const [entity, seq] of directory.changedAfter(kind, at)) {
      if (this.#isFull()) return this.#goOn({ at: last, linksAfter: undefined, linksOf: undefined });
      if (this.#isWanted(entity)) {
        const cut = this.#give(entity, since, entity.id === linksOf ? linksAfter : undefined);
        if (cut !== undefined) return this.#goOn({ at: last, linksAfter: cut, linksOf: entity.id });
      }
      last = seq;
    }
    return { value: this.#value, next: undefined, since: directory.seq, state: this.#state };
  }

  #isWanted(entity: Entity): boolean {
    return this.#state.ids === undefined || this.#state.ids.includes(entity.id);
  }

  #isFull(): boolean {
    return this.#value.length >= this.#request.settings.deltaPageSize || this.#budget.left <= 0;
  }

  #goOn(from: Pick<DeltaState, 'at' | 'linksAfter' | 'linksOf'>): Page {
    return { value: this.#value, next: { ...this.#state, ...from }, since: this.#state.since, state: this.#state };
  }

  /** Adds the object to the page. Returns where its links were cut, when they did not fit. */
  #give(entity: Entity, since: number, linksAfter: number | undefined): number | undefined {
    if (entity.status !== 'live') {
      this.#value.push({ id: entity.id, '@removed': { reason: entity.status === 'deleted' ? 'changed' : 'deleted' } });
      return undefined;
    }
    const isWhole = since === 0 || entity.createdSeq > since || entity.statusSeq > since;
    if (linksAfter === undefined && !isWhole && !hasNews(entity, since, this.#tracked)) return undefined;
    const start = isWhole ? 0 : since;
    // The client may know even a new object, from a listing that ended after its creation: removals are told always.
    const knownUntil = since;
    const links = describeLinks(entity, Math.max(start, linksAfter ?? 0), knownUntil, this.#tracked, this.#budget);
    if (linksAfter !== undefined) {
      this.#value.push({ id: entity.id, ...links.shown });
      return links.cutAt;
    }
    const isSparse = this.#request.tenant.assumptions.sparseDelta || this.#isMinimalWanted();
    const properties = describeObject(entity, isWhole || !isSparse ? undefined : since, this.#tracked);
    const manager = this.#tracked.hasManager ? describeManager(entity, start, knownUntil) : {};
    this.#value.push({ ...properties, ...manager, ...links.shown });
    return links.cutAt;
  }

  #isMinimalWanted(): boolean {
    return (this.#request.headers['prefer'] ?? '').toLowerCase().includes('return=minimal');
  }
}
