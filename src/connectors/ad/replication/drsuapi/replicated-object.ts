import type { NdrReader } from '../ndr/ndr-reader.ts';
import type { ReplicatedAttribute } from './attribute-ids.ts';
import { type DsName, readDsName } from './dsname.ts';

/** Where and when the value of an attribute was set ([MS-DRSR] 7, PROPERTY_META_DATA_EXT). */
export interface ValueMetadata {
  readonly version: number;
  /** Seconds since 1601 ([MS-DRSR] 5.51, DSTIME). */
  readonly changedAt: bigint;
}

export interface ReplicatedValue {
  /** Null: it has no value (any more). */
  readonly value: Buffer | null;
  readonly metadata: ValueMetadata | null;
}

export interface ReplicatedObject {
  readonly name: DsName;
  /** Those of our attributes that changed; of a single object all that it has. */
  readonly attributes: ReadonlyMap<ReplicatedAttribute, ReplicatedValue>;
}

/** REPLENTINFLIST ([MS-DRSR] 7) without what it points to. */
interface ObjectHead {
  readonly hasName: boolean;
  readonly attributeCount: number;
  readonly hasAttributes: boolean;
  readonly hasParent: boolean;
  readonly hasMetadata: boolean;
}

const HEAD_LENGTH = 32;
const ATTRIBUTE_LENGTH = 12;
const VALUE_LENGTH = 8;
const METADATA_LENGTH = 40;
/** The ranges that the IDL gives ([MS-DRSR] 7). */
const MOST_ATTRIBUTES = 1_048_576;
const MOST_VALUES = 10_485_760;
const MOST_VALUE_BYTES = 26_214_400;

/**
 * A chain, each of whose links begins with the pointer to the next one. What a pointer leads to follows at once, so that the heads come first, one after the other,
 * and what else they point to comes in the reverse order ([C706] 14.3.12.3): of the last object first.
 */
export function readObjects(
  reader: NdrReader,
  count: number,
  attributes: ReadonlyMap<number, ReplicatedAttribute>,
): readonly ReplicatedObject[] {
  reader.align(4);
  reader.requireRoom(count, count, HEAD_LENGTH);
  const heads: ObjectHead[] = [];
  for (let hasNext = true; hasNext; ) {
    if (heads.length >= count) reader.refuse(`more than the ${count} objects that were announced`);
    hasNext = reader.pointer();
    heads.push(readHead(reader));
  }
  return heads
    .reverse()
    .map((head) => readBody(reader, head, attributes))
    .reverse();
}

function readHead(reader: NdrReader): ObjectHead {
  const hasName = reader.pointer();
  reader.u32();
  const attributeCount = reader.count(MOST_ATTRIBUTES, 0);
  const hasAttributes = reader.pointer();
  reader.u32();
  return { hasName, attributeCount, hasAttributes, hasParent: reader.pointer(), hasMetadata: reader.pointer() };
}

function readBody(
  reader: NdrReader,
  head: ObjectHead,
  known: ReadonlyMap<number, ReplicatedAttribute>,
): ReplicatedObject {
  if (!head.hasName) reader.refuse('an object without a name');
  const name = readDsName(reader);
  reader.align(4);
  const values = head.hasAttributes ? readAttributes(reader, head.attributeCount) : [];
  if (head.hasParent) reader.guid();
  const metadata = head.hasMetadata ? readMetadata(reader) : [];
  const attributes = new Map<ReplicatedAttribute, ReplicatedValue>();
  values.forEach(({ number, value }, index) => {
    const attribute = known.get(number);
    // Both lists are in the same order ([MS-DRSR] 4.1.10.5.8).
    if (attribute !== undefined) attributes.set(attribute, { value, metadata: metadata[index] ?? null });
  });
  return { name, attributes };
}

interface AttributeHead {
  readonly number: number;
  readonly count: number;
  readonly hasValues: boolean;
}

/** ATTRBLOCK ([MS-DRSR] 5.9): heads of attributes, then for each the heads of its values, then their bytes. */
function readAttributes(reader: NdrReader, count: number) {
  reader.conformance(count, ATTRIBUTE_LENGTH);
  const heads: AttributeHead[] = [];
  for (let index = 0; index < count; index++)
    heads.push({ number: reader.u32(), count: reader.count(MOST_VALUES, 0), hasValues: reader.pointer() });
  return heads.map((head) => ({
    number: head.number,
    value: head.hasValues ? readFirstValue(reader, head.count) : null,
  }));
}

/** All of our attributes have one value. */
function readFirstValue(reader: NdrReader, count: number): Buffer | null {
  reader.align(4);
  reader.conformance(count, VALUE_LENGTH);
  const heads: { readonly length: number; readonly isThere: boolean }[] = [];
  for (let index = 0; index < count; index++)
    heads.push({ length: reader.count(MOST_VALUE_BYTES, 0), isThere: reader.pointer() });
  let first: Buffer | null = null;
  for (const { length, isThere } of heads) {
    if (!isThere) continue;
    reader.align(4);
    reader.conformance(length, 1);
    const value = reader.bytes(length);
    first ??= value;
  }
  return first;
}

/** PROPERTY_META_DATA_EXT_VECTOR ([MS-DRSR] 7). */
function readMetadata(reader: NdrReader): readonly ValueMetadata[] {
  reader.align(4);
  const room = reader.count(MOST_ATTRIBUTES, 0);
  reader.align(8);
  const count = reader.u32();
  if (count !== room) reader.refuse('metadata with two lengths');
  reader.align(8);
  reader.requireRoom(count, MOST_ATTRIBUTES, METADATA_LENGTH);
  const metadata: ValueMetadata[] = [];
  for (let index = 0; index < count; index++) {
    reader.align(8);
    const version = reader.u32();
    metadata.push({ version, changedAt: reader.i64() });
    reader.guid();
    reader.u64();
  }
  return metadata;
}
