import { scalarsOf } from '../../model/value.ts';
import { type ComparedValue, connectValue, ourValue, typeToCompare } from './attribute-values.ts';
import { anchorOfDn, type ConnectAttribute, type ConnectObject, tenantIdOf } from './connect-object.ts';
import { type ConnectSide, knownDifference } from './connect-side.ts';
import type { AttributeDifference, Values, Way } from './difference.ts';
import type { OurObject, OurSide } from './our-side.ts';
import type { RawValue } from './raw-object.ts';

const SHOWN = 5;
const NO_VALUES: Values = { shown: [], count: 0 };

/** What differs between what Connect and what our rules want of one object, attribute by attribute in the order of their names. */
export async function compareObjects(
  connect: ConnectObject,
  ours: OurObject,
  connectSide: ConnectSide,
  ourSide: OurSide,
  only: string | null,
): Promise<readonly AttributeDifference[]> {
  const found: AttributeDifference[] = [];
  for (const attribute of namesOf(connect, ours)) {
    if (only !== null && attribute.toLowerCase() !== only) continue;
    const theirs = connect.attributes.get(attribute);
    const isReference = theirs?.isReference ?? ours.references.includes(attribute);
    const pair = isReference
      ? await compareReferences(theirs, ours, attribute, ourSide)
      : compareValues(theirs, ours, attribute);
    if (pair === null) continue;
    found.push(weigh(connect.type, attribute, isReference, pair, ours, connectSide, ourSide));
  }
  return found;
}

function namesOf(connect: ConnectObject, ours: OurObject): readonly string[] {
  const names = new Set(connect.attributes.keys());
  if (connect.isWhole) for (const name of [...Object.keys(ours.attributes), ...ours.references]) names.add(name);
  // By it they were found: it is equal, though the file need not tell it but in the DN.
  names.delete('sourceAnchor');
  return [...names].sort();
}

interface Pair {
  readonly way: Way;
  readonly connect: Values;
  readonly ours: Values;
}

function weigh(
  type: string,
  attribute: string,
  isReference: boolean,
  pair: Pair,
  ours: OurObject,
  connectSide: ConnectSide,
  ourSide: OurSide,
): AttributeDifference {
  const because = knownDifference(type, attribute, {
    hasConnect: pair.way !== 'only-ours',
    hasOurs: pair.way !== 'only-connect',
    isLeft: isLeft(ours, attribute),
    isFlowing: connectSide.isFlowing(type, attribute) || ours.flowing.has(attribute),
  });
  const weight = because !== null ? 'design' : ourSide.isCarried(type, attribute) ? 'tenant' : 'elsewhere';
  return { attribute, isReference, ...pair, weight, note: because ?? noteOf(pair.way) };
}

function noteOf(way: Way): string | null {
  if (way === 'case') return 'the same but for upper and lower case';
  return way === 'primary' ? 'the same addresses, but another one is the primary one (SMTP:)' : null;
}

/** A rule of ours says: what the tenant holds is to stay. */
function isLeft(ours: OurObject, attribute: string): boolean {
  return ours.flowing.has(attribute) && !ours.decided.has(attribute);
}

// ------------------------------------------------------------ values

function compareValues(theirs: ConnectAttribute | undefined, ours: OurObject, attribute: string): Pair | null {
  const scalars = isLeft(ours, attribute) ? [] : scalarsOf(ours.attributes[attribute]);
  const type = typeToCompare(theirs?.type ?? '', scalars[0]);
  const connect = byKey((theirs?.values ?? []).map((value) => connectValue(attribute, type, value)));
  const own = byKey(scalars.map((value) => ourValue(attribute, type, value)));
  if (theirs?.removed != null) return compareChange(attribute, type, connect, own, theirs.removed);
  const onlyConnect = [...connect.values()].filter((one) => !own.has(one.key));
  const onlyOurs = [...own.values()].filter((one) => !connect.has(one.key));
  if (onlyConnect.length === 0 && onlyOurs.length === 0) return null;
  return {
    way: wayOf(attribute, connect, own, onlyConnect, onlyOurs),
    connect: valuesOf(onlyConnect.map((one) => one.shown)),
    ours: valuesOf(onlyOurs.map((one) => one.shown)),
  };
}

/** Of a change only: what it adds must be here, and what it takes away must not. */
function compareChange(
  attribute: string,
  type: string,
  added: ReadonlyMap<string, ComparedValue>,
  own: ReadonlyMap<string, ComparedValue>,
  removed: readonly RawValue[],
): Pair | null {
  const missing = [...added.values()].filter((one) => !own.has(one.key));
  const left = removed
    .map((value) => connectValue(attribute, type, value))
    .filter((one) => own.has(one.key) && !added.has(one.key));
  if (missing.length === 0 && left.length === 0) return null;
  return {
    way: 'different',
    connect: valuesOf(missing.map((one) => one.shown)),
    ours: valuesOf(left.map((one) => one.shown)),
  };
}

function wayOf(
  attribute: string,
  connect: ReadonlyMap<string, ComparedValue>,
  own: ReadonlyMap<string, ComparedValue>,
  onlyConnect: readonly ComparedValue[],
  onlyOurs: readonly ComparedValue[],
): Way {
  if (connect.size === 0) return 'only-ours';
  if (own.size === 0) return 'only-connect';
  const fold = (values: readonly ComparedValue[]): string =>
    [...new Set(values.map((one) => one.key.toLowerCase()))].sort().join('\n');
  const isText = onlyConnect.every((one) => one.key.startsWith('s:'));
  if (!isText || fold(onlyConnect) !== fold(onlyOurs)) return 'different';
  return attribute === 'proxyAddresses' && primaryOf(connect) !== primaryOf(own) ? 'primary' : 'case';
}

function primaryOf(values: ReadonlyMap<string, ComparedValue>): string {
  const primary = [...values.keys()].filter((key) => key.startsWith('s:SMTP:'));
  return primary.map((key) => key.toLowerCase()).join('\n');
}

function byKey(values: readonly ComparedValue[]): ReadonlyMap<string, ComparedValue> {
  return new Map(values.map((value) => [value.key, value]));
}

function valuesOf(shown: readonly string[]): Values {
  return shown.length === 0 ? NO_VALUES : { shown: shown.slice(0, SHOWN), count: shown.length };
}

// ------------------------------------------------------------ references

/** By source anchors. Connect's are those of one object of the file; ours come page by page, since a group may be large. */
async function compareReferences(
  theirs: ConnectAttribute | undefined,
  ours: OurObject,
  attribute: string,
  ourSide: OurSide,
): Promise<Pair | null> {
  const missing = new Set<string>();
  for (const value of theirs?.values ?? []) missing.add(await targetOf(value, ourSide));
  const hasConnect = missing.size > 0;
  const removed = theirs?.removed == null ? null : new Set<string>();
  for (const value of theirs?.removed ?? []) removed?.add(await targetOf(value, ourSide));
  const matched = new Set<string>();
  const extra = new Set<string>();
  let hasOurs = false;
  if (ours.references.includes(attribute)) {
    for await (const page of ourSide.references(ours, attribute))
      for (const anchor of page) {
        hasOurs = true;
        if (missing.delete(anchor)) matched.add(anchor);
        else if (!matched.has(anchor) && (removed === null || removed.has(anchor))) extra.add(anchor);
      }
  }
  if (missing.size === 0 && extra.size === 0) return null;
  const way = !hasConnect && removed === null ? 'only-ours' : hasOurs ? 'different' : 'only-connect';
  return { way, connect: valuesOf([...missing].sort()), ours: valuesOf([...extra].sort()) };
}

/** The source anchor that a reference leads to: from the DN, which is made of it, or by the id in the tenant. Else the DN itself. */
async function targetOf({ text, anchor }: RawValue, ourSide: OurSide): Promise<string> {
  const named = anchorOfDn(text);
  if (named !== null) return named;
  const id = tenantIdOf(anchor);
  return (id === null ? null : await ourSide.anchorOfTenantObject(id)) ?? text;
}
