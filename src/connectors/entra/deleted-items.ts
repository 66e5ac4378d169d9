import type { ObjectPut } from '../../model/change.ts';
import type { WritableType } from './attributes.ts';
import type { Graph } from './graph.ts';
import { type Json, listOf, SELECTED } from './graph-object.ts';
import { toPut } from './tenant-change.ts';

/** The recycle bin of the tenant, page by page, as objects that can be restored. */
export async function* readDeletedItems(graph: Graph, type: WritableType): AsyncGenerator<readonly ObjectPut[]> {
  const select = [...SELECTED[type], 'deletedDateTime'].join(',');
  let link: unknown = `/directory/deletedItems/microsoft.graph.${type}?$select=${select}&$top=999`;
  while (typeof link === 'string') {
    const body = await graph.readBody(link);
    yield listOf(body).map((object) => toDeletedPut(type, object));
    link = body['@odata.nextLink'];
  }
}

function toDeletedPut(type: WritableType, object: Json): ObjectPut {
  return toPut(type, { ...object, ...originalName(object) }, false, String(object['deletedDateTime'] ?? ''));
}

/** The service puts the id before the user principal name of a deleted user and takes it off again when it restores him. */
function originalName(object: Json): Json {
  const upn = object['userPrincipalName'];
  const mark = String(object['id']).replaceAll('-', '');
  return typeof upn === 'string' && upn.startsWith(mark) ? { userPrincipalName: upn.slice(mark.length) } : {};
}
