import type { TargetWrite } from '../connector.ts';
import type { WritableType } from './attributes.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { encodeKey, isJson, type Json, listOf, readValues, toBody } from './graph-object.ts';
import { fromUniqueName, toUniqueName } from './unique-name.ts';

/** An object of the tenant as a look-up finds it. */
export interface Holder {
  readonly id: string;
  readonly anchor: string | null;
  readonly isDeleted: boolean;
}

function quoted(value: string): string {
  return encodeURIComponent(`'${value.replaceAll("'", "''")}'`);
}

const FIELDS: Readonly<Record<WritableType, string>> = {
  user: '$select=id,onPremisesImmutableId',
  group: '$select=id,uniqueName',
};

function toHolder(type: WritableType, object: Json, isDeleted: boolean): Holder {
  const carried = object[type === 'user' ? 'onPremisesImmutableId' : 'uniqueName'];
  const anchor = typeof carried !== 'string' ? null : type === 'user' ? carried : fromUniqueName(carried);
  return { id: String(object['id']), anchor, isDeleted };
}

async function list(graph: Graph, url: string): Promise<readonly Json[]> {
  return listOf(await graph.readBody(url));
}

/** The single object behind a path; null when there is none. */
async function single(graph: Graph, url: string): Promise<Json | null> {
  const answer: GraphAnswer = await graph.read(url);
  if (answer.status === 404) return null;
  if (answer.status !== 200 || !isJson(answer.body)) throw refused(url, answer);
  return answer.body;
}

/** The path that finds the live object of an anchor. */
export function anchorPath(type: WritableType, anchor: string): string {
  if (type === 'group') return `/groups(uniqueName='${encodeKey(toUniqueName(anchor))}')?${FIELDS.group}`;
  return `/users?$filter=onPremisesImmutableId%20eq%20${quoted(anchor)}&${FIELDS.user}`;
}

/** The live object that carries the anchor. Comparison minds case. */
export async function findByAnchor(graph: Graph, type: WritableType, anchor: string): Promise<Holder | null> {
  const path = anchorPath(type, anchor);
  const objects = type === 'user' ? await list(graph, path) : [await single(graph, path)];
  for (const object of objects) {
    const holder = object === null ? null : toHolder(type, object, false);
    if (holder?.anchor === anchor) return holder;
  }
  return null;
}

/** The object in the recycle bin that carries the anchor. */
export async function findDeletedByAnchor(graph: Graph, type: WritableType, anchor: string): Promise<Holder | null> {
  const [property, value] = type === 'user' ? ['onPremisesImmutableId', anchor] : ['uniqueName', toUniqueName(anchor)];
  const filter = `$filter=${property}%20eq%20${quoted(value)}&${FIELDS[type]}`;
  const found = await list(graph, `/directory/deletedItems/microsoft.graph.${type}?${filter}`);
  return found.map((object) => toHolder(type, object, true)).find((holder) => holder.anchor === anchor) ?? null;
}

export async function exists(graph: Graph, type: WritableType, id: string): Promise<boolean> {
  return (await single(graph, `/${type}s/${id}?$select=id`)) !== null;
}

/** Whether the object lies in the recycle bin. One that is neither there nor alive may be gone for good, or not be known to this replica yet. */
export async function isInBin(graph: Graph, id: string): Promise<boolean> {
  return (await single(graph, `/directory/deletedItems/${id}?$select=id`)) !== null;
}

/** Who holds a user principal name. */
export async function findByUpn(graph: Graph, upn: string): Promise<Holder | null> {
  const [object] = await list(graph, `/users?$filter=userPrincipalName%20eq%20${quoted(upn)}&${FIELDS.user}`);
  return object ? toHolder('user', object, false) : null;
}

/** Who holds a mail address, whether as primary or further one. */
export async function findByAddress(graph: Graph, address: string): Promise<Holder | null> {
  for (const type of ['user', 'group'] as const) {
    const filter = `proxyAddresses/any(x:x%20eq%20${quoted(`smtp:${address}`)})`;
    const [object] = await list(graph, `/${type}s?$filter=${filter}&${FIELDS[type]}`);
    if (object) return toHolder(type, object, false);
  }
  return null;
}

/** Whether the tenant holds what this write wanted; a replica may lag behind, so only a yes is certain. */
export async function hasTakenEffect(graph: Graph, write: TargetWrite, type: WritableType): Promise<boolean> {
  switch (write.action) {
    case 'delete':
      return isInBin(graph, write.targetId);
    case 'update':
      return isUpdated(graph, write, type);
    case 'refer':
      return isReferring(graph, write);
    default:
      return false;
  }
}

async function isUpdated(
  graph: Graph,
  write: Extract<TargetWrite, { action: 'update' }>,
  type: WritableType,
): Promise<boolean> {
  const names = Object.keys(toBody(type, write.attributes));
  const object = await single(graph, `/${type}s/${write.targetId}?$select=id,${names.join(',')}`);
  if (object === null) return false;
  const { set } = readValues(type, object);
  return Object.entries(write.attributes).every(
    ([name, value]) => JSON.stringify(set[name] ?? null) === JSON.stringify(value),
  );
}

async function isReferring(graph: Graph, write: Extract<TargetWrite, { action: 'refer' }>): Promise<boolean> {
  const manager = await single(graph, `/users/${write.targetId}/manager?$select=id`);
  return write.to === null
    ? manager === null && (await exists(graph, 'user', write.targetId))
    : manager?.['id'] === write.to;
}
