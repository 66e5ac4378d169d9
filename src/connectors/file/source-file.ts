import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { DirbridgeError, messageOf } from '../../errors.ts';

/** What a whole reading of a file found out about it. */
export interface FileFacts {
  readonly size: number;
  /** SHA-256 of the content, in hex. */
  readonly hash: string;
  /** How the content ends: within a line, with a line break, or with an empty line. */
  readonly end: FileEnd;
}

export const FILE_ENDS = ['in-line', 'line-break', 'empty-line'] as const;
export type FileEnd = (typeof FILE_ENDS)[number];

const CHUNK_BYTES = 1 << 20;
/** Two line breaks of two chars each, in UTF-16. */
const TAIL_BYTES = 8;

/**
 * Reads a file once from start to end and watches that nobody writes to it meanwhile. `chunks` may be walked once;
 * `facts` is there when it has come to its end. Errors: `file-missing` (not readable), `file-truncated` (empty, cut or changed while
 * it was being read).
 */
export class SourceFile {
  readonly path: string;
  #facts: FileFacts | null = null;

  constructor(path: string) {
    this.path = path;
  }

  get facts(): FileFacts {
    if (!this.#facts) throw new DirbridgeError('bug', `${this.path} was asked for its facts before it was read.`);
    return this.#facts;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const handle = await this.#open();
    try {
      const before = await handle.stat();
      if (before.size === 0)
        throw new DirbridgeError('file-truncated', `${this.path} is empty: a source file holds at least one record.`);
      const hash = createHash('sha256');
      let tail = Buffer.alloc(0);
      let size = 0;
      const stream = createReadStream('', { fd: handle, autoClose: false, start: 0, highWaterMark: CHUNK_BYTES });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
        tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
        yield chunk;
      }
      const after = await handle.stat();
      if (size !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
        throw new DirbridgeError(
          'file-truncated',
          `${this.path} was written to while it was being read (${before.size} bytes at first, ${after.size} now).`,
        );
      this.#facts = { size, hash: hash.digest('hex'), end: endOf(tail) };
    } catch (error) {
      if (error instanceof DirbridgeError) throw error;
      throw new DirbridgeError('file-missing', `${this.path} cannot be read: ${messageOf(error)}`, { cause: error });
    } finally {
      await handle.close();
    }
  }

  async #open(): Promise<FileHandle> {
    try {
      // Before it is opened: a named pipe would keep us waiting for whoever writes into it, and a file is read twice.
      if (!(await stat(this.path)).isFile()) throw new DirbridgeError('file-missing', `${this.path} is not a file.`);
      return await open(this.path, 'r');
    } catch (cause) {
      if (cause instanceof DirbridgeError) throw cause;
      throw new DirbridgeError('file-missing', `${this.path} cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
}

function endOf(tail: Buffer): FileEnd {
  // UTF-16 writes a zero beside each char of a line break.
  const text = tail.toString('latin1').replaceAll('\0', '');
  if (/\n\r?\n$/.test(text)) return 'empty-line';
  return text.endsWith('\n') ? 'line-break' : 'in-line';
}

/** The SHA-256 of a file in hex; the same errors as `SourceFile`. */
export async function hashFile(path: string): Promise<string> {
  const file = new SourceFile(path);
  for await (const _ of file.chunks());
  return file.facts.hash;
}
