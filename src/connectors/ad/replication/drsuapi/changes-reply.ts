import type { NdrReader } from '../ndr/ndr-reader.ts';
import { mapAttributes, readPrefixes, readPrefixTableHead } from './attribute-ids.ts';
import { openAnswer, readVersion } from './drs-call.ts';
import { DrsRefusal } from './drs-refusal.ts';
import { readDsName } from './dsname.ts';
import { type ReplicatedObject, readObjects } from './replicated-object.ts';
import type { Cursor, UsnVector } from './replication-state.ts';

export interface ChangesReply {
  /** Of the database that answered. */
  readonly invocationId: string;
  readonly usnTo: UsnVector;
  /** What the server knows of every database; with the last part of a cycle only. */
  readonly cursors: readonly Cursor[] | null;
  readonly hasMore: boolean;
  readonly objects: readonly ReplicatedObject[];
  /** EXOP_ERR ([MS-DRSR] 4.1.10.2.21) of a request for a single object. */
  readonly extendedResult: number;
}

const VERSION = 6;
export const MOST_OBJECTS = 100_000;
const MOST_CURSORS = 1_048_576;
const MOST_LINK_VALUES = 1_048_576;
/** REPLVALINF_V1 without what it points to. */
const LINK_VALUE_LENGTH = 72;
const MOST_VALUE_BYTES = 26_214_400;

/** DRS_MSG_GETCHGREPLY_V6 ([MS-DRSR] 4.1.10.2). Compressed forms do not come, because DRSBind offers none. Throws DrsRefusal and MalformedAnswer. */
export function readChangesReply(stub: Buffer, doing: string): ChangesReply {
  const reader = openAnswer(stub, doing);
  readVersion(reader, [VERSION]);
  reader.align(8);
  reader.guid();
  const invocationId = reader.guid();
  const hasNamingContext = reader.pointer();
  readUsnVector(reader);
  const usnTo = readUsnVector(reader);
  const hasCursors = reader.pointer();
  const prefixHead = readPrefixTableHead(reader);
  const extendedResult = reader.u32();
  const objectCount = reader.count(MOST_OBJECTS, 0);
  reader.u32();
  const hasObjects = reader.pointer();
  const hasMore = reader.u32() !== 0;
  reader.u32();
  reader.u32();
  const linkValueCount = reader.count(MOST_LINK_VALUES, 0);
  const hasLinkValues = reader.pointer();
  const error = reader.u32();
  if (error !== 0) throw new DrsRefusal(error, doing);
  // What the pointers lead to, in their order ([C706] 14.3.12.3).
  if (hasNamingContext) readDsName(reader);
  const cursors = hasCursors ? readCursors(reader) : null;
  const attributes = mapAttributes(readPrefixes(reader, prefixHead));
  const objects = hasObjects ? readObjects(reader, objectCount, attributes) : [];
  if (objects.length !== objectCount) reader.refuse(`${objects.length} objects where ${objectCount} were announced`);
  if (hasLinkValues) skipLinkValues(reader, linkValueCount);
  return { invocationId, usnTo, cursors, hasMore, objects, extendedResult };
}

function readUsnVector(reader: NdrReader): UsnVector {
  return { highObjectUpdate: reader.u64(), reserved: reader.u64(), highPropertyUpdate: reader.u64() };
}

/** UPTODATE_VECTOR_V2_EXT ([MS-DRSR] 7). */
function readCursors(reader: NdrReader): readonly Cursor[] {
  reader.align(4);
  const room = reader.count(MOST_CURSORS, 0);
  reader.align(8);
  const version = reader.u32();
  reader.u32();
  const count = reader.u32();
  reader.u32();
  if (version !== 2 || count !== room)
    reader.refuse(`an up-to-dateness vector of version ${version} with ${count} entries`);
  reader.requireRoom(count, MOST_CURSORS, 32);
  return Array.from({ length: count }, () => {
    reader.align(8);
    const cursor = { invocationId: reader.guid(), usn: reader.u64() };
    reader.i64();
    return cursor;
  });
}

/** Memberships are of no interest here; their bytes are checked all the same, because what follows them is. */
function skipLinkValues(reader: NdrReader, count: number): void {
  reader.align(4);
  reader.conformance(count, LINK_VALUE_LENGTH);
  const heads: { readonly hasObject: boolean; readonly length: number; readonly hasValue: boolean }[] = [];
  for (let index = 0; index < count; index++) {
    reader.align(8);
    const hasObject = reader.pointer();
    reader.u32();
    heads.push({ hasObject, length: reader.count(MOST_VALUE_BYTES, 0), hasValue: reader.pointer() });
    reader.align(8);
    reader.u32();
    reader.align(8);
    reader.bytes(48);
  }
  for (const { hasObject, length, hasValue } of heads) {
    if (hasObject) readDsName(reader);
    if (!hasValue) continue;
    reader.align(4);
    reader.conformance(length, 1);
    reader.bytes(length);
  }
}
