import { MalformedDescriptor } from './malformed-descriptor.ts';

/**
 * One entry of an access control list ([MS-DTYP] 2.4.4.1). Of what we don't need we keep the bytes, so that entries of kinds that are not
 * known here are written as they were read.
 */
export interface AccessEntry {
  readonly type: number;
  readonly flags: number;
  /** What follows the header: mask, object type, SID and whatever else the type has. */
  readonly body: Buffer;
}

/** [MS-DTYP] 2.4.5. */
export interface AccessControlList {
  readonly revision: number;
  readonly reserved1: number;
  readonly reserved2: number;
  readonly entries: readonly AccessEntry[];
}

/** Only these, in the header of an entry ([MS-DTYP] 2.4.4.1). */
export const ENTRY_TYPE = { allowed: 0x00, denied: 0x01, allowedObject: 0x05, deniedObject: 0x06 } as const;
export const ENTRY_FLAG = { inheritOnly: 0x08, inherited: 0x10 } as const;

const LIST_HEADER = 8;
const ENTRY_HEADER = 4;
const MOST_BYTES = 0xffff;

/** Reads the list that starts there. Throws MalformedDescriptor. */
export function readAccessControlList(bytes: Buffer, start: number): AccessControlList {
  if (start + LIST_HEADER > bytes.length) throw new MalformedDescriptor('a list begins behind its end');
  const end = start + bytes.readUInt16LE(start + 2);
  if (end > bytes.length || end < start + LIST_HEADER) throw new MalformedDescriptor('a list ends behind its end');
  const count = bytes.readUInt16LE(start + 4);
  const entries: AccessEntry[] = [];
  for (let at = start + LIST_HEADER; entries.length < count; ) {
    const { entry, next } = readEntry(bytes, at, end);
    entries.push(entry);
    at = next;
  }
  return {
    revision: bytes.readUInt8(start),
    reserved1: bytes.readUInt8(start + 1),
    reserved2: bytes.readUInt16LE(start + 6),
    entries,
  };
}

function readEntry(bytes: Buffer, at: number, end: number): { readonly entry: AccessEntry; readonly next: number } {
  if (at + ENTRY_HEADER > end) throw new MalformedDescriptor('a list says that it has more entries than it has');
  const next = at + bytes.readUInt16LE(at + 2);
  if (next < at + ENTRY_HEADER || next > end) throw new MalformedDescriptor('an entry ends behind its list');
  const body = Buffer.from(bytes.subarray(at + ENTRY_HEADER, next));
  return { entry: { type: bytes.readUInt8(at), flags: bytes.readUInt8(at + 1), body }, next };
}

/** Throws RangeError for a list of more than 64 KiB: the format has no room for it. */
export function writeAccessControlList(list: AccessControlList): Buffer {
  const entries = list.entries.map(writeEntry);
  const size = entries.reduce((sum, one) => sum + one.length, LIST_HEADER);
  if (size > MOST_BYTES) throw new RangeError(`an access control list has at most ${MOST_BYTES} bytes, this ${size}`);
  const header = Buffer.alloc(LIST_HEADER);
  header.writeUInt8(list.revision, 0);
  header.writeUInt8(list.reserved1, 1);
  header.writeUInt16LE(size, 2);
  header.writeUInt16LE(entries.length, 4);
  header.writeUInt16LE(list.reserved2, 6);
  return Buffer.concat([header, ...entries]);
}

function writeEntry({ type, flags, body }: AccessEntry): Buffer {
  const size = ENTRY_HEADER + body.length;
  if (size > MOST_BYTES) throw new RangeError(`an access control entry has at most ${MOST_BYTES} bytes, this ${size}`);
  const header = Buffer.from([type, flags, 0, 0]);
  header.writeUInt16LE(size, 2);
  return Buffer.concat([header, body]);
}
