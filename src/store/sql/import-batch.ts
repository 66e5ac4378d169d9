import type { Driver, SqlValue } from '../driver.ts';

type Row = readonly SqlValue[];

/**
 * What a page adds to a space and nobody reads before its end. It is written kind by kind, each with one statement for all of its rows: an import of new
 * objects is nothing else, and a statement that is asked for anew for each row costs more than the row.
 */
export class ImportBatch {
  #objects: Row[] = [];
  #filled: Row[] = [];
  #documents: Row[] = [];
  #values: Row[] = [];
  #references: Row[] = [];
  #pending: Row[] = [];
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  addObject(object: {
    readonly id: number;
    readonly space: number;
    readonly anchor: string;
    readonly type: string;
    readonly state: number;
    readonly parent: number | null;
    readonly rdn: string | null;
    readonly generation: number;
    readonly deletedAt: string | null;
  }): void {
    const { id, space, anchor, type, state, parent, rdn, generation, deletedAt } = object;
    this.#objects.push([id, space, anchor, type, state, parent, rdn, generation, deletedAt]);
    this.#isEmpty = false;
  }

  /** An object that was only referred to so far. */
  fillPlaceholder(object: {
    readonly id: number;
    readonly type: string;
    readonly state: number;
    readonly parent: number | null;
    readonly rdn: string | null;
    readonly generation: number;
    readonly deletedAt: string | null;
    readonly flags: number;
  }): void {
    const { id, type, state, parent, rdn, generation, deletedAt, flags } = object;
    this.#filled.push([type, state, parent, rdn, generation, deletedAt, id]);
    this.#pending.push([id, flags]);
    this.#isEmpty = false;
  }

  addDocument(object: number, document: string): void {
    this.#documents.push([object, document]);
  }

  addValue(space: number, kind: string, key: string, object: number): void {
    this.#values.push([space, kind, key, object]);
  }

  /** The source must have no references of this attribute yet, and no target may be given twice. */
  addReference(source: number, attribute: number, target: number): void {
    this.#references.push([source, attribute, target]);
  }

  clear(): void {
    this.#objects = [];
    this.#filled = [];
    this.#documents = [];
    this.#values = [];
    this.#references = [];
    this.#pending = [];
    this.#isEmpty = true;
  }

  async write(driver: Driver): Promise<void> {
    if (this.#isEmpty) return;
    await driver.runMany(
      'insert into object (id, space, anchor, type, state, parent, rdn, generation, deleted_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      this.#objects,
    );
    await driver.runMany(
      'update object set type = ?, state = ?, parent = ?, rdn = ?, generation = ?, deleted_at = ? where id = ?',
      this.#filled,
    );
    await driver.runMany('insert into document (object, doc) values (?, ?)', this.#documents);
    await driver.runMany(
      'insert into space_value (space, kind, key, object) values (?, ?, ?, ?) on conflict do nothing',
      this.#values,
    );
    await driver.runMany('insert into reference (source, attribute, target) values (?, ?, ?)', this.#references);
    await driver.runMany(
      'insert into pending_object (object, flags) values (?, ?) on conflict (object) do update set flags = pending_object.flags | excluded.flags',
      this.#pending,
    );
    this.clear();
  }
}
