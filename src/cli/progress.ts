import type { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { countOf, formatDuration, formatNumber } from './terminal/words.ts';

/** Shows how far long work is. `report` is called often and cheap; `end` before anything else is printed. */
export interface ProgressView {
  report(step: string, done: number, total: number | null): void;
  end(): void;
}

export const NO_PROGRESS: ProgressView = { report: () => undefined, end: () => undefined };

/** Looks for what an earlier run left open: over in no time, and no news unless there was something. */
const QUIET_STEP = 'settle';
const NEWS_EVERY_MS = 30_000;
const BAR_WIDTH = 24;

/** One line for each step when it is over, and one every half minute while it goes on: for logs, pipes and mail. */
export class ProgressLines implements ProgressView {
  readonly #stream: Writable;
  readonly #now: () => number;
  #step = '';
  #startedAt = 0;
  #toldAt = 0;
  #done = 0;

  constructor(stream: Writable, now: () => number = Date.now) {
    this.#stream = stream;
    this.#now = now;
  }

  report(step: string, done: number, total: number | null): void {
    if (step !== this.#step) {
      this.end();
      this.#step = step;
      this.#startedAt = this.#now();
      this.#toldAt = this.#startedAt;
    }
    this.#done = done;
    if (this.#now() - this.#toldAt < NEWS_EVERY_MS) return;
    this.#toldAt = this.#now();
    this.#stream.write(`${step}: ${formatNumber(done)}${total === null ? '' : ` of ${formatNumber(total)}`} so far\n`);
  }

  end(): void {
    const step = this.#step;
    this.#step = '';
    if (step === '' || (step === QUIET_STEP && this.#done === 0)) return;
    this.#stream.write(`${step}: ${unitOf(step, this.#done)}, ${formatDuration(this.#now() - this.#startedAt)}\n`);
  }
}

/** A bar with count and time left where the total is known, else the count and the time so far. */
export class ProgressBar implements ProgressView {
  readonly #stream: NodeJS.WritableStream;
  #bar: SingleBar | null = null;
  #step = '';

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  report(step: string, done: number, total: number | null): void {
    if (step !== this.#step) this.#start(step);
    if (total !== null) this.#bar?.setTotal(total);
    this.#bar?.update(done, { isKnown: total !== null });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = null;
    this.#step = '';
  }

  #start(step: string): void {
    this.end();
    this.#step = step;
    if (step === QUIET_STEP) return;
    this.#bar = new SingleBar({
      stream: this.#stream,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
      fps: 8,
      format: (_options, params, payload: { readonly isKnown?: boolean }) =>
        payload.isKnown === true
          ? `${step}  ${drawBar(params.progress)}  ${formatNumber(params.value)}/${formatNumber(params.total)}  ${timeLeft(params.eta)}`
          : `${step}  ${unitOf(step, params.value)}  ${formatDuration(Date.now() - params.startTime)}`,
    });
    this.#bar.start(0, 0, { isKnown: false });
  }
}

function unitOf(step: string, count: number): string {
  return step === 'apply' ? countOf(count, 'write') : countOf(count, 'object');
}

function drawBar(progress: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
}

function timeLeft(seconds: number): string {
  return Number.isFinite(seconds) && seconds > 0 ? `${formatDuration(seconds * 1000)} left` : '';
}
