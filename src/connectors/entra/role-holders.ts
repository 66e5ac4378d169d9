import type { RoleHolders } from '../connector.ts';
import { readMany } from './batch.ts';
import type { Graph, GraphAnswer } from './graph.ts';
import { isJson, type Json, listOf } from './graph-object.ts';
import { readRefusal } from './graph-refusal.ts';
import type { Pace } from './pace.ts';

interface Role {
  readonly id: string;
  readonly name: string;
}

/**
 * The members of the directory roles that are activated: users, and groups that hand their role on. Needs RoleManagement.Read.Directory or
 * Directory.Read.All (Graph: directoryrole-list, directoryrole-list-members). Whatever the tenant refuses is an answer too: nobody knows then.
 */
export async function readRoleHolders(graph: Graph, pace: Pace): Promise<RoleHolders> {
  const answer = await graph.read('/directoryRoles?$select=id,displayName');
  if (answer.status !== 200 || !isJson(answer.body)) return unknown(answer);
  const roles = listOf(answer.body).map(toRole);
  const urls = roles.map(({ id }) => `/directoryRoles/${id}/members?$select=id`);
  const answers = await readMany(graph, urls, pace);
  const held = new Map<string, string[]>();
  for (const [at, role] of roles.entries()) {
    const first = answers[at];
    if (first?.status !== 200 || !isJson(first.body)) return unknown(first ?? answer);
    for await (const id of membersOf(graph, first.body)) held.set(id, [...(held.get(id) ?? []), role.name]);
  }
  const holders = [...held].map(([id, names]) => ({ id, roles: names.sort() }));
  return { isKnown: true, holders: holders.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

async function* membersOf(graph: Graph, first: Json): AsyncGenerator<string> {
  let body = first;
  for (;;) {
    for (const member of listOf(body)) yield String(member['id']);
    const link = body['@odata.nextLink'];
    if (typeof link !== 'string') return;
    body = await graph.readBody(link);
  }
}

function unknown(answer: GraphAnswer): RoleHolders {
  const refusal = readRefusal(answer.status, answer.body);
  return { isKnown: false, reason: `${refusal.status} ${refusal.code}` };
}

function toRole(role: Json): Role {
  return { id: String(role['id']), name: String(role['displayName'] ?? role['id']) };
}
