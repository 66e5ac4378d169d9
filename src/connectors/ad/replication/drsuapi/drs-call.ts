import { MalformedAnswer } from '../malformed-answer.ts';
import { NdrReader } from '../ndr/ndr-reader.ts';
import { DrsRefusal } from './drs-refusal.ts';

/** DRS_HANDLE ([MS-DRSR] 5.40): twenty bytes that mean something to the server alone. */
export const HANDLE_LENGTH = 20;

/**
 * A reader of the answer of a DRS call. All of them end with the error code of the call, which is looked at first: what comes before it means nothing when it
 * is not zero. Throws DrsRefusal.
 */
export function openAnswer(stub: Buffer, doing: string): NdrReader {
  if (stub.length < 4 || stub.length % 4 !== 0)
    throw new MalformedAnswer(`${doing}: an answer of ${stub.length} bytes`);
  const code = stub.readUInt32LE(stub.length - 4);
  if (code !== 0) throw new DrsRefusal(code, doing);
  return new NdrReader(stub.subarray(0, stub.length - 4), doing);
}

/** The version of an answer and, once more, the tag of the union that it selects ([C706] 14.3.8). */
export function readVersion(reader: NdrReader, supported: readonly number[]): number {
  const version = reader.u32();
  const tag = reader.u32();
  if (tag !== version) reader.refuse(`an answer of version ${version} that is marked as ${tag}`);
  if (!supported.includes(version)) reader.refuse(`an answer of version ${version}, which was not asked for`);
  return version;
}
