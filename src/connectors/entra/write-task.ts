import type { TargetWrite, WriteFailure, WriteResult } from '../connector.ts';
import { conflictOf, describeConflict, describeFailure, isLookedUp } from './failure.ts';
import type { Graph } from './graph.ts';
import type { GraphRefusal } from './graph-refusal.ts';
import { describeLicenceFailure } from './licence-failure.ts';
import { exists, findByAnchor, hasTakenEffect, isInBin } from './look-up.ts';
import { backOff, type Pace } from './pace.ts';
import { anchorOf, type Step, type StepKind, singleAdds, singleLicences, stepsOf, typeOf } from './write-steps.ts';

/** What is to happen with a request next. */
export type Next =
  | { readonly next: 'send-again' }
  | { readonly next: 'settled' }
  | { readonly next: 'further'; readonly steps: readonly Step[] };

const SETTLED: Next = { next: 'settled' };
const SEND_AGAIN: Next = { next: 'send-again' };

const REPEATED: readonly StepKind[] = ['add-members', 'add-member', 'remove-member', 'assign-licences'];

/** How often a creation whose answer was lost is looked for before it is sent again (a replica may lag behind). */
const MOST_LOOKS = 4;

/** One write on its way: which of its requests are still open, and what came of the others. */
export class WriteTask {
  readonly write: TargetWrite;
  readonly #graph: Graph;
  readonly #pace: Pace;
  readonly #failedReferences: { readonly to: string; readonly failure: WriteFailure }[] = [];
  readonly #failedLicences: { readonly licence: string; readonly failure: WriteFailure }[] = [];
  /** Requests that wait for the one before them. */
  #waiting: readonly Step[] = [];
  #open: number;
  #isAmbiguous = false;
  #isTaken = false;
  #existed = false;
  #targetId: string | null;
  #end: WriteResult | null = null;

  readonly steps: readonly Step[];

  constructor(write: TargetWrite, graph: Graph, pace: Pace) {
    this.write = write;
    this.#graph = graph;
    this.#pace = pace;
    this.steps = stepsOf(write, graph.base);
    this.#open = this.steps.length;
    this.#targetId = write.action === 'create' ? null : write.targetId;
  }

  /** The object of the write and those that a step refers to. */
  objectsOf(step: Step): readonly string[] {
    return this.#targetId === null ? step.targets : [this.#targetId, ...step.targets];
  }

  /** A request of it was sent whose answer was lost. */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  get targetId(): string | null {
    return this.#targetId;
  }

  /** The one result of the write, given once, when every request is settled; null before and after. */
  takeResult(): WriteResult | null {
    if (this.#open > 0 || this.#isTaken) return null;
    this.#isTaken = true;
    const { id } = this.write;
    if (this.#end) return this.#end;
    const failed = this.#failedReferences;
    const refused = this.#failedLicences;
    return {
      id,
      outcome: 'done',
      targetId: this.#targetId ?? '',
      ...(this.#existed ? { existed: true } : {}),
      ...(failed.length > 0 ? { failedReferences: failed } : {}),
      ...(refused.length > 0 ? { failedLicences: refused } : {}),
    };
  }

  /** The tenant has done it. `id`: the object that it named. */
  async done(step: Step, id: string | null): Promise<Next> {
    if (step.kind === 'create-user' || step.kind === 'create-group') {
      const made = id ?? (await this.#findOwn(MOST_LOOKS));
      if (made === null) return SEND_AGAIN;
      this.#targetId = made;
      // An upsert that names no object has found one.
      if (id === null && !this.#isAmbiguous) this.#existed = true;
    }
    return this.#settle();
  }

  /** The request may have been carried out: the tenant is asked before it is sent again, if at all. */
  async unclear(step: Step): Promise<Next> {
    this.#isAmbiguous = true;
    const type = typeOf(this.write);
    if (this.write.action === 'create') {
      const own = await this.#findOwn(MOST_LOOKS);
      if (own === null) return SEND_AGAIN;
      this.#targetId = own;
      return this.#settle();
    }
    // Members added or removed twice are refused without harm, and a licence given twice is the same one: they are simply sent again.
    if (REPEATED.includes(step.kind)) return SEND_AGAIN;
    // A replica that does not know of the deletion yet shows the object alive; what came back already is refused without harm.
    if (step.kind === 'restore') return SEND_AGAIN;
    return (await hasTakenEffect(this.#graph, this.write, type)) ? this.#settle() : SEND_AGAIN;
  }

  /** Something that it names is not in the tenant, and waiting for replicas has not helped. */
  async missing(step: Step, refusal: GraphRefusal): Promise<Next> {
    const { write } = this;
    const type = typeOf(write);
    if (step.kind === 'remove-member') return this.#settle();
    if (write.action === 'delete') {
      // What another process has made a short while ago may be unknown to this replica: taken for deleted it would stay for ever.
      // The next import tells which it is.
      return (await isInBin(this.#graph, write.targetId)) ? this.#settle() : this.refused(step, refusal);
    }
    if (step.kind === 'add-members' && step.targets.length > 1) return this.split(step);
    if (write.action === 'create') return this.refused(step, refusal);
    if (write.action === 'restore') {
      return (await exists(this.#graph, type, write.targetId)) ? this.#settle() : this.refused(step, refusal);
    }
    const isThere = step.kind !== 'update' && (await exists(this.#graph, type, write.targetId));
    if (!isThere) return this.#gone(refusal);
    return step.kind === 'clear-reference' ? this.#settle() : this.refused(step, refusal);
  }

  /** The members of an atomic request, one by one. */
  split(step: Step): Next {
    if (this.write.action !== 'members') throw new RangeError('only memberships can be split');
    const steps = singleAdds(this.write, step, this.#graph.base);
    this.#open += steps.length - 1;
    return { next: 'further', steps };
  }

  async refused(step: Step, refusal: GraphRefusal): Promise<Next> {
    if (step.kind === 'assign-licences') return this.#refusedLicence(step, refusal);
    const conflict = conflictOf(refusal);
    // The holder may be the object itself: made by a request whose answer was lost, in this run or one that was killed.
    if (conflict && (await this.#isOwnConflict(this.#isAmbiguous ? MOST_LOOKS * 2 : 1))) return this.#settle();
    const failure = conflict
      ? await describeConflict(this.#graph, this.write, refusal, conflict)
      : describeFailure(this.write, refusal);
    // A holder that nobody can see is one that no replica knows yet, and then most likely what a killed run has made.
    const isUnseen = conflict !== null && isLookedUp(conflict) && failure.otherTargetId === undefined;
    if (isUnseen && !this.#isAmbiguous && (await this.#isOwnConflict(MOST_LOOKS * 2))) return this.#settle();
    const member = step.targets[0];
    if (step.kind === 'add-member' || (this.write.action === 'members' && step.targets.length === 1)) {
      this.#failedReferences.push({ to: member ?? '', failure });
    } else {
      this.#end = { id: this.write.id, outcome: 'failed', failure };
    }
    return this.#settle();
  }

  /** Which licence it is about shows one by one; the others are given all the same. */
  #refusedLicence({ licence }: Step, refusal: GraphRefusal): Next {
    if (this.write.action !== 'license') throw new RangeError('only licences are assigned');
    if (licence !== undefined)
      this.#failedLicences.push({ licence: licence.id, failure: describeLicenceFailure(licence, refusal) });
    else {
      this.#waiting = singleLicences(this.write);
      this.#open += this.#waiting.length;
    }
    return this.#settle();
  }

  /** Whether a creation met the object that it was to make; then it is the write's. */
  async #isOwnConflict(looks: number): Promise<boolean> {
    if (this.write.action !== 'create') return false;
    const own = await this.#findOwn(looks);
    if (own === null) return false;
    this.#targetId = own;
    if (!this.#isAmbiguous) this.#existed = true;
    return true;
  }

  #gone(refusal: GraphRefusal): Next {
    this.#open -= this.#waiting.length;
    this.#waiting = [];
    this.#end = { id: this.write.id, outcome: 'gone', failure: describeFailure(this.write, refusal) };
    return this.#settle();
  }

  #settle(): Next {
    this.#open--;
    const [next, ...rest] = this.#waiting;
    if (next === undefined) return SETTLED;
    this.#waiting = rest;
    return { next: 'further', steps: [next] };
  }

  async #findOwn(looks: number): Promise<string | null> {
    for (let look = 1; ; look++) {
      const found = await findByAnchor(this.#graph, typeOf(this.write), anchorOf(this.write));
      if (found || look >= looks) return found?.id ?? null;
      await this.#pace.delay(backOff(look, null, this.#pace));
    }
  }
}
