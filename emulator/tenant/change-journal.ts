import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { EmulatorError } from '../emulator-error.ts';
import type { Change } from './change.ts';

/**
 * What changed since the state file was written, one line for each commit. A line is handed to the system before the
 * client is answered, so whatever a client was told survives an end without warning.
 */
export class ChangeJournal {
  readonly #file: string;
  readonly #handle: number;
  #size = 0;

  /** Opens the journal that belongs to a state file. What it holds is kept until `clear`. */
  constructor(stateFile: string) {
    this.#file = journalOf(stateFile);
    try {
      this.#handle = openSync(this.#file, 'a');
    } catch (cause) {
      throw new EmulatorError(`${this.#file}: cannot be written (${(cause as Error).message}).`, { cause });
    }
  }

  /** Bytes written since the last `clear`. */
  get size(): number {
    return this.#size;
  }

  /** `generation`: the life of the tenant; a reset begins another, whose changes are counted anew. */
  append(generation: number, changes: readonly Change[]): void {
    this.#size += writeSync(this.#handle, `${JSON.stringify([generation, changes])}\n`);
  }

  /** The state file holds everything now. */
  clear(): void {
    ftruncateSync(this.#handle);
    this.#size = 0;
  }

  close(): void {
    closeSync(this.#handle);
    rmSync(this.#file);
  }
}

function journalOf(stateFile: string): string {
  return `${stateFile}.journal`;
}

/** The changes of one life of the tenant after number `seq`, in order. A last line that was cut off was never answered. */
export function readJournal(stateFile: string, generation: number, seq: number): readonly Change[] {
  let text: string;
  try {
    text = readFileSync(journalOf(stateFile), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new EmulatorError(`${journalOf(stateFile)}: the journal of the state file cannot be read.`, { cause });
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => parseLine(line, stateFile))
    .filter(([of]) => of === generation)
    .flatMap(([, changes]) => changes)
    .filter((change) => change.seq > seq);
}

function parseLine(line: string, stateFile: string): readonly [number, readonly Change[]] {
  try {
    return JSON.parse(line) as readonly [number, readonly Change[]];
  } catch (cause) {
    throw new EmulatorError(`${journalOf(stateFile)}: the journal of the state file is not intact.`, { cause });
  }
}
