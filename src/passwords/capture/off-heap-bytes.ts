/**
 * Zeros for a secret, over an `ArrayBuffer`, which lies outside the heap of JavaScript: another small array, `Buffer.alloc` included, is moved about inside by the garbage
 * collector, which leaves what was in it behind.
 */
export function offHeapBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}
