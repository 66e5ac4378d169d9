import process from 'node:process';

/** 128 and the number of the signal, as shells have it. */
const INTERRUPTED = 130;
const TERMINATED = 143;
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
  readonly #controller = new AbortController();
  #patience: NodeJS.Timeout | undefined;
  readonly #tell: (message: string) => void;
  readonly #exit: (code: number) => void;

  constructor(tell: (message: string) => void, exit: (code: number) => void = process.exit) {
    this.#tell = tell;
    this.#exit = exit;
  }

  /** Given with the first of them, for whoever waits for something. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Called between two pages; throws Stopped when a stop was asked for. */
  check(): void {
    if (this.#exitCode !== null) throw new Stopped(this.#exitCode);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    const onInterrupt = (): void => this.request(INTERRUPTED);
    const onTerminate = (): void => this.request(TERMINATED);
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    try {
      return await work();
    } finally {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      clearTimeout(this.#patience);
    }
  }

  request(exitCode: number): void {
    if (this.#exitCode !== null) {
      this.#exit(this.#exitCode);
      return;
    }
    this.#exitCode = exitCode;
    this.#controller.abort();
    this.#tell('stopping after the page in work; once more to stop at once');
    this.#patience = setTimeout(() => this.#exit(exitCode), PATIENCE_MS).unref();
  }
}
