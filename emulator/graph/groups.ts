import { toGraphTime } from '../clock.ts';
import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { noRoom, notEmulated, notPermitted, valuesInvalid } from '../refusals.ts';
import type { ChangeDraft } from '../tenant/change.ts';
import { createCloudSid } from '../tenant/create-cloud-sid.ts';
import type { Entity, Values } from '../tenant/entity.ts';
import { patchOf } from '../tenant/patch-of.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { checkGroupEditable, checkGroupPatch, checkNewGroup, isUnifiedType } from '../tenant/rules/group-rules.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { checkNewLinks, readBoundLinks } from './bound-links.ts';
import { findByKey, findForWrite } from './find-entity.ts';
import { CONTEXT, type GraphRequest, type Key, paramAt } from './graph-request.ts';
import { type Collection, countEntities, listEntities } from './list.ts';
import { projectEntity, selectNames } from './projection.ts';

const GROUPS: Collection = { kind: 'group', path: '/groups', context: 'groups', status: 'live' };

export function listGroups(request: GraphRequest): Answer {
  return listEntities(request, GROUPS);
}

export function countGroups(request: GraphRequest): Answer {
  return countEntities(request, GROUPS);
}

export function getGroup(request: GraphRequest): Answer {
  if (request.query.expand !== undefined) throw notEmulated("the query option '$expand' here");
  const group = findByKey(request.tenant, 'group', paramAt(request, 0));
  return answerJson(200, {
    '@odata.context': `${CONTEXT}groups${request.query.select ? `(${request.query.select.join(',')})` : ''}/$entity`,
    ...projectEntity(group, selectNames('group', request.query.select)),
  });
}

export function createGroup(request: GraphRequest): Answer {
  const may = ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'];
  if (!may.some((permission) => request.caller.permissions.has(permission))) throw notPermitted();
  return answerCreated(request, asBody(request.body));
}

function answerCreated(request: GraphRequest, body: Readonly<Record<string, unknown>>): Answer {
  const { tenant } = request;
  const values: Values = { ...checkNewGroup(body, tenant), ...birthMarks(tenant) };
  if (values['isAssignableToRole'] === true) checkRolePermission(request);
  if (!tenant.hasRoom()) throw noRoom();
  const id = tenant.newId();
  const links = readBoundLinks(request, body);
  checkNewLinks(links, values, undefined);
  tenant.commit([
    { type: 'create', kind: 'group', id, values },
    ...links.map((link): ChangeDraft => ({ type: 'link', from: id, name: link.name, to: link.target.id })),
  ]);
  const group = tenant.primary.find(id) as Entity;
  return answerJson(
    201,
    { '@odata.context': `${CONTEXT}groups/$entity`, ...projectEntity(group, selectNames('group', undefined)) },
    {
      location: `https://graph.microsoft.com/v2/${tenant.profile.id}/directoryObjects/${id}/Microsoft.DirectoryServices.Group`,
    },
  );
}

function birthMarks(tenant: Tenant): Values {
  const now = toGraphTime(tenant.clock.now());
  return { createdDateTime: now, renewedDateTime: now, securityIdentifier: createCloudSid(tenant) };
}

/**
 * PATCH /groups/{id}; PATCH /groups(uniqueName='x') also creates, when the header Prefer: create-if-missing asks for
 * it (group-upsert).
 */
export function updateGroup(request: GraphRequest): Answer {
  const key = paramAt(request, 0);
  const body = asBody(request.body);
  if (key.by === 'uniqueName') return upsertGroup(request, key, body);
  return answerUpdated(request, findForWrite(request, 'group', addsLinks(body)), body);
}

function addsLinks(body: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(body).some((name) => name.endsWith('@odata.bind'));
}

function upsertGroup(request: GraphRequest, key: Key, body: Readonly<Record<string, unknown>>): Answer {
  const { tenant } = request;
  if (body['uniqueName'] !== undefined && body['uniqueName'] !== key.value) throw valuesInvalid();
  const mayCreate = (request.headers['prefer'] ?? '')
    .toLowerCase()
    .split(',')
    .some((part) => part.trim() === 'create-if-missing');
  const known = tenant.primary.findUnique('uniqueName', key.value);
  const isThere = known?.status === 'live';
  // An upsert sees a group made moments ago, else it would make another one; its links have to wait like any other.
  if (isThere && mayCreate && !addsLinks(body)) return answerUpdated(request, known, body);
  if (isThere || !mayCreate) return answerUpdated(request, findForWrite(request, 'group', addsLinks(body)), body);
  // Unlike POST /groups, an upsert is not open to Group.Create (group-upsert).
  if (!mayWriteAll(request)) throw notPermitted();
  return answerCreated(request, { ...body, uniqueName: key.value });
}

function answerUpdated(request: GraphRequest, group: Entity, body: Readonly<Record<string, unknown>>): Answer {
  const { tenant } = request;
  if (group.values['isAssignableToRole'] === true) checkRolePermission(request);
  checkUpdatePermission(request, body);
  const values = checkGroupPatch(body, group, tenant);
  const links = readBoundLinks(request, body);
  checkNewLinks(links, group.values, group);
  const drafts: ChangeDraft[] = links.map((link) => ({
    type: 'link',
    from: group.id,
    name: link.name,
    to: link.target.id,
  }));
  if (Object.keys(values).length > 0) drafts.push(patchOf(group, values));
  tenant.commit(drafts);
  return answerEmpty(204);
}

/** GroupMember.ReadWrite.All is enough for a body that only adds members. */
function checkUpdatePermission(request: GraphRequest, body: Readonly<Record<string, unknown>>): void {
  if (mayWriteAll(request)) return;
  const isOnlyMembers = Object.keys(body).every((name) => name === 'members@odata.bind');
  if (!isOnlyMembers || !request.caller.permissions.has('GroupMember.ReadWrite.All')) throw notPermitted();
}

function mayWriteAll({ caller }: GraphRequest): boolean {
  return caller.permissions.has('Group.ReadWrite.All') || caller.permissions.has('Directory.ReadWrite.All');
}

export function checkRolePermission(request: GraphRequest): void {
  if (!request.caller.permissions.has('RoleManagement.ReadWrite.Directory')) throw notPermitted();
}

export function deleteGroup(request: GraphRequest): Answer {
  const { tenant } = request;
  const group = findForWrite(request, 'group');
  checkGroupEditable(group);
  if (group.values['isAssignableToRole'] === true) checkRolePermission(request);
  const isKept = isUnifiedType(group.values) || tenant.assumptions.softDeleteSecurityGroups;
  tenant.commit([isKept ? { type: 'delete', id: group.id, values: {} } : { type: 'purge', id: group.id }]);
  return answerEmpty(204);
}
