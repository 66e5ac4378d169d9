/** unicodePwd, by the prefix table that every forest begins with ([MS-ADTS] 3.1.1.1.12: 1.2.840.113556.1.4.90). */
export const UNICODE_PWD = 0x9005a;

/** What replication knows of an attribute of an object. */
export interface AttributeMetadata {
  readonly version: number;
  /** Of the domain controller where it was changed; exact to the second. */
  readonly changedAt: Date;
}

const HEAD_BYTES = 16;
const ENTRY_BYTES = 48;
/** Seconds from 1601 to 1970. */
const EPOCH = 11_644_473_600n;

/**
 * Looks an attribute up in replPropertyMetaData: version 1, count, and for each attribute its id, version, time in seconds since 1601, invocation id and two update numbers
 * ([MS-ADTS] 3.1.1.1.9, as [MS-DRSR] 5.162 PROPERTY_META_DATA writes it). Null where it is not told, or the value is of another form.
 */
export function findMetadata(blob: Buffer, attribute: number): AttributeMetadata | null {
  if (blob.length < HEAD_BYTES || blob.readUInt32LE(0) !== 1) return null;
  const count = blob.readUInt32LE(8);
  for (let index = 0, at = HEAD_BYTES; index < count && at + ENTRY_BYTES <= blob.length; index++, at += ENTRY_BYTES) {
    if (blob.readUInt32LE(at) !== attribute) continue;
    const changedAt = new Date(Number(blob.readBigUInt64LE(at + 8) - EPOCH) * 1000);
    return Number.isNaN(changedAt.getTime()) ? null : { version: blob.readUInt32LE(at + 4), changedAt };
  }
  return null;
}
