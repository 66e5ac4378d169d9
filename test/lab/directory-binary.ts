/** The 16 bytes of objectGUID: its first three parts in little-endian order, [MS-DTYP] 2.3.4.2. */
export function encodeGuid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw new Error(`"${text}" is not a GUID`);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** The bytes of objectSid, [MS-DTYP] 2.4.2.2: authority in big-endian, sub-authorities in little-endian order. */
export function encodeSid(text: string): Buffer {
  const [prefix, revision, authority, ...parts] = text.split('-');
  if (prefix !== 'S' || parts.length === 0 || parts.length > 15) throw new Error(`"${text}" is not a SID`);
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes.writeUInt8(Number(revision), 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(Number(authority), 2, 6);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(Number(part), 8 + 4 * index);
  return bytes;
}
