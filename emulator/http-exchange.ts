/** One request as the emulator's parts see it. Header names are lower case. */
export interface Call {
  readonly method: string;
  /** Path without query, still percent-encoded. */
  readonly path: string;
  /** Query text without the question mark, still percent-encoded. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Scheme and host the client used, for links: `http://127.0.0.1:4000`. */
  readonly origin: string;
}

/** What becomes of the connection instead of, or before, an answer. */
export type Interruption =
  | { readonly kind: 'reset' }
  | { readonly kind: 'timeout' }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: 'cut' }
  /** The answer ends in the middle, and nothing but its content tells so. */
  | { readonly kind: 'garbled' }
  /** Of a batch item: it is left out of the answer. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'slow'; readonly milliseconds: number };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A document for JSON, ready text or bytes, text in pieces, or nothing. */
  readonly body?: unknown;
  readonly text?: string;
  readonly bytes?: Buffer;
  readonly pieces?: Iterable<string>;
  readonly interruption?: Interruption;
}

export function answerJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body };
}

export function answerEmpty(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers };
}
