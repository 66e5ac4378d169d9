/** RC4 as [MS-NLMP] and [MS-DRSR] use it. One object is one stream: it goes on where the last call ended. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  constructor(key: Uint8Array) {
    const state = this.#state;
    for (let index = 0; index < 256; index++) state[index] = index;
    let j = 0;
    for (let index = 0; index < 256; index++) {
      const held = state[index] ?? 0;
      j = (j + held + (key[index % key.length] ?? 0)) & 0xff;
      state[index] = state[j] ?? 0;
      state[j] = held;
    }
  }

  /** Encrypts or decrypts the bytes where they are. */
  apply(bytes: Uint8Array): void {
    const state = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < bytes.length; at++) {
      i = (i + 1) & 0xff;
      const first = state[i] ?? 0;
      j = (j + first) & 0xff;
      const second = state[j] ?? 0;
      state[i] = second;
      state[j] = first;
      bytes[at] = (bytes[at] ?? 0) ^ (state[(first + second) & 0xff] ?? 0);
    }
    this.#i = i;
    this.#j = j;
  }

  /** Forgets the key. */
  clear(): void {
    this.#state.fill(0);
  }
}

/** A copy of the bytes, encrypted or decrypted with a stream of its own. */
export function rc4(key: Uint8Array, bytes: Uint8Array): Buffer {
  const stream = new Rc4(key);
  const result = Buffer.from(bytes);
  stream.apply(result);
  stream.clear();
  return result;
}
