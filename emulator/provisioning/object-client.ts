import type { GraphClient } from '../graph-client.ts';
import { type Node, node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';
import { findAll, ServiceClient, text } from './service-client.ts';
import { NAMESPACE } from './wire-names.ts';

interface ReferenceEdit {
  readonly anchor: string;
  readonly by: number;
  readonly operation: number;
}

export type Given =
  | string
  | boolean
  | number
  | Buffer
  | null
  | readonly string[]
  | readonly Buffer[]
  | { readonly changes: readonly ReferenceEdit[] };

export type Properties = Readonly<Record<string, Given>>;
type Item = readonly ['User' | 'Group' | 'Contact' | 'Device', 'Add' | 'Set' | 'Delete', Properties];

const RESULT_MEMBERS = [
  'CloudAnchor',
  'ObjectType',
  'ResultCode',
  'ResultErrorCode',
  'ResultErrorDescription',
  'SourceAnchor',
  'SyncOperation',
] as const;

export type ObjectResult = Readonly<Record<(typeof RESULT_MEMBERS)[number], string>> & {
  readonly details: Readonly<Record<string, string>>;
};

/** Sends objects to the provisioning service, for the emulator's own tests. */
export class ObjectClient {
  readonly service: ServiceClient;

  constructor(graph: GraphClient) {
    this.service = new ServiceClient(graph);
  }

  set(type: Item[0], properties: Properties): Promise<readonly ObjectResult[]> {
    return this.send([[type, 'Set', properties]]);
  }

  delete(type: Item[0], properties: Properties): Promise<readonly ObjectResult[]> {
    return this.send([[type, 'Delete', properties]]);
  }

  /** Throws an Error with the status when the whole request is refused. */
  async send(items: readonly Item[], version: 1 | 2 = 1): Promise<readonly ObjectResult[]> {
    const operation = `ProvisionAzureADSyncObjects${version === 2 ? '2' : ''}`;
    const reply = await this.service.call(operation, [describeRequest(items)]);
    if (reply.status !== 200) throw new Error(`${reply.status}: ${text(reply.envelope, 'Text')}`);
    return findAll(reply.result, 'AzureADSyncObjectResult').map(readResult);
  }
}

function readResult(element: XmlElement): ObjectResult {
  const members = RESULT_MEMBERS.map((name) => [name, text(element, name) ?? '']);
  const details = findAll(element, 'KeyValueOfstringstring').map((pair) => [text(pair, 'Key'), text(pair, 'Value')]);
  return { ...Object.fromEntries(members), details: Object.fromEntries(details) } as ObjectResult;
}

function describeRequest(items: readonly Item[]): Node {
  const objects = items.map(([type, operation, properties]) =>
    node('b:AzureADSyncObject', [
      node('b:PropertyValues', Object.entries(properties).map(describeProperty)),
      node('b:SyncObjectType', type),
      node('b:SyncOperation', operation),
    ]),
  );
  const { objects: b, instance: i, arrays: c, schema: d } = NAMESPACE;
  return node('syncRequest', [node('b:SyncObjects', objects)], { namespaces: { b, i, c, d } });
}

function describeProperty([key, value]: readonly [string, Given]): Node {
  return node('c:KeyValueOfstringanyType', [node('c:Key', key), describeValue(value)]);
}

function describeValue(value: Given): Node {
  const typed = (type: string, content: Node['content']): Node =>
    node('c:Value', content, { attributes: { 'i:type': type } });
  if (value === null) return node('c:Value', '', { attributes: { 'i:nil': 'true' } });
  if (typeof value === 'string') return typed('d:string', value);
  if (typeof value === 'boolean') return typed('d:boolean', value);
  if (typeof value === 'number') return typed('d:long', value);
  if (Buffer.isBuffer(value)) return typed('d:base64Binary', value);
  if ('changes' in value) return typed('SyncReferenceChangeCollection', [describeChanges(value.changes)]);
  const isBytes = value.some((item) => Buffer.isBuffer(item));
  const item = isBytes ? 'base64Binary' : 'string';
  return typed(
    `c:ArrayOf${item}`,
    [...value].map((one: string | Buffer) => node(`c:${item}`, one)),
  );
}

function describeChanges(changes: readonly ReferenceEdit[]): Node {
  const items = changes.map(({ anchor, by, operation }) =>
    node('SyncReferenceChange', [
      node('Reference', [node('Anchor', anchor), node('referenceTypeInt', by)]),
      node('operationInt', operation),
    ]),
  );
  return node('referenceChanges', items);
}
