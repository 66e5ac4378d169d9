import type {
  AccountPassword,
  CheckLine,
  PasswordMark,
  PasswordMarkSource,
  PasswordReadEvent,
  PasswordReadRequest,
  PasswordSource,
} from '../../connectors/connector.ts';
import type { HeldPasswords } from './held-passwords.ts';

/**
 * The passwords of a directory of which we know only those that were handed over: a source as the password cycle takes one. In the place of a hash it hands over the password itself, in
 * UTF-8, and null where we don't hold the one that the account has. It looks at the account right before: a password that another one has taken the place of meanwhile is not sent.
 */
export class CapturedPasswords implements PasswordSource {
  readonly #name: string;
  readonly #marks: PasswordMarkSource;
  readonly #held: HeldPasswords;

  constructor(name: string, marks: PasswordMarkSource, held: HeldPasswords) {
    this.#name = name;
    this.#marks = marks;
    this.#held = held;
  }

  check(): AsyncIterable<CheckLine> {
    return this.#marks.check();
  }

  async *read({ watermark }: PasswordReadRequest): AsyncGenerator<PasswordReadEvent> {
    for await (const event of this.#marks.read(watermark)) {
      if (event.kind === 'page') yield { kind: 'page', passwords: event.marks.map((mark) => this.#join(mark)) };
      else yield event;
    }
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly AccountPassword[]> {
    for await (const marks of this.#marks.fetch(anchors)) yield marks.map((mark) => this.#join(mark));
  }

  #join({ setAt: _, ...mark }: PasswordMark): AccountPassword {
    return { ...mark, ntHash: this.#held.copyOf(this.#name, mark) };
  }
}
