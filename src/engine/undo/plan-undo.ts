import { DirbridgeError } from '../../errors.ts';
import type { TargetType } from '../../model/change.ts';
import type { Action, AttributeChange, NotUndone, PlanHead } from '../../model/plan.ts';
import type { Attributes } from '../../model/value.ts';
import { type LookupValue, OBJECT_STATES, type SpaceHead, type SpaceObject } from '../../store/store.ts';
import type { EngineContext } from '../context.ts';
import { judgePlan } from '../guards/judge-plan.ts';
import { MassChanges } from '../guards/mass-changes.ts';
import { licencesToReturn } from '../licences.ts';
import { uniqueValues } from '../lookup.ts';
import { orderPlan } from '../order.ts';
import { hashPlan } from '../plan.ts';
import { tenantSpace } from '../tenant-space.ts';
import { type LostValue, settleUniqueValues } from '../unique.ts';
import { judgeReturn } from './judge-return.ts';
import { planReferencesBack, type ReferencesBack } from './references-back.ts';
import { type ObjectChanges, readRunChanges } from './run-changes.ts';
import { dropStandIns, makeStandIn } from './stand-ins.ts';
import { valuesBack } from './values-back.ts';

/**
 * Stores a plan that puts back what a run wrote, as far as the tenant still holds it: what somebody has changed since is left as it is and told. The plan
 * is against what the rules want, so the next ordinary one shows all of it again. Speaks to no directory.
 */
export async function planUndo(context: EngineContext, run: string, undone: string): Promise<PlanHead> {
  const { store } = context;
  if ((await store.runs.run(undone)) === null)
    throw new DirbridgeError('usage', `there is no run ${undone}`, {
      remedy: 'See which there are with "dirbridge runs".',
    });
  await dropStandIns(store);
  const id = await store.plans.createPlan(run, context.now().toISOString());
  const undoing = new Undoing(context, id, undone, await tenantSpace(context));
  const changes = await readRunChanges(store.undo, undone);
  await store.transaction(async () => {
    for (const object of changes) await undoing.planObject(object);
    for (const object of changes) await undoing.planReferences(object);
    await undoing.planReturningReferences();
    await undoing.addReferenceOperations();
    await undoing.settleUnique();
    await orderPlan(store, id);
  });
  const { counts, operations } = await store.plans.countPlan(id);
  const guards = await judgePlan(context, { id, counts, operations, changes: undoing.changes });
  const hash = await hashPlan(context, id);
  await store.transaction(async () => {
    const isBlocked = operations > 0 && guards.some((guard) => guard.blocked);
    await store.plans.finishPlan(id, { hash, counts, guards, operations, state: isBlocked ? 'blocked' : 'ready' });
    await store.undo.setUndoes(id, undone, undoing.left);
  });
  const head = await store.apply.plan(String(id));
  if (head === null) throw new DirbridgeError('bug', `plan ${id} was stored but cannot be found`);
  return head;
}

type UndoneObject = Pick<ObjectChanges, 'targetId' | 'type' | 'anchor' | 'name'>;

class Undoing {
  readonly #context: EngineContext;
  readonly #plan: number;
  readonly #run: string;
  readonly #tenant: SpaceHead;
  readonly #unique: (attributes: Attributes) => readonly LookupValue[];
  /** What the plan brings back or takes away, by the tenant's id: references to it need a second look. */
  readonly #planned = new Map<string, { readonly mv: number; readonly action: Action }>();
  readonly #references: ReferencesBack[] = [];
  readonly changes = new MassChanges();
  readonly left: NotUndone[] = [];

  constructor(context: EngineContext, plan: number, run: string, tenant: SpaceHead) {
    this.#context = context;
    this.#plan = plan;
    this.#run = run;
    this.#tenant = tenant;
    this.#unique = uniqueValues(context.target.schema);
  }

  async planObject(object: ObjectChanges): Promise<void> {
    const now = await this.#context.store.spaces.objectByAnchor(this.#tenant.id, object.targetId);
    if (object.disappeared) return this.#planReturn(object, now);
    const isLive = now?.state === OBJECT_STATES.live;
    if (object.appeared) {
      // What has left the tenant since is as it was before the run.
      if (isLive) await this.#add('delete', object, now, []);
      return;
    }
    if (!isLive) {
      if (object.values.size > 0) this.#leave(object, null, 'It is not in the tenant any more.');
      return;
    }
    const { changes, left } = valuesBack(this.#context.target.schema, object, now.attributes);
    this.left.push(...left);
    if (changes.length > 0) await this.#add('update', object, now, changes);
  }

  async #planReturn(object: ObjectChanges, now: SpaceObject | null): Promise<void> {
    const verdict = judgeReturn(object, now, this.#context.now());
    if (verdict.kind === 'left') this.left.push(verdict.left);
    if (verdict.kind === 'restore') await this.#add('restore', object, verdict.object, []);
  }

  async planReferences(object: ObjectChanges): Promise<void> {
    if (object.appeared || object.disappeared || object.references.size === 0) return;
    const now = await this.#context.store.spaces.objectByAnchor(this.#tenant.id, object.targetId);
    if (now?.state !== OBJECT_STATES.live) {
      if (object.values.size === 0) this.#leave(object, null, 'It is not in the tenant any more.');
      return;
    }
    const back = await planReferencesBack(this.#context, this.#tenant.id, object, now, this.#planned);
    this.left.push(...back.left);
    if (back.steps.length === 0) return;
    const mv = await this.#metaverseOf(object, now);
    if (mv === null) return;
    this.#references.push(back);
    const steps = back.steps.map((step) => ({ ...step, mv }));
    await this.#context.store.undo.addReferences(this.#plan, steps);
  }

  /** Whoever comes back is a member of what he was a member of. The tenant may see to that itself; then saying it again does no harm. */
  async planReturningReferences(): Promise<void> {
    const { undo, spaces } = this.#context.store;
    const restored = [...this.#planned].filter(([, { action }]) => action === 'restore').map(([targetId]) => targetId);
    for (const targetId of restored) {
      const object = await spaces.objectByAnchor(this.#tenant.id, targetId);
      if (object === null) continue;
      for (const { source, attribute, target } of await undo.returningReferences(object.id))
        await this.#giveBack(source, attribute, target);
    }
  }

  async #giveBack(source: number, attribute: string, target: number): Promise<void> {
    const { undo, spaces } = this.#context.store;
    const [from, to] = [await spaces.objectById(source), await spaces.objectById(target)];
    if (from?.mv == null || to?.mv == null || !this.#willBeThere(from) || !this.#willBeThere(to)) return;
    await undo.addReferences(this.#plan, [{ mv: from.mv, attribute, target: to.mv, adds: true }]);
    if (this.#planned.has(from.anchor)) return;
    const { type, anchor: targetId } = from;
    const anchor = String(from.attributes['sourceAnchor'] ?? '');
    await this.#add('update', { targetId, type: type as TargetType, anchor, name: nameOf(from) }, from, []);
  }

  #willBeThere({ anchor, state }: SpaceObject): boolean {
    const action = this.#planned.get(anchor)?.action;
    return action !== 'delete' && (state === OBJECT_STATES.live || action === 'restore');
  }

  /** Objects of which nothing but references is put back. */
  async addReferenceOperations(): Promise<void> {
    for (const { object, now } of this.#references)
      if (!this.#planned.has(object.targetId)) await this.#add('update', object, now, []);
  }

  /** A value that somebody else has by now cannot come back. */
  async settleUnique(): Promise<void> {
    const lost = await settleUniqueValues(this.#context, this.#plan, this.#tenant.parameters);
    for (const one of lost) {
      const planned = [...this.#planned].find(([, { mv }]) => mv === one.mv);
      if (planned !== undefined) await this.#leaveLost(planned[0], one);
    }
  }

  async #leaveLost(targetId: string, { native, value, otherObject, attribute, meanwhile }: LostValue): Promise<void> {
    const { spaces } = this.#context.store;
    const object = await spaces.objectByAnchor(this.#tenant.id, targetId);
    const other = await spaces.objectById(otherObject);
    if (object === null) return;
    const holder = other === null ? 'another object' : nameOf(other);
    const keeps = attribute === 'userPrincipalName' ? 'the user is called' : 'it keeps';
    const instead = meanwhile === null ? '' : `; until it is free ${keeps} ${meanwhile}`;
    this.left.push({
      type: object.type as TargetType,
      anchor: String(object.attributes['sourceAnchor'] ?? ''),
      name: nameOf(object),
      targetId,
      attribute: native,
      reason: `${value} is held by ${holder} now${instead}.`,
      values: null,
      members: null,
    });
  }

  async #add(
    action: 'delete' | 'restore' | 'update',
    object: UndoneObject,
    now: SpaceObject,
    changes: readonly AttributeChange[],
  ): Promise<void> {
    const mv = await this.#metaverseOf(object, now);
    if (mv === null) return;
    const type = now.type as TargetType;
    const name = nameOf(now);
    if (action === 'update') this.changes.add(type, name, changes);
    this.#planned.set(object.targetId, { mv, action });
    await this.#context.store.plans.addOperation(this.#plan, {
      action,
      type,
      mv,
      object: now.id,
      anchor: object.anchor,
      name,
      changes,
      cause: {
        source: '',
        object: `run ${this.#run}, which this takes back`,
        rules: [],
        ...(action === 'restore' ? await licencesToReturn(this.#context, now.anchor) : {}),
      },
      claims: this.#claims(action, now.attributes, changes),
    });
  }

  /** Operations are of metaverse objects: whoever has none gets one that wants nothing. */
  async #metaverseOf(object: UndoneObject, now: SpaceObject): Promise<number | null> {
    const mv = now.mv ?? (await makeStandIn(this.#context, now));
    if (mv === null) this.#leave(object, null, 'It carries no source anchor any more, so it is not ours to change.');
    return mv;
  }

  #claims(action: Action, current: Attributes, changes: readonly AttributeChange[]): readonly LookupValue[] {
    if (action === 'delete') return [];
    if (action === 'restore') return this.#unique(current).filter((value) => value.kind !== 'sourceAnchor');
    const next: Record<string, Attributes[string]> = {};
    for (const { attribute, to } of changes) if (to !== null) next[attribute] = to as Attributes[string];
    const held = new Set(this.#unique(current).map(({ kind, key }) => `${kind}/${key}`));
    return this.#unique(next).filter(({ kind, key }) => !held.has(`${kind}/${key}`));
  }

  #leave({ type, anchor, name, targetId }: UndoneObject, attribute: string | null, reason: string): void {
    this.left.push({ type, anchor, name, targetId, attribute, reason, values: null, members: null });
  }
}

function nameOf({ attributes, anchor }: SpaceObject): string {
  return String(attributes['userPrincipalName'] ?? attributes['displayName'] ?? anchor);
}
