import type { Change } from './change.ts';
import {
  createEntity,
  type Entity,
  type LinkName,
  LinkSet,
  OBJECT_KINDS,
  type ObjectKind,
  type Values,
} from './entity.ts';
import { SequenceLog } from './sequence-log.ts';
import { UNIQUE_INDEXES, type UniqueIndex, uniqueKeys } from './unique-keys.ts';

/** Patches of one object kept apart; older ones are folded, which can only make a delta repeat something. */
const MOST_PATCHES = 128;

/**
 * The objects of a tenant at one point of its history, and every way to find them. It changes by `apply` alone, so a
 * delayed replica is a second Directory that applies the same changes later.
 */
export class Directory {
  readonly #byId = new Map<string, Entity>();
  readonly #listed: Record<ObjectKind, (Entity | undefined)[]> = forEachKind(() => []);
  readonly #live: Record<ObjectKind, number> = forEachKind(() => 0);
  readonly #changes: Record<ObjectKind, SequenceLog<Entity>> = forEachKind(changeLog);
  readonly #unique = new Map<UniqueIndex, Map<string, Entity>>(UNIQUE_INDEXES.map((name) => [name, new Map()]));
  #deleted = 0;
  /** Users in possession of each product, by its skuId. */
  readonly #seats = new Map<string, number>();
  #seq = 0;

  /** Number of the last change applied. */
  get seq(): number {
    return this.#seq;
  }

  /** Finds an object that is live or soft-deleted. Ids are compared without case. */
  find(id: string): Entity | undefined {
    return this.#byId.get(id) ?? this.#byId.get(id.toLowerCase());
  }

  findUnique(index: UniqueIndex, key: string): Entity | undefined {
    return this.#unique.get(index)?.get(key);
  }

  /** Places of the listing of a kind, in order of creation; purged objects leave a hole. */
  listed(kind: ObjectKind): readonly (Entity | undefined)[] {
    return this.#listed[kind];
  }

  countLive(kind: ObjectKind): number {
    return this.#live[kind];
  }

  /** Live users who hold the product. */
  countSeats(skuId: string): number {
    return this.#seats.get(skuId) ?? 0;
  }

  /** Soft-deleted objects of every kind. */
  get countDeleted(): number {
    return this.#deleted;
  }

  /** Objects of a kind changed after `seq`, each once, in order of their last change. */
  changedAfter(kind: ObjectKind, seq: number): Generator<readonly [Entity, number]> {
    return this.#changes[kind].after(seq);
  }

  apply(change: Change): void {
    this.#seq = change.seq;
    switch (change.type) {
      case 'create':
        this.#create(change.kind, change.id, change.seq, change.values);
        break;
      case 'patch':
        this.#patch(this.#known(change.id), change.values, change.seq);
        break;
      case 'link':
        this.#link(this.#known(change.from), change.name, this.#known(change.to), change.seq);
        break;
      case 'unlink':
        this.#unlink(this.#known(change.from), change.name, this.#known(change.to), change.seq);
        break;
      case 'delete':
        this.#setStatus(this.#known(change.id), 'deleted', change.values, change.seq, change.at);
        break;
      case 'restore':
        this.#setStatus(this.#known(change.id), 'live', change.values, change.seq, undefined);
        break;
      case 'purge':
        this.#purge(this.#known(change.id), change.seq);
        break;
    }
  }

  #known(id: string): Entity {
    const entity = this.#byId.get(id);
    if (!entity) throw new Error(`change of an object that is not in the directory: ${id}`);
    return entity;
  }

  #create(kind: ObjectKind, id: string, seq: number, values: Values): void {
    const list = this.#listed[kind];
    const entity = createEntity(kind, id, list.length, seq, values);
    list.push(entity);
    this.#byId.set(id, entity);
    this.#live[kind]++;
    this.#takeKeys(entity);
    this.#changes[kind].append(entity, seq);
  }

  #patch(entity: Entity, values: Values, seq: number): void {
    this.#releaseKeys(entity);
    Object.assign(entity.values, values);
    this.#takeKeys(entity);
    this.#notePatch(entity, Object.keys(values), seq);
    this.#touch(entity, seq);
  }

  #notePatch(entity: Entity, names: readonly string[], seq: number): void {
    entity.patches.push({ seq, names });
    if (entity.patches.length <= MOST_PATCHES) return;
    const folded = entity.patches.splice(0, MOST_PATCHES / 2);
    const newest = folded.at(-1)?.seq ?? seq;
    entity.patches.unshift({ seq: newest, names: [...new Set(folded.flatMap((patch) => patch.names))] });
  }

  #touch(entity: Entity, seq: number): void {
    entity.changedSeq = seq;
    this.#changes[entity.kind].append(entity, seq);
  }

  #link(from: Entity, name: LinkName, to: Entity, seq: number): void {
    if (name === 'manager') {
      from.managers ??= new LinkSet();
      if (from.manager) this.#dropManager(from, from.manager, seq);
      from.manager = to;
      from.managers.add(to, seq);
      to.reports ??= new Set();
      to.reports.add(from);
    } else {
      from[name] ??= new LinkSet();
      from[name].add(to, seq);
      const back = name === 'members' ? 'memberOf' : 'ownerOf';
      to[back] ??= new Set();
      to[back].add(from);
    }
    this.#touch(from, seq);
  }

  #unlink(from: Entity, name: LinkName, to: Entity, seq: number): void {
    if (name === 'manager') {
      this.#dropManager(from, to, seq);
    } else {
      from[name] ??= new LinkSet();
      from[name].remove(to, seq);
      to[name === 'members' ? 'memberOf' : 'ownerOf']?.delete(from);
    }
    this.#touch(from, seq);
  }

  #dropManager(from: Entity, manager: Entity, seq: number): void {
    from.managers ??= new LinkSet();
    from.managers.remove(manager, seq);
    manager.reports?.delete(from);
    if (from.manager === manager) from.manager = undefined;
  }

  #setStatus(entity: Entity, status: 'live' | 'deleted', values: Values, seq: number, at: number | undefined): void {
    this.#releaseKeys(entity);
    Object.assign(entity.values, values);
    if (entity.status !== status) {
      this.#live[entity.kind] += status === 'live' ? 1 : -1;
      this.#deleted += status === 'live' ? -1 : 1;
    }
    entity.status = status;
    entity.deletedAt = at;
    entity.statusSeq = seq;
    this.#takeKeys(entity);
    this.#touch(entity, seq);
  }

  /** The object's links vanish without a trace in other objects' deltas, as observed in the real tenant. */
  #purge(entity: Entity, seq: number): void {
    this.#releaseKeys(entity);
    if (entity.status === 'live') this.#live[entity.kind]--;
    else this.#deleted--;
    entity.status = 'purged';
    entity.statusSeq = seq;
    for (const group of entity.memberOf ?? []) group.members?.forget(entity);
    for (const group of entity.ownerOf ?? []) group.owners?.forget(entity);
    for (const report of entity.reports ?? []) {
      report.manager = undefined;
      report.managers?.forget(entity);
    }
    for (const member of entity.members?.current.keys() ?? []) member.memberOf?.delete(entity);
    for (const owner of entity.owners?.current.keys() ?? []) owner.ownerOf?.delete(entity);
    entity.manager?.reports?.delete(entity);
    this.#listed[entity.kind][entity.ordinal] = undefined;
    this.#byId.delete(entity.id);
    this.#touch(entity, seq);
  }

  #countLicences(entity: Entity, step: 1 | -1): void {
    if (entity.status !== 'live') return;
    for (const skuId of licensedSkus(entity)) this.#seats.set(skuId, this.countSeats(skuId) + step);
  }

  #takeKeys(entity: Entity): void {
    this.#countLicences(entity, 1);
    for (const [index, key] of uniqueKeys(entity)) this.#unique.get(index)?.set(key, entity);
  }

  #releaseKeys(entity: Entity): void {
    this.#countLicences(entity, -1);
    for (const [index, key] of uniqueKeys(entity)) {
      const holders = this.#unique.get(index);
      if (holders?.get(key) === entity) holders.delete(key);
    }
  }
}

function licensedSkus(entity: Entity): readonly string[] {
  const licences = entity.values['assignedLicenses'];
  if (!Array.isArray(licences)) return [];
  return (licences as readonly { readonly skuId?: unknown }[]).map((licence) => String(licence.skuId));
}

function forEachKind<T>(make: () => T): Record<ObjectKind, T> {
  return Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, make()])) as Record<ObjectKind, T>;
}

function changeLog(): SequenceLog<Entity> {
  return new SequenceLog<Entity>((entity, seq) => entity.changedSeq === seq);
}
