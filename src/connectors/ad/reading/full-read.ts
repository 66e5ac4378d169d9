import { AnchorSet } from '../objects/anchor-set.ts';
import { columnNames } from '../objects/attribute-columns.ts';
import { type DirectoryObject, IDENTITY_ATTRIBUTES } from '../objects/directory-object.ts';
import { DocumentDecoder } from '../objects/document-decoder.ts';
import { hasAnchor, problemOf, toPut } from '../objects/object-changes.ts';
import { OBJECT_FILTER } from '../objects/object-type.ts';
import { formatRange } from '../objects/value-range.ts';
import { Attempts, type Session } from '../session/sessions.ts';
import { type ChangePoint, openChangePoint } from './change-point.ts';
import { completeObject } from './complete-object.ts';
import { readWhole } from './fetch-objects.ts';
import { type PageEvent, PageEvents } from './page-events.ts';
import { searchPages } from './paged-search.ts';
import { ParentChain } from './parent-chain.ts';
import { readTargets, type TargetsLeft, takeTargetsLeft } from './ranged-values.ts';
import { objectControls, type ReadContext } from './read-context.ts';

/** Targets of a group that are taken with its page; the rest is read in parts. What Windows gives at once by default. */
const TARGETS_WITH_OBJECT = 1500;

/**
 * Reads all objects of a domain in pages; returns the point from which changes are to be read. `keep` lists them only.
 *
 * A paging cookie dies with its connection. So a broken read asks again from the start, and what was handed over before is skipped: the
 * set of anchors is small, exact, and does not mind in which order a server answers. On another server of the domain, which may know
 * more or less, everything is handed over again from a change point of its own, and what only the first one had is looked up.
 */
export class FullRead {
  readonly #context: ReadContext;
  readonly #what: 'objects' | 'presence';
  readonly #seen = new AnchorSet();
  readonly #parents = new ParentChain((anchor) => this.#seen.has(anchor));
  readonly #pages: PageEvents;
  #targetsLeft: TargetsLeft[] = [];
  #pass = 0;
  #wasMoved = false;
  #point: ChangePoint;

  constructor(context: ReadContext, point: ChangePoint, what: 'objects' | 'presence') {
    this.#context = context;
    this.#point = point;
    this.#what = what;
    this.#pages = new PageEvents(context.request.onProgress);
  }

  async *pages(): AsyncGenerator<PageEvent, ChangePoint, void> {
    const attempts = new Attempts();
    for (;;) {
      try {
        const session = await this.#openSession();
        this.#pass++;
        yield* this.#readObjects(session, attempts);
        yield* this.#readParents(session);
        if (this.#wasMoved) yield* this.#lookUpMissed(session);
        return this.#point;
      } catch (error) {
        await attempts.fail(error, this.#context.log);
      }
    }
  }

  async #openSession(): Promise<Session> {
    const session = await this.#context.sessions.current();
    const isSame = session.facts.invocationId === this.#point.invocationId;
    if (isSame || this.#what === 'presence') return session;
    this.#context.log.warn({ server: session.connection.server.url }, 'the full read starts again on another server');
    this.#point = await openChangePoint(session, this.#context.delta);
    this.#wasMoved = this.#pass > 0;
    return session;
  }

  async *#readObjects(session: Session, attempts: Attempts): AsyncGenerator<PageEvent, void, void> {
    const decoder = new DocumentDecoder(this.#context.columns);
    yield* this.#finishTargets(session);
    const search = {
      base: session.facts.namingContext,
      scope: 'sub',
      filter: OBJECT_FILTER,
      attributes: this.#what === 'presence' ? IDENTITY_ATTRIBUTES : listAttributes(this.#context),
      controls: objectControls(session.facts),
    } as const;
    const pages = searchPages(session.connection, search, this.#context.pageSize, (cursor) => decoder.decode(cursor));
    for await (const objects of pages) {
      const before = this.#seen.size;
      for (const object of objects) await this.#take(session, object);
      if (this.#seen.size > before) attempts.succeed();
      yield* this.#pages.flush();
      yield* this.#finishTargets(session);
    }
  }

  /** What has to be asked for comes first: as long as that can break, the object must not count as delivered, or the next attempt would leave it out. */
  async #take(session: Session, object: DirectoryObject): Promise<void> {
    const problem = problemOf(object);
    if (!hasAnchor(object)) {
      if (problem) this.#pages.addProblem(problem);
      return;
    }
    const isDone = problem !== null || (this.#seen.has(object.anchor) && !this.#wasMoved);
    const isPut = !isDone && this.#what === 'objects';
    if (object.parent === null || (isPut && object.rangesLeft.length > 0))
      await completeObject(session, this.#context, object);
    this.#seen.note(object.anchor, this.#pass);
    this.#parents.need(object.parent);
    if (problem) this.#pages.addProblem(problem);
    if (isDone) return;
    if (isPut) this.#targetsLeft.push(...takeTargetsLeft(object));
    this.#pages.add(isPut ? toPut(object, session.facts.namingContext) : { kind: 'keep', anchor: object.anchor });
  }

  async *#finishTargets(session: Session): AsyncGenerator<PageEvent, void, void> {
    for (let left = this.#targetsLeft[0]; left !== undefined; left = this.#targetsLeft[0]) {
      for await (const patch of readTargets(session, left)) {
        this.#pages.add(patch);
        yield* this.#pages.flush();
      }
      this.#targetsLeft.shift();
    }
  }

  async *#readParents(session: Session): AsyncGenerator<PageEvent, void, void> {
    for await (const put of this.#parents.read(session, this.#context, 'all')) {
      this.#seen.note(put.anchor, this.#pass);
      this.#pages.add(this.#what === 'presence' ? { kind: 'keep', anchor: put.anchor } : put);
    }
    yield* this.#pages.flush();
  }

  async *#lookUpMissed(session: Session): AsyncGenerator<PageEvent, void, void> {
    const missed = [...this.#seen.missedIn(this.#pass)];
    for await (const changes of readWhole(session, this.#context, missed)) {
      for (const change of changes) this.#pages.add(change);
      yield* this.#pages.flush();
    }
  }
}

function listAttributes(context: ReadContext): readonly string[] {
  const names = columnNames(context.columns).map((name) => {
    const column = context.columns.get(name.toLowerCase());
    return column?.isReference && !column.isSingle ? formatRange(name, 0, TARGETS_WITH_OBJECT - 1) : name;
  });
  return [...new Set([...names, ...IDENTITY_ATTRIBUTES])];
}
