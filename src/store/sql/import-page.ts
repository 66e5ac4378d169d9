import type { ObjectChange, ObjectPatch, ObjectPut, ObjectRemoval, Place } from '../../model/change.ts';
import { type Attributes, decodeAttributes, encodeAttributes } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import { type HiddenTypes, type ImportCounts, type Lookup, OBJECT_STATES, PENDING } from '../store.ts';
import { noteAttributeDrift, noteObjectDrift } from './drift.ts';
import { ImportBatch } from './import-batch.ts';
import { ImportReferences } from './import-references.ts';
import { countLive, markPending } from './marks.ts';
import type { AttributeNames } from './names.ts';
import { forgetSent } from './passwords.ts';
import { forgetReturning, keepReferencesFrom, keepReferencesTo } from './returning-references.ts';
import { objectDocument, storeDocument } from './rows.ts';

interface UnseenRow {
  readonly anchor: string;
  readonly type: string;
  readonly state: number;
  readonly deleted_at: string | null;
}

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

type Counter = { -readonly [Name in keyof ImportCounts]: number };

/** Stores pages of one import: objects, their place, their references, and the marks that tell sync what changed. */
export class ImportPages {
  readonly #driver: Driver;
  readonly #space: number;
  readonly #generation: number;
  readonly #lookup: Lookup | null;
  readonly #ids = new Map<string, number>();
  readonly #references: ImportReferences;
  /** Whether every object of the space is among the remembered ones, so that an unknown anchor is a new object. */
  #remembersAll: boolean | null = null;
  /** Those of the remembered ones that are only referred to so far. */
  readonly #placeholders = new Set<number>();
  readonly #batch = new ImportBatch();
  /** Attributes whose changes are drift; null: this is no tenant. */
  #watched: readonly string[] | null = null;
  #nextId = 0;
  #firstNew = 0;
  #counts: Counter = noCounts();
  #live = new Map<string, number>();

  constructor(driver: Driver, names: AttributeNames, space: number, generation: number, lookup: Lookup | null) {
    this.#driver = driver;
    this.#references = new ImportReferences(driver, names, (anchor) => this.#idOf(anchor));
    this.#space = space;
    this.#generation = generation;
    this.#lookup = lookup;
  }

  /** One page, inside a transaction of the caller's. */
  async store(
    changes: readonly ObjectChange[],
    marksPlaceholders = false,
    watched: readonly string[] | null = null,
  ): Promise<{ readonly counts: ImportCounts; readonly unknown: readonly string[] }> {
    this.#counts = noCounts();
    this.#watched = watched;
    await this.#beginPage();
    const unknown: string[] = [];
    for (const change of changes) {
      if (change.kind === 'put' && this.#isNew(change.anchor)) {
        await this.#add(change, this.#ids.get(change.anchor));
        continue;
      }
      // What is not remembered cannot be in the batch.
      if (change.kind !== 'put' || this.#ids.has(change.anchor)) await this.#batch.write(this.#driver);
      if (change.kind === 'put') {
        if (await this.#put(change)) unknown.push(change.anchor);
      } else if (change.kind === 'patch') {
        if (await this.#patch(change)) unknown.push(change.anchor);
      } else if (change.kind === 'delete') await this.#remove(change);
      else await this.#see(change.anchor);
    }
    await this.#endPage(marksPlaceholders);
    return { counts: this.#counts, unknown };
  }

  async #beginPage(): Promise<void> {
    this.#live = new Map();
    this.#references.begin(this.#counts, this.#watched !== null);
    if (this.#ids.size > REMEMBERED_ANCHORS) {
      this.#ids.clear();
      this.#placeholders.clear();
      this.#remembersAll = false;
    }
    // Nobody else adds objects: the transaction is ours, and one process writes.
    const last = await this.#driver.get<{ readonly id: number | null }>('select max(id) as id from object');
    this.#firstNew = (last?.id ?? 0) + 1;
    this.#nextId = this.#firstNew;
    this.#remembersAll ??=
      (await this.#driver.get('select 1 from object where space = ? limit 1', this.#space)) === undefined;
  }

  async #endPage(marksPlaceholders = false): Promise<void> {
    await this.#batch.write(this.#driver);
    await this.#references.end();
    if (this.#nextId > this.#firstNew) {
      // All of that range are of this space; to name the space would make SQLite walk through all of it.
      await this.#driver.run(
        `insert into pending_object (object, flags) select id, ? from object where id >= ? and id <= ?${marksPlaceholders ? '' : ' and state <> 1'}
         on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
        PENDING.attributes | PENDING.state,
        this.#firstNew,
        this.#nextId - 1,
      );
    }
    await this.#storeLiveCounts();
  }

  /** Marks everything not seen by this import as removed. */
  async dropUnseen(
    madeSince: string | null,
    watched: readonly string[] | null,
    hidden: HiddenTypes | null,
  ): Promise<number> {
    this.#counts = noCounts();
    this.#watched = watched;
    await this.#beginPage();
    const rows = await this.#driver.all<UnseenRow>(
      `select anchor, type, state, deleted_at from object where space = ? and generation < ? and state in (0, 3)
       and (? is null or state <> 0 or not exists (
         select 1 from metaverse m join change_log c on c.anchor = m.anchor
         where m.id = object.mv and c.target_id = object.anchor and c.action = 'create' and c.at > ?))`,
      this.#space,
      this.#generation,
      madeSince,
      madeSince,
    );
    let dropped = 0;
    for (const row of rows) {
      const isHidden = hidden?.types.includes(row.type) === true;
      const restorable = isHidden && row.state === OBJECT_STATES.live;
      if (isHidden && !restorable && (row.deleted_at ?? '') >= hidden.since) continue;
      await this.#remove({
        kind: 'delete',
        anchor: row.anchor,
        ...(restorable ? { restorable, deletedAt: hidden.at } : {}),
      });
      dropped++;
    }
    await this.#endPage();
    return dropped;
  }

  /** Forgets what was remembered of a page whose transaction was rolled back. */
  forget(): void {
    this.#ids.clear();
    this.#placeholders.clear();
    this.#batch.clear();
    this.#references.forget();
    this.#remembersAll = false;
  }

  async #row(anchor: string): Promise<ImportRow | undefined> {
    if (this.#remembersAll && !this.#ids.has(anchor)) return undefined;
    const row = await this.#driver.get<ImportRow>(
      `select id, type, state, parent, rdn, mv, deleted_at, ${objectDocument('object')} as doc from object where space = ? and anchor = ?`,
      this.#space,
      anchor,
    );
    if (row !== undefined) this.#ids.set(anchor, row.id);
    return row;
  }

  /** Whether the object is known to be new without asking: the space was empty, or it is only referred to so far. */
  #isNew(anchor: string): boolean {
    const id = this.#ids.get(anchor);
    return id === undefined ? this.#remembersAll === true : this.#placeholders.has(id);
  }

  /** The number of an object; a placeholder is made for one that is only referred to. */
  async #idOf(anchor: string): Promise<number> {
    await this.#recall(anchor);
    return this.#ids.get(anchor) ?? this.#addPlaceholder(anchor);
  }

  /** Remembers the number of an object that the space holds. */
  async #recall(anchor: string): Promise<void> {
    if (this.#remembersAll || this.#ids.has(anchor)) return;
    const row = await this.#driver.get<{ readonly id: number }>(
      'select id from object where space = ? and anchor = ?',
      this.#space,
      anchor,
    );
    if (row !== undefined) this.#ids.set(anchor, row.id);
  }

  #addPlaceholder(anchor: string): number {
    const id = this.#nextId++;
    this.#batch.addObject({
      id,
      space: this.#space,
      anchor,
      type: 'placeholder',
      state: OBJECT_STATES.placeholder,
      parent: null,
      rdn: null,
      generation: this.#generation,
      deletedAt: null,
    });
    this.#ids.set(anchor, id);
    this.#placeholders.add(id);
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
    const before = await this.#row(change.anchor);
    if (before === undefined || before.state === OBJECT_STATES.placeholder) {
      await this.#add(change, before?.id);
      return false;
    }
    this.#counts.read++;
    const state = change.deletedAt === undefined ? OBJECT_STATES.live : OBJECT_STATES.restorable;
    const doc = change.document ?? encodeAttributes(change.attributes);
    const parent = change.place?.parent == null ? null : await this.#idOf(change.place.parent);
    const rdn = change.place?.rdn ?? null;
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
      if (flags & PENDING.attributes) await this.#storeLookup(before.id, () => change.attributes, true);
      await this.#noteDrift(before, state, change.attributes);
      await markPending(this.#driver, before.id, flags);
      this.#counts.changed++;
    }
    if (state === OBJECT_STATES.restorable) await keepReferencesFrom(this.#driver, before.id);
    await this.#references.store(before.id, change.references);
    await this.#references.dropUnnamed(before.id, change.references);
    return isBack;
  }

  /** A new object, or one that was only referred to so far (`placeholder`). It is written with the others that are new. */
  async #add(change: ObjectPut, placeholder: number | undefined): Promise<void> {
    const batch = this.#batch;
    if (!this.#remembersAll) await this.#recallNamed(change);
    const idOf = (anchor: string): number => this.#ids.get(anchor) ?? this.#addPlaceholder(anchor);
    const parent = change.place?.parent == null ? null : idOf(change.place.parent);
    const id = placeholder ?? this.#nextId++;
    const state = change.deletedAt === undefined ? OBJECT_STATES.live : OBJECT_STATES.restorable;
    const values = {
      id,
      space: this.#space,
      anchor: change.anchor,
      type: change.type,
      state,
      parent,
      rdn: change.place?.rdn ?? null,
      generation: this.#generation,
      deletedAt: change.deletedAt ?? null,
    };
    if (placeholder === undefined) batch.addObject(values);
    else batch.fillPlaceholder(values, PENDING.attributes | PENDING.state);
    this.#ids.set(change.anchor, id);
    this.#placeholders.delete(id);
    batch.addDocument(id, change.document ?? encodeAttributes(change.attributes));
    if (this.#lookup !== null)
      for (const { kind, key } of this.#lookup(change.attributes)) batch.addValue(this.#space, kind, key, id);
    await this.#references.storeNew(id, change.references, batch, idOf);
    if (state === OBJECT_STATES.live) this.#countLive(change.type, 1);
    this.#counts.read++;
    this.#counts.added++;
  }

  /** `recall` for all objects that a change names. */
  async #recallNamed(change: ObjectPut): Promise<void> {
    if (change.place?.parent != null) await this.#recall(change.place.parent);
    for (const reference of Object.values(change.references))
      for (const anchor of reference.kind === 'complete' ? reference.targets : reference.add)
        await this.#recall(anchor);
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
    if (wasDeleted(before) && values.state === OBJECT_STATES.live) await forgetReturning(this.#driver, before.id);
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

  /** Answers whether the object has to be fetched whole: it is not in the space, has come back with what refers to it, or has become one of ours. */
  async #patch(change: ObjectPatch): Promise<boolean> {
    const before = await this.#row(change.anchor);
    if (before === undefined || before.state === OBJECT_STATES.placeholder || before.state === OBJECT_STATES.removed)
      return true;
    this.#counts.read++;
    const attributes: Record<string, Attributes[string]> = { ...decodeAttributes(before.doc) };
    // A group without an anchor is nothing of ours, and was read without its members.
    const isAnchored =
      before.type === 'group' && attributes['sourceAnchor'] === undefined && 'sourceAnchor' in change.set;
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
      if (flags & PENDING.attributes) await this.#storeLookup(before.id, () => attributes, true);
      await this.#noteDrift(before, OBJECT_STATES.live, attributes);
      await markPending(this.#driver, before.id, flags);
      this.#counts.changed++;
    }
    await this.#references.store(before.id, change.references);
    return isBack || isAnchored;
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
    await this.#noteDrift(before, state, {});
    await this.#driver.run(
      'update object set state = ?, generation = ?, deleted_at = ? where id = ?',
      state,
      this.#generation,
      change.deletedAt ?? null,
      before.id,
    );
    if (change.restorable) await keepReferencesTo(this.#driver, before.id);
    if (this.#watched !== null && before.mv !== null) await forgetSent(this.#driver, before.id);
    await this.#references.dropAllTo(before.id);
    await markPending(this.#driver, before.id, PENDING.state);
    this.#counts.removed++;
  }

  /** What happens to an object that is joined, other than by our own writes: those we believe already. */
  async #noteDrift(before: ImportRow, state: number, attributes: Attributes): Promise<void> {
    if (this.#watched === null || before.mv === null) return;
    const wasLive = before.state === OBJECT_STATES.live;
    const isLive = state === OBJECT_STATES.live;
    if (wasLive && isLive)
      await noteAttributeDrift(this.#driver, before.mv, this.#watched, decodeAttributes(before.doc), attributes);
    else if (wasLive !== isLive) await noteObjectDrift(this.#driver, before.mv, isLive ? 'restored' : 'deleted');
  }

  /** The attributes are worked out only where they are looked into. */
  async #storeLookup(id: number, attributes: () => Attributes, replace: boolean): Promise<void> {
    const lookup = this.#lookup;
    if (lookup === null) return;
    if (replace) await this.#driver.run('delete from space_value where object = ?', id);
    for (const { kind, key } of lookup(attributes())) {
      await this.#driver.run(
        'insert into space_value (space, kind, key, object) values (?, ?, ?, ?) on conflict do nothing',
        this.#space,
        kind,
        key,
        id,
      );
    }
  }

  #countLive(type: string, by: number): void {
    this.#live.set(type, (this.#live.get(type) ?? 0) + by);
  }

  async #storeLiveCounts(): Promise<void> {
    for (const [type, by] of this.#live) {
      if (by === 0) continue;
      await countLive(this.#driver, this.#space, type, by);
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
