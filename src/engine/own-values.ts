import type { ShapedObject, TargetSchema } from '../connectors/connector.ts';
import type { TargetType } from '../model/change.ts';
import { type Attributes, type Scalar, scalarsOf, scalarText, type Value } from '../model/value.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Store } from '../store/store.ts';
import type { Desired } from './outbound.ts';

/** Attributes of the target that outbound rules merge into, as `type/attribute`, with whether they ignore case. */
export type MergedAttributes = ReadonlyMap<string, boolean>;

export function mergedAttributes(rules: RuleSet, schema: TargetSchema): MergedAttributes {
  const merged = new Map<string, boolean>();
  for (const rule of rules.all) {
    if (rule.direction !== 'outbound') continue;
    for (const { target, merge, reference } of rule.flows) {
      const isMerged = !reference && (merge === 'merge' || merge === 'merge-case-insensitive');
      if (isMerged && isWritable(schema, rule.targetType as TargetType, target))
        merged.set(`${rule.targetType}/${target}`, merge === 'merge-case-insensitive');
    }
  }
  return merged;
}

function isWritable(schema: TargetSchema, type: TargetType, name: string): boolean {
  return schema.attributes.some((one) => one.name === name && one.types.includes(type) && one.readOnly !== true);
}

/** What is to be remembered of one attribute: the values that are ours as long as the target holds them. */
export interface GivenValues {
  readonly attribute: string;
  readonly keys: ReadonlySet<string>;
}

/**
 * What an outbound merge makes of the shaped object: the values that the target holds and that we never gave stay beside ours; those that we gave and give no more
 * go. An attribute of one value has no room for both and is left alone.
 */
export async function keepOwnValues(
  store: Store,
  merged: MergedAttributes,
  mv: number,
  desired: Extract<Desired, { kind: 'object' }>,
  shaped: ShapedObject,
  current: Attributes | null,
): Promise<{ readonly shaped: ShapedObject; readonly given: readonly GivenValues[] }> {
  if (merged.size === 0) return { shaped, given: [] };
  const names = [...desired.outcome.decided].filter(
    (name) => merged.has(`${desired.type}/${name}`) && !shaped.withheld.includes(name),
  );
  if (names.length === 0) return { shaped, given: [] };
  const before = await store.plans.givenValues(mv);
  const attributes: Record<string, Value> = { ...shaped.attributes };
  const given: GivenValues[] = [];
  for (const name of names) {
    const united = unite(
      attributes[name],
      current?.[name],
      before.get(name) ?? new Set(),
      merged.get(`${desired.type}/${name}`) === true,
    );
    if (united.value === undefined) delete attributes[name];
    else attributes[name] = united.value;
    given.push({ attribute: name, keys: united.keys });
  }
  return { shaped: { ...shaped, attributes }, given };
}

function unite(
  wanted: Value | undefined,
  held: Value | undefined,
  given: ReadonlySet<string>,
  ignoreCase: boolean,
): { readonly value: Value | undefined; readonly keys: ReadonlySet<string> } {
  const fold = (key: string): string => (ignoreCase && key.startsWith('"') ? key.toLowerCase() : key);
  const idOf = (value: Scalar): string => fold(scalarText(value));
  const ours = scalarsOf(wanted);
  const theirs = scalarsOf(held);
  const wantedIds = new Set(ours.map(idOf));
  const givenIds = new Set([...given].map(fold));
  const stillHeld = theirs.filter((value) => givenIds.has(idOf(value)));
  const keys = new Set([...ours, ...stillHeld].map(scalarText));
  if (!Array.isArray(held)) return { value: wanted, keys };
  const own = theirs.filter((value) => !wantedIds.has(idOf(value)) && !givenIds.has(idOf(value)));
  const all = [...ours, ...own];
  const isAsHeld =
    all.length === theirs.length && theirs.every((value) => all.some((one) => idOf(one) === idOf(value)));
  return { value: isAsHeld ? held : all.length === 0 ? undefined : all, keys };
}
