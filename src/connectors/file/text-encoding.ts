import type { RawValue } from './record.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a value; null when its bytes are no UTF-8. */
export function decodeText(value: RawValue): string | null {
  if (typeof value === 'string') return value;
  try {
    return UTF8.decode(value);
  } catch {
    return null;
  }
}
