import type { ObjectChange } from '../../model/change.ts';
import { normalizeRdn } from '../../model/dn.ts';
import type { Attributes } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import {
  type HiddenTypes,
  type ImportCounts,
  type ImportEnd,
  type Lookup,
  type LookupValue,
  OBJECT_STATES,
  type SpaceHead,
  type SpaceObject,
  type SpaceStore,
} from '../store.ts';
import { ImportPages } from './import-page.ts';
import type { ManagedCounts } from './managed-counts.ts';
import type { AttributeNames } from './names.ts';
import { OBJECT_COLUMNS, type ObjectRow, objectDocument, toSpaceObject } from './rows.ts';

interface SpaceRow {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly watermark: string | null;
  readonly attributes: string;
  readonly parameters: string;
  readonly generation: number;
  readonly imported_at: string | null;
  readonly baseline: string;
}

interface ScopeAnchor {
  readonly kind: string;
  readonly dn: string;
  readonly anchor: string;
}

export class SqlSpaceStore implements SpaceStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #managed: ManagedCounts;
  #pages: { readonly key: string; readonly pages: ImportPages } | null = null;

  constructor(driver: Driver, names: AttributeNames, managed: ManagedCounts) {
    this.#driver = driver;
    this.#names = names;
    this.#managed = managed;
  }

  /** After a rollback nothing remembered of the open import can be trusted. */
  forget(): void {
    this.#pages?.pages.forget();
  }

  async openSpace(name: string, kind: string): Promise<SpaceHead> {
    await this.#driver.run(
      `insert into space (name, kind, attributes, parameters, generation, baseline) values (?, ?, '[]', '{}', 0, '{}')
       on conflict (name) do update set kind = excluded.kind`,
      name,
      kind,
    );
    const row = await this.#driver.get<SpaceRow>('select * from space where name = ?', name);
    return toSpaceHead(row as SpaceRow);
  }

  async spaces(): Promise<readonly SpaceHead[]> {
    return (await this.#driver.all<SpaceRow>('select * from space order by id')).map(toSpaceHead);
  }

  async beginImport(space: number): Promise<number> {
    this.#pages = null;
    await this.#driver.run('delete from reference_part');
    await this.#driver.run('update space set generation = generation + 1 where id = ?', space);
    const row = await this.#driver.get<{ readonly generation: number }>(
      'select generation from space where id = ?',
      space,
    );
    return row?.generation ?? 0;
  }

  async storeChanges(
    space: number,
    generation: number,
    changes: readonly ObjectChange[],
    lookup: Lookup | null,
    marksPlaceholders = false,
    watched: readonly string[] | null = null,
  ): Promise<{ readonly counts: ImportCounts; readonly unknown: readonly string[] }> {
    const stored = await this.#importPages(space, generation, lookup).store(changes, marksPlaceholders, watched);
    if (stored.counts.added + stored.counts.changed + stored.counts.removed > 0) await this.#managed.invalidate();
    return stored;
  }

  async noteFetched(space: number, anchors: readonly string[]): Promise<void> {
    for (const anchor of anchors) {
      await this.#driver.run(
        'update object set deleted_at = null where space = ? and anchor = ? and state = ?',
        space,
        anchor,
        OBJECT_STATES.live,
      );
    }
  }

  async dropUnseen(
    space: number,
    generation: number,
    madeSince?: string,
    watched: readonly string[] | null = null,
    hidden: HiddenTypes | null = null,
  ): Promise<number> {
    const dropped = await this.#importPages(space, generation, null).dropUnseen(madeSince ?? null, watched, hidden);
    if (dropped > 0) await this.#managed.invalidate();
    return dropped;
  }

  #importPages(space: number, generation: number, lookup: Lookup | null): ImportPages {
    const key = `${space}/${generation}`;
    if (this.#pages?.key !== key) {
      this.#pages = { key, pages: new ImportPages(this.#driver, this.#names, space, generation, lookup) };
    }
    return this.#pages.pages;
  }

  async endImport(space: number, end: ImportEnd): Promise<void> {
    this.#pages = null;
    await this.#driver.run(
      'update space set watermark = ?, attributes = ?, parameters = ?, imported_at = ? where id = ?',
      end.watermark,
      JSON.stringify(end.attributes),
      JSON.stringify(end.parameters),
      end.at,
      space,
    );
  }

  async liveCounts(space: number): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#driver.all<{ readonly type: string; readonly live: number }>(
      'select type, live from space_count where space = ? order by type',
      space,
    );
    return Object.fromEntries(rows.map((row) => [row.type, row.live]));
  }

  async setBaseline(space: number, counts: Readonly<Record<string, number>>): Promise<void> {
    await this.#driver.run('update space set baseline = ? where id = ?', JSON.stringify(counts), space);
  }

  async objectByAnchor(space: number, anchor: string): Promise<SpaceObject | null> {
    return this.#one('space = ? and anchor = ?', space, anchor);
  }

  async objectById(id: number): Promise<SpaceObject | null> {
    return this.#one('id = ?', id);
  }

  async #one(where: string, ...values: readonly (string | number)[]): Promise<SpaceObject | null> {
    const row = await this.#driver.get<ObjectRow>(`select ${OBJECT_COLUMNS} from object where ${where}`, ...values);
    return row === undefined ? null : toSpaceObject(row);
  }

  async joinedObjects(space: number, after: number, limit: number): Promise<readonly SpaceObject[]> {
    const rows = await this.#driver.all<ObjectRow>(
      `select ${OBJECT_COLUMNS} from object where id > ? and space = ? and state = ? and mv is not null order by id limit ?`,
      after,
      space,
      OBJECT_STATES.live,
      limit,
    );
    return rows.map(toSpaceObject);
  }

  async objectsByValue(space: number, value: LookupValue): Promise<readonly SpaceObject[]> {
    const rows = await this.#driver.all<ObjectRow>(
      `select ${OBJECT_COLUMNS} from object where id in (select object from space_value where space = ? and kind = ? and key = ?) order by anchor`,
      space,
      value.kind,
      value.key,
    );
    return rows.map(toSpaceObject);
  }

  async findObjects(attributes: readonly string[], text: string, limit: number): Promise<readonly SpaceObject[]> {
    const found: SpaceObject[] = [];
    const folded = text.toLowerCase();
    const pattern = `%${escapeLike(JSON.stringify(folded).slice(1, -1))}%`;
    const pages = this.#driver.pages<ObjectRow>(
      `select ${OBJECT_COLUMNS} from object where state in (0, 3) and (lower(${objectDocument('object')}) like ? escape '!' or lower(rdn) like ? escape '!') order by space, anchor`,
      pattern,
      `%${escapeLike(folded)}%`,
    );
    for await (const rows of pages) {
      for (const row of rows) {
        const object = toSpaceObject(row);
        if (!attributes.some((name) => holds(object.attributes[name], folded)) && rdnOf(object) !== folded) continue;
        found.push(object);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  async childByRdn(space: number, parent: number | null, normalizedRdn: string): Promise<SpaceObject | null> {
    const rows =
      parent === null
        ? await this.#driver.all<ObjectRow>(
            `select ${OBJECT_COLUMNS} from object where space = ? and state = 0 and parent is null and rdn is not null and type in ('domain', 'container', 'organizationalUnit', 'other')`,
            space,
          )
        : await this.#driver.all<ObjectRow>(
            `select ${OBJECT_COLUMNS} from object where parent = ? and space = ? and state = 0`,
            parent,
            space,
          );
    const row = rows.find((one) => one.rdn !== null && normalizeWhole(one.rdn) === normalizedRdn);
    return row === undefined ? null : toSpaceObject(row);
  }

  async scopeAnchors(space: number): Promise<readonly ScopeAnchor[]> {
    return this.#driver.all<ScopeAnchor>(
      'select kind, dn, anchor from scope_container where space = ? order by kind, dn',
      space,
    );
  }

  async setScopeAnchors(space: number, anchors: readonly ScopeAnchor[]): Promise<void> {
    await this.#driver.run('delete from scope_container where space = ?', space);
    for (const { kind, dn, anchor } of anchors) {
      await this.#driver.run(
        'insert into scope_container (space, kind, dn, anchor) values (?, ?, ?, ?)',
        space,
        kind,
        dn,
        anchor,
      );
    }
  }
}

/** A root's relative name is a whole DN, so it is taken apart before it is compared. */
function normalizeWhole(rdn: string): string {
  return rdn
    .split(/(?<!\\),/)
    .map(normalizeRdn)
    .join(',');
}

function toSpaceHead(row: SpaceRow): SpaceHead {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    watermark: row.watermark,
    attributes: JSON.parse(row.attributes) as string[],
    parameters: JSON.parse(row.parameters) as Record<string, string>,
    generation: row.generation,
    importedAt: row.imported_at,
    baseline: JSON.parse(row.baseline) as Record<string, number>,
  };
}

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, (char) => `!${char}`);
}

function holds(value: Attributes[string] | undefined, folded: string): boolean {
  if (value === undefined) return false;
  const list = Array.isArray(value) ? value : [value];
  return list.some((one) => typeof one === 'string' && one.toLowerCase().replace(/^smtp:/, '') === folded);
}

function rdnOf(object: SpaceObject): string {
  return (object.rdn ?? '').slice((object.rdn ?? '').indexOf('=') + 1).toLowerCase();
}
