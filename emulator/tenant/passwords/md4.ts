/** RFC 1320: MD4, which OpenSSL 3 gives nobody any more and which the hashes of Windows are made with. */
export function md4(message: Buffer): Buffer {
  const state: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  const padded = pad(message);
  for (let at = 0; at < padded.length; at += 64) digestBlock(state, padded.subarray(at, at + 64));
  const digest = Buffer.alloc(16);
  for (const [place, word] of state.entries()) digest.writeUInt32LE(word >>> 0, 4 * place);
  return digest;
}

type Words = [number, number, number, number];

/** RFC 1320 3.1, 3.2: one bit, zeros, and the length in bits as 64 bits. */
function pad(message: Buffer): Buffer {
  const length = (message.length + 9 + 63) & ~63;
  const padded = Buffer.alloc(length);
  message.copy(padded);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, length - 8);
  return padded;
}

interface Round {
  readonly mix: (b: number, c: number, d: number) => number;
  readonly constant: number;
  readonly order: readonly number[];
  readonly shifts: readonly number[];
}

/** RFC 1320 3.4. */
const ROUNDS: readonly Round[] = [
  {
    mix: (b, c, d) => (b & c) | (~b & d),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (b, c, d) => (b & c) | (b & d) | (c & d),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (b, c, d) => b ^ c ^ d,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
];

function digestBlock(state: Words, block: Buffer): void {
  let [a, b, c, d] = state;
  for (const { mix, constant, order, shifts } of ROUNDS) {
    for (const [step, place] of order.entries()) {
      const sum = (a + mix(b, c, d) + block.readUInt32LE(4 * place) + constant) | 0;
      const shift = shifts[step % 4] ?? 0;
      const turned = (sum << shift) | (sum >>> (32 - shift));
      [a, b, c, d] = [d, turned, b, c];
    }
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
}
