import type { RoleHolders } from '../connector.ts';
import { readMany } from './batch.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json, listOf } from './graph-object.ts';
import { readRefusal } from './graph-refusal.ts';
import type { Pace } from './pace.ts';

interface Role {
  readonly id: string;
  readonly name: string;
}

/**
 * The members of the directory roles that are activated: users, and groups that hand their role on. Needs RoleManagement.Read.Directory or
 * Directory.Read.All (Graph: directoryrole-list, directoryrole-list-members); without one of them the answer is that nobody knows.
 */
export async function readRoleHolders(graph: Graph, pace: Pace): Promise<RoleHolders> {
  const url = '/directoryRoles?$select=id,displayName';
  const answer = await graph.read(url);
  if (answer.status === 403) return { isKnown: false, reason: reasonOf(answer) };
  const roles = listOf(bodyOf(url, answer)).map(toRole);
  const urls = roles.map(({ id }) => `/directoryRoles/${id}/members?$select=id`);
  const answers = await readMany(graph, urls, pace);
  const held = new Map<string, string[]>();
  for (const [at, role] of roles.entries()) {
    const first = answers[at];
    if (first === undefined) continue;
    if (first.status === 403) return { isKnown: false, reason: reasonOf(first) };
    for await (const id of membersOf(graph, urls[at] ?? '', first)) held.set(id, [...(held.get(id) ?? []), role.name]);
  }
  const holders = [...held].map(([id, names]) => ({ id, roles: names.sort() }));
  return { isKnown: true, holders: holders.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

async function* membersOf(graph: Graph, url: string, first: GraphAnswer): AsyncGenerator<string> {
  let body: Json = bodyOf(url, first);
  for (;;) {
    for (const member of listOf(body)) yield String(member['id']);
    const link = body['@odata.nextLink'];
    if (typeof link !== 'string') return;
    body = await graph.readBody(link);
  }
}

function bodyOf(url: string, answer: GraphAnswer): Json {
  if (answer.status !== 200 || !isJson(answer.body)) throw refused(url, answer);
  return answer.body;
}

function toRole(role: Json): Role {
  return { id: String(role['id']), name: String(role['displayName'] ?? role['id']) };
}

function reasonOf(answer: GraphAnswer): string {
  const refusal = readRefusal(answer.status, answer.body);
  return `${refusal.status} ${refusal.code}`;
}
