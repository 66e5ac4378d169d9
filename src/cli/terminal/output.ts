import { once } from 'node:events';
import type { Writable } from 'node:stream';

const PIECE = 64 * 1024;

/** Writes a stream in pieces and waits while the reader is slow. A reader that went away (`| head`) is no error: what follows is dropped. */
export class Output {
  readonly #stream: Writable;
  #waiting = '';
  #isClosed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      this.#isClosed = true;
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
    if (piece === '' || this.#isClosed) return;
    if (this.#stream.write(piece)) return;
    await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined);
  }
}
