import type { Value, Values } from '../../tenant/entity.ts';
import type { Property, PropertyValue, ReferenceChange } from './property-values.ts';
import { type Form, findAttribute, type SyncAttribute, type SyncKind } from './sync-attributes.ts';
import { SyncFailure } from './sync-failure.ts';

/** A change of links: the whole new set, or single changes. */
export interface LinkEdit {
  readonly name: 'member' | 'manager';
  readonly value: PropertyValue;
}

export interface Merged {
  /** All attributes after the change. */
  readonly synced: Values;
  /** Names of those that the request gave. */
  readonly changed: readonly string[];
  readonly links: readonly LinkEdit[];
}

/** More than these are refused (facts E.6). */
const MOST_VALUES: Readonly<Record<string, number>> = {
  userCertificate: 15,
  userSMIMECertificate: 15,
  proxyAddresses: 300,
};
const LARGEST_PHOTO = 100 * 1024;

/** Lays what a request gives over what is there: nil clears, what is left out stays (facts E.13). */
export function mergeProperties(kind: SyncKind, before: Values, properties: readonly Property[]): Merged {
  const synced: Record<string, Value> = { ...before };
  const changed: string[] = [];
  const links: LinkEdit[] = [];
  for (const { key, value } of properties) {
    const attribute = findAttribute(kind, key);
    if (!attribute) throw new SyncFailure('DataValidationFailed', `${key} is no attribute of this kind of object.`);
    checkForm(attribute, value);
    if (attribute.name === 'member' || attribute.name === 'manager') {
      links.push({ name: attribute.name, value });
      continue;
    }
    changed.push(attribute.name);
    const stored = storedValue(attribute, value, before[attribute.name]);
    if (stored === null) delete synced[attribute.name];
    else synced[attribute.name] = stored;
  }
  return { synced, changed, links };
}

const ACCEPTED: Readonly<Record<Form, readonly PropertyValue['form'][]>> = {
  string: ['string'],
  boolean: ['boolean'],
  long: ['long'],
  base64Binary: ['base64Binary'],
  strings: ['strings'],
  binaries: ['binaries'],
  reference: ['string', 'references'],
  references: ['strings', 'references'],
};

function checkForm({ name, form }: SyncAttribute, value: PropertyValue): void {
  if (value.form === 'nil') return;
  if (!ACCEPTED[form].includes(value.form)) {
    throw new SyncFailure('DataValidationFailed', `${name} must be of the type ${form}, and is ${value.form}.`);
  }
  const most = MOST_VALUES[name];
  const isList = value.form === 'strings' || value.form === 'binaries';
  if (most !== undefined && isList && value.value.length > most) {
    throw new SyncFailure('LargeObject', `${name} has more than ${most} values.`);
  }
  const isPhoto = name === 'thumbnailPhoto' && value.form === 'base64Binary';
  if (isPhoto && Buffer.byteLength(value.value, 'base64') > LARGEST_PHOTO) {
    throw new SyncFailure('LargeObject', 'thumbnailPhoto is larger than 100 KB.');
  }
}

function storedValue({ name, form }: SyncAttribute, value: PropertyValue, before: Value | undefined): Value {
  switch (value.form) {
    case 'nil':
      return null;
    case 'references':
      return storedReferences(form, value.changes, before);
    case 'string':
      return value.value === '' ? null : value.value;
    case 'strings':
    case 'binaries':
      return value.value.length === 0 ? null : distinct(name, value.value);
    default:
      return value.value;
  }
}

/** References that the directory of the emulator has no links for are kept as they came: what one of a kind refers to is replaced, of others each is changed. */
function storedReferences(form: Form, changes: readonly ReferenceChange[], before: Value | undefined): Value {
  const after = new Set(form === 'references' && Array.isArray(before) ? before.map(String) : []);
  for (const { anchor, operation } of changes) {
    if (operation === 'add') after.add(anchor);
    else after.delete(anchor);
  }
  return after.size === 0 ? null : [...after];
}

function distinct(name: string, values: readonly string[]): readonly string[] {
  const keys = new Set(values.map((value) => value.toLowerCase()));
  if (name === 'proxyAddresses' && keys.size < values.length) {
    throw new SyncFailure('DataValidationFailed', 'proxyAddresses holds an address twice.');
  }
  return values;
}
