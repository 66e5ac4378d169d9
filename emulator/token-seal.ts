import { createHmac, timingSafeEqual } from 'node:crypto';

/** Turns a small document into an opaque token that nobody can alter, and back. */
export class TokenSeal {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  close(content: Readonly<Record<string, unknown>>): string {
    const text = Buffer.from(JSON.stringify(content), 'utf8').toString('base64url');
    return `${text}.${this.#sign(text)}`;
  }

  /** Returns undefined when the token was not made here or was altered. */
  open(token: string): Readonly<Record<string, unknown>> | undefined {
    const [text, signature, ...rest] = token.split('.');
    if (text === undefined || signature === undefined || rest.length > 0) return undefined;
    const expected = Buffer.from(this.#sign(text));
    const found = Buffer.from(signature);
    if (expected.length !== found.length || !timingSafeEqual(expected, found)) return undefined;
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url').slice(0, 27);
  }
}
