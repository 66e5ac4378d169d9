import { SIGNATURE_LENGTH } from '../ntlm/ntlm-sealing.ts';
import { type Protection, partsOf } from './call-answer.ts';
import { CALL_HEAD_LENGTH, formatPdu, HEADER_LENGTH, PDU_FLAG, PDU_TYPE, TRAILER_LENGTH } from './pdu.ts';

/** [MS-RPCE] 2.2.2.11 asks for multiples of four; ciphers with blocks want sixteen, and Windows does the same. */
const PADDING = 16;

/** The fragments of a request ([C706] 12.6.4.9), each sealed by itself. */
export function formatCall(
  callId: number,
  operation: number,
  stub: Buffer,
  fragmentLength: number,
  protection: Protection | null,
): readonly Buffer[] {
  const room = fragmentLength - HEADER_LENGTH - CALL_HEAD_LENGTH - (protection ? TRAILER_LENGTH + SIGNATURE_LENGTH : 0);
  const share = room - (room % PADDING);
  const fragments: Buffer[] = [];
  for (let start = 0; start === 0 || start < stub.length; start += share) {
    const part = stub.subarray(start, start + share);
    const isLast = start + share >= stub.length;
    const flags = (start === 0 ? PDU_FLAG.first : 0) | (isLast ? PDU_FLAG.last : 0);
    const padLength = protection ? (PADDING - (part.length % PADDING)) % PADDING : 0;
    const head = Buffer.alloc(CALL_HEAD_LENGTH);
    head.writeUInt32LE(stub.length - start, 0);
    head.writeUInt16LE(operation, 6);
    const body = Buffer.concat([head, part, Buffer.alloc(padLength)]);
    fragments.push(seal(flags, callId, body, padLength, protection));
  }
  return fragments;
}

function seal(flags: number, callId: number, body: Buffer, padLength: number, protection: Protection | null): Buffer {
  if (protection === null) return formatPdu(PDU_TYPE.request, flags, callId, body);
  const bytes = formatPdu(PDU_TYPE.request, flags, callId, body, { value: Buffer.alloc(SIGNATURE_LENGTH), padLength });
  const { signed, sealed } = partsOf(bytes, SIGNATURE_LENGTH);
  bytes.set(protection.outgoing.seal(signed, sealed), bytes.length - SIGNATURE_LENGTH);
  return bytes;
}
