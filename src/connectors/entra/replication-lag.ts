import type { Graph } from './graph.ts';
import type { GraphRefusal } from './graph-refusal.ts';
import { exists, isInBin } from './look-up.ts';
import { RecentObjects } from './recent-objects.ts';
import type { Step } from './write-steps.ts';
import type { WriteTask } from './write-task.ts';

/** How long an object that was made a short while ago may be unknown to a replica, in milliseconds (documented: up to 15 minutes; mostly seconds). */
const LAG_LIMIT = 10 * 60_000;
/** Refusals to take when nothing of it was made by us: someone else may just have made it. */
const MOST_IF_OLD = 3;
/** Refusals to take when every object can be seen: another replica may still be behind. */
const MOST_IF_VISIBLE = 6;

export interface Attempt {
  readonly task: WriteTask;
  readonly step: Step;
  readonly firstAt: number;
  /** Refusals so far that no lag explained. */
  readonly unexplained: number;
}

/** Why something is missing: lag explains it and time will cure it; nothing that is seen explains it, but it is worth another try; it is not there. */
export type Absence = 'lag' | 'unexplained' | 'real';

/** Tells "not there" from "not there yet": what was made or deleted a short while ago may not have reached every replica. */
export class ReplicationLag {
  readonly #graph: Graph;
  readonly #clock: () => Date;
  readonly #made = new RecentObjects(LAG_LIMIT);
  readonly #deleted = new RecentObjects(LAG_LIMIT);
  /** Seen in the recycle bin by somebody who was refused to restore them. */
  readonly #binned = new RecentObjects(LAG_LIMIT);

  /** `clock`: of the times at which objects were deleted. */
  constructor(graph: Graph, clock: () => Date) {
    this.#graph = graph;
    this.#clock = clock;
  }

  /** Remembers what a write that is done has made or deleted. */
  note(task: WriteTask, now: number): void {
    const id = task.targetId;
    const { action } = task.write;
    if (id === null) return;
    if (action === 'create' || action === 'restore') {
      this.#made.add(id, now);
      this.#deleted.remove(id);
    } else if (action === 'delete') {
      this.#made.remove(id);
      this.#deleted.add(id, now);
    }
  }

  /** What a refusal because something is missing means. Only `real` is final; what lag explains is for as long as replicas may take. */
  async judge(attempt: Attempt, refusal: GraphRefusal, now: number): Promise<Absence> {
    const { task, step, firstAt, unexplained } = attempt;
    if (now - firstAt > LAG_LIMIT) return 'real';
    if (step.kind === 'restore') return this.#judgeRestoration(task, unexplained, now);
    const objects = concerned(task.objectsOf(step), refusal);
    if (!objects.some((id) => this.#made.has(id, now))) return upTo(MOST_IF_OLD, unexplained);
    if (unexplained === 0) return 'unexplained';
    const hidden = await this.#hidden(objects);
    if (hidden.length > 0)
      return hidden.every((id) => this.#made.has(id, now)) ? 'lag' : upTo(MOST_IF_OLD, unexplained);
    const isRemoval = step.kind === 'remove-member' || step.kind === 'clear-reference';
    return isRemoval ? 'real' : upTo(MOST_IF_VISIBLE, unexplained);
  }

  /**
   * What the recycle bin shows and does not give back was restored a moment ago. What it does not show may have been deleted a moment ago: then a look at
   * the object itself proves nothing, since a replica that is behind still shows it alive.
   */
  async #judgeRestoration(task: WriteTask, unexplained: number, now: number): Promise<Absence> {
    const { write, targetId } = task;
    if (targetId === null) return 'real';
    if (await isInBin(this.#graph, targetId)) {
      this.#binned.add(targetId, now);
      return 'lag';
    }
    const deletedAt = write.action === 'restore' ? write.deletedAt : undefined;
    const isFresh = this.#deleted.has(targetId, now) || (deletedAt !== undefined && this.#isNear(deletedAt));
    if (!isFresh || this.#binned.has(targetId, now)) return upTo(MOST_IF_OLD, unexplained);
    // One whose answer was lost has most likely brought it back.
    return task.isAmbiguous ? upTo(MOST_IF_VISIBLE, unexplained) : 'lag';
  }

  #isNear(at: string): boolean {
    return Math.abs(this.#clock().getTime() - Date.parse(at)) < LAG_LIMIT;
  }

  async #hidden(ids: readonly string[]): Promise<readonly string[]> {
    const hidden: string[] = [];
    for (const id of ids) {
      const isThere = (await exists(this.#graph, 'user', id)) || (await exists(this.#graph, 'group', id));
      if (!isThere) hidden.push(id);
    }
    return hidden;
  }
}

function upTo(most: number, unexplained: number): Absence {
  return unexplained + 1 < most ? 'unexplained' : 'real';
}

/** The object that the refusal names, when it is one of these; else all of them. */
function concerned(ids: readonly string[], refusal: GraphRefusal): readonly string[] {
  const named = ids.filter((id) => refusal.message.includes(id));
  return named.length > 0 ? named : ids;
}
