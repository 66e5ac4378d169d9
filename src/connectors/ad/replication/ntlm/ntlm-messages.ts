import { MalformedAnswer } from '../malformed-answer.ts';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

/** [MS-NLMP] 2.2.2.5. */
export const NTLM_FLAG = {
  unicode: 0x00000001,
  requestTarget: 0x00000004,
  sign: 0x00000010,
  seal: 0x00000020,
  ntlm: 0x00000200,
  alwaysSign: 0x00008000,
  extendedSessionSecurity: 0x00080000,
  targetInfo: 0x00800000,
  version: 0x02000000,
  key128: 0x20000000,
  keyExchange: 0x40000000,
} as const;

/** Signing and sealing with keys of 128 bits: less is not accepted. */
export const NEEDED_FLAGS =
  NTLM_FLAG.unicode |
  NTLM_FLAG.sign |
  NTLM_FLAG.seal |
  NTLM_FLAG.ntlm |
  NTLM_FLAG.extendedSessionSecurity |
  NTLM_FLAG.key128 |
  NTLM_FLAG.keyExchange;

const OFFERED_FLAGS =
  NEEDED_FLAGS | NTLM_FLAG.requestTarget | NTLM_FLAG.alwaysSign | NTLM_FLAG.targetInfo | NTLM_FLAG.version;

/** [MS-NLMP] 2.2.2.10: of the protocol, 6.1 with NTLMSSP_REVISION_W2K3. */
const VERSION = Buffer.from([6, 1, 0, 0, 0, 0, 0, 15]);

/** NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1). */
export function formatNegotiate(): Buffer {
  const message = Buffer.alloc(40);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(OFFERED_FLAGS >>> 0, 12);
  // Neither a domain nor a workstation: both fields are empty and point behind the message.
  message.writeUInt32LE(message.length, 20);
  message.writeUInt32LE(message.length, 28);
  VERSION.copy(message, 32);
  return message;
}

export interface NtlmChallenge {
  readonly flags: number;
  readonly serverChallenge: Buffer;
  readonly targetInfo: Buffer;
}

const CHALLENGE_HEAD = 48;

/** CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2). Throws MalformedAnswer. */
export function parseChallenge(message: Buffer): NtlmChallenge {
  if (message.length < CHALLENGE_HEAD || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== 2)
    throw new MalformedAnswer('NTLM challenge: the server sent something else');
  const length = message.readUInt16LE(40);
  const start = message.readUInt32LE(44);
  if (length === 0) throw new MalformedAnswer('NTLM challenge: the server says nothing about itself');
  if (start < CHALLENGE_HEAD || start + length > message.length)
    throw new MalformedAnswer('NTLM challenge: the facts about the server lie outside of the message');
  return {
    flags: message.readUInt32LE(20),
    serverChallenge: message.subarray(24, 32),
    targetInfo: message.subarray(start, start + length),
  };
}

export interface AuthenticateFields {
  readonly flags: number;
  readonly lmResponse: Buffer;
  readonly ntResponse: Buffer;
  readonly domain: string;
  readonly user: string;
  readonly encryptedSessionKey: Buffer;
}

const AUTHENTICATE_HEAD = 88;
/** Where the message integrity code stands ([MS-NLMP] 2.2.1.3). */
export const MIC_AT = 72;

/** AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3), with an integrity code of zeros. */
export function formatAuthenticate(fields: AuthenticateFields): Buffer {
  const text = (value: string): Buffer => Buffer.from(value, 'utf16le');
  const parts = [
    [28, text(fields.domain)],
    [36, text(fields.user)],
    [44, text('')],
    [12, fields.lmResponse],
    [20, fields.ntResponse],
    [52, fields.encryptedSessionKey],
  ] as const;
  const head = Buffer.alloc(AUTHENTICATE_HEAD);
  SIGNATURE.copy(head);
  head.writeUInt32LE(3, 8);
  head.writeUInt32LE(fields.flags >>> 0, 60);
  VERSION.copy(head, 64);
  let end = head.length;
  for (const [at, value] of parts) {
    head.writeUInt16LE(value.length, at);
    head.writeUInt16LE(value.length, at + 2);
    head.writeUInt32LE(end, at + 4);
    end += value.length;
  }
  return Buffer.concat([head, ...parts.map(([, value]) => value)]);
}
