import type { ShapedObject, TargetSchema } from '../connectors/connector.ts';
import type { TargetType } from '../model/change.ts';
import { type Attributes, type Scalar, scalarsOf, scalarText, type Value } from '../model/value.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Store } from '../store/store.ts';
import type { Desired } from './outbound.ts';

/** How values of the target are told from ours: exactly, case apart, or as mail addresses, of which one is the primary. */
type Likeness = 'exact' | 'folded' | 'address';

/** Attributes of the target that keep what it has beside ours, as `type/attribute`: outbound rules merge into them, or the target adds to them by itself. */
export type MergedAttributes = ReadonlyMap<string, Likeness>;

export function mergedAttributes(rules: RuleSet, schema: TargetSchema): MergedAttributes {
  const merged = new Map<string, Likeness>();
  for (const rule of rules.all) {
    if (rule.direction !== 'outbound') continue;
    for (const { target, merge, reference } of rule.flows) {
      const isMerged = !reference && (merge === 'merge' || merge === 'merge-case-insensitive');
      if (isMerged && isWritable(schema, rule.targetType as TargetType, target))
        merged.set(`${rule.targetType}/${target}`, merge === 'merge-case-insensitive' ? 'folded' : 'exact');
    }
  }
  for (const { name, types, keepsOwn } of schema.attributes)
    if (keepsOwn) for (const type of types) merged.set(`${type}/${name}`, 'address');
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
 * What becomes of the shaped object where the target keeps what it has: the values that the target holds and that we never gave stay beside ours; those that we gave and give no more
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
    const likeness = merged.get(`${desired.type}/${name}`) ?? 'exact';
    const united =
      likeness === 'address'
        ? uniteAddresses(attributes[name], current?.[name], before.get(name) ?? givenBefore(shaped, current?.[name]))
        : unite(attributes[name], current?.[name], before.get(name) ?? new Set(), likeness === 'folded');
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

/** Nothing is remembered of an object that is ours already: all that it holds is as good as given. One that is taken over has been given nothing. */
function givenBefore({ ended = [] }: ShapedObject, held: Value | undefined): ReadonlySet<string> {
  return new Set(ended.length > 0 ? [] : scalarsOf(held).map(addressKey));
}

function addressKey(value: Scalar): string {
  return scalarText(value).toLowerCase();
}

/** Among the keys of an attribute: what was given is known, and may be nothing. */
const REMEMBERED = '';
const PRIMARY = 'SMTP:';

/** The target's own addresses stay behind ours; where we have a primary one, theirs is none any more. */
function uniteAddresses(
  wanted: Value | undefined,
  held: Value | undefined,
  given: ReadonlySet<string>,
): { readonly value: Value | undefined; readonly keys: ReadonlySet<string> } {
  const ours = scalarsOf(wanted).map(String);
  const theirs = scalarsOf(held).map(String);
  const wantedKeys = new Set(ours.map(addressKey));
  const keys = new Set([REMEMBERED, ...wantedKeys, ...theirs.map(addressKey).filter((key) => given.has(key))]);
  const own = theirs.filter((address) => !keys.has(addressKey(address)));
  if (own.length === 0 || (!Array.isArray(held) && ours.length > 0)) return { value: wanted, keys };
  if (!Array.isArray(held)) return { value: held, keys };
  const hasPrimary = ours.some((address) => address.startsWith(PRIMARY));
  const all = [...ours, ...own.map((address) => (hasPrimary ? asSecondary(address) : address))];
  const isAsHeld = all.length === theirs.length && theirs.every((address) => all.includes(address));
  return { value: isAsHeld ? held : all, keys };
}

function asSecondary(address: string): string {
  return address.startsWith(PRIMARY) ? `smtp:${address.slice(PRIMARY.length)}` : address;
}
