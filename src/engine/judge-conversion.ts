import type { TargetType } from '../model/change.ts';
import type { AttributeChange, Operation, PlanHead, PlanValue } from '../model/plan.ts';
import { OBJECT_STATES, type SpaceObject, type Store } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { objectName } from './object-name.ts';

const PAGE = 1000;
/** So many objects of each list are named; all are counted. */
const NAMED = 200;

/** An object of the tenant, as people know it. */
export interface NamedObject {
  readonly type: string;
  readonly name: string;
  readonly targetId: string;
}

/**
 * What the other way would do to somebody, and must not. `remade`: create again; `lost`: not find any more; `deleted`: delete; `forbidden`: be refused, because
 * of an administrator role.
 */
export const HARMS = ['remade', 'lost', 'deleted', 'forbidden'] as const;
export type Harm = NamedObject & { readonly harm: (typeof HARMS)[number] };

/** Objects of one kind that get a value; `example`: the first of them. */
export interface ChangedValue {
  readonly type: string;
  /** By the name that the tenant uses. */
  readonly attribute: string;
  readonly objects: number;
  readonly example: { readonly name: string; readonly from: PlanValue; readonly to: PlanValue };
}

/** What becomes of a tenant that goes on by another way. The lists of objects name the first of them only. */
export interface JudgedConversion {
  /** With the same id, by type. */
  readonly takenOver: Readonly<Record<string, number>>;
  /** What the other way cannot change: it stays in the tenant as it is. */
  readonly leftAlone: { readonly counts: Readonly<Record<string, number>>; readonly objects: readonly NamedObject[] };
  /** What the way before could not carry. */
  readonly created: { readonly counts: Readonly<Record<string, number>>; readonly names: readonly string[] };
  /** What somebody made in the tenant and that is taken over, because it has the same address or name as one of ours. */
  readonly linked: { readonly counts: Readonly<Record<string, number>>; readonly names: readonly string[] };
  readonly values: readonly ChangedValue[];
  readonly memberships: { readonly add: number; readonly remove: number };
  readonly harmed: { readonly count: number; readonly objects: readonly Harm[] };
}

/**
 * Compares what was managed before with what a plan by the other way makes of it. `before`: the store as the way before has left it; `context`: that of a store
 * that began as a copy of it, so that its objects have the same numbers, with the target of the other way.
 */
export async function judgeConversion(
  before: Store,
  context: EngineContext,
  plan: PlanHead,
): Promise<JudgedConversion> {
  const judging = new Judging(context, plan, new Set(await context.store.guards.roleHolders()));
  const space = (await before.spaces.spaces()).find(({ name }) => name === TENANT);
  for (let after = 0; space !== undefined; ) {
    const page = await before.spaces.joinedObjects(space.id, after, PAGE);
    for (const object of page) await judging.judgeObject(object);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  for (let after = 0; ; ) {
    const page = await context.store.apply.operations(plan.id, after, PAGE);
    for (const operation of page) judging.judgeOperation(operation);
    if (page.length < PAGE) break;
    after = Number(page.at(-1)?.id);
  }
  return judging.conclude();
}

class Judging {
  readonly #context: EngineContext;
  readonly #plan: PlanHead;
  readonly #administrators: ReadonlySet<string>;
  readonly #takenOver = new Map<string, number>();
  readonly #leftAlone = new Map<string, number>();
  readonly #left: NamedObject[] = [];
  readonly #created = new Map<string, number>();
  readonly #new: string[] = [];
  readonly #linked = new Map<string, number>();
  readonly #found: string[] = [];
  /** Anchors of those who would be made again, by type: they are nothing new. */
  readonly #remade = new Set<string>();
  readonly #values = new Map<string, ChangedValue>();
  readonly #harmed: Harm[] = [];
  #harms = 0;

  /** `administrators`: ids of those who hold an administrator role. */
  constructor(context: EngineContext, plan: PlanHead, administrators: ReadonlySet<string>) {
    this.#context = context;
    this.#plan = plan;
    this.#administrators = administrators;
  }

  async judgeObject(object: SpaceObject): Promise<void> {
    const { schema } = this.#context.target;
    const type = object.type as TargetType;
    if (!schema.types.includes(type)) return this.#leave(object);
    const now = await this.#context.store.spaces.objectById(object.id);
    if (now === null || now.state !== OBJECT_STATES.live || now.mv === null)
      return this.#harm(named(object), (await this.#isRemade(object)) ? 'remade' : 'lost');
    if (schema.canChange?.(type, now.attributes) === false) return this.#leave(object);
    if (schema.refusesTakeover?.(now.attributes, this.#administrators.has(now.anchor)))
      return this.#harm(named(object), 'forbidden');
    count(this.#takenOver, object.type);
  }

  async #isRemade({ mv }: SpaceObject): Promise<boolean> {
    if (mv === null) return false;
    const operation = await this.#context.store.plans.operationOf(Number(this.#plan.id), mv);
    if (operation?.action !== 'create') return false;
    this.#remade.add(`${operation.type}/${operation.anchor}`);
    return true;
  }

  judgeOperation({ action, type, anchor, name, targetId, changes }: Operation): void {
    if (action === 'delete') this.#harm({ type, name, targetId: targetId ?? '' }, 'deleted');
    else if (action === 'create') {
      if (this.#remade.has(`${type}/${anchor}`)) return;
      count(this.#created, type);
      if (this.#new.length < NAMED) this.#new.push(`${type} ${name}`);
    } else {
      if (action === 'link') this.#noteLink(type, name);
      for (const change of changes) this.#note(type, name, change);
    }
  }

  #noteLink(type: string, name: string): void {
    count(this.#linked, type);
    if (this.#found.length < NAMED) this.#found.push(`${type} ${name}`);
  }

  #note(type: string, name: string, { native, from, to }: AttributeChange): void {
    const key = `${type}/${native}`;
    const known = this.#values.get(key);
    const example = known?.example ?? { name, from, to };
    this.#values.set(key, { type, attribute: native, objects: (known?.objects ?? 0) + 1, example });
  }

  #leave(object: SpaceObject): void {
    count(this.#leftAlone, object.type);
    if (this.#left.length < NAMED) this.#left.push(named(object));
  }

  #harm(object: NamedObject, harm: Harm['harm']): void {
    this.#harms++;
    if (this.#harmed.length < NAMED) this.#harmed.push({ ...object, harm });
  }

  conclude(): JudgedConversion {
    return {
      takenOver: Object.fromEntries(this.#takenOver),
      leftAlone: { counts: Object.fromEntries(this.#leftAlone), objects: this.#left },
      created: { counts: Object.fromEntries(this.#created), names: this.#new },
      linked: { counts: Object.fromEntries(this.#linked), names: this.#found },
      values: [...this.#values.values()],
      memberships: this.#plan.counts.memberships,
      harmed: { count: this.#harms, objects: this.#harmed },
    };
  }
}

function named(object: SpaceObject): NamedObject {
  return { type: object.type, name: objectName(object, TENANT, null).name, targetId: object.anchor };
}

function count(counts: Map<string, number>, type: string): void {
  counts.set(type, (counts.get(type) ?? 0) + 1);
}
