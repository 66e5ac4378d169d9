import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { md4 } from './md4.ts';

/** `v1;PPH1_MD4,<salt>,<iterations>,<hash>;` (facts E.8): ten bytes of salt, 32 of hash, in lower-case hexadecimal. */
const FORMAT = /^v1;PPH1_MD4,([0-9a-f]{20}),([1-9]\d{0,5}),([0-9a-f]{64});$/;
const MOST_ITERATIONS = 100_000;

export function isCredentialData(text: string): boolean {
  const match = FORMAT.exec(text);
  return match !== null && Number(match[2]) <= MOST_ITERATIONS;
}

/**
 * Whether a synchronized hash was made from this password: the NT hash of it, spelled in upper-case hexadecimal and UTF-16, is the
 * password of PBKDF2 with HMAC-SHA256 (facts E.8).
 */
export function matchesCredential(credential: string, password: string): boolean {
  const match = FORMAT.exec(credential);
  if (!match) return false;
  const [, salt = '', iterations = '', hash = ''] = match;
  const ntHash = md4(Buffer.from(password, 'utf16le')).toString('hex').toUpperCase();
  const derived = pbkdf2Sync(
    Buffer.from(ntHash, 'utf16le'),
    Buffer.from(salt, 'hex'),
    Number(iterations),
    32,
    'sha256',
  );
  return timingSafeEqual(derived, Buffer.from(hash, 'hex'));
}
