import type { ChangeDraft } from './change.ts';
import type { Entity, Values } from './entity.ts';

/** Properties whose value stays the same are no change: a delta does not tell them. */
export function patchOf(entity: Entity, values: Values): ChangeDraft {
  const changed = Object.entries(values).filter(
    ([name, value]) => JSON.stringify(entity.values[name] ?? null) !== JSON.stringify(value),
  );
  return { type: 'patch', id: entity.id, values: Object.fromEntries(changed) };
}
