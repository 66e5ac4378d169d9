import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { secretBytes } from '../model/secret-bytes.ts';

const derive = promisify(pbkdf2);

const ITERATIONS = 1000;
const SALT_BYTES = 10;
const KEY_BYTES = 32;
const LOWER = Buffer.from('0123456789abcdef', 'ascii');
const UPPER = Buffer.from('0123456789ABCDEF', 'ascii');
const SCHEME = Buffer.from('v1;PPH1_MD4,', 'ascii');

/**
 * The credential that the tenant checks a password with, made of the hash that the directory has of it: `v1;PPH1_MD4,<salt>,1000,<key>;` in ASCII, the key being
 * PBKDF2-HMAC-SHA256 of the hash in upper-case hexadecimal digits as UTF-16LE. It runs on the thread pool. The hash stays the caller's; what stands between is
 * overwritten. Everything is written into buffers: a text would stay in memory until somebody cleans up, and cannot be overwritten.
 */
export async function deriveCredential(
  ntHash: Uint8Array,
  salt: Uint8Array = freshSalt(),
  iterations: number = ITERATIONS,
): Promise<Uint8Array> {
  const password = secretBytes(ntHash.length * 4);
  for (let index = 0; index < ntHash.length; index++) {
    const byte = ntHash[index] ?? 0;
    password[index * 4] = UPPER[byte >> 4] ?? 0;
    password[index * 4 + 2] = UPPER[byte & 15] ?? 0;
  }
  try {
    const key = await derive(password, salt, iterations, KEY_BYTES, 'sha256');
    const credential = compose(salt, iterations, key);
    key.fill(0);
    return credential;
  } finally {
    password.fill(0);
  }
}

let salts = Buffer.alloc(0);

/** Randomness is asked for by the hundred: one by one it would cost as much as the rest of what the main thread does here. */
function freshSalt(): Uint8Array {
  if (salts.length < SALT_BYTES) salts = randomBytes(SALT_BYTES * 256);
  const salt = salts.subarray(0, SALT_BYTES);
  salts = salts.subarray(SALT_BYTES);
  return salt;
}

function compose(salt: Uint8Array, iterations: number, key: Uint8Array): Uint8Array {
  const count = Buffer.from(`,${iterations},`, 'ascii');
  const credential = secretBytes(SCHEME.length + salt.length * 2 + count.length + key.length * 2 + 1);
  let at = SCHEME.copy(credential);
  at = writeHex(salt, credential, at);
  at += count.copy(credential, at);
  at = writeHex(key, credential, at);
  credential[at] = ';'.charCodeAt(0);
  return credential;
}

/** Answers where it ends. */
function writeHex(bytes: Uint8Array, into: Uint8Array, start: number): number {
  let at = start;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    into[at++] = LOWER[byte >> 4] ?? 0;
    into[at++] = LOWER[byte & 15] ?? 0;
  }
  return at;
}
