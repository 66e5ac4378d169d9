import { createHash } from 'node:crypto';
import { type Answer, answerJson } from '../http-exchange.ts';
import { notFound, propertyUnknown } from '../refusals.ts';
import { type Entity, textsOf } from '../tenant/entity.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { checkObjectId } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { projectDirectoryObject } from './projection.ts';

/** The one role that is activated in every tenant (directoryrole-list). */
const ALWAYS_ACTIVE = 'Global Administrator';
/** The members of a role are not paged (directoryrole-list-members). */
const MOST_MEMBERS = 1000;
const PROPERTIES: readonly string[] = ['id', 'deletedDateTime', 'description', 'displayName', 'roleTemplateId'];

/** GET /directoryRoles: the roles that are activated, which are those that anybody holds (`adminRoles` of the seed). */
export function listDirectoryRoles(request: GraphRequest): Answer {
  const names = activeRoles(request.tenant);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryRoles`,
    value: names.map((name) => describeRole(name, request.query.select)),
  });
}

export function getDirectoryRole(request: GraphRequest): Answer {
  const name = findRole(request);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryRoles/$entity`,
    ...describeRole(name, request.query.select),
  });
}

/** GET /directoryRoles/{id}/members: users, and groups that were made for being assigned to roles. */
export function listRoleMembers(request: GraphRequest): Answer {
  const name = findRole(request);
  const members = holders(request.tenant).filter((entity) => textsOf(entity, 'adminRoles').includes(name));
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects`,
    value: members.slice(0, MOST_MEMBERS).map((entity) => projectDirectoryObject(entity, request.query.select)),
  });
}

function findRole(request: GraphRequest): string {
  const { value } = paramAt(request, 0);
  checkObjectId(value);
  const name = activeRoles(request.tenant).find((role) => roleId(role) === value.toLowerCase());
  if (name === undefined) throw notFound(value);
  return name;
}

function activeRoles(tenant: Tenant): readonly string[] {
  return [...new Set([ALWAYS_ACTIVE, ...holders(tenant).flatMap((entity) => textsOf(entity, 'adminRoles'))])].sort();
}

function holders(tenant: Tenant): readonly Entity[] {
  return (['user', 'group'] as const)
    .flatMap((kind) => [...tenant.visible.listed(kind)])
    .filter((entity): entity is Entity => entity?.status === 'live' && textsOf(entity, 'adminRoles').length > 0);
}

function describeRole(name: string, select: readonly string[] | undefined): Record<string, unknown> {
  const unknown = select?.find((property) => !PROPERTIES.includes(property));
  if (unknown !== undefined) throw propertyUnknown(unknown);
  const role: Readonly<Record<string, unknown>> = {
    id: roleId(name),
    deletedDateTime: null,
    description: name,
    displayName: name,
    roleTemplateId: roleId(`template ${name}`),
  };
  return Object.fromEntries((select ?? PROPERTIES).map((property) => [property, role[property]]));
}

/** The emulator's own ids, made from the names. */
function roleId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
