import { type Entity, liveLinks, type Value, type Values } from '../../tenant/entity.ts';
import { isSynchronized } from '../../tenant/synchronization.ts';
import { type Content, type Node, node } from '../nbfx/encode-message.ts';
import { cloudAnchorOf, sourceAnchorOf } from './anchors.ts';
import { syncedOf } from './graph-values.ts';
import { type Form, findAttribute, isSyncKind, type SyncKind, typeOf } from './sync-attributes.ts';

type Pair = readonly [string, Content, string];

/** One object as the service reads it back: its attributes, what the cloud made of them, and its links. */
export function describeReadBack(entity: Entity, version: 1 | 2): Node {
  const kind = entity.kind as SyncKind;
  const pairs = [...describeAnchors(entity), ...describeCloud(entity, kind), ...describeSynced(entity, kind)];
  return describeObject(entity, [...pairs, ...describeLinks(entity, version)], 'Set');
}

/** A deleted object: its anchors alone. */
export function describeDeleted(entity: Entity): Node {
  return describeObject(entity, describeAnchors(entity), 'Delete');
}

function describeObject(entity: Entity, pairs: readonly Pair[], operation: 'Set' | 'Delete'): Node {
  const sorted = [...pairs].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return node('b:AzureADSyncObject', [
    node('b:PropertyValues', sorted.map(describePair)),
    node('b:SyncObjectType', isSyncKind(entity.kind) ? typeOf(entity.kind) : 'User'),
    node('b:SyncOperation', operation),
  ]);
}

function describePair([key, content, type]: Pair): Node {
  const value = node('c:Value', content, { attributes: { 'i:type': type } });
  return node('c:KeyValueOfstringanyType', [node('c:Key', key), value]);
}

/** Keys as the service spells them, which is not how they are sent (facts E.13). */
function spelled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function describeAnchors(entity: Entity): readonly Pair[] {
  const anchor = sourceAnchorOf(entity);
  return [
    ['CloudAnchor', cloudAnchorOf(entity), 'd:string'],
    ...(anchor === undefined ? [] : ([['SourceAnchor', anchor, 'd:string']] as const)),
  ];
}

/** What the cloud decides, whoever masters the object. */
const FROM_CLOUD: Readonly<Record<SyncKind, Readonly<Record<string, string>>>> = {
  user: {
    displayName: 'displayName',
    userPrincipalName: 'userPrincipalName',
    accountEnabled: 'accountEnabled',
    mail: 'mail',
    proxyAddresses: 'proxyAddresses',
    alias: 'mailNickname',
    givenName: 'givenName',
    surname: 'surname',
    usageLocation: 'usageLocation',
    userType: 'userType',
  },
  group: {
    displayName: 'displayName',
    description: 'description',
    mail: 'mail',
    proxyAddresses: 'proxyAddresses',
    alias: 'mailNickname',
    securityEnabled: 'securityEnabled',
  },
  orgContact: { displayName: 'displayName', mail: 'mail', proxyAddresses: 'proxyAddresses', alias: 'mailNickname' },
  device: { displayName: 'displayName', accountEnabled: 'accountEnabled' },
};

function describeCloud(entity: Entity, kind: SyncKind): readonly Pair[] {
  const shown = Object.entries(FROM_CLOUD[kind]).flatMap(([name, property]) =>
    describeValue(spelled(name), entity.values[property] ?? null),
  );
  return !isSynchronized(entity) ? [...shown, ['CloudMastered', true, 'd:boolean']] : shown;
}

function describeSynced(entity: Entity, kind: SyncKind): readonly Pair[] {
  const synced: Values = syncedOf(entity.values);
  return Object.entries(synced).flatMap(([name, value]) => {
    if (Object.hasOwn(FROM_CLOUD[kind], name)) return [];
    return describeValue(spelled(name), value, findAttribute(kind, name)?.form);
  });
}

/** What is empty is left out. */
function describeValue(key: string, value: Value, form?: Form): readonly Pair[] {
  if (value === null || value === '') return [];
  if (typeof value === 'boolean') return [[key, value, 'd:boolean']];
  if (form === 'long') return [[key, String(value), 'd:long']];
  if (form === 'base64Binary') return [[key, Buffer.from(String(value), 'base64'), 'd:base64Binary']];
  if (!Array.isArray(value)) return [[key, String(value), 'd:string']];
  if (value.length === 0) return [];
  const type = form === 'binaries' ? 'base64Binary' : 'string';
  const items = value.map((item) =>
    node(`c:${type}`, type === 'string' ? String(item) : Buffer.from(String(item), 'base64')),
  );
  return [[key, items, `c:ArrayOf${type}`]];
}

/** Others are named by their source anchor in version 1, by their cloud anchor in version 2 (assumed). */
function describeLinks(entity: Entity, version: 1 | 2): readonly Pair[] {
  const name = (target: Entity): string | undefined => (version === 1 ? sourceAnchorOf(target) : cloudAnchorOf(target));
  const manager = entity.manager?.status === 'live' ? name(entity.manager) : undefined;
  const members = [...liveLinks(entity.members)]
    .map(([target]) => name(target))
    .filter((anchor) => anchor !== undefined);
  return [
    ...(manager === undefined ? [] : ([['Manager', manager, 'd:string']] as const)),
    ...describeValue('Member', members),
  ];
}
