import { isSameValue, scalarsOf, type Value } from '../../../../model/value.ts';

/** A list that differs from the held one by its order alone is the held one: the service keeps no order. */
export function inOrderOf(value: Value, held: Value | undefined): Value {
  const [wanted, there] = [scalarsOf(value), scalarsOf(held)];
  if (!Array.isArray(value) || wanted.length !== there.length || held === undefined) return value;
  const left = [...there];
  for (const one of wanted) {
    const at = left.findIndex((other) => isSameValue(one, other));
    if (at < 0) return value;
    left.splice(at, 1);
  }
  return held;
}
