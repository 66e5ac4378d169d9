import type { ObjectChange, ReferenceChange, TargetType } from '../../../../model/change.ts';
import type { Value } from '../../../../model/value.ts';
import { readCloudAnchor } from '../cloud-anchor.ts';
import { childOf, textOf } from '../nbfx/xml-reading.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import type { AnchorIndex } from './anchor-index.ts';
import { ATTRIBUTES_OF, REFERENCES_OF, spellName } from './attributes.ts';
import { anchorsOf } from './read-back.ts';
import { type ReadProperty, readProperties, readReferenceChanges, readTexts, readValue } from './sync-object.ts';

/** Kinds of objects that lie in the recycle bin for 30 days before they are gone (facts E.2). */
const RESTORABLE: ReadonlySet<TargetType> = new Set(['user']);

/**
 * What an object that was read says, for the space; null for one that has no id of ours. Objects come whole: a value that is not named is none. Only references
 * may come as changes, and then the object becomes a patch that clears all that it does not name.
 */
export async function toChange(object: XmlElement, index: AnchorIndex, now: Date): Promise<ObjectChange | null> {
  const { cloud, source } = anchorsOf(object);
  const known = readCloudAnchor(cloud ?? '');
  if (known === null) return null;
  const anchor = known.id;
  if (textOf(object, 'SyncOperation') === 'Delete') return toRemoval(known.type, anchor, now);
  index.learn(source, anchor);
  const properties = readProperties(childOf(object, 'PropertyValues'));
  const attributes = readAttributes(known.type, properties);
  const references = await readReferences(known.type, properties, index);
  const isWhole = Object.values(references).every((one) => one.kind === 'complete');
  if (isWhole) return { kind: 'put', anchor, type: known.type, place: null, attributes, references };
  const clear = [...ATTRIBUTES_OF[known.type].keys()].filter((name) => attributes[name] === undefined);
  return { kind: 'patch', anchor, type: known.type, set: attributes, clear, references };
}

function toRemoval(type: TargetType, anchor: string, now: Date): ObjectChange {
  if (!RESTORABLE.has(type)) return { kind: 'delete', anchor };
  return { kind: 'delete', anchor, restorable: true, deletedAt: now.toISOString() };
}

function readAttributes(type: TargetType, properties: readonly ReadProperty[]): Readonly<Record<string, Value>> {
  const attributes: Record<string, Value> = {};
  for (const { key, element } of properties) {
    const attribute = ATTRIBUTES_OF[type].get(spellName(key));
    const value = attribute && readValue(attribute.form, element);
    if (attribute && value !== undefined) attributes[attribute.name] = value;
  }
  return attributes;
}

async function readReferences(
  type: TargetType,
  properties: readonly ReadProperty[],
  index: AnchorIndex,
): Promise<Readonly<Record<string, ReferenceChange>>> {
  const references: Record<string, ReferenceChange> = {};
  for (const { key, element } of properties) {
    const name = REFERENCES_OF[type].get(spellName(key))?.name;
    if (name === undefined) continue;
    const changes = readReferenceChanges(element);
    references[name] =
      changes === null
        ? { kind: 'complete', targets: await index.resolve(readTexts(element)) }
        : { kind: 'delta', add: await index.resolve(changes.add), remove: await index.resolve(changes.remove) };
  }
  return references;
}
