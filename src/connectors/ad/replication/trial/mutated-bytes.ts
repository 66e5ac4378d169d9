import fc from 'fast-check';

type Edit = (bytes: Buffer) => Buffer;

const WORDS = [0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

function at(bytes: Buffer, where: number): number {
  return Math.floor(where * bytes.length);
}

/** What goes wrong on the way or comes from an attacker: other bytes, other counts, an early end, something in between. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(
    ([where, value]): Edit =>
      (bytes) => {
        if (bytes.length > 0) bytes[at(bytes, where)] = value;
        return bytes;
      },
  ),
  // Counts and pointers stand at multiples of four.
  fc.tuple(place, fc.oneof(fc.constantFrom(...WORDS), fc.nat(0xffffffff))).map(
    ([where, value]): Edit =>
      (bytes) => {
        const start = at(bytes, where) & ~3;
        if (start + 4 <= bytes.length) bytes.writeUInt32LE(value, start);
        return bytes;
      },
  ),
  place.map(
    (where): Edit =>
      (bytes) =>
        bytes.subarray(0, at(bytes, where)),
  ),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 })).map(
    ([where, added]): Edit =>
      (bytes) => {
        const start = at(bytes, where);
        return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start)]);
      },
  ),
);

/** The bytes after one to four edits, or nothing of them at all. */
export function mutated(original: Buffer): fc.Arbitrary<Buffer> {
  const edited = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(original)));
  const random = fc.uint8Array({ maxLength: 300 }).map((bytes): Buffer => Buffer.from(bytes));
  return fc.oneof({ weight: 9, arbitrary: edited }, { weight: 1, arbitrary: random });
}
