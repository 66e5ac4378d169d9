import { type Answer, answerJson } from '../http-exchange.ts';
import { textsOf } from '../tenant/entity.ts';
import { findByKey } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { listEntities } from './list.ts';
import { projectEntity, selectNames } from './projection.ts';

/** GET /servicePrincipals, the application's own and Microsoft Graph's. */
export function listServicePrincipals(request: GraphRequest): Answer {
  return listEntities(request, {
    kind: 'servicePrincipal',
    path: '/servicePrincipals',
    context: 'servicePrincipals',
    status: 'live',
  });
}

export function getServicePrincipal(request: GraphRequest): Answer {
  const principal = findByKey(request.tenant, 'servicePrincipal', paramAt(request, 0));
  return answerJson(200, {
    '@odata.context': `${CONTEXT}servicePrincipals/$entity`,
    ...projectEntity(principal, selectNames('servicePrincipal', request.query.select)),
  });
}

/** GET /servicePrincipals/{id}/appRoleAssignments: the permissions granted, by the ids of Microsoft Graph's appRoles. */
export function listAppRoleAssignments(request: GraphRequest): Answer {
  const principal = findByKey(request.tenant, 'servicePrincipal', paramAt(request, 0));
  const graph = request.tenant.visible
    .listed('servicePrincipal')
    .find((entity) => entity?.values['appId'] === GRAPH_APP_ID);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}appRoleAssignments`,
    value: textsOf(principal, 'grantedRoles').map((role) => ({
      id: Buffer.from(`${principal.id}/${role}`).toString('base64url'),
      deletedDateTime: null,
      appRoleId: appRoleId(role),
      createdDateTime: principal.values['createdDateTime'] ?? null,
      principalDisplayName: principal.values['displayName'] ?? null,
      principalId: principal.id,
      principalType: 'ServicePrincipal',
      resourceDisplayName: 'Microsoft Graph',
      resourceId: graph?.id ?? null,
    })),
  });
}

/** The application id of Microsoft Graph in every tenant. */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/**
 * The emulator's own id of a permission: made from its name, so that a client that looks the name up in appRoles of
 * Microsoft Graph's principal works, and one that has the real ids built in sees that they differ.
 */
export function appRoleId(role: string): string {
  const hex = Buffer.from(role.padEnd(16, '.')).toString('hex');
  let mixed = 0x811c9dc5;
  for (const character of role) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193) >>> 0;
  const tail = `${mixed.toString(16).padStart(8, '0')}${hex.slice(-4)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${tail}`;
}
