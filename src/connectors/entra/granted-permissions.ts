import { DirbridgeError } from '../../errors.ts';
import type { Graph } from './graph.ts';
import { type Json, listOf } from './graph-object.ts';
import { readClaims } from './token-claims.ts';

/**
 * The application permissions for Graph: as the token tells them, else as the tenant has them recorded. Null when neither tells.
 */
export async function readGrantedPermissions(
  graph: Graph,
  token: string,
  clientId: string,
): Promise<ReadonlySet<string> | null> {
  const roles = readClaims(token)['roles'];
  if (Array.isArray(roles)) return new Set(roles.map(String));
  try {
    return await readAssignments(graph, clientId);
  } catch (thrown) {
    if (thrown instanceof DirbridgeError && thrown.code === 'tenant-refused') return null;
    throw thrown;
  }
}

/** Microsoft Graph in every tenant. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

async function readAssignments(graph: Graph, clientId: string): Promise<ReadonlySet<string>> {
  const own = await readPrincipal(graph, clientId, 'id');
  const service = await readPrincipal(graph, GRAPH_APP_ID, 'id,appRoles');
  const names = new Map(listOf(service, 'appRoles').map((role) => [role['id'], String(role['value'])]));
  const granted = new Set<string>();
  let link: unknown = `/servicePrincipals/${String(own['id'])}/appRoleAssignments`;
  while (typeof link === 'string') {
    const body = await graph.readBody(link);
    for (const assignment of listOf(body)) {
      const name = names.get(assignment['appRoleId']);
      if (name !== undefined) granted.add(name);
    }
    link = body['@odata.nextLink'];
  }
  return granted;
}

async function readPrincipal(graph: Graph, appId: string, select: string): Promise<Json> {
  const filter = encodeURIComponent(`appId eq '${appId}'`);
  return listOf(await graph.readBody(`/servicePrincipals?$filter=${filter}&$select=${select}`))[0] ?? {};
}
