import type { Attributes } from '../model/value.ts';
import type { SpaceHead, StoredOperation } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { uniqueValues } from './lookup.ts';

/** The space of the tenant: what we believe it holds. */
export async function tenantSpace(context: EngineContext): Promise<SpaceHead> {
  return context.store.spaces.openSpace(TENANT, context.target.kind);
}

/** The tenant now holds what an operation was to create: from here on we believe it, until the next import confirms it. */
export async function believeCreated(
  context: EngineContext,
  operation: StoredOperation,
  attributes: Attributes,
  targetId: string,
): Promise<number> {
  const tenant = await tenantSpace(context);
  return context.store.apply.believeObject(
    tenant.id,
    { anchor: targetId, type: operation.type, mv: operation.mv, attributes },
    uniqueValues(context.target.schema)(attributes),
  );
}
