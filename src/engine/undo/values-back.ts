import type { TargetSchema } from '../../connectors/connector.ts';
import type { AttributeChange, NotUndone, PlanValue } from '../../model/plan.ts';
import { type Attributes, isSameValue, printValue, type Value } from '../../model/value.ts';
import type { ObjectChanges } from './run-changes.ts';

/** The values of an object that can be put back, and those that cannot and why. `current`: what the tenant holds now. */
export function valuesBack(
  schema: TargetSchema,
  object: ObjectChanges,
  current: Attributes,
): { readonly changes: readonly AttributeChange[]; readonly left: readonly NotUndone[] } {
  const changes: AttributeChange[] = [];
  const left: NotUndone[] = [];
  const { type, anchor, name, targetId } = object;
  const leave = (attribute: string | null, reason: string, values: NotUndone['values']): void => {
    left.push({ type, anchor, name, targetId, attribute, reason, values, members: null });
  };
  for (const { attribute, native, from, to } of object.values.values()) {
    const now = printed(current[attribute]);
    if (attribute === 'sourceAnchor') continue;
    if (isSame(now, from)) continue;
    if (!isSame(now, to)) leave(native, 'Somebody has changed it since, so it stays as it is.', { written: to, now });
    else if (from === null && schema.attributes.find((one) => one.name === attribute)?.required === true)
      leave(native, 'The tenant does not let it be empty, as it was before.', null);
    else changes.push({ attribute, native, from: now, to: from });
  }
  if (object.linked)
    leave(
      null,
      'It was linked, and stays linked to its object in the source: the anchor that it got is never taken away. To part them: dirbridge unlink.',
      null,
    );
  return { changes, left };
}

function printed(value: Value | undefined): PlanValue {
  return value === undefined ? null : printValue(value);
}

function isSame(a: PlanValue, b: PlanValue): boolean {
  return isSameValue((a ?? undefined) as Value | undefined, (b ?? undefined) as Value | undefined);
}
