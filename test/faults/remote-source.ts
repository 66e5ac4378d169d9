import type { CheckLine, Connector, PasswordSource, ReadEvent, ReadRequest } from '../../src/connectors/connector.ts';
import { DirbridgeError, type ErrorCode } from '../../src/errors.ts';
import type { ObjectChange } from '../../src/model/change.ts';
import type { FromSubject, ToSubject } from './subject-message.ts';

interface Question {
  readonly answers: (ToSubject & { readonly id: number })[];
  wake: () => void;
}

/** A directory that the parent process holds, asked over the channel between us. */
export class RemoteSource implements Connector {
  readonly name = 'corp';
  readonly kind = 'memory';
  readonly passwords: PasswordSource;
  readonly #send: (message: FromSubject) => void;
  readonly #questions = new Map<number, Question>();
  #number = 0;

  constructor(send: (message: FromSubject) => void) {
    this.#send = send;
    this.passwords = this.#passwordSource();
  }

  /** An answer of the parent. */
  take(message: ToSubject & { readonly id: number }): void {
    const question = this.#questions.get(message.id);
    question?.answers.push(message);
    question?.wake();
  }

  async *check(): AsyncGenerator<CheckLine> {
    yield { what: this.name, state: 'ok', detail: 'in memory' };
  }

  async *read({ watermark, attributes, references }: ReadRequest): AsyncGenerator<ReadEvent> {
    const request = { watermark, attributes, references };
    for await (const answer of this.#ask((id) => ({ kind: 'read', id, request })))
      if (answer.kind === 'event') yield answer.event;
  }

  async *fetch(
    anchors: readonly string[],
    { watermark, attributes, references }: ReadRequest,
  ): AsyncGenerator<readonly ObjectChange[]> {
    const request = { watermark, attributes, references };
    for await (const answer of this.#ask((id) => ({ kind: 'fetch', id, anchors, request })))
      if (answer.kind === 'fetched') yield answer.changes;
  }

  async close(): Promise<void> {}

  #passwordSource(): PasswordSource {
    const ask = (describe: (id: number) => FromSubject) => this.#ask(describe);
    return {
      check: () => this.check(),
      read: async function* (request) {
        for await (const answer of ask((id) => ({ kind: 'read passwords', id, request })))
          if (answer.kind === 'password event') yield answer.event;
      },
      fetch: async function* (anchors) {
        for await (const answer of ask((id) => ({ kind: 'fetch passwords', id, anchors })))
          if (answer.kind === 'passwords') yield answer.passwords;
      },
    };
  }

  async *#ask(describe: (id: number) => FromSubject): AsyncGenerator<ToSubject> {
    const id = ++this.#number;
    const question: Question = { answers: [], wake: () => undefined };
    this.#questions.set(id, question);
    this.#send(describe(id));
    for (;;) {
      const answer = question.answers.shift();
      if (answer === undefined) {
        await new Promise<void>((resolve) => {
          question.wake = resolve;
        });
        continue;
      }
      if (answer.kind !== 'over') {
        yield answer;
        continue;
      }
      this.#questions.delete(id);
      if (answer.code !== null) throw new DirbridgeError(answer.code as ErrorCode, answer.message);
      return;
    }
  }
}
