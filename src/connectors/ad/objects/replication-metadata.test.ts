import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findMetadata, UNICODE_PWD } from './replication-metadata.ts';

function blobOf(
  entries: readonly { readonly attribute: number; readonly version: number; readonly seconds: bigint }[],
): Buffer {
  const blob = Buffer.alloc(16 + entries.length * 48);
  blob.writeUInt32LE(1, 0);
  blob.writeUInt32LE(entries.length, 8);
  for (const [index, { attribute, version, seconds }] of entries.entries()) {
    blob.writeUInt32LE(attribute, 16 + index * 48);
    blob.writeUInt32LE(version, 20 + index * 48);
    blob.writeBigUInt64LE(seconds, 24 + index * 48);
  }
  return blob;
}

const NOON = BigInt(Date.parse('2026-03-02T12:00:00Z') / 1000) + 11_644_473_600n;

test('version and time of an attribute are found among those of others', () => {
  const blob = blobOf([
    { attribute: 0x90060, version: 7, seconds: NOON + 5n },
    { attribute: UNICODE_PWD, version: 3, seconds: NOON },
  ]);
  expect(findMetadata(blob, UNICODE_PWD)).toEqual({ version: 3, changedAt: new Date('2026-03-02T12:00:00Z') });
  expect(findMetadata(blob, 1)).toBe(null);
});

test('a value that is cut off, or of another form, tells nothing and breaks nothing', () => {
  const blob = blobOf([{ attribute: UNICODE_PWD, version: 3, seconds: NOON }]);
  for (let length = 0; length < blob.length; length++)
    expect(findMetadata(blob.subarray(0, length), UNICODE_PWD)).toBe(null);
  const other = Buffer.from(blob);
  other.writeUInt32LE(2, 0);
  expect(findMetadata(other, UNICODE_PWD)).toBe(null);
  const counted = Buffer.from(blob);
  counted.writeUInt32LE(0xffff_ffff, 8);
  expect(findMetadata(counted, 1)).toBe(null);
  // No date is so late.
  expect(findMetadata(blobOf([{ attribute: UNICODE_PWD, version: 3, seconds: 2n ** 63n }]), UNICODE_PWD)).toBe(null);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      findMetadata(Buffer.concat([Buffer.from([1, 0, 0, 0]), bytes]), UNICODE_PWD);
    }),
  );
});
