import { toGraphTime } from '../../clock.ts';
import type { ChangeDraft } from '../../tenant/change.ts';
import { createCloudSid } from '../../tenant/create-cloud-sid.ts';
import { type Entity, textOf, type Value, type Values } from '../../tenant/entity.ts';
import { patchOf } from '../../tenant/patch-of.ts';
import { isUnifiedType } from '../../tenant/rules/group-rules.ts';
import { deletionOfUser } from '../../tenant/rules/user-deletion.ts';
import { unmangleUpn } from '../../tenant/rules/user-principal-name.ts';
import { isSynchronized } from '../../tenant/synchronization.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { findByCloudAnchor, findBySourceAnchor } from './anchors.ts';
import { checkReferences, editLinks } from './edit-links.ts';
import { findMatch } from './find-match.ts';
import { graphValues, syncedOf } from './graph-values.ts';
import { type Merged, mergeProperties } from './merge-properties.ts';
import { namesAndAddresses } from './names-and-addresses.ts';
import { SyncFailure } from './sync-failure.ts';
import type { SyncObject } from './sync-object.ts';

/** E.1: anchors are shorter than 60 characters. */
const LONGEST_ANCHOR = 59;

/** Carries out one object of a request and returns the object that it made or changed. Throws SyncFailure; nothing was changed then. */
export function applyObject(object: SyncObject, tenant: Tenant): Entity {
  if (object.operation === 'Delete') return deleteObject(object, tenant);
  if ((object.sourceAnchor?.length ?? 0) > LONGEST_ANCHOR) {
    throw new SyncFailure('ExceededAllowedLength', `The SourceAnchor is longer than ${LONGEST_ANCHOR}.`);
  }
  const given = mergeProperties(object.kind, {}, object.properties);
  const entity = findMatch(object, given.synced, tenant);
  checkReferences(object, tenant);
  return entity ? updateObject(entity, object, tenant) : createObject(object, given, tenant);
}

function createObject(object: SyncObject, merged: Merged, tenant: Tenant): Entity {
  const { kind, sourceAnchor } = object;
  if (sourceAnchor === undefined)
    throw new SyncFailure('ObjectNotFound', 'There is no anchor to find or make an object by.');
  if (merged.synced['displayName'] === undefined) {
    throw new SyncFailure('DataValidationFailed', 'displayName cannot be without a value.');
  }
  if (!tenant.hasRoom())
    throw new SyncFailure('QuotaExceeded', 'The directory object quota of the tenant is exceeded.');
  const id = tenant.newId();
  const values = {
    ...birthMarks(object, tenant),
    ...valuesOf(object, merged, undefined, tenant),
  };
  tenant.commit([
    { type: 'create', kind, id, values: withoutNulls(values) },
    ...editLinks(id, undefined, merged.links, tenant),
  ]);
  return tenant.primary.find(id) as Entity;
}

function birthMarks({ kind }: SyncObject, tenant: Tenant): Values {
  const now = toGraphTime(tenant.clock.now());
  if (kind === 'orgContact') return {};
  if (kind === 'device') return { createdDateTime: now, accountEnabled: true, trustType: 'ServerAd' };
  const common = { createdDateTime: now, securityIdentifier: createCloudSid(tenant) };
  if (kind === 'user')
    return { ...common, accountEnabled: true, userType: 'Member', signInSessionsValidFromDateTime: now };
  return { ...common, renewedDateTime: now, groupTypes: [], securityEnabled: false, mailEnabled: false };
}

function valuesOf(
  object: SyncObject,
  merged: Merged,
  entity: Entity | undefined,
  tenant: Tenant,
): Record<string, Value> {
  const { kind, sourceAnchor } = object;
  const { synced, changed } = merged;
  const values: Record<string, Value> = {
    ...graphValues(kind, synced, changed),
    ...namesAndAddresses({ kind, entity, synced, changed, tenant }),
    synced,
    onPremisesSyncEnabled: true,
    onPremisesLastSyncDateTime: toGraphTime(tenant.clock.now()),
    ...(sourceAnchor === undefined ? {} : { onPremisesImmutableId: sourceAnchor }),
  };
  checkSecurityIdentifier(values['onPremisesSecurityIdentifier'], entity, tenant);
  return values;
}

/** E.2: a new anchor with a SID that is known already. */
function checkSecurityIdentifier(sid: Value | undefined, entity: Entity | undefined, tenant: Tenant): void {
  if (typeof sid !== 'string') return;
  const holder = tenant.primary.findUnique('onPremisesSecurityIdentifier', sid);
  if (!holder || holder.id === entity?.id) return;
  throw new SyncFailure('AttributeValueMustBeUnique', 'Another object has this OnPremiseSecurityIdentifier.', {
    attribute: 'OnPremiseSecurityIdentifier',
    value: sid,
    objectId: holder.id,
  });
}

/** Changes an object, takes it over from the cloud, or brings it back from the recycle bin. */
function updateObject(entity: Entity, object: SyncObject, tenant: Tenant): Entity {
  const merged = mergeProperties(object.kind, syncedOf(entity.values), object.properties);
  const drafts: ChangeDraft[] = [];
  if (entity.status === 'deleted') {
    // Names and addresses are judged anew: somebody may have taken them meanwhile.
    const changed = [...new Set([...merged.changed, 'userPrincipalName', 'proxyAddresses'])];
    const values = valuesOf(
      object,
      { ...merged, changed: changed.filter((name) => merged.synced[name] !== undefined) },
      entity,
      tenant,
    );
    drafts.push({ type: 'restore', id: entity.id, values: { ...unmangled(entity), ...values } });
  } else drafts.push(patchOf(entity, valuesOf(object, merged, entity, tenant)));
  drafts.push(...editLinks(entity.id, entity, merged.links, tenant));
  tenant.commit(drafts);
  return entity;
}

function unmangled(entity: Entity): Values {
  const upn = entity.kind === 'user' ? textOf(entity, 'userPrincipalName') : undefined;
  return upn === undefined ? {} : { userPrincipalName: unmangleUpn(entity.id, upn) };
}

/** Users and groups go to the recycle bin, the others for good. What is in the bin already is deleted. */
function deleteObject(object: SyncObject, tenant: Tenant): Entity {
  const { primary } = tenant;
  const entity =
    (object.cloudAnchor === undefined ? undefined : findByCloudAnchor(object.cloudAnchor, primary)) ??
    (object.sourceAnchor === undefined ? undefined : findBySourceAnchor(object.sourceAnchor, primary));
  if (!entity || entity.kind !== object.kind) throw new SyncFailure('ObjectNotFound', 'There is no such object.');
  if (!isSynchronized(entity)) {
    throw new SyncFailure('DeletionAccessViolation', 'The object is not synchronized: it cannot be deleted from here.');
  }
  if (entity.status === 'live') tenant.commit([deletionOf(entity, tenant)]);
  return entity;
}

function deletionOf(entity: Entity, tenant: Tenant): ChangeDraft {
  if (entity.kind === 'user') return deletionOfUser(entity, tenant);
  const isKept =
    entity.kind === 'group' && (isUnifiedType(entity.values) || tenant.assumptions.softDeleteSecurityGroups);
  return isKept ? { type: 'delete', id: entity.id, values: {} } : { type: 'purge', id: entity.id };
}

function withoutNulls(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
