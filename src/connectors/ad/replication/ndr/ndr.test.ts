import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedAnswer } from '../malformed-answer.ts';
import { NdrReader } from './ndr-reader.ts';
import { NdrWriter } from './ndr-writer.ts';

type Item =
  | { readonly kind: 'u8' | 'u16' | 'u32'; readonly value: number }
  | { readonly kind: 'u64'; readonly value: bigint }
  | { readonly kind: 'guid' | 'wideString'; readonly value: string }
  | { readonly kind: 'pointer'; readonly value: boolean };

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('guid' as const), value: fc.uuid() }),
  fc.record({ kind: fc.constant('wideString' as const), value: fc.string({ unit: 'binary', maxLength: 40 }) }),
  fc.record({ kind: fc.constant('pointer' as const), value: fc.boolean() }),
);

function write(writer: NdrWriter, one: Item): void {
  if (one.kind === 'u64') writer.u64(one.value);
  else if (one.kind === 'guid' || one.kind === 'wideString') writer[one.kind](one.value);
  else if (one.kind === 'pointer') writer.pointer(one.value);
  else if (typeof one.value === 'number') writer[one.kind](one.value);
}

test('what is written is read again, each value at a multiple of its size', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), (items) => {
      const writer = new NdrWriter();
      for (const one of items) write(writer, one);
      const reader = new NdrReader(writer.finish(), 'test');
      for (const { kind, value } of items) expect(reader[kind]()).toEqual(value);
      expect(reader.left).toBe(0);
    }),
  );
});

test('values stand where the specification wants them', () => {
  const bytes = new NdrWriter().u8(1).u16(2).u8(3).u32(4).u8(5).u64(6n).finish();
  expect(bytes.toString('hex')).toBe('010002000300000004000000050000000600000000000000');
  expect(new NdrWriter().wideString('ab').finish().toString('hex')).toBe('030000000000000003000000610062000000');
});

test('pointers that are there differ from each other, and none is zero', () => {
  const writer = new NdrWriter().pointer().pointer(false).pointer();
  const reader = new NdrReader(writer.finish(), 'test');
  const [first, none, second] = [reader.u32(), reader.u32(), reader.u32()];
  expect(none).toBe(0);
  expect(new Set([0, first, second]).size).toBe(3);
});

describe('a count', () => {
  test.each([
    ['larger than the bytes that are left', (reader: NdrReader) => reader.count(1_000_000, 1)],
    ['of elements that take more than what is left', (reader: NdrReader) => reader.count(1_000_000, 4)],
    ['larger than what is allowed', (reader: NdrReader) => reader.count(3, 0)],
    ['that is not the one in front of the array', (reader: NdrReader) => reader.conformance(5, 1)],
    ['of characters that are not there', (reader: NdrReader) => reader.wideString()],
  ])('%s is refused with the place', (_what, read) => {
    const bytes = new NdrWriter().u32(100).u32(0).u32(100).bytes(Buffer.alloc(8)).finish();
    expect(() => read(new NdrReader(bytes, 'an answer'))).toThrow(MalformedAnswer);
    expect(() => read(new NdrReader(bytes, 'an answer'))).toThrow(/^an answer: .*at byte \d+ of 20/);
  });

  test('of as many elements as are there is taken', () => {
    const reader = new NdrReader(new NdrWriter().u32(2).u32(7).u32(8).finish(), 'test');
    expect(reader.count(2, 4)).toBe(2);
  });
});

test('nothing is read behind the end, also of a part of larger memory', () => {
  const large = Buffer.alloc(64, 1);
  const reader = new NdrReader(large.subarray(8, 11), 'test');
  expect(reader.u16()).toBe(0x0101);
  expect(() => reader.u16()).toThrow(MalformedAnswer);
});
