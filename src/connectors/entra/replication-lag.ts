import type { Graph } from './graph.ts';
import type { GraphRefusal } from './graph-refusal.ts';
import { exists } from './look-up.ts';
import { RecentObjects } from './recent-objects.ts';
import type { Step } from './write-steps.ts';
import type { WriteTask } from './write-task.ts';

/** How long an object that was made a short while ago may be unknown to a replica, in milliseconds (documented: up to 15 minutes; mostly seconds). */
const LAG_LIMIT = 10 * 60_000;
/** Tries when nothing of it was made by us: someone else may just have made it. */
const TRIES_IF_OLD = 3;
/** Tries when every object can be seen: another replica may still be behind. */
const TRIES_IF_VISIBLE = 6;

export interface Attempt {
  readonly task: WriteTask;
  readonly step: Step;
  readonly firstAt: number;
  /** Tries so far, this one included. */
  readonly tries: number;
}

/** Tells "not there" from "not there yet": what this process made or deleted a short while ago may not have reached every replica. */
export class ReplicationLag {
  readonly #graph: Graph;
  readonly #made = new RecentObjects(LAG_LIMIT);
  readonly #deleted = new RecentObjects(LAG_LIMIT);

  constructor(graph: Graph) {
    this.#graph = graph;
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

  /** Whether a request that was refused because something is missing should be sent once more, later. */
  async isWorthWaiting(attempt: Attempt, refusal: GraphRefusal, now: number): Promise<boolean> {
    const { task, step, firstAt, tries } = attempt;
    if (now - firstAt > LAG_LIMIT) return false;
    if (step.kind === 'restore') return this.#isRecent(this.#deleted, task.targetId, now);
    const objects = concerned(task.objectsOf(step), refusal);
    if (!objects.some((id) => this.#made.has(id, now))) return tries < TRIES_IF_OLD;
    if (tries === 1) return true;
    const hidden = await this.#hidden(objects);
    if (hidden.length > 0) return hidden.every((id) => this.#made.has(id, now));
    const isAbsence = step.kind === 'remove-member' || step.kind === 'clear-reference';
    return !isAbsence && tries < TRIES_IF_VISIBLE;
  }

  #isRecent(objects: RecentObjects, id: string | null, now: number): boolean {
    return id !== null && objects.has(id, now);
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

/** The object that the refusal names, when it is one of these; else all of them. */
function concerned(ids: readonly string[], refusal: GraphRefusal): readonly string[] {
  const named = ids.filter((id) => refusal.message.includes(id));
  return named.length > 0 ? named : ids;
}
