import type { ObjectChange, ReferenceChange } from '../../model/change.ts';
import type { WritableType } from './attributes.ts';
import { readMany } from './batch.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json, listOf, SELECTED } from './graph-object.ts';
import type { ReadParts } from './read.ts';
import { toPut } from './tenant-change.ts';

const PAGE = 10;

/** The fetch of the contract: whole objects by id, and who refers to them (a restored object comes back into its groups without their delta saying so). */
export async function* fetchObjects(
  parts: ReadParts,
  anchors: readonly string[],
): AsyncGenerator<readonly ObjectChange[]> {
  for (let from = 0; from < anchors.length; from += PAGE) {
    const ids = anchors.slice(from, from + PAGE);
    const [users, groups] = [await readAll(parts, ids, 'user'), await readAll(parts, ids, 'group')];
    const missing = ids.filter((id) => !users.has(id) && !groups.has(id));
    yield await describeMissing(parts, missing);
    for (const [id, user] of users) yield await describeUser(parts.graph, id, user);
    for (const [id, group] of groups) yield* describeGroup(parts.graph, id, group);
  }
}

async function readAll(
  parts: ReadParts,
  ids: readonly string[],
  type: WritableType,
): Promise<ReadonlyMap<string, Json>> {
  const expand = type === 'user' ? '&$expand=manager($select=id)' : '';
  const urls = ids.map((id) => `/${type}s/${id}?$select=${SELECTED[type].join(',')}${expand}`);
  const answers = await readMany(parts.graph, urls, parts.pace);
  const found = new Map<string, Json>();
  for (const [at, answer] of answers.entries()) {
    const body = bodyOr404(urls[at] ?? '', answer);
    if (body) found.set(ids[at] ?? '', body);
  }
  return found;
}

function bodyOr404(url: string, answer: GraphAnswer): Json | null {
  if (answer.status === 404) return null;
  if (answer.status !== 200 || !isJson(answer.body)) throw refused(url, answer);
  return answer.body;
}

async function describeMissing(parts: ReadParts, ids: readonly string[]): Promise<readonly ObjectChange[]> {
  const urls = ids.map((id) => `/directory/deletedItems/${id}?$select=id,deletedDateTime`);
  const answers = await readMany(parts.graph, urls, parts.pace);
  return answers.map((answer, at): ObjectChange => {
    const anchor = ids[at] ?? '';
    const body = bodyOr404(urls[at] ?? '', answer);
    const deletedAt = body?.['deletedDateTime'];
    if (typeof deletedAt !== 'string') return { kind: 'delete', anchor };
    return { kind: 'delete', anchor, restorable: true, deletedAt };
  });
}

async function describeUser(graph: Graph, id: string, user: Json): Promise<readonly ObjectChange[]> {
  const manager = isJson(user['manager']) ? user['manager']['id'] : undefined;
  const references: Record<string, ReferenceChange> =
    typeof manager === 'string' ? { manager: { kind: 'complete', targets: [manager] } } : {};
  const reports: ObjectChange[] = [];
  for await (const page of readPages(graph, `/users/${id}/directReports?$select=id`)) {
    for (const report of page)
      reports.push(referring(report, 'user', { manager: { kind: 'complete', targets: [id] } }));
  }
  return [
    { ...toPut('user', user, false), references },
    ...reports,
    ...(await describeMemberships(graph, 'users', id)),
  ];
}

/** The group, then its members in parts: a group of 250,000 is never held whole. */
async function* describeGroup(graph: Graph, id: string, group: Json): AsyncGenerator<readonly ObjectChange[]> {
  const put = toPut('group', group, false);
  if (typeof group['uniqueName'] !== 'string') {
    yield [put, ...(await describeMemberships(graph, 'groups', id))];
    return;
  }
  yield [{ ...put, references: { member: { kind: 'complete', targets: [] } } }];
  for await (const page of readPages(graph, `/groups/${id}/members?$select=id&$top=999`)) {
    const add = page.filter(isPossibleMember).map((member) => String(member['id']));
    yield [referring(group, 'group', { member: { kind: 'delta', add, remove: [] } })];
  }
  yield await describeMemberships(graph, 'groups', id);
}

function isPossibleMember(member: Json): boolean {
  const type = member['@odata.type'];
  return type === undefined || type === '#microsoft.graph.user' || type === '#microsoft.graph.group';
}

async function describeMemberships(
  graph: Graph,
  kind: 'users' | 'groups',
  id: string,
): Promise<readonly ObjectChange[]> {
  const changes: ObjectChange[] = [];
  for await (const page of readPages(graph, `/${kind}/${id}/memberOf?$select=id,uniqueName`)) {
    for (const group of page) {
      if (typeof group['uniqueName'] !== 'string') continue;
      changes.push(referring(group, 'group', { member: { kind: 'delta', add: [id], remove: [] } }));
    }
  }
  return changes;
}

function referring(
  object: Json,
  type: WritableType,
  references: Readonly<Record<string, ReferenceChange>>,
): ObjectChange {
  return { kind: 'patch', anchor: String(object['id']), type, set: {}, clear: [], references };
}

async function* readPages(graph: Graph, first: string): AsyncGenerator<readonly Json[]> {
  let link: unknown = first;
  while (typeof link === 'string') {
    const answer = await graph.read(link);
    // The object went while we were asking: its next delta says so.
    if (answer.status === 404) return;
    if (answer.status !== 200 || !isJson(answer.body)) throw refused(link, answer);
    yield listOf(answer.body);
    link = answer.body['@odata.nextLink'];
  }
}
