/**
 * Keeps writes just under what the tenant allows. The service counts writes in a bucket that drains evenly (identity and access limits:
 * 3,000 writes in 150 s for an application in a tenant) and tells how full it is from 80 % on (x-ms-throttle-limit-percentage). Refused
 * writes count as well, so the aim is a level just below full: there the tenant takes exactly what drains.
 */

/** Seconds in which the whole quota comes back. */
const WINDOW = 150;
/** Writes in one window, until the tenant has shown otherwise. */
const DOCUMENTED_AMOUNT = 3000;
/** The level that we hold. */
const AIM = 0.95;
/** From this level on the tenant tells it. */
const TOLD_FROM = 0.8;
/** How much faster (slower) than the drain we write for each hundredth below (above) the aim. */
const GAIN_BELOW = 4;
const GAIN_ABOVE = 18;
const SLOWEST = 0.1;
/** Seconds of observation from which the drain is worked out, and for which they are kept. */
const SHORTEST_LOOK = 4;
const LONGEST_LOOK = 20;
/** Fewer writes than this say nothing about the size of the bucket. */
const FEWEST_WRITES = 200;

interface Sample {
  /** Seconds. */
  readonly at: number;
  readonly counted: number;
  readonly level: number;
}

export interface QuotaAnswer {
  /** How many writes the tenant has counted with this answer, refused ones too. */
  readonly writes: number;
  /** The highest level that the answer tells; null when it tells none. */
  readonly level: number | null;
  /** Milliseconds for which the tenant wants no further writes; null when nothing was throttled. */
  readonly pause: number | null;
}

export class WriteQuota {
  readonly #concurrency: number;
  readonly #batch: number;
  /** Writes per second that drain, as far as we know. */
  #drain = DOCUMENTED_AMOUNT / WINDOW;
  #isMeasured = false;
  /** null: under 80 %, so nothing needs to be held back. */
  #level: number | null = null;
  #counted = 0;
  #startedAt = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #samples: Sample[] = [];
  #nextAt = 0;
  #pausedUntil = 0;
  #inFlight = 0;

  /** `concurrency`: most requests at the same time; `batch`: most writes in one. */
  constructor(concurrency: number, batch: number) {
    this.#concurrency = concurrency;
    this.#batch = batch;
  }

  /** Writes per second that the tenant is believed to take in the long run. */
  get drain(): number {
    return this.#drain;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Milliseconds until the next request may go; null: only when an answer has come. `now` in milliseconds. */
  waitAt(now: number): number | null {
    const wait = Math.max(this.#pausedUntil, this.#nextAt) - now;
    if (wait > 0) return wait;
    return this.#inFlight < this.#mostInFlight() ? 0 : null;
  }

  /** A request with so many writes goes out. */
  start(now: number, writes: number): void {
    if (this.#inFlight === 0 && now - this.#lastAt > WINDOW * 1000) this.#beginAnew(now);
    this.#inFlight++;
    const rate = this.#rate();
    if (rate !== null) this.#nextAt = Math.max(this.#nextAt, now) + (writes / rate) * 1000;
  }

  /** After a pause of a whole window the bucket is empty, and what was written before says nothing about it. */
  #beginAnew(now: number): void {
    this.#startedAt = now / 1000;
    this.#counted = 0;
    this.#level = null;
    this.#samples = [];
  }

  /** Its answer has come (or never will: then with no writes counted). */
  finish(now: number, answer: QuotaAnswer): void {
    this.#inFlight--;
    this.#lastAt = now;
    this.#counted += answer.writes;
    if (answer.pause !== null) this.#pausedUntil = Math.max(this.#pausedUntil, now + answer.pause);
    if (answer.writes === 0) return;
    const before = this.#level;
    this.#level = answer.level;
    if (answer.level === null) {
      this.#samples = [];
      this.#nextAt = Math.min(this.#nextAt, now);
      return;
    }
    if (before === null) this.#guessDrain(now / 1000, answer.level);
    this.#measureDrain(now / 1000, answer.level);
    // A level that has fallen meanwhile must not be waited for at the pace of the old one.
    const rate = this.#rate() ?? this.#drain;
    this.#nextAt = Math.min(this.#nextAt, now + (this.#batch / rate) * 1000);
  }

  /** At the first word about the level: all that we wrote has filled it, but for what has drained since. */
  #guessDrain(at: number, level: number): void {
    if (this.#isMeasured || this.#counted < FEWEST_WRITES) return;
    const amount = this.#counted / (level + (at - this.#startedAt) / WINDOW);
    this.#drain = Math.max(amount / WINDOW, 0.1);
  }

  /** What we wrote between two looks, less the rise of the level, has drained: n = drain * (time + WINDOW * rise). */
  #measureDrain(at: number, level: number): void {
    this.#samples.push({ at, counted: this.#counted, level });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= LONGEST_LOOK);
    const first = this.#samples[0];
    // Past full the level is cut at 1.8 and says nothing any more.
    if (!first || at - first.at < SHORTEST_LOOK || level >= 1.75 || first.level >= 1.75) return;
    const written = this.#counted - first.counted;
    const drained = at - first.at + WINDOW * (level - first.level);
    if (written < this.#batch * 2 || drained < SHORTEST_LOOK / 2) return;
    this.#drain = Math.max(0.1, this.#drain * 0.8 + (written / drained) * 0.2);
    this.#isMeasured = true;
  }

  #rate(): number | null {
    if (this.#level === null) return null;
    const below = AIM - this.#level;
    const factor = 1 + below * (below > 0 ? GAIN_BELOW : GAIN_ABOVE);
    return this.#drain * Math.max(SLOWEST, factor);
  }

  /** What is on its way has not been counted yet: never more than half of what is left. */
  #mostInFlight(): number {
    const left = 1 - Math.max(this.#level ?? TOLD_FROM, TOLD_FROM);
    const writes = (left * this.#drain * WINDOW) / 2;
    return Math.max(1, Math.min(this.#concurrency, Math.floor(writes / this.#batch)));
  }
}
