import { createHmac } from 'node:crypto';

export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Letters that a directory leaves as they are although Unicode has a capital for them. */
const WITHOUT_CAPITAL = ['\u00b5', '\u0131', '\u017f'];

/**
 * In capitals as a directory makes them: each character by itself and for one other, so that a sharp s and everything outside of the first plane stay as they
 * are. Exported for tests.
 */
export function toDirectoryUpperCase(text: string): string {
  return text
    .split('')
    .map((unit) => {
      const capital = unit.toUpperCase();
      return capital.length === 1 && !WITHOUT_CAPITAL.includes(unit) ? capital : unit;
    })
    .join('');
}

/** NTOWFv2 ([MS-NLMP] 3.3.2): the key that belongs to an account, from the NT hash of its password. */
export function ntlmV2Key(ntHash: Uint8Array, user: string, domain: string): Buffer {
  return hmacMd5(ntHash, Buffer.from(toDirectoryUpperCase(user) + domain, 'utf16le'));
}

export interface NtlmV2Input {
  /** NTOWFv2. */
  readonly key: Uint8Array;
  readonly serverChallenge: Uint8Array;
  readonly clientChallenge: Uint8Array;
  /** FILETIME. */
  readonly time: bigint;
  /** AV pairs, with what the client adds. */
  readonly targetInfo: Uint8Array;
}

/** ComputeResponse ([MS-NLMP] 3.3.2): what the client sends, and the session key that follows from it. */
export function computeNtlmV2(input: NtlmV2Input): { readonly ntResponse: Buffer; readonly sessionBaseKey: Buffer } {
  const head = Buffer.alloc(28);
  head[0] = 1;
  head[1] = 1;
  head.writeBigUInt64LE(input.time, 8);
  head.set(input.clientChallenge, 16);
  const proved = Buffer.concat([head, input.targetInfo, Buffer.alloc(4)]);
  const proof = hmacMd5(input.key, input.serverChallenge, proved);
  return { ntResponse: Buffer.concat([proof, proved]), sessionBaseKey: hmacMd5(input.key, proof) };
}

/** LMv2 ([MS-NLMP] 3.3.2): only for servers that send no time. */
export function computeLmV2(input: NtlmV2Input): Buffer {
  return Buffer.concat([hmacMd5(input.key, input.serverChallenge, input.clientChallenge), input.clientChallenge]);
}
