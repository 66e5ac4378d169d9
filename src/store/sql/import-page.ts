import type {
  ObjectChange,
  ObjectPatch,
  ObjectPut,
  ObjectRemoval,
  Place,
  ReferenceChange,
} from '../../model/change.ts';
import { type Attributes, decodeAttributes, encodeAttributes } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import { type ImportCounts, type LookupValue, OBJECT_STATES, PENDING } from '../store.ts';
import type { AttributeNames } from './names.ts';
import { objectDocument, storeDocument } from './rows.ts';

interface ImportRow {
  readonly id: number;
  readonly type: string;
  readonly state: number;
  readonly parent: number | null;
  readonly rdn: string | null;
  readonly doc: string;
  readonly mv: number | null;
  readonly deleted_at: string | null;
}

/** Above this many the remembered numbers of anchors are forgotten: memory stays bounded, whatever the size of the directory. */
const REMEMBERED_ANCHORS = 200_000;

type Lookup = (attributes: Attributes) => readonly LookupValue[];
type Counter = { -readonly [Name in keyof ImportCounts]: number };

/** Stores pages of one import: objects, their place, their references, and the marks that tell sync what changed. */
export class ImportPages {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #space: number;
  readonly #generation: number;
  readonly #lookup: Lookup;
  readonly #ids = new Map<string, number>();
  #counts: Counter = noCounts();
  #live = new Map<string, number>();

  constructor(driver: Driver, names: AttributeNames, space: number, generation: number, lookup: Lookup) {
    this.#driver = driver;
    this.#names = names;
    this.#space = space;
    this.#generation = generation;
    this.#lookup = lookup;
  }

  /** One page, inside a transaction of the caller's. */
  async store(
    changes: readonly ObjectChange[],
  ): Promise<{ readonly counts: ImportCounts; readonly unknown: readonly string[] }> {
    this.#counts = noCounts();
    this.#live = new Map();
    if (this.#ids.size > REMEMBERED_ANCHORS) this.#ids.clear();
    const unknown: string[] = [];
    for (const change of changes) {
      if (change.kind === 'put') {
        if (await this.#put(change)) unknown.push(change.anchor);
      } else if (change.kind === 'patch') {
        if (await this.#patch(change)) unknown.push(change.anchor);
      } else if (change.kind === 'delete') await this.#remove(change);
      else await this.#see(change.anchor);
    }
    await this.#storeLiveCounts();
    return { counts: this.#counts, unknown };
  }

  /** Marks everything not seen by this import as removed. */
  async dropUnseen(): Promise<number> {
    this.#counts = noCounts();
    this.#live = new Map();
    const rows = await this.#driver.all<{ readonly anchor: string }>(
      'select anchor from object where space = ? and generation < ? and state in (0, 3)',
      this.#space,
      this.#generation,
    );
    for (const row of rows) await this.#remove({ kind: 'delete', anchor: row.anchor });
    await this.#storeLiveCounts();
    return rows.length;
  }

  /** Forgets what was remembered of a page whose transaction was rolled back. */
  forget(): void {
    this.#ids.clear();
  }

  async #row(anchor: string): Promise<ImportRow | undefined> {
    const row = await this.#driver.get<ImportRow>(
      `select id, type, state, parent, rdn, mv, deleted_at, ${objectDocument('object')} as doc from object where space = ? and anchor = ?`,
      this.#space,
      anchor,
    );
    if (row !== undefined) this.#ids.set(anchor, row.id);
    return row;
  }

  /** The number of an object; a placeholder is made for one that is only referred to. */
  async #idOf(anchor: string): Promise<number> {
    const known = this.#ids.get(anchor);
    if (known !== undefined) return known;
    const row = await this.#driver.get<{ readonly id: number }>(
      'select id from object where space = ? and anchor = ?',
      this.#space,
      anchor,
    );
    const id =
      row?.id ??
      (await this.#driver.insert(
        `insert into object (space, anchor, type, state, generation) values (?, ?, 'placeholder', 1, ?) returning id`,
        this.#space,
        anchor,
        this.#generation,
      ));
    this.#ids.set(anchor, id);
    return id;
  }

  async #see(anchor: string): Promise<void> {
    await this.#driver.run(
      'update object set generation = ? where space = ? and anchor = ?',
      this.#generation,
      this.#space,
      anchor,
    );
  }

  /** Answers whether the object has come back: what refers to it came back with it and has to be fetched. */
  async #put(change: ObjectPut): Promise<boolean> {
    this.#counts.read++;
    const state = change.deletedAt === undefined ? OBJECT_STATES.live : OBJECT_STATES.restorable;
    const doc = encodeAttributes(change.attributes);
    const parent = change.place?.parent == null ? null : await this.#idOf(change.place.parent);
    const rdn = change.place?.rdn ?? null;
    const before = await this.#row(change.anchor);
    if (before === undefined || before.state === OBJECT_STATES.placeholder) {
      const id = await this.#insert(change, before, { state, parent, rdn, doc });
      await this.#storeLookup(id, change.attributes, false);
      await this.#storeReferences(id, change.references, true);
      await this.#mark(id, PENDING.attributes | PENDING.state);
      this.#counts.added++;
      return false;
    }
    const isBack = state === OBJECT_STATES.live && wasDeleted(before);
    const flags =
      (before.doc !== doc || before.type !== change.type ? PENDING.attributes : 0) |
      (before.rdn !== rdn ? PENDING.renamed : 0) |
      (before.parent !== parent ? PENDING.moved : 0) |
      (before.state !== state ? PENDING.state : 0);
    if (flags === 0) {
      await this.#driver.run('update object set generation = ? where id = ?', this.#generation, before.id);
    } else {
      const deletedAt = change.deletedAt ?? (isBack ? (before.deleted_at ?? '') : null);
      await this.#update(before, change.type, { state, parent, rdn, doc, deletedAt });
      if (flags & PENDING.attributes) await this.#storeLookup(before.id, change.attributes, true);
      await this.#mark(before.id, flags);
      this.#counts.changed++;
    }
    await this.#storeReferences(before.id, change.references, false);
    await this.#dropUnnamedReferences(before.id, change.references);
    return isBack;
  }

  async #insert(
    change: ObjectPut,
    placeholder: ImportRow | undefined,
    values: {
      readonly state: number;
      readonly parent: number | null;
      readonly rdn: string | null;
      readonly doc: string;
    },
  ): Promise<number> {
    if (values.state === OBJECT_STATES.live) this.#countLive(change.type, 1);
    const deletedAt = change.deletedAt ?? null;
    if (placeholder !== undefined) {
      await this.#driver.run(
        'update object set type = ?, state = ?, parent = ?, rdn = ?, generation = ?, deleted_at = ? where id = ?',
        change.type,
        values.state,
        values.parent,
        values.rdn,
        this.#generation,
        deletedAt,
        placeholder.id,
      );
      await storeDocument(this.#driver, placeholder.id, values.doc);
      return placeholder.id;
    }
    const id = await this.#driver.insert(
      'insert into object (space, anchor, type, state, parent, rdn, generation, deleted_at) values (?, ?, ?, ?, ?, ?, ?, ?) returning id',
      this.#space,
      change.anchor,
      change.type,
      values.state,
      values.parent,
      values.rdn,
      this.#generation,
      deletedAt,
    );
    await this.#driver.run('insert into document (object, doc) values (?, ?)', id, values.doc);
    this.#ids.set(change.anchor, id);
    return id;
  }

  async #update(
    before: ImportRow,
    type: string,
    values: {
      readonly state: number;
      readonly parent: number | null;
      readonly rdn: string | null;
      readonly doc: string;
      readonly deletedAt: string | null;
    },
  ): Promise<void> {
    if (before.state === OBJECT_STATES.live) this.#countLive(before.type, -1);
    if (values.state === OBJECT_STATES.live) this.#countLive(type, 1);
    await this.#driver.run(
      'update object set type = ?, state = ?, parent = ?, rdn = ?, generation = ?, deleted_at = ? where id = ?',
      type,
      values.state,
      values.parent,
      values.rdn,
      this.#generation,
      values.deletedAt,
      before.id,
    );
    if (before.doc !== values.doc) await storeDocument(this.#driver, before.id, values.doc);
  }

  /** Answers whether the object has to be fetched whole: it is not in the space, or has come back with what refers to it. */
  async #patch(change: ObjectPatch): Promise<boolean> {
    const before = await this.#row(change.anchor);
    if (before === undefined || before.state === OBJECT_STATES.placeholder || before.state === OBJECT_STATES.removed)
      return true;
    this.#counts.read++;
    const attributes: Record<string, Attributes[string]> = { ...decodeAttributes(before.doc) };
    for (const name of change.clear) delete attributes[name];
    Object.assign(attributes, change.set);
    const doc = encodeAttributes(attributes);
    const type = change.type ?? before.type;
    const place = change.place === undefined ? before : await this.#placeOf(change.place);
    const flags =
      (before.doc !== doc || before.type !== type ? PENDING.attributes : 0) |
      (before.rdn !== place.rdn ? PENDING.renamed : 0) |
      (before.parent !== place.parent ? PENDING.moved : 0) |
      (before.state !== OBJECT_STATES.live ? PENDING.state : 0);
    const isBack = wasDeleted(before);
    if (flags !== 0) {
      await this.#update(before, type, {
        state: OBJECT_STATES.live,
        parent: place.parent,
        rdn: place.rdn,
        doc,
        deletedAt: isBack ? (before.deleted_at ?? '') : null,
      });
      if (flags & PENDING.attributes) await this.#storeLookup(before.id, attributes, true);
      await this.#mark(before.id, flags);
      this.#counts.changed++;
    }
    await this.#storeReferences(before.id, change.references, false);
    return isBack;
  }

  async #placeOf(place: Place): Promise<{ readonly parent: number | null; readonly rdn: string }> {
    return { parent: place.parent === null ? null : await this.#idOf(place.parent), rdn: place.rdn };
  }

  async #remove(change: ObjectRemoval): Promise<void> {
    const before = await this.#row(change.anchor);
    if (before === undefined || before.state === OBJECT_STATES.placeholder) return;
    const state = change.restorable ? OBJECT_STATES.restorable : OBJECT_STATES.removed;
    if (before.state === state) return;
    if (before.state === OBJECT_STATES.live) this.#countLive(before.type, -1);
    await this.#driver.run(
      'update object set state = ?, generation = ?, deleted_at = ? where id = ?',
      state,
      this.#generation,
      change.deletedAt ?? null,
      before.id,
    );
    await this.#dropReferencesTo(before.id);
    await this.#mark(before.id, PENDING.state);
    this.#counts.removed++;
  }

  /** A deleted object is no longer a member or manager of anything; what refers to it must be looked at. */
  async #dropReferencesTo(target: number): Promise<void> {
    const rows = await this.#driver.all<{ readonly source: number; readonly attribute: number }>(
      'select source, attribute from reference where target = ?',
      target,
    );
    for (const row of rows) await this.#dropReference(row.source, row.attribute, target);
  }

  async #storeLookup(id: number, attributes: Attributes, replace: boolean): Promise<void> {
    if (replace) await this.#driver.run('delete from space_value where object = ?', id);
    for (const { kind, key } of this.#lookup(attributes)) {
      await this.#driver.run(
        'insert into space_value (space, kind, key, object) values (?, ?, ?, ?) on conflict do nothing',
        this.#space,
        kind,
        key,
        id,
      );
    }
  }

  async #storeReferences(
    source: number,
    references: Readonly<Record<string, ReferenceChange>>,
    isNew: boolean,
  ): Promise<void> {
    for (const name in references) {
      const change = references[name];
      if (change === undefined) continue;
      const attribute = await this.#names.id(name);
      if (change.kind === 'delta') {
        for (const anchor of change.add) await this.#addReference(source, attribute, await this.#idOf(anchor));
        for (const anchor of change.remove) await this.#dropReference(source, attribute, await this.#idOf(anchor));
      } else if (isNew && change.more !== true) await this.#addNewReferences(source, attribute, change.targets);
      else await this.#replaceReferences(source, attribute, change.targets, change.more === true);
    }
  }

  /** The object itself is marked as new, so its references need no marks of their own. */
  async #addNewReferences(source: number, attribute: number, targets: readonly string[]): Promise<void> {
    let added = 0;
    for (const anchor of targets) {
      added += await this.#driver.run(
        'insert into reference (source, attribute, target) values (?, ?, ?) on conflict do nothing',
        source,
        attribute,
        await this.#idOf(anchor),
      );
    }
    if (added > 0) await this.#countReference(source, attribute, added);
    this.#counts.referencesAdded += added;
  }

  async #replaceReferences(
    source: number,
    attribute: number,
    targets: readonly string[],
    more: boolean,
  ): Promise<void> {
    for (const anchor of targets) {
      await this.#driver.run(
        'insert into reference_part (source, attribute, target) values (?, ?, ?) on conflict do nothing',
        source,
        attribute,
        await this.#idOf(anchor),
      );
    }
    if (more) return;
    const added = await this.#driver.all<{ readonly target: number }>(
      `select p.target as target from reference_part p where p.source = ? and p.attribute = ?
       and not exists (select 1 from reference r where r.source = p.source and r.attribute = p.attribute and r.target = p.target)`,
      source,
      attribute,
    );
    const removed = await this.#driver.all<{ readonly target: number }>(
      `select r.target as target from reference r where r.source = ? and r.attribute = ?
       and not exists (select 1 from reference_part p where p.source = r.source and p.attribute = r.attribute and p.target = r.target)`,
      source,
      attribute,
    );
    for (const { target } of added) await this.#addReference(source, attribute, target);
    for (const { target } of removed) await this.#dropReference(source, attribute, target);
    await this.#driver.run('delete from reference_part where source = ? and attribute = ?', source, attribute);
  }

  /** A `put` names all of its references: an attribute that it does not name has none. */
  async #dropUnnamedReferences(source: number, references: Readonly<Record<string, ReferenceChange>>): Promise<void> {
    const rows = await this.#driver.all<{ readonly attribute: number }>(
      'select attribute from reference_count where source = ? and count > 0',
      source,
    );
    for (const { attribute } of rows) {
      if (references[await this.#names.name(attribute)] === undefined)
        await this.#replaceReferences(source, attribute, [], false);
    }
  }

  async #addReference(source: number, attribute: number, target: number): Promise<void> {
    const added = await this.#driver.run(
      'insert into reference (source, attribute, target) values (?, ?, ?) on conflict do nothing',
      source,
      attribute,
      target,
    );
    if (added === 0) return;
    this.#counts.referencesAdded++;
    await this.#markReference(source, attribute, target, 1);
  }

  async #dropReference(source: number, attribute: number, target: number): Promise<void> {
    const removed = await this.#driver.run(
      'delete from reference where source = ? and attribute = ? and target = ?',
      source,
      attribute,
      target,
    );
    if (removed === 0) return;
    this.#counts.referencesRemoved++;
    await this.#markReference(source, attribute, target, -1);
  }

  async #markReference(source: number, attribute: number, target: number, by: number): Promise<void> {
    await this.#countReference(source, attribute, by);
    await this.#driver.run(
      'insert into pending_reference (source, attribute, target) values (?, ?, ?) on conflict do nothing',
      source,
      attribute,
      target,
    );
    await this.#mark(source, PENDING.attributes);
  }

  async #countReference(source: number, attribute: number, by: number): Promise<void> {
    await this.#driver.run(
      `insert into reference_count (source, attribute, count) values (?, ?, ?)
       on conflict (source, attribute) do update set count = reference_count.count + excluded.count`,
      source,
      attribute,
      by,
    );
  }

  async #mark(object: number, flags: number): Promise<void> {
    await this.#driver.run(
      'insert into pending_object (object, flags) values (?, ?) on conflict (object) do update set flags = pending_object.flags | excluded.flags',
      object,
      flags,
    );
  }

  #countLive(type: string, by: number): void {
    this.#live.set(type, (this.#live.get(type) ?? 0) + by);
  }

  async #storeLiveCounts(): Promise<void> {
    for (const [type, by] of this.#live) {
      if (by === 0) continue;
      await this.#driver.run(
        `insert into space_count (space, type, live) values (?, ?, ?)
         on conflict (space, type) do update set live = space_count.live + excluded.live`,
        this.#space,
        type,
        by,
      );
    }
  }
}

/** Whether it was in the recycle bin the last time we looked at what refers to it. */
function wasDeleted(row: ImportRow): boolean {
  return row.state === OBJECT_STATES.restorable || (row.state === OBJECT_STATES.live && row.deleted_at !== null);
}

function noCounts(): Counter {
  return { read: 0, added: 0, changed: 0, removed: 0, referencesAdded: 0, referencesRemoved: 0 };
}
