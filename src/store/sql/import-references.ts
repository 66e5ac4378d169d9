import type { ReferenceChange } from '../../model/change.ts';
import type { Driver } from '../driver.ts';
import { PENDING } from '../store.ts';
import { noteReferenceDrift } from './drift.ts';
import type { ImportBatch } from './import-batch.ts';
import { addReferences, countReferences, markPending } from './marks.ts';
import type { AttributeNames } from './names.ts';

/** How many references one page added and removed. */
export interface ReferenceCounter {
  referencesAdded: number;
  referencesRemoved: number;
}

interface CountChange {
  readonly source: number;
  readonly attribute: number;
  by: number;
  /** Whether the source has to be looked at again; a new object is anyway. */
  marks: boolean;
}

/** Stores the references of one import. How many targets an attribute has is added up and written once for each page. */
export class ImportReferences {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #idOf: (anchor: string) => Promise<number>;
  /** Lists of new objects that are not complete yet: what goes on with them needs no comparison. */
  readonly #begun = new Set<string>();
  readonly #countChanges = new Map<string, CountChange>();
  #notesDrift = false;
  #counter: ReferenceCounter = { referencesAdded: 0, referencesRemoved: 0 };

  constructor(driver: Driver, names: AttributeNames, idOf: (anchor: string) => Promise<number>) {
    this.#driver = driver;
    this.#names = names;
    this.#idOf = idOf;
  }

  /** Begins a page, which counts into `counter`. `notesDrift`: what changes, changed in the tenant. */
  begin(counter: ReferenceCounter, notesDrift: boolean): void {
    this.#notesDrift = notesDrift;
    this.#counter = counter;
    this.#countChanges.clear();
  }

  /** After a rollback nothing of the lists that were begun can be trusted. */
  forget(): void {
    this.#begun.clear();
    this.#countChanges.clear();
  }

  /** What a new object refers to; it has no references yet. `idOf` makes placeholders for targets that are not in the space. */
  async storeNew(
    source: number,
    references: Readonly<Record<string, ReferenceChange>>,
    batch: ImportBatch,
    idOf: (anchor: string) => number,
  ): Promise<void> {
    for (const name in references) {
      const change = references[name];
      if (change === undefined) continue;
      const attribute = this.#names.known(name) ?? (await this.#names.id(name));
      const targets = uniqueIds(change.kind === 'complete' ? change.targets : change.add, idOf);
      batch.addReferences(source, attribute, targets);
      this.#counter.referencesAdded += targets.length;
      if (change.kind === 'complete' && change.more === true) this.#begun.add(`${source}/${attribute}`);
    }
  }

  async store(source: number, references: Readonly<Record<string, ReferenceChange>>): Promise<void> {
    for (const name in references) {
      const change = references[name];
      if (change === undefined) continue;
      const attribute = await this.#names.id(name);
      const key = `${source}/${attribute}`;
      if (change.kind === 'delta') {
        for (const anchor of change.add) await this.add(source, attribute, await this.#idOf(anchor));
        for (const anchor of change.remove) await this.drop(source, attribute, await this.#idOf(anchor));
      } else if (this.#begun.has(key)) {
        if (change.more !== true) this.#begun.delete(key);
        await this.#addMore(source, attribute, change.targets);
      } else await this.#replace(source, attribute, change.targets, change.more === true);
    }
  }

  /** An object that is delivered whole names all of its references: an attribute that it does not name has none. */
  async dropUnnamed(source: number, references: Readonly<Record<string, ReferenceChange>>): Promise<void> {
    if ([...this.#countChanges.values()].some((one) => one.source === source)) await this.#writeCounts();
    const rows = await this.#driver.all<{ readonly attribute: number }>(
      'select attribute from reference_count where source = ? and count > 0',
      source,
    );
    for (const { attribute } of rows) {
      if (references[await this.#names.name(attribute)] === undefined)
        await this.#replace(source, attribute, [], false);
    }
  }

  /** A deleted object is no longer a member or manager of anything; what refers to it must be looked at. */
  async dropAllTo(target: number): Promise<void> {
    const rows = await this.#driver.all<{ readonly source: number; readonly attribute: number }>(
      'select source, attribute from reference where target = ?',
      target,
    );
    // That is no change of a membership: the object is what drifted.
    const notesDrift = this.#notesDrift;
    this.#notesDrift = false;
    for (const row of rows) await this.drop(row.source, row.attribute, target);
    this.#notesDrift = notesDrift;
  }

  /** Ends the page. */
  async end(): Promise<void> {
    await this.#writeCounts();
  }

  /** The next part of the list of a new object. */
  async #addMore(source: number, attribute: number, targets: readonly string[]): Promise<void> {
    const rows: (readonly number[])[] = [];
    for (const anchor of targets) rows.push([source, attribute, await this.#idOf(anchor)]);
    const added = await addReferences(this.#driver, rows);
    this.#counter.referencesAdded += added;
    // The object itself is marked as new, so its references need no marks of their own.
    if (added > 0) this.#count(source, attribute, added, false);
  }

  async #replace(source: number, attribute: number, targets: readonly string[], more: boolean): Promise<void> {
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
    for (const { target } of added) await this.add(source, attribute, target);
    for (const { target } of removed) await this.drop(source, attribute, target);
    await this.#driver.run('delete from reference_part where source = ? and attribute = ?', source, attribute);
  }

  async add(source: number, attribute: number, target: number): Promise<void> {
    const added = await addReferences(this.#driver, [[source, attribute, target]]);
    if (added === 0) return;
    this.#counter.referencesAdded++;
    await this.#mark(source, attribute, target, 1);
  }

  async drop(source: number, attribute: number, target: number): Promise<void> {
    const removed = await this.#driver.run(
      'delete from reference where source = ? and attribute = ? and target = ?',
      source,
      attribute,
      target,
    );
    if (removed === 0) return;
    this.#counter.referencesRemoved++;
    await this.#mark(source, attribute, target, -1);
  }

  async #mark(source: number, attribute: number, target: number, by: number): Promise<void> {
    await this.#driver.run(
      'insert into pending_reference (source, attribute, target) values (?, ?, ?) on conflict do nothing',
      source,
      attribute,
      target,
    );
    if (this.#notesDrift) await noteReferenceDrift(this.#driver, source, attribute, target);
    this.#count(source, attribute, by, true);
  }

  #count(source: number, attribute: number, by: number, marks: boolean): void {
    const key = `${source}/${attribute}`;
    const change = this.#countChanges.get(key);
    if (change === undefined) this.#countChanges.set(key, { source, attribute, by, marks });
    else {
      change.by += by;
      change.marks ||= marks;
    }
  }

  async #writeCounts(): Promise<void> {
    const changes = [...this.#countChanges.values()];
    this.#countChanges.clear();
    await countReferences(
      this.#driver,
      changes.map(({ source, attribute, by }) => [source, attribute, by]),
    );
    for (const { source, marks } of changes) if (marks) await markPending(this.#driver, source, PENDING.attributes);
  }
}

function uniqueIds(anchors: readonly string[], idOf: (anchor: string) => number): readonly number[] {
  const ids = anchors.map(idOf);
  return ids.length < 2 ? ids : [...new Set(ids)];
}
