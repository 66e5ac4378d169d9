import type { TargetSchema } from '../connectors/connector.ts';
import type { TargetType } from '../model/change.ts';
import { type Attributes, type Scalar, scalarsOf } from '../model/value.ts';
import type { LookupValue } from '../store/store.ts';

/** The text under which a value is found, ignoring case; bytes and texts never meet. */
export function keyOf(value: Scalar): string {
  if (typeof value === 'string') return value.toLowerCase();
  if (value instanceof Uint8Array) return `#${Buffer.from(value).toString('base64')}`;
  return String(value);
}

/** The values of some attributes of a metaverse object by which rules join. */
export function joinValues(names: readonly string[], attributes: Attributes): readonly LookupValue[] {
  const values: LookupValue[] = [];
  for (const name of names) {
    for (const value of scalarsOf(attributes[name])) values.push({ kind: name, key: keyOf(value) });
  }
  return values;
}

/** The values by which an object of a source finds a metaverse object of which nothing but the anchor is known: rules join by its text or by its bytes. */
export function anchorValues(names: readonly string[], anchor: string): readonly LookupValue[] {
  const bytes = Buffer.from(anchor, 'base64');
  const isBinary = bytes.toString('base64') === anchor;
  return joinValues(names, {
    sourceAnchor: anchor,
    ...(isBinary ? { sourceAnchorBinary: new Uint8Array(bytes) } : {}),
  });
}

/** The key of a value within a group of values that are unique in the tenant: anchors keep their case, addresses lose their `smtp:`. */
export function uniqueKey(group: string, value: string): string {
  if (group === 'sourceAnchor') return value;
  return group === 'address' ? value.replace(/^smtp:/i, '').toLowerCase() : value.toLowerCase();
}

/** For a schema: the function that gives the values of a tenant object which are unique there. */
export function uniqueValues(schema: TargetSchema): (attributes: Attributes) => readonly LookupValue[] {
  const unique = schema.attributes.flatMap((one) =>
    one.uniqueGroup === undefined ? [] : [{ name: one.name, kind: one.uniqueGroup }],
  );
  return (attributes) => {
    const found: LookupValue[] = [];
    for (const { name, kind } of unique) {
      for (const value of scalarsOf(attributes[name])) {
        if (typeof value === 'string') found.push({ kind, key: uniqueKey(kind, value) });
      }
    }
    return found;
  };
}

/** What the target calls an attribute; the name itself where it has none of that name. */
export function nativeName(schema: TargetSchema, type: TargetType, name: string): string {
  return schema.attributes.find((one) => one.name === name && one.types.includes(type))?.native ?? name;
}
