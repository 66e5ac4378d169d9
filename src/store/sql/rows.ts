import { decodeAttributes } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import type { MetaverseObject, ObjectState, Origin, SpaceObject } from '../store.ts';

export interface ObjectRow {
  readonly id: number;
  readonly space: number;
  readonly anchor: string;
  readonly type: string;
  readonly state: number;
  readonly parent: number | null;
  readonly rdn: string | null;
  readonly doc: string;
  readonly mv: number | null;
  readonly deleted_at: string | null;
}

/**
 * The columns of an object. Its document stands in a table of its own: what is read by the million when references are compared is the narrow row
 * with the link, and that has to stay in memory.
 */
export function objectColumns(table: string): string {
  const columns = ['id', 'space', 'anchor', 'type', 'state', 'parent', 'rdn', 'mv', 'deleted_at'].map(
    (name) => `${table}.${name} as ${name}`,
  );
  return `${columns.join(', ')}, ${objectDocument(table)} as doc`;
}

/** The document of an object; a placeholder has none. */
export function objectDocument(table: string): string {
  return `coalesce((select d.doc from document d where d.object = ${table}.id), '{}')`;
}

export async function storeDocument(driver: Driver, object: number, doc: string): Promise<void> {
  await driver.run(
    'insert into document (object, doc) values (?, ?) on conflict (object) do update set doc = excluded.doc',
    object,
    doc,
  );
}

export const OBJECT_COLUMNS = objectColumns('object');

export function toSpaceObject(row: ObjectRow): SpaceObject {
  return {
    id: row.id,
    space: row.space,
    anchor: row.anchor,
    type: row.type,
    state: row.state as ObjectState,
    parent: row.parent,
    rdn: row.rdn,
    attributes: decodeAttributes(row.doc),
    mv: row.mv,
    deletedAt: row.deleted_at,
  };
}

export interface MetaverseRow {
  readonly id: number;
  readonly type: string;
  readonly anchor: string | null;
  readonly doc: string;
  readonly rules: string;
  readonly tenant: number | null;
  readonly origin: string | null;
}

/** The columns of a metaverse object, whose document stands apart too. */
export function metaverseColumns(table: string): string {
  const columns = ['id', 'type', 'anchor', 'rules', 'tenant', 'origin'].map((name) => `${table}.${name} as ${name}`);
  return `${columns.join(', ')}, ${metaverseDocument(table)} as doc`;
}

export function metaverseDocument(table: string): string {
  return `(select d.doc from metaverse_document d where d.mv = ${table}.id)`;
}

export async function storeMetaverseDocument(driver: Driver, mv: number, doc: string): Promise<void> {
  await driver.run(
    'insert into metaverse_document (mv, doc) values (?, ?) on conflict (mv) do update set doc = excluded.doc',
    mv,
    doc,
  );
}

export const METAVERSE_COLUMNS = metaverseColumns('metaverse');

export function toMetaverseObject(row: MetaverseRow): MetaverseObject {
  return {
    id: row.id,
    type: row.type,
    anchor: row.anchor,
    attributes: decodeAttributes(row.doc),
    rules: row.rules,
    tenant: row.tenant,
    origin: row.origin === null ? null : (JSON.parse(row.origin) as Origin),
  };
}
