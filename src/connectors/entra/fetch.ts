import type { ObjectChange, ObjectRemoval, ReferenceChange } from '../../model/change.ts';
import type { WritableType } from './attributes.ts';
import { readMany } from './batch.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json, listOf, SELECTED } from './graph-object.ts';
import { backOff } from './pace.ts';
import type { ReadParts } from './read.ts';
import { toPut } from './tenant-change.ts';

const PAGE = 10;
/** How often an object that is nowhere is looked for. */
const MOST_LOOKS = 4;

/** The fetch of the contract: whole objects by id, and who refers to them (a restored object comes back into its groups without their delta saying so). */
export async function* fetchObjects(
  parts: ReadParts,
  anchors: readonly string[],
): AsyncGenerator<readonly ObjectChange[]> {
  for (let from = 0; from < anchors.length; from += PAGE) {
    const ids = anchors.slice(from, from + PAGE);
    const { users, groups, removals } = await findAll(parts, ids);
    yield [...removals, ...[...users].map(([id, user]) => describeUser(id, user))];
    for (const [id, group] of groups) yield* describeGroup(parts.graph, id, group);
    yield await describeReferrers(parts, [...users.keys()], [...groups.keys()]);
  }
}

interface Found {
  readonly users: ReadonlyMap<string, Json>;
  readonly groups: ReadonlyMap<string, Json>;
  readonly removals: readonly ObjectRemoval[];
}

/**
 * Looks for the objects among the living and in the recycle bin. A delta has just told of them, so one that is in neither place is most likely not
 * known to one of the replicas that answered: it is looked for again, and then told as one that may come back. Told as gone for good it would be made
 * anew, with another id; that it is gone for good a later delta says.
 */
async function findAll(parts: ReadParts, ids: readonly string[]): Promise<Found> {
  const [users, groups, bin] = [new Map<string, Json>(), new Map<string, Json>(), new Map<string, string>()];
  let open = ids;
  for (let look = 1; ; look++) {
    for (const [id, user] of await readAll(parts, open, 'user')) users.set(id, user);
    for (const [id, group] of await readAll(parts, open, 'group')) groups.set(id, group);
    open = open.filter((id) => !users.has(id) && !groups.has(id));
    for (const [id, at] of await readBin(parts, open)) bin.set(id, at);
    open = open.filter((id) => !bin.has(id));
    if (open.length === 0 || look === MOST_LOOKS) break;
    await parts.pace.delay(backOff(look, null, parts.pace));
  }
  for (const id of open) bin.set(id, parts.now().toISOString());
  const removals = [...bin].map(([anchor, deletedAt]) => toRemoval(anchor, deletedAt));
  return { users, groups, removals };
}

function toRemoval(anchor: string, deletedAt: string): ObjectRemoval {
  return { kind: 'delete', anchor, restorable: true, deletedAt };
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

/** When the objects were deleted, as far as the recycle bin has them. */
async function readBin(parts: ReadParts, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const urls = ids.map((id) => `/directory/deletedItems/${id}?$select=id,deletedDateTime`);
  const answers = await readMany(parts.graph, urls, parts.pace);
  const found = new Map<string, string>();
  for (const [at, answer] of answers.entries()) {
    const deletedAt = bodyOr404(urls[at] ?? '', answer)?.['deletedDateTime'];
    if (typeof deletedAt === 'string') found.set(ids[at] ?? '', deletedAt);
  }
  return found;
}

function describeUser(id: string, user: Json): ObjectChange {
  const manager = isJson(user['manager']) ? user['manager']['id'] : undefined;
  const references: Record<string, ReferenceChange> =
    typeof manager === 'string' ? { manager: { kind: 'complete', targets: [manager] } } : {};
  return { ...toPut('user', user, false), anchor: id, references };
}

/** The group, then its members in parts: a group of 250,000 is never held whole. */
async function* describeGroup(graph: Graph, id: string, group: Json): AsyncGenerator<readonly ObjectChange[]> {
  const put = toPut('group', group, false);
  if (typeof group['uniqueName'] !== 'string') {
    yield [put];
    return;
  }
  yield [{ ...put, references: { member: { kind: 'complete', targets: [] } } }];
  for await (const page of readPages(graph, `/groups/${id}/members?$select=id&$top=999`)) {
    const add = page.filter(isPossibleMember).map((member) => String(member['id']));
    yield [referring(group, 'group', { member: { kind: 'delta', add, remove: [] } })];
  }
}

function isPossibleMember(member: Json): boolean {
  const type = member['@odata.type'];
  return type === undefined || type === '#microsoft.graph.user' || type === '#microsoft.graph.group';
}

/** Who refers to these objects: our groups they are members of, and the users they are managers of. */
async function describeReferrers(
  parts: ReadParts,
  users: readonly string[],
  groups: readonly string[],
): Promise<readonly ObjectChange[]> {
  const memberships = [...users.map((id) => `/users/${id}`), ...groups.map((id) => `/groups/${id}`)];
  const ids = [...users, ...groups];
  const changes: ObjectChange[] = [];
  const inGroups = await readLists(
    parts,
    memberships.map((path) => `${path}/memberOf?$select=id,uniqueName`),
  );
  for (const [at, list] of inGroups.entries()) {
    for (const group of list) {
      if (typeof group['uniqueName'] !== 'string') continue;
      changes.push(referring(group, 'group', { member: { kind: 'delta', add: [ids[at] ?? ''], remove: [] } }));
    }
  }
  const reports = await readLists(
    parts,
    users.map((id) => `/users/${id}/directReports?$select=id`),
  );
  for (const [at, list] of reports.entries()) {
    for (const report of list) {
      changes.push(referring(report, 'user', { manager: { kind: 'complete', targets: [users[at] ?? ''] } }));
    }
  }
  return changes;
}

/** The whole of several lists; the first pages come by $batch, and mostly there is no second. */
async function readLists(parts: ReadParts, urls: readonly string[]): Promise<readonly (readonly Json[])[]> {
  const lists: Json[][] = [];
  const answers = await readMany(parts.graph, urls, parts.pace);
  for (const [at, answer] of answers.entries()) {
    const body = bodyOr404(urls[at] ?? '', answer) ?? {};
    const list = [...listOf(body)];
    const next = body['@odata.nextLink'];
    if (typeof next === 'string') for await (const page of readPages(parts.graph, next)) list.push(...page);
    lists.push(list);
  }
  return lists;
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
