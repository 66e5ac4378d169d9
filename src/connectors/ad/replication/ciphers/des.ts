import { secretBytes } from '../../../../model/secret-bytes.ts';

/**
 * DES (FIPS 46-3) of single blocks: directories wrap each half of a password hash in it ([MS-SAMR] 2.2.11.1). OpenSSL 3 has it in its
 * legacy provider only. The tables are those of the standard, which counts bits from 1 at the left.
 */

/** 16 rounds of 8 pieces of 6 bits, first round first. */
export type DesSchedule = Uint8Array;

const ROUNDS = 16;

const INITIAL = Uint8Array.from(
  Array.from({ length: 8 }, (_, row) => {
    const first = row < 4 ? 58 + 2 * row : 57 + 2 * (row - 4);
    return Array.from({ length: 8 }, (_each, column) => first - 8 * column);
  }).flat(),
);
const FINAL = invert(INITIAL);

const KEY_LEFT: readonly number[] = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
];
const KEY_RIGHT: readonly number[] = [
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const KEY_CHOICE = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
  40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];

const PERMUTATION = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];

/** Each line is one box: four rows of sixteen values, in hexadecimal. */
const BOXES = [
  'e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d',
  'f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9',
  'a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c',
  '7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e',
  '2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453',
  'c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d',
  '4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c',
  'd2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b',
];

/** Which bit of the key, counted from 0, each bit of each round is: what the two choices and the shifts come to. */
const KEY_BITS = buildKeyBits();

/** Box and permutation in one look-up: 8 boxes of 64 inputs. */
const SUBSTITUTES = buildSubstitutes();

/** FIPS 46-3, key schedule. The key has 8 bytes; their lowest bits count for nothing. */
export function scheduleDesKey(key: Uint8Array): DesSchedule {
  const schedule = new Uint8Array(ROUNDS * 8);
  for (let at = 0; at < KEY_BITS.length; at++) {
    const from = KEY_BITS[at] ?? 0;
    const piece = (at / 6) | 0;
    schedule[piece] = ((schedule[piece] ?? 0) << 1) | (((key[from >> 3] ?? 0) >> (7 - (from & 7))) & 1);
  }
  return schedule;
}

/** One block of 8 bytes. */
export function desDecrypt(schedule: DesSchedule, block: Uint8Array): Buffer {
  return transform(schedule, block, true);
}

/** One block of 8 bytes. */
export function desEncrypt(schedule: DesSchedule, block: Uint8Array): Buffer {
  return transform(schedule, block, false);
}

/** What a transformation works in: the text in another order. Nothing waits in between, so one place for all of them will do. */
const WORK = secretBytes(8);

function transform(schedule: DesSchedule, block: Uint8Array, isBackward: boolean): Buffer {
  if (block.length !== 8) throw new RangeError(`a block of DES has 8 bytes, this has ${block.length}`);
  permuteBlock(block, INITIAL, WORK);
  let left = WORK.readUInt32BE(0);
  let right = WORK.readUInt32BE(4);
  for (let round = 0; round < ROUNDS; round++) {
    const next = left ^ scramble(right, schedule, isBackward ? ROUNDS - 1 - round : round);
    left = right;
    right = next;
  }
  WORK.writeUInt32BE(right >>> 0, 0);
  WORK.writeUInt32BE(left >>> 0, 4);
  const result = secretBytes(8);
  permuteBlock(WORK, FINAL, result);
  WORK.fill(0);
  return result;
}

/** The expansion takes of each four bits also the neighbours at both sides. */
function scramble(half: number, schedule: DesSchedule, round: number): number {
  let result = 0;
  for (let box = 0; box < 8; box++) {
    const piece =
      box === 0
        ? ((half & 1) << 5) | (half >>> 27)
        : box === 7
          ? ((half & 31) << 1) | (half >>> 31)
          : (half >>> (27 - 4 * box)) & 63;
    result |= SUBSTITUTES[box * 64 + (piece ^ (schedule[round * 8 + box] ?? 0))] ?? 0;
  }
  return result;
}

/** `into` is another place than the block. */
function permuteBlock(block: Uint8Array, table: Uint8Array, into: Uint8Array): void {
  into.fill(0);
  for (let bit = 0; bit < 64; bit++) {
    const from = (table[bit] ?? 1) - 1;
    const value = ((block[from >> 3] ?? 0) >> (7 - (from & 7))) & 1;
    into[bit >> 3] = (into[bit >> 3] ?? 0) | (value << (7 - (bit & 7)));
  }
}

function buildSubstitutes(): Int32Array {
  const table = new Int32Array(8 * 64);
  BOXES.forEach((box, index) => {
    const rows = box.split(' ');
    for (let input = 0; input < 64; input++) {
      const row = ((input >> 4) & 2) | (input & 1);
      const value = Number.parseInt(rows[row]?.[(input >> 1) & 15] ?? '0', 16);
      table[index * 64 + input] = permuteHalf(value << (28 - 4 * index));
    }
  });
  return table;
}

function permuteHalf(half: number): number {
  let result = 0;
  PERMUTATION.forEach((from, bit) => {
    result |= ((half >>> (32 - from)) & 1) << (31 - bit);
  });
  return result;
}

function buildKeyBits(): Uint8Array {
  let left = KEY_LEFT;
  let right = KEY_RIGHT;
  const bits: number[] = [];
  for (const shift of SHIFTS) {
    left = [...left.slice(shift), ...left.slice(0, shift)];
    right = [...right.slice(shift), ...right.slice(0, shift)];
    const both = [...left, ...right];
    bits.push(...KEY_CHOICE.map((at) => (both[at - 1] ?? 1) - 1));
  }
  return Uint8Array.from(bits);
}

function invert(table: Uint8Array): Uint8Array {
  const inverse = new Uint8Array(table.length);
  table.forEach((from, to) => {
    inverse[from - 1] = to + 1;
  });
  return inverse;
}
