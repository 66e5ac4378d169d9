import type { XmlElement } from '../nbfx/xml-element.ts';
import { integerOf, isNil, readItems, readMembers, textOf } from '../read-members.ts';
import { bodyRefused } from '../service-fault.ts';
import { NAMESPACE } from '../wire-names.ts';

/** A reference to another object that is added or removed. */
export interface ReferenceChange {
  readonly anchor: string;
  readonly by: 'cloudAnchor' | 'sourceAnchor';
  readonly operation: 'add' | 'remove';
}

/** A value of a property as it came; bytes as base64. */
export type PropertyValue =
  | { readonly form: 'nil' }
  | { readonly form: 'string' | 'base64Binary'; readonly value: string }
  | { readonly form: 'boolean'; readonly value: boolean }
  | { readonly form: 'long'; readonly value: string }
  | { readonly form: 'strings' | 'binaries'; readonly value: readonly string[] }
  | { readonly form: 'references'; readonly changes: readonly ReferenceChange[] };

export interface Property {
  readonly key: string;
  readonly value: PropertyValue;
}

/** PropertyValues of an object: pairs of a key and a value that says its type. Keys come once, whatever their case. */
export function readProperties(list: XmlElement): readonly Property[] {
  const properties = readItems(list, NAMESPACE.arrays, 'KeyValueOfstringanyType').map((pair): Property => {
    const members = readMembers(pair, NAMESPACE.arrays, ['Key', 'Value']);
    const key = textOf(members.get('Key')) ?? '';
    if (key === '') throw bodyRefused('a property without a key');
    return { key, value: readValue(key, members.get('Value') as XmlElement) };
  });
  const keys = new Set(properties.map(({ key }) => key.toLowerCase()));
  if (keys.size < properties.length) throw bodyRefused('a key that comes twice in one object');
  return properties;
}

/** Facts E.13: the types that the service takes. */
function readValue(key: string, element: XmlElement): PropertyValue {
  if (isNil(element)) return { form: 'nil' };
  const [namespace, type] = typeOfValue(key, element);
  if (namespace === NAMESPACE.schema) return readScalar(key, type, element);
  if (namespace === NAMESPACE.arrays && type === 'ArrayOfstring') {
    return { form: 'strings', value: readItems(element, NAMESPACE.arrays, 'string').map((item) => textOf(item) ?? '') };
  }
  if (namespace === NAMESPACE.arrays && type === 'ArrayOfbase64Binary') {
    const items = readItems(element, NAMESPACE.arrays, 'base64Binary');
    return { form: 'binaries', value: items.map((item) => base64Of(key, item)) };
  }
  if (namespace === NAMESPACE.service && type === 'SyncReferenceChangeCollection') {
    return { form: 'references', changes: readChanges(element) };
  }
  throw bodyRefused(`'${key}' has the type '${type}' of '${namespace}'`);
}

/** The qualified name in `i:type`, with the namespace that its prefix stands for at this element. */
function typeOfValue(key: string, element: XmlElement): readonly [string, string] {
  const found = element.attributes.find(({ namespace, name }) => namespace === NAMESPACE.instance && name === 'type');
  if (!found) throw bodyRefused(`'${key}' has a value without i:type`);
  const at = found.value.indexOf(':');
  const namespace = element.prefixes.get(at < 0 ? '' : found.value.slice(0, at));
  if (namespace === undefined) throw bodyRefused(`the type '${found.value}' of '${key}' has an unknown prefix`);
  return [namespace, found.value.slice(at + 1)];
}

function readScalar(key: string, type: string, element: XmlElement): PropertyValue {
  const text = textOf(element) ?? '';
  switch (type) {
    case 'string':
      return { form: 'string', value: text };
    case 'boolean':
      if (!/^(true|false|0|1)$/.test(text)) throw bodyRefused(`'${key}' is no boolean`);
      return { form: 'boolean', value: text === 'true' || text === '1' };
    case 'long':
      if (!/^-?\d{1,19}$/.test(text)) throw bodyRefused(`'${key}' is no long`);
      return { form: 'long', value: text };
    case 'base64Binary':
      return { form: 'base64Binary', value: base64Of(key, element) };
    default:
      throw bodyRefused(`'${key}' has the type '${type}' of XML Schema`);
  }
}

function base64Of(key: string, element: XmlElement): string {
  if (element.bytes) return element.text;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(element.text)) {
    throw bodyRefused(`'${key}' is no base64`);
  }
  return element.text;
}

/** The collection lies in the namespace of the service, not in that of the objects. */
function readChanges(element: XmlElement): readonly ReferenceChange[] {
  const list = readMembers(element, NAMESPACE.service, ['referenceChanges']).get('referenceChanges') as XmlElement;
  return readItems(list, NAMESPACE.service, 'SyncReferenceChange').map((item): ReferenceChange => {
    const members = readMembers(item, NAMESPACE.service, ['Reference', 'operationInt']);
    const reference = readMembers(members.get('Reference') as XmlElement, NAMESPACE.service, [
      'Anchor',
      'referenceTypeInt',
    ]);
    const type = integerOf(reference.get('referenceTypeInt'));
    const operation = integerOf(members.get('operationInt'));
    if (type !== 1 && type !== 2) throw bodyRefused(`referenceTypeInt ${type}`);
    if (operation !== 1 && operation !== 2) throw bodyRefused(`operationInt ${operation}`);
    return {
      anchor: textOf(reference.get('Anchor')) ?? '',
      by: type === 1 ? 'cloudAnchor' : 'sourceAnchor',
      operation: operation === 1 ? 'add' : 'remove',
    };
  });
}
