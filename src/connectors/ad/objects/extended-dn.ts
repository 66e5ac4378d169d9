/** A DN as the extended DN control writes it: `<GUID=...>;<SID=...>;CN=...` ([MS-ADTS] 3.1.1.3.4.1.5). Without the control it is a plain DN. */
const GUID_PREFIX = '<GUID=';
const GUID_LENGTH = 36;

/** The DN without the identifiers in front of it. */
export function plainDn(text: string): string {
  let dn = text;
  while (dn.startsWith('<')) {
    const end = dn.indexOf('>;');
    if (end < 0) return '';
    dn = dn.slice(end + 2);
  }
  return dn;
}

/** The GUID in front of a DN, in lower case; null for a plain DN. */
export function guidOfDn(text: string): string | null {
  if (!text.startsWith(GUID_PREFIX)) return null;
  return text.slice(GUID_PREFIX.length, GUID_PREFIX.length + GUID_LENGTH).toLowerCase();
}

/** `guidOfDn` for a value that is still encoded. */
export function guidOfEncodedDn(bytes: Buffer, start: number, end: number): string | null {
  if (end - start < GUID_PREFIX.length + GUID_LENGTH || bytes[start] !== 0x3c || bytes[start + 1] !== 0x47) return null;
  const from = start + GUID_PREFIX.length;
  return bytes.toString('latin1', from, from + GUID_LENGTH).toLowerCase();
}

/** Stands in the name of a deleted object, in front of its GUID ([MS-ADTS] 3.1.1.5.5). */
const DELETED_MARK = '\\0ADEL:';

/** Whether a value that begins with a GUID names a deleted object: Samba goes on showing some references to those, Windows hides them. */
export function isDeletedTarget(bytes: Buffer, start: number, end: number): boolean {
  return bytes.toString('latin1', start + GUID_PREFIX.length + GUID_LENGTH, end).includes(DELETED_MARK);
}

/** Whether two DNs are the same but for case, as one server writes them. */
export function isSameSpelling(dn: string, other: string): boolean {
  return dn.length === other.length && dn.toLowerCase() === other.toLowerCase();
}
