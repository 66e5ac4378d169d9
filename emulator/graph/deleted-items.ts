import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { notFound, notPermitted, propertyUnknown, queryUnsupported, valueMistyped, valueTaken } from '../refusals.ts';
import type { ChangeDraft } from '../tenant/change.ts';
import { type Entity, type ObjectKind, textOf, textsOf, type Value } from '../tenant/entity.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { unmangleUpn } from '../tenant/rules/user-principal-name.ts';
import { SENSITIVE_OF_USER } from '../tenant/rules/user-properties.ts';
import { checkRestoredUpn } from '../tenant/rules/user-rules.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { addressKey } from '../tenant/unique-keys.ts';
import { checkObjectId } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { listEntities } from './list.ts';
import { projectDirectoryObject } from './projection.ts';
import { checkPrivilege } from './users.ts';

/** GET /directory/deletedItems/microsoft.graph.user and group. */
export function listDeleted(kind: 'user' | 'group'): (request: GraphRequest) => Answer {
  return (request) =>
    listEntities(request, {
      kind,
      path: `/directory/deletedItems/microsoft.graph.${kind}`,
      context: `${kind}s`,
      status: 'deleted',
    });
}

/** The collection without a type is not supported by the service either. */
export function listDeletedUncast(): Answer {
  throw queryUnsupported(
    'The deletedItems collection can only be listed with a type: /directory/deletedItems/microsoft.graph.user.',
  );
}

export function getDeleted(request: GraphRequest): Answer {
  const entity = findVisibleDeleted(request);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects/$entity`,
    ...projectDirectoryObject(entity, request.query.select),
  });
}

/** DELETE /directory/deletedItems/{id}: for good. */
export function purgeDeleted(request: GraphRequest): Answer {
  const entity = findDeleted(request);
  checkKindPermission(request, entity.kind);
  if (entity.kind === 'user') checkPrivilege(request, entity, SENSITIVE_OF_USER);
  request.tenant.commit([{ type: 'purge', id: entity.id }]);
  return answerEmpty(204);
}

/** POST /directory/deletedItems/{id}/restore, refused while another object holds a unique value. */
export function restoreDeleted(request: GraphRequest): Answer {
  const { tenant } = request;
  const entity = findDeleted(request);
  checkKindPermission(request, entity.kind);
  if (entity.kind === 'user') checkPrivilege(request, entity, SENSITIVE_OF_USER);
  const wishes = readWishes(request.body);
  const values = entity.kind === 'user' ? checkUserRestore(entity, wishes, tenant) : checkGroupRestore(entity, tenant);
  tenant.commit([{ type: 'restore', id: entity.id, values } satisfies ChangeDraft]);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects/$entity`,
    ...projectDirectoryObject(entity, undefined),
  });
}

/** As the replica has it, which may not know yet that it was restored. */
function findVisibleDeleted(request: GraphRequest): Entity {
  const { value } = paramAt(request, 0);
  checkObjectId(value);
  const visible = request.tenant.visible.find(value);
  if (visible?.status !== 'deleted') throw notFound(value);
  return visible;
}

/** The same for writing: as the primary has it now. */
function findDeleted(request: GraphRequest): Entity {
  const visible = findVisibleDeleted(request);
  const entity = request.tenant.primaryOf(visible);
  if (entity?.status !== 'deleted') throw notFound(visible.id);
  return entity;
}

const MAY_RESTORE: Readonly<Record<ObjectKind, readonly string[]>> = {
  user: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
  group: ['Group.ReadWrite.All'],
  servicePrincipal: ['Application.ReadWrite.All'],
  orgContact: [],
  device: [],
  organization: [],
};

function checkKindPermission(request: GraphRequest, kind: ObjectKind): void {
  const isAllowed = MAY_RESTORE[kind].some((permission) => request.caller.permissions.has(permission));
  if (!isAllowed) throw notPermitted();
}

interface RestoreWishes {
  readonly newUserPrincipalName?: string;
  readonly autoReconcileProxyConflict?: boolean;
}

function readWishes(body: unknown): RestoreWishes {
  if (body === undefined) return {};
  const given = asBody(body);
  for (const name of Object.keys(given)) {
    if (name !== 'newUserPrincipalName' && name !== 'autoReconcileProxyConflict') throw propertyUnknown(name);
  }
  const upn = given['newUserPrincipalName'];
  const reconcile = given['autoReconcileProxyConflict'];
  if (upn !== undefined && typeof upn !== 'string') throw valueMistyped('newUserPrincipalName', 'Edm.String');
  if (reconcile !== undefined && typeof reconcile !== 'boolean') {
    throw valueMistyped('autoReconcileProxyConflict', 'Edm.Boolean');
  }
  return {
    ...(upn === undefined ? {} : { newUserPrincipalName: upn }),
    ...(reconcile === undefined ? {} : { autoReconcileProxyConflict: reconcile }),
  };
}

function checkUserRestore(user: Entity, wishes: RestoreWishes, tenant: Tenant): Readonly<Record<string, Value>> {
  const upn = wishes.newUserPrincipalName ?? unmangleUpn(user.id, textOf(user, 'userPrincipalName') ?? '');
  checkRestoredUpn(upn, user, tenant);
  const anchor = textOf(user, 'onPremisesImmutableId');
  const anchorHolder = anchor === undefined ? undefined : tenant.primary.findUnique('onPremisesImmutableId', anchor);
  if (anchorHolder && anchorHolder.id !== user.id) throw valueTaken('onPremisesImmutableId');
  const synced = user.values['onPremisesSyncEnabled'] === true ? { onPremisesSyncEnabled: false } : {};
  return { userPrincipalName: upn, ...synced, ...reconcileAddresses(user, wishes, tenant) };
}

/** Addresses that somebody took meanwhile: a refusal, or left out when the caller asked for that. */
function reconcileAddresses(user: Entity, wishes: RestoreWishes, tenant: Tenant): Readonly<Record<string, Value>> {
  const addresses = textsOf(user, 'proxyAddresses');
  const isFree = (address: string): boolean => {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    return holder === undefined || holder.id === user.id;
  };
  const free = addresses.filter(isFree);
  const mail = textOf(user, 'mail');
  const isMailFree = mail === undefined || isFree(`smtp:${mail}`);
  if (free.length === addresses.length && isMailFree) return {};
  if (wishes.autoReconcileProxyConflict !== true) throw valueTaken('proxyAddresses');
  return { proxyAddresses: free, ...(isMailFree ? {} : { mail: null }) };
}

function checkGroupRestore(group: Entity, tenant: Tenant): Readonly<Record<string, Value>> {
  for (const address of textsOf(group, 'proxyAddresses')) {
    const holder = tenant.primary.findUnique('proxyAddresses', addressKey(address));
    if (holder && holder.id !== group.id) throw valueTaken('proxyAddresses');
  }
  const nickname = textOf(group, 'mailNickname');
  if (nickname !== undefined && textsOf(group, 'groupTypes').includes('Unified')) {
    const holder = tenant.primary.findUnique('mailNickname', nickname.toLowerCase());
    if (holder && holder.id !== group.id) throw valueTaken('mailNickname');
  }
  const uniqueName = textOf(group, 'uniqueName');
  const holder = uniqueName === undefined ? undefined : tenant.primary.findUnique('uniqueName', uniqueName);
  if (holder && holder.id !== group.id) throw valueTaken('uniqueName');
  return {};
}
