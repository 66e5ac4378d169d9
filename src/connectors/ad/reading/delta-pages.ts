import type { DirectoryObject } from '../objects/directory-object.ts';
import {
  type AnchoredObject,
  addNameAttributes,
  hasAnchor,
  problemOf,
  toPatch,
  toPut,
  toWholePatch,
} from '../objects/object-changes.ts';
import { isReadByItself } from '../objects/object-type.ts';
import { Attempts, type Session } from '../session/sessions.ts';
import type { ChangePoint } from './change-point.ts';
import type { ChangeStream } from './change-stream.ts';
import { completeObject } from './complete-object.ts';
import { readWhole } from './fetch-objects.ts';
import { type PageEvent, PageEvents } from './page-events.ts';
import { ParentChain } from './parent-chain.ts';
import { readTargets, type TargetsLeft, takeTargetsLeft } from './ranged-values.ts';
import type { ReadContext } from './read-context.ts';

/** Turns a stream of changes into pages. */
export class DeltaPages {
  readonly #context: ReadContext;
  readonly #pages: PageEvents;
  readonly #parents = new ParentChain((anchor) => this.#read.has(anchor));
  /** Objects that were read one by one. */
  readonly #read = new Set<string>();
  #wholeLeft: string[] = [];
  #targetsLeft: TargetsLeft[] = [];

  constructor(context: ReadContext) {
    this.#context = context;
    this.#pages = new PageEvents(context.request.onProgress);
  }

  /** `first` is what was taken from the stream already. Returns the point to go on from. */
  async *pages(
    stream: ChangeStream,
    first: IteratorResult<readonly DirectoryObject[], ChangePoint>,
    method: ChangePoint['method'],
  ): AsyncGenerator<PageEvent, ChangePoint, void> {
    let next = first;
    for (; !next.done; next = await stream.next()) {
      const session = await this.#context.sessions.current();
      for (const object of next.value) {
        await this.#take(session, object, method);
        if (this.#pages.isFull) yield* this.#pages.flush();
      }
    }
    yield* this.#finish();
    return next.value;
  }

  async #take(session: Session, object: DirectoryObject, method: ChangePoint['method']): Promise<void> {
    if (object.isDeleted && hasAnchor(object)) {
      this.#pages.add({ kind: 'delete', anchor: object.anchor });
      return;
    }
    const problem = problemOf(object);
    if (problem) this.#pages.addProblem(problem);
    if (!hasAnchor(object) || problem) return;
    if (method === 'usn') await this.#takeWhole(session, object);
    else await this.#takeChange(session, object);
  }

  /** One object of a DirSync answer: what changed of it, or all of it when it is new. */
  async #takeChange(session: Session, object: AnchoredObject): Promise<void> {
    const { namingContext } = session.facts;
    // With object security the DN of an object that we may not see is empty; a single value of a non-reference tells too little.
    if (object.dn === '' || object.isIncomplete) {
      this.#wholeLeft.push(object.anchor);
      return;
    }
    addNameAttributes(object, this.#context.columns);
    const isWhole = object.isNew && object.type !== null;
    if (isWhole && !isReadByItself(object.type ?? 'other', object.isHidden)) return;
    if (isWhole) await completeObject(session, this.#context, object);
    const change = isWhole ? toPut(object, namingContext) : toPatch(object, namingContext);
    if (change === null) return;
    this.#parents.need(object.parent);
    this.#pages.add(change);
  }

  /** One object of a search by uSNChanged. */
  async #takeWhole(session: Session, object: AnchoredObject): Promise<void> {
    if (!isReadByItself(object.type ?? 'other', object.isHidden)) return;
    await completeObject(session, this.#context, object);
    this.#targetsLeft.push(...takeTargetsLeft(object));
    this.#parents.need(object.parent);
    const { namingContext } = session.facts;
    const change = object.isNew
      ? toPut(object, namingContext)
      : toWholePatch(object, this.#context.columns, namingContext);
    this.#pages.add(change);
  }

  /** What has to be asked for one by one. After a broken connection it goes on with what is left. */
  async *#finish(): AsyncGenerator<PageEvent, void, void> {
    const attempts = new Attempts();
    for (;;) {
      try {
        const session = await this.#context.sessions.current();
        yield* this.#readWholeObjects(session);
        yield* this.#readTargets(session);
        for await (const put of this.#parents.read(session, this.#context, 'hidden')) {
          this.#read.add(put.anchor);
          this.#pages.add(put);
        }
        yield* this.#pages.flush();
        return;
      } catch (error) {
        await attempts.fail(error, this.#context.log);
      }
    }
  }

  async *#readWholeObjects(session: Session): AsyncGenerator<PageEvent, void, void> {
    for await (const changes of readWhole(session, this.#context, this.#wholeLeft)) {
      for (const change of changes) {
        if (change.kind === 'put') this.#parents.need(change.place?.parent);
        this.#pages.add(change);
      }
      yield* this.#pages.flush();
    }
    this.#wholeLeft = [];
  }

  async *#readTargets(session: Session): AsyncGenerator<PageEvent, void, void> {
    for (let left = this.#targetsLeft[0]; left !== undefined; left = this.#targetsLeft[0]) {
      for await (const patch of readTargets(session, left)) {
        this.#pages.add(patch);
        yield* this.#pages.flush();
      }
      this.#targetsLeft.shift();
    }
  }
}
