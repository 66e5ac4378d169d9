/**
 * Zeros to write a secret into, and to overwrite afterwards. They lie over an `ArrayBuffer`, outside the heap of JavaScript. Another array of 64 bytes or fewer, `Buffer.alloc`
 * included, lies inside: when the garbage collector moves it, or native code takes it, what was in it is copied, and the first place stays as it is.
 */
export function secretBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}

/** A copy, likewise. */
export function copySecret(bytes: Uint8Array): Buffer {
  const copy = secretBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
