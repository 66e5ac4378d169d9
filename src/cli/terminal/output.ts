import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { DirbridgeError, messageOf } from '../../errors.ts';

const PIECE = 64 * 1024;

/**
 * Writes a stream in pieces and waits while the reader is slow. A reader that went away (`| head`) is no error: what follows is dropped.
 * Anything else, such as a full disk, is: `output-failed`.
 */
export class Output {
  readonly #stream: Writable;
  #waiting = '';
  #isClosed = false;
  #failure: Error | null = null;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#isClosed = true;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure = error;
    });
  }

  /** Nobody reads any more: long work that only prints can stop. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async write(text: string): Promise<void> {
    this.#waiting += text;
    if (this.#waiting.length >= PIECE) await this.flush();
  }

  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`);
  }

  async flush(): Promise<void> {
    const piece = this.#waiting;
    this.#waiting = '';
    if (piece !== '' && !this.#isClosed && !this.#stream.write(piece))
      await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined);
    this.#check();
  }

  /** Flushes, and waits until the last piece has reached the stream or failed to. */
  async finish(): Promise<void> {
    await this.flush();
    if (!this.#isClosed) await new Promise((resolve) => this.#stream.write('', resolve));
    this.#check();
  }

  #check(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null)
      throw new DirbridgeError('output-failed', `the result could not be written to stdout: ${messageOf(failure)}`, {
        cause: failure,
      });
  }
}
