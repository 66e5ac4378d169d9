import { secretBytes } from '../../../../model/secret-bytes.ts';

/** What a digest works in. Nothing waits in between, so one place for all of them will do. */
const WORDS = new Uint32Array(secretBytes(64).buffer);
const STATE = new Uint32Array(secretBytes(16).buffer);

/** MD4 (RFC 1320), which OpenSSL 3 does not offer any more: the NT hash of a password is the MD4 of its UTF-16LE text. */
export function md4(message: Uint8Array): Buffer {
  const padded = pad(message);
  STATE.set([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let at = 0; at < padded.length; at += 64) {
    for (let index = 0; index < 16; index++) WORDS[index] = padded.readUInt32LE(at + 4 * index);
    digestBlock(STATE, WORDS);
  }
  const digest = secretBytes(16);
  for (let index = 0; index < 4; index++) digest.writeUInt32LE(STATE[index] ?? 0, 4 * index);
  // The message may have been a password.
  padded.fill(0);
  WORDS.fill(0);
  STATE.fill(0);
  return digest;
}

/** [MS-NLMP] 3.3.1, NTOWFv1. The caller overwrites the hash when it was used. */
export function ntHash(password: string): Buffer {
  const text = Buffer.from(password, 'utf16le');
  try {
    return md4(text);
  } finally {
    text.fill(0);
  }
}

/** RFC 1320, 3.1 and 3.2: a bit 1, zeros, and the length in bits. */
function pad(message: Uint8Array): Buffer {
  const length = Math.ceil((message.length + 9) / 64) * 64;
  const padded = secretBytes(length);
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, length - 8);
  return padded;
}

/** RFC 1320, 3.4: which word each step takes, how far it turns, and the constant of each round. */
const ORDER: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
];
const TURNS: readonly (readonly number[])[] = [
  [3, 7, 11, 19],
  [3, 5, 9, 13],
  [3, 9, 11, 15],
];
const ADDED = [0, 0x5a827999, 0x6ed9eba1];

function digestBlock(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let round = 0; round < 3; round++) {
    for (let step = 0; step < 16; step++) {
      const word = words[ORDER[round]?.[step] ?? 0] ?? 0;
      const sum = (a + mix(round, b, c, d) + word + (ADDED[round] ?? 0)) | 0;
      const turn = TURNS[round]?.[step % 4] ?? 0;
      a = d;
      d = c;
      c = b;
      b = (sum << turn) | (sum >>> (32 - turn));
    }
  }
  state.set([(state[0] ?? 0) + a, (state[1] ?? 0) + b, (state[2] ?? 0) + c, (state[3] ?? 0) + d]);
}

function mix(round: number, x: number, y: number, z: number): number {
  if (round === 0) return (x & y) | (~x & z);
  return round === 1 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;
}
