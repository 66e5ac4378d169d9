import type { TargetType } from '../../../../model/change.ts';
import type { Scalar } from '../../../../model/value.ts';
import type { TargetValue } from '../../../connector.ts';
import { SYNC_TYPES } from '../cloud-anchor.ts';
import { attribute, element, namespace } from '../nbfx/xml-building.ts';
import { attributeOf, bytesOf, childOf, childrenOf, flagOf, isNil, textOf } from '../nbfx/xml-reading.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import { NAMESPACE } from '../wire-names.ts';
import { ATTRIBUTES_OF, type Form } from './attributes.ts';

export const OPERATIONS = ['Set', 'Delete'] as const;
export type SyncOperation = (typeof OPERATIONS)[number];

/** An object as we send it. */
export interface SyncObject {
  readonly type: TargetType;
  readonly operation: SyncOperation;
  readonly properties: readonly XmlElement[];
}

/** What lies within ProvisionAzureADSyncObjects2. */
export function buildSyncRequest(objects: readonly SyncObject[]): readonly XmlElement[] {
  const items = element('b:SyncObjects', objects.map(buildObject));
  const namespaces = [namespace('b', NAMESPACE.objects), namespace('i', NAMESPACE.instance)];
  return [element('syncRequest', [items], { namespaces })];
}

function buildObject({ type, operation, properties }: SyncObject): XmlElement {
  const namespaces = [namespace('c', NAMESPACE.arrays), namespace('d', NAMESPACE.schema)];
  return element('b:AzureADSyncObject', [
    element('b:PropertyValues', properties, { namespaces }),
    element('b:SyncObjectType', SYNC_TYPES[type]),
    element('b:SyncOperation', operation),
  ]);
}

/** A property with its type; null clears it. Throws RangeError for an attribute that this kind of object does not have. */
export function buildProperty(type: TargetType, name: string, value: TargetValue): XmlElement {
  const form = ATTRIBUTES_OF[type].get(name)?.form;
  if (form === undefined) throw new RangeError(`the service has no attribute ${name} on ${type}`);
  return buildPair(name, value === null ? nilValue() : buildValue(form, value));
}

/** A property that is a text, whatever it is called. */
export function buildTextProperty(name: string, text: string): XmlElement {
  return buildPair(name, typedValue('d:string', text));
}

export function clearProperty(name: string): XmlElement {
  return buildPair(name, nilValue());
}

function buildPair(name: string, value: XmlElement): XmlElement {
  return element('c:KeyValueOfstringanyType', [element('c:Key', name), value]);
}

function nilValue(): XmlElement {
  return element('c:Value', [], { attributes: [attribute('i:nil', 'true')] });
}

function typedValue(type: string, content: Parameters<typeof element>[1]): XmlElement {
  return element('c:Value', content, { attributes: [attribute('i:type', type)] });
}

function buildValue(form: Form, value: Exclude<TargetValue, null>): XmlElement {
  const scalars: readonly Scalar[] = Array.isArray(value) ? value : [value as Scalar];
  const [first = ''] = scalars;
  switch (form) {
    case 'text':
      return typedValue('d:string', String(first));
    case 'flag':
      return typedValue('d:boolean', String(first));
    case 'integer':
      return typedValue('d:long', String(first));
    case 'bytes':
      return typedValue('d:base64Binary', toBytes(first));
    case 'texts':
      return typedValue(
        'c:ArrayOfstring',
        scalars.map((one) => element('c:string', String(one))),
      );
    case 'byteLists':
      return typedValue(
        'c:ArrayOfbase64Binary',
        scalars.map((one) => element('c:base64Binary', toBytes(one))),
      );
  }
}

function toBytes(value: Scalar): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value), 'base64');
}

export interface ReferenceEdit {
  readonly name: string;
  /** Cloud anchors. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const BY_CLOUD_ANCHOR = '1';
const ADD = '1';
const REMOVE = '2';

/** Single references that are added and removed. Its own elements lie in the namespace of the service, which is the default one there. */
export function buildReferenceChanges({ name, add, remove }: ReferenceEdit): XmlElement {
  const changes = [
    ...remove.map((anchor) => buildReferenceChange(anchor, REMOVE)),
    ...add.map((anchor) => buildReferenceChange(anchor, ADD)),
  ];
  const collection = [element('referenceChanges', changes)];
  return buildPair(name, typedValue('SyncReferenceChangeCollection', collection));
}

function buildReferenceChange(anchor: string, operation: string): XmlElement {
  return element('SyncReferenceChange', [
    element('Reference', [element('Anchor', anchor), element('referenceTypeInt', BY_CLOUD_ANCHOR)]),
    element('operationInt', operation),
  ]);
}

/** A property as the service gives it. */
export interface ReadProperty {
  readonly key: string;
  readonly element: XmlElement;
}

/** The properties of an object or of details of an error, in their order; those that are nil are left out. */
export function readProperties(list: XmlElement | undefined): readonly ReadProperty[] {
  return childrenOf(list).flatMap((pair) => {
    const key = textOf(pair, 'Key');
    const value = childrenOf(pair, 'Value')[0];
    return key === undefined || value === undefined || isNil(value) ? [] : [{ key, element: value }];
  });
}

/**
 * The value of a property as our form of it; undefined when it has none, or is of another form. Numbers are in decimal and bytes in base64: that is how a plan
 * keeps values, and what is read back has to compare with it.
 */
export function readValue(form: Form, value: XmlElement): Exclude<TargetValue, null> | undefined {
  switch (form) {
    case 'text':
      return textOf(value) || undefined;
    case 'flag':
      return flagOf(value);
    case 'integer':
      return readInteger(textOf(value));
    case 'bytes':
      return readBase64(value);
    case 'texts':
      return nonEmpty(readTexts(value));
    case 'byteLists':
      return nonEmpty(childrenOf(value).flatMap((one) => readBase64(one) ?? []));
  }
}

/** The texts of an array; a single text is an array of one. */
export function readTexts(value: XmlElement): readonly string[] {
  const items = childrenOf(value);
  if (items.length === 0) return [textOf(value) ?? ''].filter((text) => text !== '');
  return items.map((item) => textOf(item) ?? '').filter((text) => text !== '');
}

function readInteger(text: string | undefined): string | undefined {
  return text !== undefined && /^\s*-?\d{1,20}\s*$/.test(text) ? BigInt(text.trim()).toString() : undefined;
}

function readBase64(value: XmlElement): string | undefined {
  const bytes = bytesOf(value);
  return bytes === undefined || bytes.length === 0 ? undefined : Buffer.from(bytes).toString('base64');
}

function nonEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The changes of references in a property that is a collection of them; null when it is none. */
export function readReferenceChanges(
  value: XmlElement,
): { readonly add: readonly string[]; readonly remove: readonly string[] } | null {
  const isCollection = attributeOf(value, 'type')?.endsWith('SyncReferenceChangeCollection') === true;
  if (!isCollection) return null;
  const add: string[] = [];
  const remove: string[] = [];
  for (const change of childrenOf(childOf(value, 'referenceChanges'))) {
    const anchor = textOf(change, 'Reference', 'Anchor');
    if (anchor !== undefined) (textOf(change, 'operationInt') === REMOVE ? remove : add).push(anchor);
  }
  return { add, remove };
}
