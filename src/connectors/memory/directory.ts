import type {
  ObjectChange,
  ObjectPatch,
  ObjectPut,
  ObjectRemoval,
  Place,
  ReferenceChange,
} from '../../model/change.ts';
import type { Attributes, Value } from '../../model/value.ts';

/** An object as a caller puts it into the directory; what is not named has no value. */
export interface MemoryEntry {
  readonly anchor: string;
  readonly type: string;
  readonly place?: Place | null;
  readonly attributes?: Attributes;
  readonly references?: Readonly<Record<string, Iterable<string>>>;
}

/** A change as a caller makes it; what is not named stays. A null attribute is cleared. */
export interface MemoryEdit {
  readonly type?: string;
  readonly place?: Place;
  readonly attributes?: Readonly<Record<string, Value | null>>;
  /** Targets added to and removed from reference attributes. */
  readonly references?: Readonly<
    Record<string, { readonly add?: readonly string[]; readonly remove?: readonly string[] }>
  >;
}

/** An object as the directory holds it. */
export interface MemoryObject {
  readonly anchor: string;
  readonly type: string;
  readonly place: Place | null;
  readonly attributes: Attributes;
  readonly references: ReadonlyMap<string, ReadonlySet<string>>;
}

interface HeldObject {
  readonly anchor: string;
  type: string;
  place: Place | null;
  attributes: Record<string, Value>;
  readonly references: Map<string, Set<string>>;
}

/**
 * Objects by anchor with a feed of what happened to them. Each mutator costs the size of its change, never the size of the directory
 * (but `remove`, which looks through the objects that refer to others).
 */
export class MemoryDirectory {
  readonly #objects = new Map<string, HeldObject>();
  readonly #referring = new Set<HeldObject>();
  /** A held object stands for a `put` of it as it is when the feed is read: what happened to it since comes later in the feed again. */
  readonly #feed: (ObjectPatch | ObjectRemoval | HeldObject)[] = [];
  #forgotten = 0;

  get size(): number {
    return this.#objects.size;
  }

  /** The number of the last change; a reader that has seen it goes on with `changesSince`. */
  get sequence(): number {
    return this.#forgotten + this.#feed.length;
  }

  get(anchor: string): MemoryObject | undefined {
    return this.#objects.get(anchor);
  }

  /** All objects in the order they came. May be walked while the directory changes. */
  objects(): IterableIterator<MemoryObject> {
    return this.#objects.values();
  }

  /** The changes after `sequence` up to now, oldest first; null when the feed does not reach back so far. */
  changesSince(sequence: number): Iterable<ObjectChange> | null {
    if (sequence < this.#forgotten || sequence > this.sequence) return null;
    return this.#walkFeed(sequence - this.#forgotten, this.#feed.length);
  }

  *#walkFeed(from: number, to: number): Generator<ObjectChange> {
    for (let at = from; at < to; at++) {
      const entry = this.#feed[at];
      if (entry) yield 'kind' in entry ? entry : wholeObject(entry);
    }
  }

  /** Drops the feed, so that every watermark given out so far is too old. */
  forgetChanges(): void {
    this.#forgotten += this.#feed.length + 1;
    this.#feed.length = 0;
  }

  /** Creates the object or replaces it wholly. */
  put(entry: MemoryEntry): void {
    const held: HeldObject = {
      anchor: entry.anchor,
      type: entry.type,
      place: entry.place ?? null,
      attributes: { ...entry.attributes },
      references: new Map(),
    };
    for (const [name, targets] of Object.entries(entry.references ?? {})) {
      const set = new Set(targets);
      if (set.size > 0) held.references.set(name, set);
    }
    const before = this.#objects.get(entry.anchor);
    if (before) this.#referring.delete(before);
    if (held.references.size > 0) this.#referring.add(held);
    this.#objects.set(entry.anchor, held);
    this.#feed.push(held);
  }

  /** Changes an object that is there; throws RangeError otherwise. */
  edit(anchor: string, edit: MemoryEdit): void {
    const held = this.#objects.get(anchor);
    if (!held) throw new RangeError(`the directory holds no object ${anchor}`);
    const set: Record<string, Value> = {};
    const clear: string[] = [];
    for (const [name, value] of Object.entries(edit.attributes ?? {})) {
      if (value === null) clear.push(name);
      else set[name] = value;
    }
    if (Object.keys(set).length > 0 || clear.length > 0) held.attributes = { ...held.attributes, ...set };
    for (const name of clear) delete held.attributes[name];
    const references: Record<string, ReferenceChange> = {};
    for (const [name, { add = [], remove = [] }] of Object.entries(edit.references ?? {})) {
      references[name] = { kind: 'delta', add: [...add], remove: [...remove] };
      this.#refer(held, name, add, remove);
    }
    if (edit.type !== undefined) held.type = edit.type;
    if (edit.place !== undefined) held.place = edit.place;
    this.#feed.push({
      kind: 'patch',
      anchor,
      ...(edit.type === undefined ? {} : { type: edit.type }),
      ...(edit.place === undefined ? {} : { place: edit.place }),
      set,
      clear,
      references,
    });
  }

  /** Removes an object and, as a directory does by itself, the references to it. `details`: where it lies now, if it can be restored. */
  remove(anchor: string, details: { readonly restorable?: boolean; readonly deletedAt?: string } = {}): void {
    const held = this.#objects.get(anchor);
    if (!held) return;
    this.#objects.delete(anchor);
    this.#referring.delete(held);
    this.#feed.push({ kind: 'delete', anchor, ...details });
    for (const referring of this.#referring) {
      for (const [name, targets] of referring.references) {
        if (targets.has(anchor)) this.edit(referring.anchor, { references: { [name]: { remove: [anchor] } } });
      }
    }
  }

  #refer(held: HeldObject, name: string, add: readonly string[], remove: readonly string[]): void {
    let targets = held.references.get(name);
    if (!targets) {
      targets = new Set();
      held.references.set(name, targets);
    }
    for (const target of remove) targets.delete(target);
    for (const target of add) targets.add(target);
    if (targets.size === 0) held.references.delete(name);
    if (held.references.size > 0) this.#referring.add(held);
    else this.#referring.delete(held);
  }
}

/** The object as one `put` with all its references. */
export function wholeObject(object: MemoryObject): ObjectPut {
  const references: Record<string, ReferenceChange> = {};
  for (const [name, targets] of object.references) references[name] = { kind: 'complete', targets: [...targets] };
  return {
    kind: 'put',
    anchor: object.anchor,
    type: object.type,
    place: object.place,
    attributes: object.attributes,
    references,
  };
}
