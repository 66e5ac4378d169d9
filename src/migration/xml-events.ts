import { SaxesParser } from 'saxes';
import { DirbridgeError, messageOf } from '../errors.ts';

/** What a document says, in order. The text of an element is told before the next tag, in one piece. */
export interface XmlListener {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
}

/** No file of Azure AD Connect comes near these; one that does is damaged or meant to do harm. */
const MOST_DEPTH = 100;
const LONGEST_PIECE = 32 * 1024 * 1024;

/**
 * Reads XML piece by piece, so that the size of a file does not matter. A document type is refused altogether: with it go entities that
 * expand or that name other files. Throws DirbridgeError `connect-file-invalid` with file, line and column.
 */
export class XmlReading {
  readonly #file: string;
  readonly #parser = new SaxesParser();
  #depth = 0;
  #sinceEvent = 0;

  constructor(file: string, listener: XmlListener) {
    this.#file = file;
    const parser = this.#parser;
    parser.on('error', (error) => this.refuse(error.message.replace(/^(?:[^:]*:)?\d+:\d+: /, '').replace(/\.$/, '')));
    parser.on('doctype', () => this.refuse('holds a document type (DOCTYPE), which no file of Azure AD Connect does'));
    parser.on('opentag', (tag) => {
      this.#sinceEvent = 0;
      this.#depth++;
      if (this.#depth > MOST_DEPTH) this.refuse(`elements stand more than ${MOST_DEPTH} deep in each other`);
      listener.open(withoutPrefix(tag.name), tag.attributes as Readonly<Record<string, string>>);
    });
    parser.on('closetag', (tag) => {
      this.#sinceEvent = 0;
      this.#depth--;
      listener.close(withoutPrefix(tag.name));
    });
    parser.on('text', (text) => listener.text(text));
    parser.on('cdata', (text) => listener.text(text));
  }

  push(text: string): void {
    this.#sinceEvent += text.length;
    if (this.#sinceEvent > LONGEST_PIECE)
      this.refuse(`more than ${LONGEST_PIECE / 1024 / 1024} million characters without a tag`);
    this.#parser.write(text);
  }

  end(): void {
    this.#parser.close();
  }

  get line(): number {
    return this.#parser.line;
  }

  /** What the listener finds wrong with what it is told, with the place in the file. */
  refuse(what: string, remedy?: string): never {
    throw new DirbridgeError(
      'connect-file-invalid',
      `${this.#file}:${this.#parser.line}:${this.#parser.column}: ${what}`,
      remedy === undefined ? {} : { remedy },
    );
  }
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The text of a file that comes in pieces of bytes, in the encoding that its beginning shows. */
export async function* decodePieces(file: string, pieces: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let decoder: TextDecoder | null = null;
  for await (const piece of pieces) {
    decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
    yield decode(file, decoder, piece);
  }
  if (decoder === null) throw new DirbridgeError('connect-file-invalid', `${file}:1:1: the file is empty`);
  yield decode(file, decoder, null);
}

function decode(file: string, decoder: TextDecoder, piece: Uint8Array | null): string {
  try {
    return piece === null ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new DirbridgeError(
      'connect-file-invalid',
      `${file}: is not encoded in ${decoder.encoding}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** By the mark, or by the zero that UTF-16 has beside the first bracket. */
export function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be';
  return 'utf-8';
}
