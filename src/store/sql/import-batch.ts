import type { Driver, SqlValue } from '../driver.ts';
import { addReferences, countReferences, markManyPending } from './marks.ts';

type Row = readonly SqlValue[];

interface NewObject {
  readonly id: number;
  readonly space: number;
  readonly anchor: string;
  readonly type: string;
  readonly state: number;
  readonly parent: number | null;
  readonly rdn: string | null;
  readonly generation: number;
  readonly deletedAt: string | null;
}

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
  #counts: Row[] = [];
  #pending: Row[] = [];
  #isEmpty = true;

  addObject(object: NewObject): void {
    const { id, space, anchor, type, state, parent, rdn, generation, deletedAt } = object;
    this.#objects.push([id, space, anchor, type, state, parent, rdn, generation, deletedAt]);
    this.#isEmpty = false;
  }

  /** An object that was only referred to so far; `flags`: those of PENDING that it gets. */
  fillPlaceholder(object: NewObject, flags: number): void {
    const { id, type, state, parent, rdn, generation, deletedAt } = object;
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
  addReferences(source: number, attribute: number, targets: readonly number[]): void {
    if (targets.length === 0) return;
    for (const target of targets) this.#references.push([source, attribute, target]);
    this.#counts.push([source, attribute, targets.length]);
  }

  clear(): void {
    this.#objects = [];
    this.#filled = [];
    this.#documents = [];
    this.#values = [];
    this.#references = [];
    this.#counts = [];
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
    await addReferences(driver, this.#references);
    await countReferences(driver, this.#counts);
    await markManyPending(driver, this.#pending);
    this.clear();
  }
}
