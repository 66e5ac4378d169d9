import process from 'node:process';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;
const PATIENCE_MS = 10_000;

/** Thrown where work stops because it was asked to. What was done so far is stored; the next run goes on from there. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('stopped; what was done so far is safe, and the next run goes on');
    this.name = 'Stopped';
    this.exitCode = exitCode;
  }
}

/**
 * Ctrl-C in the middle of a run: the first one lets the page in work end and then stops, the second one (or a first one that nothing
 * answers for ten seconds) ends the process at once, which the store survives as well.
 */
export class StopSignal {
  #exitCode: number | null = null;
  readonly #tell: (message: string) => void;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Called between two pages; throws Stopped when a stop was asked for. */
  check(): void {
    if (this.#exitCode !== null) throw new Stopped(this.#exitCode);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    const receive = (signal: Signal): void => this.request(SIGNALS[signal]);
    for (const signal of Object.keys(SIGNALS)) process.on(signal, receive);
    try {
      return await work();
    } finally {
      for (const signal of Object.keys(SIGNALS)) process.off(signal, receive);
    }
  }

  request(exitCode: number): void {
    if (this.#exitCode !== null) process.exit(this.#exitCode);
    this.#exitCode = exitCode;
    this.#tell('stopping after the page in work; once more to stop at once');
    setTimeout(() => process.exit(exitCode), PATIENCE_MS).unref();
  }
}
