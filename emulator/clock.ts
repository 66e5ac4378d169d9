/** Milliseconds since 1970, moved on by the wall clock and by `advance`. */
export interface Clock {
  now(): number;
  /** The same without what was advanced: the time by which clients stamp what they sign. */
  sourceNow(): number;
  /** Moves this clock (never the machine's) forward by `milliseconds`. */
  advance(milliseconds: number): void;
}

/** The emulator's own clock: a source (the machine's, or a test's fixed one) plus what was advanced so far. */
export class EmulatorClock implements Clock {
  readonly #source: () => number;
  #advanced = 0;

  constructor(source: () => number = Date.now) {
    this.#source = source;
  }

  now(): number {
    return this.#source() + this.#advanced;
  }

  sourceNow(): number {
    return this.#source();
  }

  advance(milliseconds: number): void {
    this.#advanced += milliseconds;
  }

  /** How far this clock is ahead of its source; kept in the state file. */
  get advanced(): number {
    return this.#advanced;
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `31d`, `90m`, `250ms` or a bare number of milliseconds. Returns undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (UNITS[match[2] ?? 'ms'] ?? 1);
}

/** ISO 8601 to the second, the way Graph prints directory times. */
export function toGraphTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
