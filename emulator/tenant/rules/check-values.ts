import { isRecord } from '../../json-value.ts';
import {
  notEmulated,
  propertyReadOnly,
  propertyUnknown,
  valueInvalid,
  valueMistyped,
  valuesInvalid,
} from '../../refusals.ts';
import type { Value, Values } from '../entity.ts';
import type { Property, PropertyTable } from './property.ts';

export type Resource = 'User' | 'Group';

/** Properties that a body carries besides those of the table: annotations and links, judged by their own rules. */
export interface BodyShape {
  readonly resource: Resource;
  readonly table: PropertyTable;
  readonly isCreation: boolean;
}

/**
 * Judges every property of a create or update body by the table: known, writable, typed, within its limits.
 * Returns the values as they will be stored. Annotations (`@odata.type`, `members@odata.bind`) are left out.
 */
export function checkValues(body: Readonly<Record<string, unknown>>, shape: BodyShape): Values {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@')) continue;
    values[name] = checkValue(name, value, shape);
  }
  return values;
}

function checkValue(name: string, value: unknown, shape: BodyShape): Value {
  const property = Object.hasOwn(shape.table, name) ? shape.table[name] : undefined;
  if (!property) throw propertyUnknown(name);
  if (property.isMissing) throw notEmulated(`writing property '${name}'`);
  const isWritable = property.write === 'app' || (property.write === 'create' && shape.isCreation);
  if (!isWritable) throw propertyReadOnly(name);
  if (value === null) {
    // A null in a creation is the same as leaving the property out, except where a value is required.
    if (property.isNullable !== true) throw valueInvalid(name, shape.resource);
    return null;
  }
  switch (property.type) {
    case 'Edm.String':
      return checkText(name, value, property, shape.resource);
    case 'Edm.Boolean':
      if (typeof value !== 'boolean') throw valueMistyped(name, property.type);
      return value;
    case 'Edm.Int32':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw valueMistyped(name, property.type);
      return value;
    case 'Edm.DateTimeOffset':
      return checkTime(name, value);
    case 'Collection(Edm.String)':
      return checkTexts(name, value, property, shape.resource);
    default:
      return checkParts(name, value, property, shape.resource);
  }
}

function checkText(name: string, value: unknown, property: Property, resource: Resource): string {
  if (typeof value !== 'string') throw valueMistyped(name, property.type);
  // Graph clears with null only; an empty string is refused.
  if (value === '') throw valueInvalid(name, resource);
  if (property.max !== undefined && value.length > property.max) throw valueInvalid(name, resource);
  if (property.pattern && !property.pattern.test(value)) throw valueInvalid(name, resource);
  if (property.oneOf && !property.oneOf.includes(value)) throw valueInvalid(name, resource);
  return value;
}

function checkTexts(name: string, value: unknown, property: Property, resource: Resource): readonly string[] {
  if (!Array.isArray(value)) throw valueMistyped(name, property.type);
  if (property.most !== undefined && value.length > property.most) throw valueInvalid(name, resource);
  return value.map((item) => checkText(name, item, { ...property, type: 'Edm.String' }, resource));
}

function checkTime(name: string, value: unknown): string {
  const isTime =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));
  if (!isTime) throw valueMistyped(name, 'Edm.DateTimeOffset');
  return `${new Date(value).toISOString().slice(0, 19)}Z`;
}

function checkParts(name: string, value: unknown, property: Property, resource: Resource): Value {
  if (!isRecord(value)) throw valueMistyped(name, `microsoft.graph.${name}`);
  const parts = property.parts;
  // passwordProfile has no parts here: its own rules judge it.
  if (!parts) return value as { readonly [name: string]: Value };
  const checked: Record<string, Value> = {};
  for (const [part, content] of Object.entries(value)) {
    if (part.startsWith('@odata.')) continue;
    const max = parts[part];
    if (max === undefined) throw propertyUnknown(part);
    if (content === null) checked[part] = null;
    else if (typeof content !== 'string') throw valueMistyped(part, 'Edm.String');
    else if (content === '' || content.length > max) throw valueInvalid(name, resource);
    else checked[part] = content;
  }
  return checked;
}

/** A body must be one JSON object. */
export function asBody(body: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(body)) throw valuesInvalid();
  return body;
}
