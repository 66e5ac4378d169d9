import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { masteredOnPremises, notEmulated, notFound, notPermitted } from '../refusals.ts';
import { type Entity, type LinkName, liveLinks, type ObjectKind } from '../tenant/entity.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { checkGroupEditable } from '../tenant/rules/group-rules.ts';
import { checkNewLinks } from './bound-links.ts';
import { findByKey, findForWrite, findReference } from './find-entity.ts';
import { CONTEXT, type GraphRequest, isAdvanced, paramAt } from './graph-request.ts';
import { checkRolePermission } from './groups.ts';
import { DEFAULT_PAGE, nextLink, readCursor } from './list.ts';
import { projectDirectoryObject, projectEntity, selectNames } from './projection.ts';

type GroupLink = Exclude<LinkName, 'manager'>;

/** GET /groups/{id}/members and owners, optionally cast to one kind. */
export function listGroupLinks(name: GroupLink, cast?: ObjectKind): (request: GraphRequest) => Answer {
  return (request) => {
    const key = paramAt(request, 0);
    const group = findByKey(request.tenant, 'group', key);
    checkMembershipVisible(request, group, name);
    const path = `/groups/${encodeURIComponent(group.id)}/${name}${cast ? `/microsoft.graph.${cast}` : ''}`;
    return pageLinks(request, path, cast, (after) => castLinks(liveLinks(group[name], after), cast));
  };
}

function checkMembershipVisible(request: GraphRequest, group: Entity, name: GroupLink): void {
  const isHidden = name === 'members' && group.values['visibility'] === 'HiddenMembership';
  if (isHidden && !request.caller.permissions.has('Member.Read.Hidden')) throw notPermitted();
}

/** Lists without a cast omit service principals (observed 2026). */
function* castLinks(
  links: Iterable<readonly [Entity, number]>,
  cast: ObjectKind | undefined,
): Generator<readonly [Entity, number]> {
  for (const link of links) {
    if (cast ? link[0].kind === cast : link[0].kind !== 'servicePrincipal') yield link;
  }
}

type LinkSource = (after: number) => Iterable<readonly [Entity, number]>;

function pageLinks(request: GraphRequest, path: string, cast: ObjectKind | undefined, source: LinkSource): Answer {
  const { query } = request;
  if (query.filter !== undefined || query.orderby !== undefined || query.expand !== undefined) {
    throw notEmulated('$filter, $orderby and $expand on this collection');
  }
  if (cast) selectNames(cast, query.select);
  const size = query.top ?? DEFAULT_PAGE;
  const cursor = readCursor(request, path);
  const page: Record<string, unknown>[] = [];
  let last = cursor.at;
  let hasMore = false;
  for (const [entity, seq] of source(cursor.at)) {
    if (page.length === size) {
      hasMore = true;
      break;
    }
    page.push(
      cast ? projectEntity(entity, selectNames(cast, query.select)) : projectDirectoryObject(entity, query.select),
    );
    last = seq;
  }
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects`,
    ...(isAdvanced(request) && query.skipToken === undefined ? { '@odata.count': [...source(0)].length } : {}),
    ...(hasMore ? { '@odata.nextLink': nextLink(request, path, path, last) } : {}),
    value: page,
  });
}

/** GET /users/{id}/memberOf, /groups/{id}/memberOf and /users/{id}/directReports. */
export function listBackLinks(kind: ObjectKind, name: 'memberOf' | 'directReports'): (request: GraphRequest) => Answer {
  return (request) => {
    const entity = findByKey(request.tenant, kind, paramAt(request, 0));
    const all = [...((name === 'memberOf' ? entity.memberOf : entity.reports) ?? [])].filter(
      (back) => back.status === 'live',
    );
    const path = `/${kind}s/${entity.id}/${name}`;
    return pageLinks(request, path, undefined, (after) =>
      all.slice(after).map((back, place) => [back, after + place + 1] as const),
    );
  };
}

/** POST /groups/{id}/members/$ref */
export function addGroupLink(name: GroupLink): (request: GraphRequest) => Answer {
  return (request) => {
    const group = findForWrite(request, 'group', true);
    checkGroupWritable(request, group);
    const target = findReference(request, asBody(request.body)['@odata.id']);
    checkNewLinks([{ name, target }], group.values, group);
    request.tenant.commit([{ type: 'link', from: group.id, name, to: target.id }]);
    return answerEmpty(204);
  };
}

/** DELETE /groups/{id}/members/{id}/$ref */
export function removeGroupLink(name: GroupLink): (request: GraphRequest) => Answer {
  return (request) => {
    const group = findForWrite(request, 'group');
    checkGroupWritable(request, group);
    const { value } = paramAt(request, 1);
    const target = request.tenant.primary.find(value);
    if (target?.status !== 'live' || !group[name]?.current.has(target)) throw notFound(value);
    request.tenant.commit([{ type: 'unlink', from: group.id, name, to: target.id }]);
    return answerEmpty(204);
  };
}

function checkGroupWritable(request: GraphRequest, group: Entity): void {
  checkGroupEditable(group);
  if (group.values['isAssignableToRole'] === true) checkRolePermission(request);
}

export function getManager(request: GraphRequest): Answer {
  const key = paramAt(request, 0);
  const user = findByKey(request.tenant, 'user', key);
  if (user.manager?.status !== 'live') throw notFound('manager');
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects/$entity`,
    ...projectDirectoryObject(user.manager, request.query.select),
  });
}

export function getManagerReference(request: GraphRequest): Answer {
  const user = findByKey(request.tenant, 'user', paramAt(request, 0));
  if (user.manager?.status !== 'live') throw notFound('manager');
  return answerJson(200, {
    '@odata.context': `${CONTEXT}$ref`,
    '@odata.id': `https://graph.microsoft.com/v2/${request.tenant.profile.id}/directoryObjects/${user.manager.id}/Microsoft.DirectoryServices.User`,
  });
}

export function setManager(request: GraphRequest): Answer {
  const user = findForWrite(request, 'user');
  if (user.values['onPremisesSyncEnabled'] === true) throw masteredOnPremises();
  const target = findReference(request, asBody(request.body)['@odata.id']);
  if (target.kind !== 'user') throw notFound(target.id);
  if (user.manager !== target) request.tenant.commit([{ type: 'link', from: user.id, name: 'manager', to: target.id }]);
  return answerEmpty(204);
}

export function removeManager(request: GraphRequest): Answer {
  const user = findForWrite(request, 'user');
  if (user.values['onPremisesSyncEnabled'] === true) throw masteredOnPremises();
  const manager = user.manager;
  if (!manager) throw notFound('manager');
  request.tenant.commit([{ type: 'unlink', from: user.id, name: 'manager', to: manager.id }]);
  return answerEmpty(204);
}
