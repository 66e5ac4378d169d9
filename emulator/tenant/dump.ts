import { toGraphTime } from '../clock.ts';
import { type Entity, liveLinks, type ObjectKind } from './entity.ts';
import { describePasswordState } from './rules/password.ts';
import { hasSynchronization, readSynchronization } from './synchronization.ts';
import type { Tenant } from './tenant.ts';

/**
 * Everything the tenant holds, also what is soft-deleted, in the order of creation:
 * `{"tenant":{...},"users":[...],"groups":[...]}`, and contacts and devices where there ever were any. In pieces, so that a big tenant needs no big string.
 */
export function* dumpTenant(tenant: Tenant): Generator<string> {
  const { id, initialDomain } = tenant.profile;
  const synchronization = hasSynchronization(tenant) ? { synchronization: readSynchronization(tenant) } : {};
  const facts = { id, initialDomain, domains: tenant.domains, licences: tenant.skus, ...synchronization };
  yield `{"tenant":${JSON.stringify(facts)}`;
  yield* dumpKind(tenant, 'user', 'users');
  yield* dumpKind(tenant, 'group', 'groups');
  if (tenant.primary.listed('orgContact').length > 0) yield* dumpKind(tenant, 'orgContact', 'contacts');
  if (tenant.primary.listed('device').length > 0) yield* dumpKind(tenant, 'device', 'devices');
  yield '}\n';
}

function* dumpKind(tenant: Tenant, kind: ObjectKind, name: string): Generator<string> {
  yield `,"${name}":[`;
  let separator = '\n';
  for (const entity of tenant.primary.listed(kind)) {
    if (!entity) continue;
    yield separator + JSON.stringify(describe(entity));
    separator = ',\n';
  }
  yield '\n]';
}

function describe(entity: Entity): Record<string, unknown> {
  const { passwordProfile, signInLock, ...values } = entity.values;
  const passwordState = describePasswordState(entity);
  return {
    id: entity.id,
    ...Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(passwordProfile === undefined ? {} : { hasPassword: true }),
    ...(passwordState === undefined ? {} : { passwordState }),
    ...(entity.deletedAt === undefined ? {} : { deletedDateTime: toGraphTime(entity.deletedAt) }),
    ...(entity.kind === 'user' ? { manager: entity.manager?.id ?? null } : {}),
    ...(entity.kind === 'group' ? { members: linkedIds(entity, 'members'), owners: linkedIds(entity, 'owners') } : {}),
  };
}

/** Ids of live targets, sorted: the order in which they were added is not part of the tenant. */
function linkedIds(entity: Entity, name: 'members' | 'owners'): readonly string[] {
  return [...liveLinks(entity[name])].map(([target]) => target.id).sort();
}
