/** Walks through BER (X.690) in place: nothing is copied until a value is asked for. Definite lengths only (RFC 4511 §5.1). */
export class BerCursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  peekTag(): number {
    return this.bytes[this.at] ?? -1;
  }

  /** Steps over tag and length to the content; answers where the content ends. Throws RangeError for another tag or a cut element. */
  enter(tag: number): number {
    const found = this.bytes[this.at];
    if (found !== tag) throw new RangeError(`LDAP message malformed: tag ${found} where ${tag} must be`);
    this.at++;
    const length = this.#readLength();
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('LDAP message malformed: an element is longer than its message');
    return end;
  }

  readText(tag = 0x04): string {
    const end = this.enter(tag);
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  readBytes(tag = 0x04): Buffer {
    const end = this.enter(tag);
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  /** A signed integer of up to 6 bytes (INTEGER, ENUMERATED). */
  readInteger(tag = 0x02): number {
    const end = this.enter(tag);
    const length = end - this.at;
    const value = length === 0 ? 0 : this.bytes.readIntBE(this.at, length);
    this.at = end;
    return value;
  }

  skip(): void {
    this.at = this.enter(this.peekTag());
  }

  #readLength(): number {
    const first = this.bytes[this.at++] ?? 0;
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new RangeError(`LDAP message malformed: a length of ${count} bytes`);
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (this.bytes[this.at++] ?? 0);
    return length;
  }
}
