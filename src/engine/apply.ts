import type { HeldLicences, TargetConnector, TargetWrite, WriteFailure, WriteResult } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import { FINDINGS, type Finding, type FindingCode, finding, type ObjectName } from '../model/finding.ts';
import type { PlanHead } from '../model/plan.ts';
import type { RunOutcome } from '../model/run.ts';
import { printValue, type Value } from '../model/value.ts';
import type { ReferenceStep, SpaceHead, StoredOperation } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { findDoubtfulCreations } from './doubtful-creations.ts';
import { LicenceReturn, licenceTimes, readBeforeDeletion } from './licences.ts';
import { nativeName, uniqueValues } from './lookup.ts';
import { noteDeparture } from './note-departure.ts';
import { nameInSource } from './object-name.ts';
import { rememberInStep } from './plan.ts';
import { isRecentlyChanged } from './recent-change.ts';
import { believeCreated, believeFound, tenantSpace } from './tenant-space.ts';
import { textsOfMissing, textsOfWait } from './wait-texts.ts';
import { encodeWrite, objectWrite, referenceWrite, type Task, updateWrite } from './writes.ts';

const PAGE = 500;

export interface ApplySummary {
  readonly outcome: RunOutcome;
  readonly done: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly message: string | null;
}

export interface ApplyOptions {
  readonly run: string;
  /** Who lets a blocked plan pass. */
  readonly approvedBy?: string;
}

/** A write on its way: what it belongs to, and the references it carries. */
interface Sent {
  readonly task: Task;
  readonly write: TargetWrite;
  readonly references: readonly ReferenceStep[];
  intent: number;
}

/**
 * Carries a plan out and decides nothing. Every write is recorded as an intent before it is sent and its result before the intent is taken back; whatever
 * is still open when we are killed is looked up in the tenant the next time. One failed operation never stops the others. A plan that is
 * stale or blocked ends the run with nothing written.
 */
export async function applyPlan(context: EngineContext, plan: PlanHead, options: ApplyOptions): Promise<ApplySummary> {
  const { store } = context;
  const nothing = { done: {}, failed: 0 };
  if (plan.state === 'applied')
    return { ...nothing, outcome: 'stale', message: `Plan ${plan.id} was carried out already.` };
  const isStale = plan.state === 'stale' || (await store.apply.planVersion(plan.id)) !== (await store.sync.version());
  if (isStale) {
    await store.apply.setPlanState(plan.id, 'stale');
    return { ...nothing, outcome: 'stale', message: `Plan ${plan.id} was made on a state that has moved on since.` };
  }
  const blocked = plan.guards.filter((guard) => guard.blocked);
  if (blocked.length > 0 && plan.approvedBy === null && options.approvedBy === undefined) {
    return { ...nothing, outcome: 'blocked', message: blocked.map((guard) => guard.message).join(' ') };
  }
  const approval =
    blocked.length > 0 && options.approvedBy !== undefined
      ? { by: options.approvedBy, at: context.now().toISOString() }
      : undefined;
  await store.transaction(async () => {
    // Every other plan was made on a state that is gone from now on.
    if (plan.operations > 0) await store.sync.raiseVersion();
    await store.apply.setPlanState(plan.id, 'applying', approval);
    // What it makes is not what the rules want: the next plan has to see that, also when we are killed in the middle.
    if (plan.undoes !== null) await store.undo.touchPlan(plan.id);
  });
  const isApproved = plan.approvedBy !== null || approval !== undefined;
  const application = await Application.begin(context, plan, options.run, isApproved);
  await application.carryOut();
  await store.transaction(async () => {
    if (plan.undoes === null) await store.apply.settlePlan(plan.id);
    await store.apply.purgeOrphans(plan.id);
    await store.apply.setPlanState(plan.id, 'applied');
    if (plan.undoes === null) await rememberInStep(context, plan.id);
  });
  return { outcome: 'done', done: application.done, failed: application.failed, message: null };
}

class Application {
  readonly #context: EngineContext;
  readonly #plan: PlanHead;
  readonly #run: string;
  readonly #tenant: SpaceHead;
  readonly #target: TargetConnector;
  readonly #isApproved: boolean;
  /** Whether anything was changed in the tenant behind our back. */
  readonly #hasDrift: boolean;
  /** Intents of earlier creations whose outcome is not known yet, by anchor. */
  readonly #doubtful: ReadonlyMap<string, readonly number[]>;
  /** What went wrong, by metaverse object. */
  readonly #told = new Map<number, readonly Finding[]>();
  readonly done: Record<string, number> = {};
  failed = 0;
  /** Operations that wait for the tenant to show what was changed a short while ago. */
  readonly #late = new Set<number>();
  #carriedOut = 0;
  #total = 0;
  #number = 0;

  private constructor(
    context: EngineContext,
    plan: PlanHead,
    run: string,
    tenant: SpaceHead,
    known: {
      readonly isApproved: boolean;
      readonly hasDrift: boolean;
      readonly doubtful: ReadonlyMap<string, readonly number[]>;
    },
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#run = run;
    this.#tenant = tenant;
    this.#target = context.target;
    this.#isApproved = known.isApproved;
    this.#hasDrift = known.hasDrift;
    this.#doubtful = known.doubtful;
  }

  static async begin(context: EngineContext, plan: PlanHead, run: string, isApproved: boolean): Promise<Application> {
    const doubtful = await findDoubtfulCreations(context.store);
    const hasDrift = await context.store.drift.isAnyKnown();
    return new Application(context, plan, run, await tenantSpace(context), { isApproved, hasDrift, doubtful });
  }

  /** Objects first, level by level; then what restored ones still lack; then references, when both ends are there. Licences in between:
   * whoever has a mailbox again cannot be given another address, and many memberships take long. */
  async carryOut(): Promise<void> {
    const { apply } = this.#context.store;
    this.#total = await apply.countWrites(this.#plan.id, this.#target.schema.referencesPerWrite);
    const levels = await apply.levels(this.#plan.id);
    for (let level = 0; level <= levels; level++) {
      const restored: Task[] = [];
      await this.#send(this.#mainWrites(level), (task) => restored.push(task));
      await this.#send(this.#amendments(restored), () => undefined);
    }
    await this.#giveLicencesBack();
    for (const late of [false, true]) await this.#send(this.#referenceWrites(late), () => undefined);
  }

  async #giveLicencesBack(): Promise<void> {
    const back = new LicenceReturn(this.#context, this.#plan, this.#run);
    await back.carryOut();
    this.failed += back.failed;
    if (back.given > 0) this.done['license'] = back.given;
  }

  // ------------------------------------------------------------ what is sent

  async *#mainWrites(level: number): AsyncIterable<Sent> {
    const { apply } = this.#context.store;
    let after = 0;
    for (;;) {
      const page = await apply.operationsToDo(this.#plan.id, level, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.position;
      for (const task of page) {
        const waitsForFailed = await this.#failedWait(task);
        if (waitsForFailed !== null) await this.#skip(task, waitsForFailed);
        else {
          const write = objectWrite(this.#nextId(), task, await this.#deletedAt(task));
          if (write === null) await this.#passReferencesOnly(task);
          else yield { task, write, references: [], intent: 0 };
        }
      }
    }
  }

  async #deletedAt({ action, object }: Task): Promise<string | null> {
    if (action !== 'restore' || object === null) return null;
    return (await this.#context.store.spaces.objectById(object))?.deletedAt ?? null;
  }

  /** Nothing but references is to be written: they come when all objects are there. */
  async #passReferencesOnly(task: Task): Promise<void> {
    await this.#context.store.apply.setOperationState(task.id, 'done');
    await this.#report(task, []);
    if (!task.late) this.#count(task);
  }

  #count(task: Task): void {
    this.done[task.action] = (this.done[task.action] ?? 0) + 1;
  }

  async *#amendments(restored: readonly Task[]): AsyncIterable<Sent> {
    for (const task of restored) {
      const write = updateWrite(this.#nextId(), task);
      if (write !== null) yield { task, write, references: [], intent: 0 };
    }
  }

  async *#referenceWrites(late: boolean): AsyncIterable<Sent> {
    const { apply } = this.#context.store;
    let after = 0;
    for (;;) {
      const page = await apply.operationsWithReferences(this.#plan.id, late, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.position;
      for (const task of page) yield* this.#referencesOf(task, late);
    }
  }

  async *#referencesOf(task: Task, late: boolean): AsyncIterable<Sent> {
    const { apply } = this.#context.store;
    let cursor: ReferenceStep | null = null;
    let open: ReferenceStep[] = [];
    for (;;) {
      const steps: readonly ReferenceStep[] = await apply.referencesToDo(this.#plan.id, task.mv, late, cursor, PAGE);
      // An object that is there takes its references also when the tenant refused another change to it.
      if (task.targetId === null || (task.state === 'failed' && task.action !== 'update')) {
        await this.#failReferences(task, steps, null);
        return;
      }
      // Nothing refers any more to what is not there.
      const ended = steps.filter((step) => step.targetId === null && !step.adds);
      await this.#setReferenceStates(task, ended, 'done');
      const missing = steps.filter((step) => step.targetId === null && step.adds);
      if (missing.length > 0) await this.#failReferences(task, missing, missing[0] ?? null);
      for (const step of steps) {
        if (step.targetId === null) continue;
        const [first] = open;
        // The old and the new value of a single reference are one write; two could overtake each other.
        const isOther =
          first !== undefined && (first.attribute !== step.attribute || (!step.single && first.adds !== step.adds));
        if (isOther || open.length >= this.#target.schema.referencesPerWrite) {
          yield* this.#sendReferences(task, task.targetId, open);
          open = [];
        }
        open.push(step);
      }
      cursor = steps.at(-1) ?? null;
      if (steps.length < PAGE) break;
    }
    yield* this.#sendReferences(task, task.targetId, open);
  }

  *#sendReferences(task: Task, targetId: string, references: readonly ReferenceStep[]): Iterable<Sent> {
    const write = referenceWrite(this.#nextId(), task, targetId, references);
    if (write !== null) yield { task, write, references, intent: 0 };
  }

  #nextId(): string {
    this.#number++;
    return String(this.#number);
  }

  // ------------------------------------------------------------ sending

  async #send(writes: AsyncIterable<Sent>, onRestored: (task: Task) => void): Promise<void> {
    const underway = new Map<string, Sent>();
    for await (const results of this.#target.write(this.#chunks(writes, underway))) {
      await this.#context.store.transaction(async () => {
        for (const result of results) {
          const sent = underway.get(result.id);
          if (sent === undefined)
            throw new DirbridgeError('bug', `the target answered a write that was not sent (${result.id})`);
          underway.delete(result.id);
          await this.#settle(sent, result, onRestored);
        }
      });
      this.#carriedOut += results.length;
      this.#context.progress('apply', this.#carriedOut, Math.max(this.#total, this.#carriedOut));
    }
    if (underway.size > 0) throw new DirbridgeError('bug', `the target left ${underway.size} writes unanswered`);
  }

  /** Chunks for the target, each recorded as intents right before it is handed over. */
  async *#chunks(writes: AsyncIterable<Sent>, underway: Map<string, Sent>): AsyncIterable<readonly TargetWrite[]> {
    let chunk: Sent[] = [];
    for await (const sent of writes) {
      chunk.push(sent);
      if (chunk.length < this.#target.chunkSize) continue;
      yield await this.#intend(chunk, underway);
      chunk = [];
    }
    if (chunk.length > 0) yield await this.#intend(chunk, underway);
  }

  async #intend(pulled: readonly Sent[], underway: Map<string, Sent>): Promise<readonly TargetWrite[]> {
    const { store } = this.#context;
    const held = await readBeforeDeletion(
      this.#target,
      pulled.map(({ write }) => write),
    );
    const chunk = await this.#withoutUnread(pulled, held);
    const at = this.#at();
    const ids = await store.transaction(async () => {
      for (const { task, write } of chunk) await this.#keepForReturn(task, write, held);
      return store.apply.addIntents(
        chunk.map(({ task, write }) => ({
          plan: this.#plan.id,
          operation: task.id,
          step: write.action,
          payload: encodeWrite(write),
          at,
        })),
      );
    });
    for (const [index, sent] of chunk.entries()) {
      sent.intent = ids[index] ?? 0;
      underway.set(sent.write.id, sent);
    }
    return chunk.map((sent) => sent.write);
  }

  /** Who could not be read is not deleted: nobody could give back what nobody knows. */
  async #withoutUnread(pulled: readonly Sent[], held: ReadonlyMap<string, HeldLicences>): Promise<readonly Sent[]> {
    const read: Sent[] = [];
    for (const sent of pulled) {
      const answer = sent.write.action === 'delete' ? held.get(sent.write.targetId) : undefined;
      if (answer?.outcome !== 'refused') read.push(sent);
      else await this.#context.store.transaction(() => this.#settleFailed(sent.task, answer.failure));
    }
    return read;
  }

  /** What a deletion takes away and a restoration does not bring is in the store before the tenant is asked. */
  async #keepForReturn(task: Task, write: TargetWrite, held: ReadonlyMap<string, HeldLicences>): Promise<void> {
    const { store, now } = this.#context;
    const { anchor, name } = task;
    if (write.action === 'restore') await store.licences.noteReturn(write.targetId, name, licenceTimes(now()));
    if (write.action !== 'delete') return;
    await this.#keepMembers(task, write.targetId);
    const answer = held.get(write.targetId);
    if (answer === undefined) return;
    const licences = answer.outcome === 'read' ? answer.licences : null;
    await store.licences.keep({ targetId: write.targetId, anchor, name }, licences, licenceTimes(now()));
  }

  /** A group may be gone for good at once: whom it held is in the change log before the tenant is asked to delete it. */
  async #keepMembers(task: Task, targetId: string): Promise<void> {
    if (task.type !== 'group' || task.object === null) return;
    for await (const page of this.#context.store.apply.referencesHeld(task.object))
      if (page.length > 0) await this.#log(task, targetId, 'held', page);
  }

  // ------------------------------------------------------------ results

  async #settle(sent: Sent, result: WriteResult, onRestored: (task: Task) => void): Promise<void> {
    const { store } = this.#context;
    if (!isDoubtful(sent.write, result)) await store.apply.removeIntents([sent.intent]);
    if (sent.references.length > 0) await this.#settleReferences(sent, result);
    else if (result.outcome === 'done') await this.#settleDone(sent, result, onRestored);
    else if (result.outcome === 'gone') await this.#settleGone(sent, result.failure, onRestored);
    else await this.#settleUndone(sent, result.failure);
    await this.#settleLicences(sent.write, result);
  }

  /** Who is deleted is owed nothing, and who could not be restored neither. */
  async #settleLicences(write: TargetWrite, { outcome }: WriteResult): Promise<void> {
    const isAway = write.action === 'delete' ? outcome !== 'failed' : write.action === 'restore' && outcome !== 'done';
    if (isAway && 'targetId' in write) await this.#context.store.licences.noteAway(write.targetId);
  }

  /** What is to be deleted and is gone is deleted. What is to be restored and cannot be found any more will be created anew. */
  async #settleGone(sent: Sent, failure: WriteFailure, onRestored: (task: Task) => void): Promise<void> {
    const { task, write } = sent;
    if (write.action === 'delete') await this.#settleDone(sent, { targetId: write.targetId }, onRestored);
    else await this.#settleUndone(sent, failure);
    if (write.action === 'restore' && task.object !== null) await this.#context.store.apply.believeGone(task.object);
  }

  async #settleDone(
    { task, write }: Sent,
    { targetId, existed }: { readonly targetId: string; readonly existed?: boolean },
    onRestored: (task: Task) => void,
  ): Promise<void> {
    const { store } = this.#context;
    if (!this.#isApproved) await noteDeparture(store, this.#plan.id, task, this.#at());
    if (write.action === 'create') {
      const earlier = this.#doubtful.get(task.anchor) ?? [];
      // What an earlier sending has made holds what was wanted then.
      if (existed === true || earlier.length > 0) await believeFound(this.#context, task, targetId);
      else await believeCreated(this.#context, task, write.attributes, targetId);
      const isOurs = existed !== true || earlier.length > 0;
      if (isOurs && task.type === 'user') await store.passwords.awaitFirst([targetId]);
      await store.apply.removeIntents(earlier);
    }
    if (write.action === 'delete') await store.apply.believeRemoved(task.object ?? 0, this.#at());
    if (write.action === 'update' || write.action === 'restore')
      await this.#believeChanged(task, targetId, write.action === 'update');
    if (write.action === 'restore' && task.changes.length > 0) {
      onRestored({ ...task, targetId });
      return;
    }
    await this.#forgetDrift(task);
    if (task.action === 'link') await store.matches.forget(task.mv);
    await store.apply.setOperationState(task.id, 'done');
    await this.#report(task, []);
    this.#count(task);
    await this.#log(task, targetId, task.action, task.changes);
  }

  /** What we have written is what we and the tenant agree on. */
  async #forgetDrift(task: Task): Promise<void> {
    if (!this.#hasDrift) return;
    const { drift } = this.#context.store;
    const names = task.changes.map((change) => change.attribute);
    if (task.action === 'update') await drift.forget(task.mv, names);
    else await drift.forgetObject(task.mv);
  }

  async #believeChanged(task: Task, targetId: string, changed: boolean): Promise<void> {
    const { store } = this.#context;
    const before = await store.spaces.objectByAnchor(this.#tenant.id, targetId);
    const attributes: Record<string, Value> = { ...before?.attributes };
    // The members of a group that is taken over are read when the import brings it with its anchor.
    const isToBeRead = task.action === 'link' && task.type === 'group';
    const written = isToBeRead ? task.changes.filter((one) => one.attribute !== 'sourceAnchor') : task.changes;
    for (const change of changed ? written : []) {
      if (change.to === null) delete attributes[change.attribute];
      else attributes[change.attribute] = change.to as Value;
    }
    await store.apply.believeObject(
      this.#tenant.id,
      { anchor: targetId, type: task.type, mv: task.mv, attributes },
      uniqueValues(this.#target.schema)(attributes),
    );
  }

  /** What came back and could not be given its values has come back all the same. */
  async #settleUndone({ task, write }: Sent, failure: WriteFailure): Promise<void> {
    if (task.action === 'restore' && write.action === 'update') await this.#log(task, write.targetId, task.action, []);
    await this.#settleFailed(task, failure);
  }

  async #settleFailed(task: Task, failure: WriteFailure, references: readonly ReferenceStep[] = []): Promise<void> {
    await this.#context.store.apply.setOperationState(task.id, 'failed');
    const isLate = await this.#isShownLate(task, failure, references);
    if (isLate) this.#late.add(task.id);
    else this.failed++;
    await this.#report(task, [
      isLate ? shownLate(await this.#nameOf(task), failure) : await this.#refusal(task, failure),
    ]);
  }

  /** Whether the tenant misses what we have made or deleted so short a while ago that it may only not show it yet. The next run tries again. */
  async #isShownLate(task: Task, failure: WriteFailure, references: readonly ReferenceStep[]): Promise<boolean> {
    if (failure.isMissing !== true) return false;
    const { store, now } = this.#context;
    for (const anchor of [task.anchor, ...references.flatMap((step) => step.targetAnchor ?? [])])
      if (this.#doubtful.has(anchor) || (await isRecentlyChanged(store, anchor, now()))) return true;
    return false;
  }

  async #settleReferences({ task, write, references }: Sent, result: WriteResult): Promise<void> {
    const { store } = this.#context;
    if (write.action !== 'refer' && write.action !== 'members') return;
    if (result.outcome !== 'done') {
      await store.apply.setReferenceState(this.#plan.id, task.mv, write.attribute, targetsOf(references), 'failed');
      await this.#settleFailed(task, result.failure, references);
      return;
    }
    const refused = new Map((result.failedReferences ?? []).map((one) => [one.to, one.failure]));
    const done = references.filter((step) => !refused.has(step.targetId ?? ''));
    const failed = references.filter((step) => refused.has(step.targetId ?? ''));
    await store.apply.setReferenceState(this.#plan.id, task.mv, write.attribute, targetsOf(done), 'done');
    await store.apply.setReferenceState(this.#plan.id, task.mv, write.attribute, targetsOf(failed), 'failed');
    if (this.#hasDrift) await store.drift.forgetReferences(task.mv, write.attribute, targetsOf(done));
    const removed = write.action === 'members' ? done.filter((step) => !step.adds).length : 0;
    if (!this.#isApproved) await store.guards.noteMembershipLoss(this.#plan.id, task.mv, removed, this.#at());
    const source = await store.spaces.objectByAnchor(this.#tenant.id, write.targetId);
    if (source !== null) {
      await store.apply.believeReferences(
        source.id,
        write.attribute,
        write.action === 'refer',
        targetsOf(done.filter((step) => step.adds)),
        targetsOf(done.filter((step) => !step.adds)),
      );
    }
    await this.#log(
      task,
      write.targetId,
      write.action,
      done.map((step) => ({
        attribute: step.attribute,
        adds: step.adds,
        name: step.targetName,
        anchor: step.targetAnchor,
        targetId: step.targetId,
      })),
    );
    if (failed.length === 0) return;
    const findings: Finding[] = [];
    for (const step of failed) {
      const failure = refused.get(step.targetId ?? '') ?? UNKNOWN;
      const isLate = await this.#isShownLate(task, failure, [step]);
      if (!isLate) this.failed++;
      findings.push(
        isLate ? shownLate(await this.#nameOf(task), failure, step) : await this.#refusal(task, failure, step),
      );
    }
    await this.#report(task, findings);
  }

  async #failedWait(task: Task): Promise<StoredOperation | null> {
    for (const id of task.waits) {
      const wait = await this.#context.store.plans.operation(id);
      if (wait !== null && wait.state !== 'done') return wait;
    }
    return null;
  }

  async #skip(task: Task, wait: StoredOperation): Promise<void> {
    await this.#context.store.apply.setOperationState(task.id, 'skipped');
    const isLate = this.#late.has(wait.id);
    if (isLate) this.#late.add(task.id);
    else this.failed++;
    if (wait.mv === task.mv) return;
    const what = { object: await this.#nameOf(task), otherObject: await this.#nameOf(wait) };
    const lateCause = `${task.name} needs a value of ${wait.name}, which the tenant does not show everywhere yet.`;
    if (isLate) return this.#report(task, [finding('not-replicated-yet', 'apply', { ...what, cause: lateCause })]);
    await this.#report(task, [
      finding('waits-for-failed', 'apply', {
        ...what,
        ...textsOfWait(this.#target.schema, task, wait),
      }),
    ]);
  }

  async #setReferenceStates(task: Task, steps: readonly ReferenceStep[], state: 'done' | 'failed'): Promise<void> {
    for (const attribute of new Set(steps.map((step) => step.attribute))) {
      const targets = targetsOf(steps.filter((step) => step.attribute === attribute));
      await this.#context.store.apply.setReferenceState(this.#plan.id, task.mv, attribute, targets, state);
    }
  }

  async #failReferences(task: Task, steps: readonly ReferenceStep[], missing: ReferenceStep | null): Promise<void> {
    if (steps.length === 0) return;
    await this.#setReferenceStates(task, steps, 'failed');
    this.failed += missing === null ? 0 : steps.length;
    if (missing === null) return;
    await this.#report(task, [
      finding('waits-for-failed', 'apply', {
        object: await this.#nameOf(task),
        otherObject: await nameInSource(this.#context.store, missing.target),
        attribute: missing.attribute,
        value: missing.targetName,
        ...textsOfMissing(task.name, missing.targetName, steps.length),
      }),
    ]);
  }

  async #refusal(task: Task, failure: WriteFailure, step?: ReferenceStep): Promise<Finding> {
    return finding(codeOf(task, failure), 'apply', {
      object: await this.#nameOf(task),
      otherObject: failure.otherTargetId === undefined ? null : await this.#tenantName(failure.otherTargetId),
      attribute: this.#nativeName(task, failure.attribute) ?? step?.attribute ?? null,
      value: failure.value ?? step?.targetName ?? (await this.#heldValue(task, failure.attribute)),
      cause: `The tenant refused to ${task.action} ${task.name}: ${failure.message}${failure.code in FINDINGS ? '' : ` (${failure.code})`}`,
      ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
    });
  }

  /** The object of a source, which is where it is put right; of what has left, that of the tenant. */
  async #nameOf({ mv, anchor, type, name }: StoredOperation): Promise<ObjectName> {
    return (await nameInSource(this.#context.store, mv)) ?? { space: TENANT, anchor, type, name };
  }

  /** A restore writes nothing: what it brings back is what the object held before. */
  async #heldValue({ action, object }: Task, attribute = ''): Promise<string | null> {
    if (action !== 'restore' || object === null) return null;
    const held = (await this.#context.store.spaces.objectById(object))?.attributes[attribute];
    return held === undefined ? null : String(printValue(held));
  }

  #nativeName({ type }: Task, attribute: string | undefined): string | undefined {
    return attribute === undefined ? undefined : nativeName(this.#target.schema, type, attribute);
  }

  async #tenantName(targetId: string): Promise<ObjectName> {
    const object = await this.#context.store.spaces.objectByAnchor(this.#tenant.id, targetId);
    const name = object?.attributes['userPrincipalName'] ?? object?.attributes['displayName'] ?? targetId;
    return { space: TENANT, anchor: targetId, type: object?.type ?? 'user', name: String(name) };
  }

  /** Several writes may be of one object: what was wrong with one stays told when the next goes well. */
  async #report(task: Task, findings: readonly Finding[]): Promise<void> {
    const all = [...(this.#told.get(task.mv) ?? []), ...findings];
    if (all.length > 0) this.#told.set(task.mv, all);
    await this.#context.store.runs.replaceFindings('apply', `m${task.mv}`, all, this.#run, this.#at());
  }

  async #log(task: Task, targetId: string, action: string, body: unknown): Promise<void> {
    await this.#context.store.apply.log([
      {
        run: this.#run,
        plan: this.#plan.id,
        at: this.#at(),
        mv: task.mv,
        type: task.type,
        anchor: task.anchor,
        name: task.name,
        targetId,
        action,
        body: JSON.stringify(body),
      },
    ]);
  }

  #at(): string {
    return this.#context.now().toISOString();
  }
}

/** Whether a creation met an object that nobody can see: most likely it is what an earlier sending, whose answer was lost, has made. */
function isDoubtful(write: TargetWrite, result: WriteResult): boolean {
  if (write.action !== 'create' || result.outcome !== 'failed') return false;
  return result.failure.code === 'value-conflict' && result.failure.otherTargetId === undefined;
}

function shownLate(object: ObjectName, { message }: WriteFailure, step?: ReferenceStep): Finding {
  const what = step === undefined ? object.name : `${step.targetName} and ${object.name}`;
  return finding('not-replicated-yet', 'apply', {
    object,
    attribute: step?.attribute ?? null,
    value: step?.targetName ?? null,
    cause: `The tenant does not show ${what} everywhere yet (made, restored or deleted within the last quarter of an hour), so this change waits. The tenant: ${message}`,
  });
}

const UNKNOWN: WriteFailure = { code: 'unknown', message: 'no reason was given' };

/** The connector names the finding where it knows what the refusal means; otherwise it is one of the tenant's own codes. */
function codeOf(task: Task, failure: WriteFailure): FindingCode {
  if (failure.code in FINDINGS) return failure.code as FindingCode;
  return task.action === 'restore' ? 'restore-refused' : 'target-refused';
}

function targetsOf(steps: readonly ReferenceStep[]): readonly number[] {
  return steps.map((step) => step.target);
}
