import { MalformedAnswer } from '../malformed-answer.ts';
import { HEADER_LENGTH } from './pdu.ts';

/** Cuts what comes from a connection into fragments. A fragment has at most 65,535 bytes, which bounds what is held. */
export class FragmentReader {
  #held: Buffer = Buffer.alloc(0);

  /** The fragments that are complete with these bytes, in memory of their own. Throws MalformedAnswer. */
  take(bytes: Uint8Array): readonly Buffer[] {
    // A copy in any case: sealed fragments are decrypted where they are.
    this.#held = Buffer.concat([this.#held, bytes]);
    const fragments: Buffer[] = [];
    for (let length = this.#nextLength(); length !== null && length <= this.#held.length; length = this.#nextLength()) {
      fragments.push(this.#held.subarray(0, length));
      this.#held = this.#held.subarray(length);
    }
    return fragments;
  }

  /** The length of the fragment at the front; null before its header is there. */
  #nextLength(): number | null {
    const held = this.#held;
    if (held.length < HEADER_LENGTH) return null;
    // [C706] 12.6.3.1: version 5.0 or 5.1, and integers that begin with their lowest byte.
    if (held[0] !== 5 || (held[1] ?? 0) > 1 || (held[4] ?? 0) >> 4 !== 1)
      throw new MalformedAnswer('RPC: what the server sends is not RPC');
    const length = held.readUInt16LE(8);
    if (length < HEADER_LENGTH) throw new MalformedAnswer(`RPC: a fragment of ${length} bytes`);
    if (held.readUInt16LE(10) > length - HEADER_LENGTH)
      throw new MalformedAnswer('RPC: the authentication is longer than the fragment');
    return length;
  }
}
