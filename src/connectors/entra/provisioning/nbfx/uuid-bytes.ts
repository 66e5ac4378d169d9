/** 16 bytes as a GUID has them, the first three fields little-endian (MS-DTYP 2.3.4), to text. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(swapped(bytes)).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The inverse of `uuidText`; null when the text is no UUID. */
export function uuidBytes(text: string): Uint8Array | null {
  if (!UUID.test(text)) return null;
  return swapped(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.subarray(0, 4).reverse();
  copy.subarray(4, 6).reverse();
  copy.subarray(6, 8).reverse();
  return copy;
}
