import { STATIC_STRINGS } from './static-strings.ts';
import { MalformedMessage } from './xml-element.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LARGEST_INT31 = 0x7fff_ffff;

/** Reads a message from its beginning to its end; whatever goes over the end is refused. */
export class ByteSource {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw this.refuse('the message ends in the middle of a record');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** [MC-NBFX] 2.1.2 MultiByteInt31: seven bits in a byte, the lowest first, five bytes at most. */
  int31(): number {
    let value = 0;
    for (let place = 0; place < 5; place++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte >= 0x80) continue;
      if (value > LARGEST_INT31) throw this.refuse('a number over 31 bits');
      return value;
    }
    throw this.refuse('a number of more than five bytes');
  }

  /** [MC-NBFX] 2.1.3 String. */
  string(): string {
    return this.utf8(this.int31());
  }

  utf8(length: number): string {
    const bytes = this.take(length);
    // The quick way puts U+FFFD in place of what is no UTF-8; only then it is looked at closely.
    const text = bytes.toString('utf8');
    if (!text.includes('\ufffd')) return text;
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.refuse('text that is not UTF-8');
    }
  }

  /** [MC-NBFX] 2.1.5 DictionaryString. Ids with bit 0 set are strings of a session ([MC-NBFSE]), which this content type has none of. */
  dictionaryString(): string {
    const id = this.int31();
    if (id % 2 === 1) throw this.refuse(`string ${id} of a session, and application/soap+msbin1 has no session`);
    const found = STATIC_STRINGS[id / 2];
    if (found === undefined) throw this.refuse(`string ${id}, which is not in the static table`);
    return found;
  }

  refuse(message: string): MalformedMessage {
    return new MalformedMessage(this.#at, message);
  }
}
