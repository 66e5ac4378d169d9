import type { XmlElement } from '../nbfx/xml-element.ts';
import { readItems, readMembers, textOf } from '../read-members.ts';
import { bodyRefused } from '../service-fault.ts';
import { NAMESPACE } from '../wire-names.ts';
import { type Property, type PropertyValue, readProperties } from './property-values.ts';
import { SYNC_TYPES, type SyncKind, type SyncType } from './sync-attributes.ts';

export const SYNC_OPERATIONS = ['Add', 'Set', 'Delete'] as const;
export type SyncOperation = (typeof SYNC_OPERATIONS)[number];

/** One object of a request. */
export interface SyncObject {
  readonly type: SyncType;
  readonly kind: SyncKind;
  readonly operation: SyncOperation;
  readonly cloudAnchor: string | undefined;
  readonly sourceAnchor: string | undefined;
  /** Without the anchors. */
  readonly properties: readonly Property[];
}

/** Assumed: nobody says how many objects the service takes at once; its own client sends 30 (facts E.7). */
const MOST_OBJECTS = 100;

/** The objects of ProvisionAzureADSyncObjects. `hasChanges`: whether references may come as single changes (version 2). */
export function readSyncObjects(body: XmlElement, hasChanges: boolean): readonly SyncObject[] {
  const request = readMembers(body, NAMESPACE.service, ['syncRequest']).get('syncRequest') as XmlElement;
  const list = readMembers(request, NAMESPACE.objects, ['SyncObjects']).get('SyncObjects') as XmlElement;
  const items = readItems(list, NAMESPACE.objects, 'AzureADSyncObject');
  if (items.length === 0 || items.length > MOST_OBJECTS) {
    throw bodyRefused(`SyncObjects holds ${items.length} objects; 1 to ${MOST_OBJECTS} are taken`);
  }
  return items.map((item) => readSyncObject(item, hasChanges));
}

function readSyncObject(item: XmlElement, hasChanges: boolean): SyncObject {
  const members = readMembers(item, NAMESPACE.objects, ['PropertyValues', 'SyncObjectType', 'SyncOperation']);
  const type = textOf(members.get('SyncObjectType')) ?? '';
  const operation = SYNC_OPERATIONS.find((known) => known === textOf(members.get('SyncOperation')));
  if (!isSyncType(type)) throw bodyRefused(`SyncObjectType '${type}'`);
  if (!operation) throw bodyRefused(`SyncOperation '${textOf(members.get('SyncOperation'))}'`);
  const properties = readProperties(members.get('PropertyValues') as XmlElement);
  if (!hasChanges && properties.some(({ value }) => value.form === 'references')) {
    throw bodyRefused('changes of references are for ProvisionAzureADSyncObjects2');
  }
  return {
    type,
    kind: SYNC_TYPES[type],
    operation,
    cloudAnchor: anchorIn(properties, 'cloudanchor'),
    sourceAnchor: anchorIn(properties, 'sourceanchor'),
    properties: properties.filter(({ key }) => !ANCHORS.includes(key.toLowerCase())),
  };
}

const ANCHORS: readonly string[] = ['cloudanchor', 'sourceanchor'];

function isSyncType(type: string): type is SyncType {
  return Object.hasOwn(SYNC_TYPES, type);
}

function anchorIn(properties: readonly Property[], name: string): string | undefined {
  const value: PropertyValue | undefined = properties.find(({ key }) => key.toLowerCase() === name)?.value;
  return value?.form === 'string' && value.value !== '' ? value.value : undefined;
}

/** How many references a request carries, over all its objects. */
export function countLinks(objects: readonly SyncObject[]): number {
  let links = 0;
  for (const { properties } of objects) {
    for (const { value } of properties) if (value.form === 'references') links += value.changes.length;
  }
  return links;
}
