import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import { DirbridgeError, messageOf } from '../../errors.ts';

/** So that a group to which the accounts of all servers belong may read and write, and nobody else. */
const FILE_MODE = 0o660;
const FOLDER_MODE = 0o770;

/**
 * The folder that the servers of one tenant share. Every file is whole or not there at all, also for whoever reads it meanwhile; each server writes only files of its own,
 * so that no two ever meet, but for `createJson`, of which one alone succeeds. Every method throws `standby-folder`.
 */
export class PairFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The file as the schema reads it; null when it is not there. */
  async readJson<T>(name: string, schema: z.ZodType<T>): Promise<T | null> {
    const text = await this.readText(name);
    if (text === null) return null;
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.#failure(`${this.at(name)} is not as a server of this version writes it: ${messageOf(cause)}`, cause);
    }
  }

  async readText(name: string): Promise<string | null> {
    return this.#try(name, async () => {
      try {
        return await readFile(this.at(name), 'utf8');
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  /** Puts the file in the place of what was there. */
  async writeText(name: string, text: string): Promise<void> {
    await this.#try(name, async () => {
      const temporary = await this.#writeBeside(name, text);
      await rename(temporary, this.at(name));
    });
  }

  /** The same for a file of any length, line by line. */
  async writeLines(name: string, lines: AsyncIterable<string>): Promise<void> {
    await this.#try(name, async () => {
      const temporary = await this.#writeBeside(name, '');
      await pipeline(withBreaks(lines), createWriteStream(temporary));
      await rename(temporary, this.at(name));
    });
  }

  /** The lines of a file; none when it is not there. */
  async *readLines(name: string): AsyncIterable<string> {
    if (!(await this.#try(name, async () => (await statOf(this.at(name))) !== null))) return;
    const lines = createInterface({ input: createReadStream(this.at(name)), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) if (line !== '') yield line;
  }

  writeJson(name: string, value: unknown): Promise<void> {
    return this.writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Makes the file when it is not there; of several that try at once one alone is answered true. */
  async createJson(name: string, value: unknown): Promise<boolean> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    return this.#try(name, async () => {
      const temporary = await this.#writeBeside(name, text);
      try {
        await link(temporary, this.at(name));
        return true;
      } catch (error) {
        // Over a network the first answer may get lost, and the second try finds what the first one made.
        if (codeOf(error) === 'EEXIST') return (await readFile(this.at(name), 'utf8')) === text;
        return await createPlainly(this.at(name), text);
      } finally {
        await unlink(temporary);
      }
    });
  }

  /** Names in a folder in their order, without what is being written; none when the folder is not there. */
  async list(name: string): Promise<readonly string[]> {
    return this.#try(name, async () => {
      try {
        return (await readdir(this.at(name))).filter((one) => !one.startsWith('.')).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
  }

  /** Makes a folder with these files as a whole; nothing when one of the name is there. */
  async createFolder(name: string, files: readonly { readonly name: string; readonly text: string }[]): Promise<void> {
    await this.#try(name, async () => {
      if ((await statOf(this.at(name))) !== null) return;
      const temporary = join(dirname(this.at(name)), `.${randomUUID()}`);
      for (const file of files) {
        const path = join(temporary, file.name);
        await makeFolder(dirname(path));
        await writeFile(path, file.text);
        await chmod(path, FILE_MODE);
      }
      await rename(temporary, this.at(name));
    });
  }

  async remove(name: string): Promise<void> {
    await this.#try(name, () => rm(this.at(name), { recursive: true, force: true }));
  }

  /**
   * Milliseconds since a file was written, by the clock of whoever keeps the folder: the clocks of the servers may differ. Null when it is not there.
   * `probe`: a file of the caller's own that is written for it.
   */
  async age(name: string, probe: string): Promise<number | null> {
    return this.#try(name, async () => {
      const there = await statOf(this.at(name));
      if (there === null) return null;
      await rm(this.at(probe), { force: true });
      await rename(await this.#writeBeside(probe, ''), this.at(probe));
      const now = await stat(this.at(probe));
      return Math.max(0, now.mtimeMs - there.mtimeMs);
    });
  }

  /** Throws unless the folder is there: it is never made, because an empty folder in the place of one that is not mounted would be believed. */
  async requireThere(): Promise<void> {
    await this.#try('.', async () => {
      if ((await statOf(this.path))?.isDirectory() !== true) throw new Error('it is no folder, or not there');
    });
  }

  at(name: string): string {
    return join(this.path, name);
  }

  async #writeBeside(name: string, text: string): Promise<string> {
    const folder = dirname(this.at(name));
    await this.requireThere();
    await makeFolder(folder);
    const temporary = join(folder, `.${randomUUID()}`);
    const file = await open(temporary, 'wx', FILE_MODE);
    try {
      // Whatever the umask of this account is, the other servers have to read it.
      await file.chmod(FILE_MODE);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  }

  async #try<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof DirbridgeError) throw cause;
      throw this.#failure(`${this.at(name)} cannot be used: ${messageOf(cause)}`, cause);
    }
  }

  #failure(message: string, cause: unknown): DirbridgeError {
    return new DirbridgeError('standby-folder', `The folder ${this.path} that the servers share: ${message}`, {
      cause,
    });
  }
}

async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  for (let one = path; made !== undefined && one.length >= made.length; one = dirname(one))
    await chmod(one, FOLDER_MODE);
}

async function* withBreaks(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Where a file system knows no second name for a file (exFAT, some shares of Windows). */
async function createPlainly(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: FILE_MODE });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | null)?.code;
}
