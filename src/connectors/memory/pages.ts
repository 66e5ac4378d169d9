import type { ObjectChange, ObjectPatch, ObjectPut, ReferenceChange } from '../../model/change.ts';
import type { Attributes, Value } from '../../model/value.ts';
import type { ReadRequest } from '../connector.ts';

/** What one page holds at most: objects, and targets of references. */
export interface PageBounds {
  readonly objects: number;
  readonly targets: number;
}

export const PAGE_BOUNDS: PageBounds = { objects: 1000, targets: 10_000 };

/** Cuts changes down to the attributes and references that a request asks for. */
export class RequestFilter {
  readonly #attributes: ReadonlySet<string>;
  readonly #references: ReadonlySet<string>;

  constructor(request: ReadRequest) {
    this.#attributes = new Set(request.attributes);
    this.#references = new Set(request.references);
  }

  /** The change as the request wants it; null when nothing of a patch is left. */
  apply(change: ObjectChange): ObjectChange | null {
    if (change.kind === 'put')
      return { ...change, attributes: this.#pick(change.attributes), references: this.#refer(change.references) };
    if (change.kind !== 'patch') return change;
    const set = this.#pick(change.set);
    const clear = change.clear.filter((name) => this.#attributes.has(name));
    const references = this.#refer(change.references);
    const isEmpty = isRecordEmpty(set) && clear.length === 0 && isRecordEmpty(references);
    if (isEmpty && change.type === undefined && change.place === undefined) return null;
    return { ...change, set, clear, references };
  }

  #pick(values: Attributes): Attributes {
    const picked: Record<string, Value> = {};
    for (const name in values) {
      const value = values[name];
      if (value !== undefined && this.#attributes.has(name)) picked[name] = value;
    }
    return picked;
  }

  #refer(changes: Readonly<Record<string, ReferenceChange>>): Readonly<Record<string, ReferenceChange>> {
    const picked: Record<string, ReferenceChange> = {};
    for (const name in changes) {
      const change = changes[name];
      if (change && this.#references.has(name)) picked[name] = change;
    }
    return picked;
  }
}

/** Puts changes together into pages within the bounds; a long list of targets goes on in patches of the same object. */
export function* cutIntoPages(changes: Iterable<ObjectChange>, bounds: PageBounds): Generator<readonly ObjectChange[]> {
  let page: ObjectChange[] = [];
  let targets = 0;
  for (const change of changes) {
    for (const piece of cutLongLists(change, bounds.targets)) {
      const size = countTargets(piece);
      if (page.length > 0 && (page.length >= bounds.objects || targets + size > bounds.targets)) {
        yield page;
        page = [];
        targets = 0;
      }
      page.push(piece);
      targets += size;
    }
  }
  if (page.length > 0) yield page;
}

function* cutLongLists(change: ObjectChange, limit: number): Generator<ObjectChange> {
  if ((change.kind !== 'put' && change.kind !== 'patch') || countTargets(change) <= limit) {
    yield change;
    return;
  }
  const names = Object.keys(change.references);
  const share = Math.max(1, Math.floor(limit / names.length));
  let carrier: ObjectPut | ObjectPatch = change;
  for (let from = 0; ; from += share) {
    const references: Record<string, ReferenceChange> = {};
    let goesOn = false;
    for (const name of names) {
      const piece = sliceTargets(change.references[name], from, share);
      if (!piece) continue;
      references[name] = piece.change;
      goesOn ||= piece.goesOn;
    }
    yield { ...carrier, references };
    if (!goesOn) return;
    carrier = { kind: 'patch', anchor: change.anchor, set: {}, clear: [], references: {} };
  }
}

interface Slice {
  readonly change: ReferenceChange;
  readonly goesOn: boolean;
}

function sliceTargets(whole: ReferenceChange | undefined, from: number, share: number): Slice | null {
  if (!whole) return null;
  if (whole.kind === 'complete') {
    if (from > 0 && from >= whole.targets.length) return null;
    const goesOn = from + share < whole.targets.length;
    const targets = whole.targets.slice(from, from + share);
    return { change: goesOn ? { kind: 'complete', targets, more: true } : { kind: 'complete', targets }, goesOn };
  }
  if (from > 0 && from >= whole.add.length + whole.remove.length) return null;
  const removed = whole.remove.slice(from, from + share);
  const start = Math.max(0, from - whole.remove.length);
  const added = whole.add.slice(start, Math.max(start, from + share - whole.remove.length));
  return {
    change: { kind: 'delta', add: added, remove: removed },
    goesOn: from + share < whole.add.length + whole.remove.length,
  };
}

function countTargets(change: ObjectChange): number {
  if (change.kind !== 'put' && change.kind !== 'patch') return 0;
  let count = 0;
  for (const name in change.references) {
    const reference = change.references[name];
    if (reference) count += reference.kind === 'complete' ? reference.targets.length : countDelta(reference);
  }
  return count;
}

function countDelta(change: { readonly add: readonly string[]; readonly remove: readonly string[] }): number {
  return change.add.length + change.remove.length;
}

function isRecordEmpty(record: Readonly<Record<string, unknown>>): boolean {
  for (const _ in record) return false;
  return true;
}
