import type { ObjectChange } from '../../../model/change.ts';
import type { ReadEvent, ReadProblem, ReadRequest } from '../../connector.ts';

/** Changes of one page event. A page of the server may become more. */
const CHANGES_PER_PAGE = 1000;

export type PageEvent = Extract<ReadEvent, { readonly kind: 'page' }>;

/** Gathers changes and problems until there are enough for a page. */
export class PageEvents {
  readonly #onProgress: ReadRequest['onProgress'];
  #changes: ObjectChange[] = [];
  #problems: ReadProblem[] = [];
  #done = 0;

  constructor(onProgress: ReadRequest['onProgress']) {
    this.#onProgress = onProgress;
  }

  add(change: ObjectChange): void {
    this.#changes.push(change);
  }

  addProblem(problem: ReadProblem): void {
    this.#problems.push(problem);
    if (problem.anchor !== null) this.#changes.push({ kind: 'keep', anchor: problem.anchor });
  }

  get isFull(): boolean {
    return this.#changes.length >= CHANGES_PER_PAGE;
  }

  /** What was gathered, as at most one event. */
  *flush(): Generator<PageEvent> {
    if (this.#changes.length === 0 && this.#problems.length === 0) return;
    const changes = this.#changes;
    const problems = this.#problems;
    this.#changes = [];
    this.#problems = [];
    this.#done += changes.length;
    this.#onProgress?.(this.#done, null);
    yield problems.length === 0 ? { kind: 'page', changes } : { kind: 'page', changes, problems };
  }
}
