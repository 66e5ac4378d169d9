import { type Entity, textOf, textsOf, type Values } from '../../tenant/entity.ts';
import { hasFeature, isSynchronized } from '../../tenant/synchronization.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { addressKey } from '../../tenant/unique-keys.ts';
import { findByCloudAnchor, findBySourceAnchor, sourceAnchorOf } from './anchors.ts';
import { syncedOf } from './graph-values.ts';
import { SyncFailure } from './sync-failure.ts';
import type { SyncObject } from './sync-object.ts';

/** Text of the service since it hardened hard matches. */
const HARDENED = 'Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping.';

/** The object that a request means: by its anchors, or by what soft matching goes by (facts E.2). Undefined: there is none. */
export function findMatch(object: SyncObject, synced: Values, tenant: Tenant): Entity | undefined {
  const named = object.cloudAnchor === undefined ? undefined : findByCloudAnchor(object.cloudAnchor, tenant.primary);
  if (object.cloudAnchor !== undefined && !named) {
    throw new SyncFailure('ObjectNotFound', `There is no object ${object.cloudAnchor}.`);
  }
  if (object.sourceAnchor === undefined) {
    if (named && !isSynchronized(named)) checkTakeover(named, synced, tenant);
    return named;
  }
  const bySource = findBySourceAnchor(object.sourceAnchor, tenant.primary);
  if (named) return checkNamed(named, bySource, object.sourceAnchor, synced, tenant);
  if (bySource) return checkHardMatch(bySource, object, synced, tenant);
  return findSoftMatch(object, synced, tenant);
}

function checkNamed(
  named: Entity,
  bySource: Entity | undefined,
  anchor: string,
  synced: Values,
  tenant: Tenant,
): Entity {
  if (bySource && bySource !== named) {
    throw new SyncFailure('AttributeValueMustBeUnique', 'Another object has this SourceAnchor.', {
      attribute: 'SourceAnchor',
      value: anchor,
      objectId: bySource.id,
    });
  }
  const before = sourceAnchorOf(named);
  if (before !== undefined && before !== anchor) {
    throw new SyncFailure('AttributeUpdateNotAllowed', 'The SourceAnchor of an object does not change.');
  }
  if (!isSynchronized(named)) checkTakeover(named, synced, tenant);
  return named;
}

/** A soft-deleted object with the anchor is found as well: it is restored. */
function checkHardMatch(found: Entity, object: SyncObject, synced: Values, tenant: Tenant): Entity {
  if (found.kind !== object.kind) {
    throw new SyncFailure('ObjectTypeMismatch', `The object with this SourceAnchor is no ${object.type}.`);
  }
  if (!isSynchronized(found)) checkTakeover(found, synced, tenant);
  return found;
}

function checkTakeover(target: Entity, synced: Values, tenant: Tenant): void {
  const theirs = syncedOf(target.values)['onPremisesObjectIdentifier'];
  const isForeign = theirs !== undefined && theirs !== synced['onPremisesObjectIdentifier'];
  if (isForeign && !hasFeature(tenant, 'allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled')) {
    throw new SyncFailure('AttributeUpdateNotAllowed', HARDENED);
  }
  if (hasFeature(tenant, 'blockCloudObjectTakeoverThroughHardMatchEnabled')) {
    throw new SyncFailure('InvalidHardMatch', 'Taking over cloud objects by hard match is blocked in this tenant.');
  }
  if (holdsAdminRole(target)) throw new SyncFailure('InvalidHardMatch', HARDENED);
}

/** By primary address first, then by user principal name; a secondary address does not count. */
function findSoftMatch(object: SyncObject, synced: Values, tenant: Tenant): Entity | undefined {
  if (hasFeature(tenant, 'blockSoftMatchEnabled') || object.kind === 'device') return undefined;
  const target = findByPrimaryAddress(synced, tenant) ?? findByPrincipalName(object, synced, tenant);
  if (!target) return undefined;
  if (target.kind !== object.kind) {
    throw new SyncFailure('ObjectTypeMismatch', `The object with the same address or name is no ${object.type}.`);
  }
  const anchor = sourceAnchorOf(target);
  if (anchor !== undefined) {
    throw new SyncFailure('InvalidSoftMatch', 'The object that matches has another SourceAnchor.', {
      attribute: 'SourceAnchor',
      value: anchor,
      objectId: target.id,
    });
  }
  if (holdsAdminRole(target)) {
    throw new SyncFailure('ExistingAdminRoleConflict', 'The object that matches holds an administrator role.');
  }
  return target;
}

function findByPrimaryAddress(synced: Values, tenant: Tenant): Entity | undefined {
  const addresses = Array.isArray(synced['proxyAddresses']) ? synced['proxyAddresses'].map(String) : [];
  const given = addresses.find((address) => address.startsWith('SMTP:'))?.slice(5) ?? synced['mail'];
  if (typeof given !== 'string') return undefined;
  const holder = tenant.primary.findUnique('proxyAddresses', addressKey(`smtp:${given}`));
  if (!holder) return undefined;
  const theirs = textsOf(holder, 'proxyAddresses')
    .find((address) => address.startsWith('SMTP:'))
    ?.slice(5);
  return (theirs ?? textOf(holder, 'mail'))?.toLowerCase() === given.toLowerCase() ? holder : undefined;
}

function findByPrincipalName(object: SyncObject, synced: Values, tenant: Tenant): Entity | undefined {
  const upn = synced['userPrincipalName'];
  if (object.kind !== 'user' || typeof upn !== 'string' || !hasFeature(tenant, 'softMatchOnUpnEnabled'))
    return undefined;
  return tenant.primary.findUnique('userPrincipalName', upn.toLowerCase());
}

function holdsAdminRole(entity: Entity): boolean {
  const holds = (one: Entity): boolean => textsOf(one, 'adminRoles').length > 0;
  return holds(entity) || [...(entity.memberOf ?? [])].some((group) => group.status === 'live' && holds(group));
}
