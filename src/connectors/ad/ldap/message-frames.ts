/**
 * Cuts the byte stream of a connection into LDAP messages (RFC 4511 §5.1). A message of many chunks is put together once, when its last
 * chunk is there, so that a value of megabytes costs no more than its bytes. The memory of a chunk may be used again once it was pushed, so what is
 * kept of it is copied; a message is good only while `onMessage` runs.
 */
export class MessageFrames {
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = 2;

  /** Takes a chunk and hands over each message that is complete with it. Throws RangeError for bytes that are no LDAP. */
  push(chunk: Buffer, onMessage: (message: Buffer) => void): void {
    const held = this.#held;
    this.#held += chunk.length;
    if (this.#held < this.#needed) {
      this.#chunks.push(Buffer.from(chunk));
      return;
    }
    const bytes = held === 0 ? chunk : Buffer.concat([...this.#chunks, chunk], this.#held);
    let start = 0;
    let size = measureMessage(bytes, start);
    while (size !== null && bytes.length - start >= size) {
      onMessage(bytes.subarray(start, start + size));
      start += size;
      size = measureMessage(bytes, start);
    }
    this.#held = bytes.length - start;
    this.#chunks = this.#held === 0 ? [] : [Buffer.from(bytes.subarray(start))];
    this.#needed = size ?? this.#held + 1;
  }
}

/** The whole size of the message that starts there; null when its head is not complete yet. */
function measureMessage(bytes: Buffer, start: number): number | null {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag !== undefined && tag !== 0x30) throw new RangeError('the server does not speak LDAP');
  if (tag === undefined || first === undefined) return null;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new RangeError('the server does not speak LDAP');
  if (bytes.length < start + 2 + count) return null;
  return 2 + count + bytes.readUIntBE(start + 2, count);
}
