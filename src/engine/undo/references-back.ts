import type { Action, NotUndone, PlanValue } from '../../model/plan.ts';
import { OBJECT_STATES, type SpaceObject, type UndoneReference } from '../../store/store.ts';
import type { EngineContext } from '../context.ts';
import type { LoggedTarget, ObjectChanges, ReferenceChanges } from './run-changes.ts';

/** What of the references of one object can be put back, and what cannot. */
export interface ReferencesBack {
  readonly object: ObjectChanges;
  readonly now: SpaceObject;
  readonly steps: readonly Omit<UndoneReference, 'mv'>[];
  readonly left: readonly NotUndone[];
}

type Planned = ReadonlyMap<string, { readonly mv: number; readonly action: Action }>;

/**
 * Plans to take away the references that a run added and to give back those that it took. A membership is there or it is not, so what somebody did since
 * can only be the same; of a single reference, such as the manager, somebody may have set a third one, and that stays.
 */
export async function planReferencesBack(
  context: EngineContext,
  tenant: number,
  object: ObjectChanges,
  now: SpaceObject,
  planned: Planned,
): Promise<ReferencesBack> {
  const returning = new Returning(context, tenant, object, now, planned);
  for (const [attribute, changes] of object.references) await returning.plan(attribute, changes);
  return { object, now, steps: returning.steps, left: returning.left };
}

class Returning {
  readonly #context: EngineContext;
  readonly #tenant: number;
  readonly #object: ObjectChanges;
  readonly #now: SpaceObject;
  readonly #planned: Planned;
  readonly steps: Omit<UndoneReference, 'mv'>[] = [];
  readonly left: NotUndone[] = [];

  constructor(context: EngineContext, tenant: number, object: ObjectChanges, now: SpaceObject, planned: Planned) {
    this.#context = context;
    this.#tenant = tenant;
    this.#object = object;
    this.#now = now;
    this.#planned = planned;
  }

  async plan(attribute: string, changes: ReferenceChanges): Promise<void> {
    const { references } = this.#context.target.schema;
    const isSingle = references.find((one) => one.name === attribute)?.single === true;
    if (isSingle && !(await this.#isAsWritten(attribute, changes))) return;
    for (const target of changes.added.values()) await this.#takeAway(attribute, target);
    for (const target of changes.removed.values()) await this.#giveBack(attribute, target);
  }

  async #isAsWritten(attribute: string, { added, removed }: ReferenceChanges): Promise<boolean> {
    const [current] = await this.#context.store.sync.referenceTargets(this.#now.id, attribute, 1);
    const [written] = added.values();
    const [before] = removed.values();
    if (current?.anchor === written?.targetId) return true;
    if (current?.anchor === before?.targetId) return false;
    this.#leave(attribute, 'Somebody has changed it since, so it stays as it is.', {
      written: written?.name ?? null,
      now: current === undefined ? null : nameOf(current),
    });
    return false;
  }

  async #takeAway(attribute: string, { targetId }: LoggedTarget): Promise<void> {
    const target = await this.#objectOf(targetId);
    // With an object that goes, references to it go.
    if (target === null || this.#planned.get(targetId)?.action === 'delete') return;
    if (target.mv === null || !(await this.#isThere(attribute, target))) return;
    this.steps.push({ attribute, target: target.mv, adds: false });
  }

  async #giveBack(attribute: string, logged: LoggedTarget): Promise<void> {
    const target = await this.#objectOf(logged.targetId);
    const planned = this.#planned.get(logged.targetId);
    if (planned?.action === 'restore') {
      this.steps.push({ attribute, target: planned.mv, adds: true });
      return;
    }
    if (target?.state !== OBJECT_STATES.live || target.mv === null) {
      const why = target?.state === OBJECT_STATES.live ? 'is not managed any more' : 'is not in the tenant any more';
      this.#leave(attribute, `${logged.name}, who was taken from it, ${why}.`, null);
      return;
    }
    if (await this.#isThere(attribute, target)) return;
    this.steps.push({ attribute, target: target.mv, adds: true });
  }

  #isThere(attribute: string, target: SpaceObject): Promise<boolean> {
    return this.#context.store.sync.isReferenced(this.#now.id, attribute, target.id);
  }

  #objectOf(targetId: string): Promise<SpaceObject | null> {
    return this.#context.store.spaces.objectByAnchor(this.#tenant, targetId);
  }

  #leave(attribute: string, reason: string, values: { written: PlanValue; now: PlanValue } | null): void {
    const { type, anchor, name, targetId } = this.#object;
    const native = this.#context.target.schema.references.find((one) => one.name === attribute)?.native ?? attribute;
    this.left.push({ type, anchor, name, targetId, attribute: native, reason, values, members: null });
  }
}

function nameOf({ attributes, anchor }: SpaceObject): string {
  return String(attributes['userPrincipalName'] ?? attributes['displayName'] ?? anchor);
}
