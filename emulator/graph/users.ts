import { toGraphTime } from '../clock.ts';
import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { isRecord } from '../json-value.ts';
import { noRoom, notEmulated, notPermitted } from '../refusals.ts';
import { createCloudSid } from '../tenant/create-cloud-sid.ts';
import { type Entity, textsOf, type Value, type Values } from '../tenant/entity.ts';
import { patchOf } from '../tenant/patch-of.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { deletionOfUser } from '../tenant/rules/user-deletion.ts';
import { SENSITIVE_OF_USER } from '../tenant/rules/user-properties.ts';
import { checkNewUser, checkUserPatch } from '../tenant/rules/user-rules.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { expandEntity } from './expand.ts';
import { findByKey, findForWrite } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { type Collection, countEntities, listEntities } from './list.ts';
import { projectEntity, selectNames } from './projection.ts';

const USERS: Collection = { kind: 'user', path: '/users', context: 'users', status: 'live' };

/** What User.ReadBasic.All is enough for (permissions reference). */
const BASIC_OF_USER: readonly string[] = ['id', 'displayName', 'givenName', 'surname', 'mail', 'userPrincipalName'];
const READ_WHOLE: readonly string[] = [
  'User.Read.All',
  'User.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];

function checkSelection({ caller, query }: GraphRequest): void {
  if (READ_WHOLE.some((permission) => caller.permissions.has(permission))) return;
  if (query.select?.some((name) => !BASIC_OF_USER.includes(name))) throw notPermitted();
}

export function listUsers(request: GraphRequest): Answer {
  checkSelection(request);
  return listEntities(request, USERS);
}

export function countUsers(request: GraphRequest): Answer {
  return countEntities(request, USERS);
}

export function getUser(request: GraphRequest): Answer {
  checkSelection(request);
  const user = findByKey(request.tenant, 'user', paramAt(request, 0));
  const names = selectNames('user', request.query.select);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}users${request.query.select ? `(${request.query.select.join(',')})` : ''}/$entity`,
    ...projectEntity(user, names),
    ...expandEntity(request, user),
  });
}

export function createUser(request: GraphRequest): Answer {
  const { tenant } = request;
  const body = asBody(request.body);
  checkAnnotations(body);
  if (!tenant.hasRoom()) throw noRoom();
  const id = tenant.newId();
  const values = { ...checkNewUser(body, tenant), ...birthMarks(tenant) };
  tenant.commit([{ type: 'create', kind: 'user', id, values }]);
  const user = tenant.primary.find(id) as Entity;
  return answerJson(
    201,
    { '@odata.context': `${CONTEXT}users/$entity`, ...projectEntity(user, selectNames('user', undefined)) },
    {
      location: `https://graph.microsoft.com/v2/${tenant.profile.id}/directoryObjects/${id}/Microsoft.DirectoryServices.User`,
    },
  );
}

/** What the service adds to every new user. */
function birthMarks(tenant: Tenant): Values {
  const now = toGraphTime(tenant.clock.now());
  return {
    createdDateTime: now,
    securityIdentifier: createCloudSid(tenant),
    signInSessionsValidFromDateTime: now,
    lastPasswordChangeDateTime: now,
  };
}

export function updateUser(request: GraphRequest): Answer {
  const { tenant } = request;
  const body = asBody(request.body);
  checkAnnotations(body);
  const user = findForWrite(request, 'user');
  checkPartialPermission(request, Object.keys(body));
  checkPrivilege(request, user, Object.keys(body));
  const values: Record<string, Value> = { ...checkUserPatch(body, user, tenant) };
  if (isRecord(body['passwordProfile']) && typeof body['passwordProfile']['password'] === 'string') {
    // A reset by an administrator ends the user's sessions and a lock-out (refresh token revocation, documented).
    const now = toGraphTime(tenant.clock.now());
    Object.assign(values, { lastPasswordChangeDateTime: now, signInSessionsValidFromDateTime: now, signInLock: null });
  }
  if (Object.keys(values).length > 0) tenant.commit([patchOf(user, values)]);
  return answerEmpty(204);
}

export function deleteUser(request: GraphRequest): Answer {
  const { tenant } = request;
  const user = findForWrite(request, 'user');
  checkPrivilege(request, user, SENSITIVE_OF_USER);
  tenant.commit([deletionOfUser(user, tenant)]);
  return answerEmpty(204);
}

export function revokeSignInSessions(request: GraphRequest): Answer {
  const user = findForWrite(request, 'user');
  const now = toGraphTime(request.tenant.clock.now());
  // A change even within one second: the refresh tokens given out before it end here.
  request.tenant.commit([{ type: 'patch', id: user.id, values: { signInSessionsValidFromDateTime: now } }]);
  return answerJson(200, { '@odata.context': `${CONTEXT}Edm.Boolean`, value: true });
}

function checkAnnotations(body: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(body)) {
    if (name.includes('@') && !['@odata.type', '@odata.context'].includes(name))
      throw notEmulated(`'${name}' in the body of a user`);
  }
}

/** Permissions that allow an update of a few properties only (D.4 of the facts). */
const PARTIAL: Readonly<Record<string, readonly string[]>> = {
  'User.EnableDisableAccount.All': ['accountEnabled'],
  'User-Mail.ReadWrite.All': ['otherMails'],
  'User-Phone.ReadWrite.All': ['businessPhones', 'mobilePhone'],
  'User-PasswordProfile.ReadWrite.All': ['passwordProfile'],
};

function checkPartialPermission(request: GraphRequest, names: readonly string[]): void {
  const { permissions, directoryRoles } = request.caller;
  const isFull = permissions.has('User.ReadWrite.All') || permissions.has('Directory.ReadWrite.All');
  for (const name of names) {
    const partial = Object.entries(PARTIAL).some(
      ([permission, covered]) => permissions.has(permission) && covered.includes(name),
    );
    if (name === 'passwordProfile') {
      const mayReset = partial && directoryRoles.some((role) => PASSWORD_ROLES.includes(role));
      if (!mayReset) throw notPermitted();
    } else if (!isFull && !partial) {
      throw notPermitted();
    }
  }
}

const PASSWORD_ROLES: readonly string[] = [
  'User Administrator',
  'Privileged Authentication Administrator',
  'Global Administrator',
];
const PRIVILEGED_ROLES: readonly string[] = ['Privileged Authentication Administrator', 'Global Administrator'];

/** Sensitive actions on holders of administrator roles, by themselves or as members of a group, need a privileged role besides the permission. */
export function checkPrivilege(request: GraphRequest, user: Entity, names: readonly string[]): void {
  const isHolder = (entity: Entity): boolean => textsOf(entity, 'adminRoles').length > 0;
  if (!isHolder(user) && ![...(user.memberOf ?? [])].some((group) => group.status === 'live' && isHolder(group)))
    return;
  if (!names.some((name) => SENSITIVE_OF_USER.includes(name))) return;
  if (!request.caller.directoryRoles.some((role) => PRIVILEGED_ROLES.includes(role))) throw notPermitted();
}
