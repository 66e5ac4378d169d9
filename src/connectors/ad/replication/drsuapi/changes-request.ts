import { NdrWriter } from '../ndr/ndr-writer.ts';
import {
  attributeNumber,
  type ReplicatedAttribute,
  type TableForm,
  writePrefixes,
  writePrefixTableHead,
} from './attribute-ids.ts';
import { writeDsNameOfGuid } from './dsname.ts';
import type { Cursor, ReplicationState, UsnVector } from './replication-state.ts';

/** EXOP_REPL_OBJ ([MS-DRSR] 4.1.10.2.22): one object, whenever it changed. Why not EXOP_REPL_SECRETS: docs/decisions/0010-single-passwords-are-asked-for-as-objects.md. */
export const EXTENDED_OPERATION = { none: 0, object: 6 } as const;

export interface ChangesRequest {
  /** NTDS settings of the domain controller that is asked. */
  readonly dsaGuid: string;
  /** Of the naming context, or of the single object. */
  readonly objectGuid: string;
  readonly state: ReplicationState;
  readonly attributes: readonly ReplicatedAttribute[];
  readonly extendedOperation: (typeof EXTENDED_OPERATION)[keyof typeof EXTENDED_OPERATION];
  readonly mostObjects: number;
}

const VERSION = 8;
/** DRS_INIT_SYNC | DRS_WRIT_REP ([MS-DRSR] 5.41): what a writable domain controller asks with. */
const FLAGS = 0x20 | 0x10;
const MOST_BYTES = 8 * 1024 * 1024;

/** DRSGetNCChanges with DRS_MSG_GETCHGREQ_V8 ([MS-DRSR] 4.1.10.2.6). */
export function formatChangesRequest(handle: Buffer, request: ChangesRequest, form: TableForm): Buffer {
  const { state, attributes } = request;
  const numbers = attributes.map(attributeNumber).sort((a, b) => a - b);
  const writer = new NdrWriter().bytes(handle).u32(VERSION).u32(VERSION).align(8);
  writer.guid(request.dsaGuid).guid(state.invocationId).pointer();
  writeUsnVector(writer, state.usn);
  writer.pointer(state.cursors.length > 0);
  writer.u32(request.extendedOperation === EXTENDED_OPERATION.none ? FLAGS : 0);
  writer.u32(request.mostObjects).u32(MOST_BYTES).u32(request.extendedOperation).u64(0n);
  writer.pointer().pointer(false);
  writePrefixTableHead(writer, form);
  writeDsNameOfGuid(writer, request.objectGuid);
  if (state.cursors.length > 0) writeCursors(writer, state.cursors);
  writePartialSet(writer, numbers);
  writePrefixes(writer, form);
  return writer.finish();
}

function writeUsnVector(writer: NdrWriter, usn: UsnVector): void {
  writer.u64(usn.highObjectUpdate).u64(usn.reserved).u64(usn.highPropertyUpdate);
}

/** UPTODATE_VECTOR_V1_EXT ([MS-DRSR] 7). */
function writeCursors(writer: NdrWriter, cursors: readonly Cursor[]): void {
  writer.align(4).u32(cursors.length).align(8);
  writer.u32(1).u32(0).u32(cursors.length).u32(0);
  for (const { invocationId, usn } of cursors) writer.align(8).guid(invocationId).u64(usn);
}

/** PARTIAL_ATTR_VECTOR_V1_EXT ([MS-DRSR] 7). */
function writePartialSet(writer: NdrWriter, numbers: readonly number[]): void {
  writer.align(4).u32(numbers.length).u32(1).u32(0).u32(numbers.length);
  for (const number of numbers) writer.u32(number);
}
