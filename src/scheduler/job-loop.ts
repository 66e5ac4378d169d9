/** What a scheduler knows of time. */
export interface Clock {
  /** In milliseconds, from any moment on. */
  now(): number;
  /** Waits so many milliseconds, or until the signal is given. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Something that is done again and again. */
export interface Job {
  readonly name: string;
  readonly every: number;
  run(): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  /** Ends the loop: at once while it waits, else after the job, which has its own way to hear of it. */
  readonly signal: AbortSignal;
  readonly onFailure: (job: Job, error: unknown) => void;
}

/** Runs one job as planned: at once, then every so often, never twice at a time. One that failed comes again as planned; one that took too long, at once. */
export class JobLoop {
  readonly #job: Job;
  readonly #options: LoopOptions;
  #isAsked = false;
  #waiting: AbortController | null = null;

  constructor(job: Job, options: LoopOptions) {
    this.#job = job;
    this.#options = options;
  }

  /** Runs the job once more as soon as it does not run; what is planned stays planned. */
  ask(): void {
    this.#isAsked = true;
    this.#waiting?.abort();
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    let planned = clock.now();
    while (!signal.aborted) {
      this.#isAsked = false;
      if (clock.now() >= planned) planned += this.#job.every;
      await this.#runOnce();
      planned = Math.max(planned, clock.now());
      if (!this.#isAsked) await this.#waitUntil(planned);
    }
  }

  async #runOnce(): Promise<void> {
    try {
      await this.#job.run();
    } catch (error) {
      if (!this.#options.signal.aborted) this.#options.onFailure(this.#job, error);
    }
  }

  async #waitUntil(time: number): Promise<void> {
    const { clock, signal } = this.#options;
    this.#waiting = new AbortController();
    await clock.wait(time - clock.now(), AbortSignal.any([signal, this.#waiting.signal]));
    this.#waiting = null;
  }
}
