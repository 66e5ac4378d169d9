import { createHash, timingSafeEqual } from 'node:crypto';
import { Rc4 } from '../ciphers/rc4.ts';
import { MalformedAnswer } from '../malformed-answer.ts';
import { hmacMd5 } from './ntlmv2.ts';

export const SIGNATURE_LENGTH = 16;
const VERSION = 1;

/** Which way a message goes. */
export type Direction = 'client-to-server' | 'server-to-client';

/**
 * Signs and seals the messages of one direction, with extended session security, keys of 128 bits and a key exchange ([MS-NLMP] 3.4.4.2, 3.4.5).
 * The messages are numbered, and the cipher goes on from one to the next: their order is part of what is checked.
 */
export class SealedDirection {
  readonly #signingKey: Buffer;
  readonly #cipher: Rc4;
  #sequence = 0;

  constructor(sessionKey: Uint8Array, direction: Direction) {
    this.#signingKey = deriveKey(sessionKey, direction, 'signing');
    const sealingKey = deriveKey(sessionKey, direction, 'sealing');
    this.#cipher = new Rc4(sealingKey);
    sealingKey.fill(0);
  }

  /** Encrypts `sealed` where it is, a part of `signed`, and answers the signature of all of it. `signed` still holds the clear text then. */
  seal(signed: Uint8Array, sealed: Uint8Array): Buffer {
    const checksum = this.#checksum(signed);
    this.#cipher.apply(sealed);
    return this.#finish(checksum);
  }

  /** Decrypts `sealed` where it is, a part of `signed`, and checks the signature. Throws MalformedAnswer. */
  unseal(signed: Uint8Array, sealed: Uint8Array, signature: Uint8Array): void {
    this.#cipher.apply(sealed);
    const expected = this.#finish(this.#checksum(signed));
    if (signature.length === SIGNATURE_LENGTH && timingSafeEqual(expected, signature)) return;
    throw new MalformedAnswer(
      'the signature of an answer is wrong: it was changed on the way, or is not from this server',
    );
  }

  clear(): void {
    this.#signingKey.fill(0);
    this.#cipher.clear();
  }

  #checksum(signed: Uint8Array): Buffer {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence);
    return hmacMd5(this.#signingKey, sequence, signed).subarray(0, 8);
  }

  /** NTLMSSP_MESSAGE_SIGNATURE with extended session security ([MS-NLMP] 2.2.2.9.2); the checksum is encrypted after the message. */
  #finish(checksum: Buffer): Buffer {
    this.#cipher.apply(checksum);
    const signature = Buffer.alloc(SIGNATURE_LENGTH);
    signature.writeUInt32LE(VERSION, 0);
    signature.set(checksum, 4);
    signature.writeUInt32LE(this.#sequence, 12);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return signature;
  }
}

/** SIGNKEY and SEALKEY ([MS-NLMP] 3.4.5.2, 3.4.5.3). */
function deriveKey(sessionKey: Uint8Array, direction: Direction, purpose: 'signing' | 'sealing'): Buffer {
  const constant = `session key to ${direction} ${purpose} key magic constant\0`;
  return createHash('md5').update(sessionKey).update(constant, 'latin1').digest();
}
