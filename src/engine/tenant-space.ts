import type { Attributes } from '../model/value.ts';
import { type SpaceHead, type StoredOperation, TOUCH } from '../store/store.ts';
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

/** The tenant holds the object of an operation, made by an earlier sending: what it holds but its anchor is not known, so the next plan looks again. */
export async function believeFound(
  context: EngineContext,
  operation: StoredOperation,
  targetId: string,
): Promise<void> {
  await believeCreated(context, operation, { sourceAnchor: operation.anchor }, targetId);
  await context.store.sync.touch(operation.mv, TOUCH.attributes | TOUCH.references);
}
