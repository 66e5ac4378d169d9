import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { copySecret, secretBytes } from '../../../../model/secret-bytes.ts';
import { desDecrypt, scheduleDesKey } from '../ciphers/des.ts';
import { Rc4 } from '../ciphers/rc4.ts';
import { MalformedAnswer } from '../malformed-answer.ts';

const SALT_LENGTH = 16;
const CHECKSUM_LENGTH = 4;
const HASH_LENGTH = 16;

/**
 * The NT hash in a replicated unicodePwd. The bytes are a salt and the encrypted rest ([MS-DRSR] 4.1.10.2, ENCRYPTED_PAYLOAD): with RC4 and the MD5 of session key
 * and salt, over a CRC32 and the value. The value is the hash, wrapped once more with the RID of its account. What is answered is the caller's to
 * overwrite; nothing else of it is left. Throws MalformedAnswer.
 */
export function decryptNtHash(encrypted: Buffer, sessionKey: Uint8Array, rid: number): Buffer {
  const value = decryptPayload(encrypted, sessionKey);
  try {
    if (value.length !== HASH_LENGTH) throw new MalformedAnswer(`a password hash of ${value.length} bytes`);
    return unwrapWithRid(value, rid);
  } finally {
    value.fill(0);
  }
}

export function decryptPayload(encrypted: Buffer, sessionKey: Uint8Array): Buffer {
  if (encrypted.length < SALT_LENGTH + CHECKSUM_LENGTH)
    throw new MalformedAnswer(`a secret of ${encrypted.length} bytes is too short`);
  const key = createHash('md5').update(sessionKey).update(encrypted.subarray(0, SALT_LENGTH)).digest();
  const clear = copySecret(encrypted.subarray(SALT_LENGTH));
  const stream = new Rc4(key);
  stream.apply(clear);
  stream.clear();
  key.fill(0);
  const value = clear.subarray(CHECKSUM_LENGTH);
  const isRight = crc32(value) === clear.readUInt32LE(0);
  clear.fill(0, 0, CHECKSUM_LENGTH);
  if (isRight) return value;
  clear.fill(0);
  throw new MalformedAnswer('a secret cannot be decrypted: its checksum is wrong');
}

/** [MS-SAMR] 2.2.11.1.1 and 2.2.11.1.3: two blocks of DES, with two keys made of the RID. */
export function unwrapWithRid(wrapped: Uint8Array, rid: number): Buffer {
  if (rid === 0) throw new MalformedAnswer('a password hash of an account without a RID');
  const r = Buffer.alloc(4);
  r.writeUInt32LE(rid);
  const [a = 0, b = 0, c = 0, d = 0] = r;
  const halves = [
    desDecrypt(scheduleDesKey(spreadKey([a, b, c, d, a, b, c])), wrapped.subarray(0, 8)),
    desDecrypt(scheduleDesKey(spreadKey([d, a, b, c, d, a, b])), wrapped.subarray(8, 16)),
  ];
  const hash = secretBytes(HASH_LENGTH);
  halves.forEach((half, index) => {
    hash.set(half, index * half.length);
    half.fill(0);
  });
  return hash;
}

/** [MS-SAMR] 2.2.11.1.2: 56 bits become eight bytes of seven; the lowest bit of each is for parity, which nobody looks at. */
export function spreadKey(bytes: readonly number[]): Uint8Array {
  const key = new Uint8Array(8);
  for (let index = 0; index < 8; index++) {
    const before = bytes[index - 1] ?? 0;
    const here = bytes[index] ?? 0;
    key[index] = ((before << (8 - index)) | (here >> index)) & 0xfe;
  }
  return key;
}
