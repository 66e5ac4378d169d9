/** Identifiers of objects in their binary and their readable form. */

/** 16 bytes of an objectGUID, as the directory stores them (first three fields little-endian), to `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`. MS-DTYP 2.3.4. */
export function guidToText(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`a GUID has 16 bytes, this has ${bytes.length}`);
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, 16);
  const hex = b.toString('hex');
  const first = hex.slice(6, 8) + hex.slice(4, 6) + hex.slice(2, 4) + hex.slice(0, 2);
  return `${first}-${hex.slice(10, 12)}${hex.slice(8, 10)}-${hex.slice(14, 16)}${hex.slice(12, 14)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const GUID_TEXT = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** The inverse of `guidToText`; null when the text is no GUID. Braces around it are allowed. */
export function guidToBytes(text: string): Uint8Array | null {
  const match = GUID_TEXT.exec(/^\{(.*)\}$/.exec(text)?.[1] ?? text);
  if (!match) return null;
  const [, a = '', b = '', c = '', d = '', e = ''] = match;
  const bytes = Buffer.from(a + b + c + d + e, 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return new Uint8Array(bytes);
}

/** A binary SID to its `S-1-5-21-…` form. MS-DTYP 2.4.2. */
export function sidToText(bytes: Uint8Array): string {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = b[1] ?? 0;
  if (b.length !== 8 + 4 * count)
    throw new RangeError(`a SID with ${count} parts has ${8 + 4 * count} bytes, this has ${b.length}`);
  const parts = [`S-${b[0]}-${b.readUIntBE(2, 6)}`];
  for (let index = 0; index < count; index++) parts.push(String(b.readUInt32LE(8 + 4 * index)));
  return parts.join('-');
}
