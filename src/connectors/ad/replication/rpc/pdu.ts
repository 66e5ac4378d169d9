import { guidToBytes } from '../../../../model/anchor.ts';
import { MalformedAnswer } from '../malformed-answer.ts';

/** [C706] 12.6.4. */
export const PDU_TYPE = {
  request: 0,
  response: 2,
  fault: 3,
  bind: 11,
  bindAck: 12,
  bindNak: 13,
  auth3: 16,
  shutdown: 17,
} as const;

/** [C706] 12.6.3.1; header signing: [MS-RPCE] 2.2.2.3. */
export const PDU_FLAG = { first: 0x01, last: 0x02, headerSigning: 0x04 } as const;
export const WHOLE = PDU_FLAG.first | PDU_FLAG.last;

export const HEADER_LENGTH = 16;
/** alloc_hint, context and operation or cancel count. */
export const CALL_HEAD_LENGTH = 8;
/** sec_trailer ([MS-RPCE] 2.2.2.11). */
export const TRAILER_LENGTH = 8;

/** The largest fragment that we take and send; Windows offers the same. */
export const FRAGMENT_LENGTH = 5840;
/** [C706] 12.6.3.1, MustRecvFragSize. */
export const LEAST_FRAGMENT_LENGTH = 1432;

/** NTLM and packet privacy ([MS-RPCE] 2.2.1.1.7, 2.2.1.1.8). */
const AUTH_TYPE_NTLM = 10;
const AUTH_LEVEL_PRIVACY = 6;
const AUTH_CONTEXT = 0;

export interface Pdu {
  readonly type: number;
  readonly flags: number;
  readonly callId: number;
  /** The whole fragment. */
  readonly bytes: Buffer;
  /** Where what follows the header ends: at the sec_trailer, or at the end. */
  readonly bodyEnd: number;
  /** auth_value; null without authentication. */
  readonly authValue: Buffer | null;
  readonly padLength: number;
}

/** Throws MalformedAnswer. */
export function parsePdu(bytes: Buffer): Pdu {
  const authLength = bytes.readUInt16LE(10);
  const head = {
    type: bytes.readUInt8(2),
    flags: bytes.readUInt8(3),
    callId: bytes.readUInt32LE(12),
    bytes,
  };
  if (authLength === 0) return { ...head, bodyEnd: bytes.length, authValue: null, padLength: 0 };
  const trailer = bytes.length - authLength - TRAILER_LENGTH;
  if (trailer < HEADER_LENGTH) throw new MalformedAnswer('RPC: the authentication is longer than the fragment');
  const padLength = bytes.readUInt8(trailer + 2);
  if (bytes[trailer] !== AUTH_TYPE_NTLM || bytes[trailer + 1] !== AUTH_LEVEL_PRIVACY)
    throw new MalformedAnswer('RPC: the server answers with another kind of authentication');
  if (trailer - padLength < HEADER_LENGTH) throw new MalformedAnswer('RPC: the padding is longer than the fragment');
  return { ...head, bodyEnd: trailer, authValue: bytes.subarray(trailer + TRAILER_LENGTH), padLength };
}

/** One fragment: header, body, and where there is authentication the trailer and its value. `body` has to end at a multiple of four then. */
export function formatPdu(
  type: number,
  flags: number,
  callId: number,
  body: Uint8Array,
  auth?: { readonly value: Uint8Array; readonly padLength: number },
): Buffer {
  const authLength = auth === undefined ? 0 : auth.value.length + TRAILER_LENGTH;
  const bytes = Buffer.alloc(HEADER_LENGTH + body.length + authLength);
  bytes[0] = 5;
  bytes[2] = type;
  bytes[3] = flags;
  // [C706] 14.1: little-endian, ASCII, IEEE.
  bytes[4] = 0x10;
  bytes.writeUInt16LE(bytes.length, 8);
  bytes.writeUInt16LE(auth?.value.length ?? 0, 10);
  bytes.writeUInt32LE(callId, 12);
  bytes.set(body, HEADER_LENGTH);
  if (auth === undefined) return bytes;
  const trailer = HEADER_LENGTH + body.length;
  bytes[trailer] = AUTH_TYPE_NTLM;
  bytes[trailer + 1] = AUTH_LEVEL_PRIVACY;
  bytes[trailer + 2] = auth.padLength;
  bytes.writeUInt32LE(AUTH_CONTEXT, trailer + 4);
  bytes.set(auth.value, trailer + TRAILER_LENGTH);
  return bytes;
}

export interface RpcInterface {
  readonly name: string;
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
}

/** NDR 2.0 ([C706] 14, appendix I). */
export const NDR: RpcInterface = {
  name: 'NDR',
  uuid: '8a885d04-1ceb-11c9-9fe8-08002b104860',
  major: 2,
  minor: 0,
};

/** The body of a bind with one context and one transfer syntax ([C706] 12.6.4.3). */
export function formatBindBody(offered: RpcInterface): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16LE(FRAGMENT_LENGTH, 0);
  head.writeUInt16LE(FRAGMENT_LENGTH, 2);
  head[8] = 1;
  head[14] = 1;
  return Buffer.concat([head, formatSyntax(offered), formatSyntax(NDR)]);
}

function formatSyntax({ uuid, major, minor }: RpcInterface): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.set(guidToBytes(uuid) ?? []);
  bytes.writeUInt16LE(major, 16);
  bytes.writeUInt16LE(minor, 18);
  return bytes;
}
