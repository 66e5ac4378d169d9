import { sidToText } from '../../../../model/anchor.ts';
import type { NdrReader } from '../ndr/ndr-reader.ts';
import type { NdrWriter } from '../ndr/ndr-writer.ts';

/** The name of an object ([MS-DRSR] 5.50). */
export interface DsName {
  readonly guid: string;
  /** Null where the object has none. */
  readonly sid: string | null;
  readonly dn: string;
}

export const NO_GUID = '00000000-0000-0000-0000-000000000000';

const FIXED_LENGTH = 56;
const SID_LENGTH = 28;
/** [MS-DRSR] 5.50: the range of NameLen. */
const MOST_CHARACTERS = 10_485_761;

/** By its GUID alone, which is enough for the server to find it. */
export function writeDsNameOfGuid(writer: NdrWriter, guid: string): void {
  // A conformant structure ([C706] 14.3.7.2): the count of characters comes first. There is only the zero at their end.
  writer
    .u32(1)
    .u32(FIXED_LENGTH + 2)
    .u32(0)
    .guid(guid);
  writer.bytes(Buffer.alloc(SID_LENGTH)).u32(0).u16(0);
}

export function readDsName(reader: NdrReader): DsName {
  const characters = reader.count(MOST_CHARACTERS, 2);
  reader.u32();
  const sidLength = reader.u32();
  const guid = reader.guid();
  const sid = reader.bytes(SID_LENGTH);
  if (sidLength > SID_LENGTH) reader.refuse(`a SID of ${sidLength} bytes`);
  const nameLength = reader.u32();
  if (nameLength + 1 !== characters) reader.refuse('a name with two lengths');
  const dn = reader
    .bytes(characters * 2)
    .subarray(0, nameLength * 2)
    .toString('utf16le');
  return { guid, sid: readSid(reader, sid.subarray(0, sidLength)), dn };
}

function readSid(reader: NdrReader, bytes: Buffer): string | null {
  if (bytes.length === 0) return null;
  if (bytes.length !== 8 + 4 * (bytes[1] ?? 0)) reader.refuse('a SID with a wrong length');
  return sidToText(bytes);
}

/** The last part of a SID of the domain; null where there is none. */
export function ridOf(sid: string | null): number | null {
  const rid = sid === null ? null : /^S-1-5-21-\d+-\d+-\d+-(\d+)$/.exec(sid)?.[1];
  return rid === null || rid === undefined ? null : Number(rid);
}
