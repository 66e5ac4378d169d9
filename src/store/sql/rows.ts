import { decodeAttributes } from '../../model/value.ts';
import type { MetaverseObject, ObjectState, SpaceObject } from '../store.ts';

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

export const OBJECT_COLUMNS = 'id, space, anchor, type, state, parent, rdn, doc, mv, deleted_at';

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
}

export const METAVERSE_COLUMNS = 'id, type, anchor, doc, rules, tenant';

export function toMetaverseObject(row: MetaverseRow): MetaverseObject {
  return {
    id: row.id,
    type: row.type,
    anchor: row.anchor,
    attributes: decodeAttributes(row.doc),
    rules: row.rules,
    tenant: row.tenant,
  };
}
