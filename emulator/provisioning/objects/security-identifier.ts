/** The text of a SID ([MS-DTYP] 2.4.2.2): revision 1, an authority of 48 bits, up to 15 parts. Undefined: it is none. */
export function readSecurityIdentifier(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const parts = bytes[1] ?? 0;
  if (bytes[0] !== 1 || parts > 15 || bytes.length !== 8 + 4 * parts) return undefined;
  const rest = Array.from({ length: parts }, (_, place) => bytes.readUInt32LE(8 + 4 * place));
  return ['S-1', bytes.readUIntBE(2, 6), ...rest].join('-');
}

/** A GUID as Active Directory stores it: the first three parts with the lowest byte first. */
export function readGuid(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 16) return undefined;
  const turned = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((part) =>
    Buffer.from(part).reverse(),
  );
  return [...turned, bytes.subarray(8, 10), bytes.subarray(10)].map((part) => part.toString('hex')).join('-');
}
