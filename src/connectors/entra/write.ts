import { DirbridgeError } from '../../errors.ts';
import type { ConnectorContext, TargetWrite, WriteResult } from '../connector.ts';
import { BATCH_SIZE, sendBatch } from './batch.ts';
import { Contention } from './contention.ts';
import { Bell, EventQueue } from './event-queue.ts';
import { type Graph, type GraphAnswer, NoAnswer, refused } from './graph.ts';
import { type GraphRefusal, isConcurrencyRefusal, isTransientStatus, readRefusal } from './graph-refusal.ts';
import { judge } from './judge.ts';
import { backOff, type Pace } from './pace.ts';
import type { QuotaAnswer, WriteQuota } from './quota.ts';
import type { ReplicationLag } from './replication-lag.ts';
import type { Step } from './write-steps.ts';
import { type Next, WriteTask } from './write-task.ts';

export interface WriteParts {
  readonly graph: Graph;
  readonly pace: Pace;
  readonly quota: WriteQuota;
  readonly lag: ReplicationLag;
  readonly log: ConnectorContext['log'];
  readonly requireRight: () => Promise<void>;
}

/** Tries of one request that the tenant keeps failing to carry out. */
const MOST_TRIES = 12;
/** Whole requests that fail one after the other before we say that the tenant cannot be used. */
const MOST_FAILURES = 10;
/** And how long they must have gone on, in milliseconds: several requests on their way at once fail together. */
const SHORTEST_OUTAGE = 30_000;
/** Results that wait to be taken before no more work is fetched. */
const MOST_WAITING = 2000;
/** Requests that wait for their time or their turn before no more work is fetched. */
const MOST_QUEUED = 2000;
const LONGEST_SLEEP = 1000;

const LEFT_OUT: GraphRefusal = {
  status: 0,
  code: 'NoAnswer',
  message: 'The tenant answers the batch and leaves this request out.',
  target: null,
  requestId: null,
};

interface Sending {
  readonly task: WriteTask;
  readonly step: Step;
  readonly firstAt: number;
  readonly tries: number;
  /** Refusals because something is missing that replication lag did not explain. */
  readonly unexplained: number;
  readonly notBefore: number;
}

type Pulled = IteratorResult<readonly TargetWrite[]>;

/** Carries out writes as the contract promises. Results come as they arise. */
export async function* writeAll(
  parts: WriteParts,
  chunks: AsyncIterable<readonly TargetWrite[]>,
): AsyncGenerator<readonly WriteResult[]> {
  const run = new WriteRun(parts, chunks);
  const working = run.work();
  try {
    yield* run.results.read();
  } finally {
    run.stop();
    await working;
  }
}

/** One loop fills requests with what is due and sends them; answers come back on their own and say what is due next. */
class WriteRun {
  readonly results = new EventQueue<WriteResult>();
  readonly #parts: WriteParts;
  readonly #chunks: AsyncIterator<readonly TargetWrite[]>;
  readonly #bell = new Bell();
  readonly #contention = new Contention();
  #queue: Sending[] = [];
  /** Requests and look-ups that have not come back. */
  #underway = new Set<Promise<void>>();
  #pulling: Promise<void> | null = null;
  #isExhausted = false;
  #isStopped = false;
  #error: unknown = undefined;
  #failuresInRow = 0;
  #failingSince = 0;

  constructor(parts: WriteParts, chunks: AsyncIterable<readonly TargetWrite[]>) {
    this.#parts = parts;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  stop(): void {
    this.#isStopped = true;
    this.#bell.ring();
  }

  async work(): Promise<void> {
    try {
      while (!this.#isStopped && !this.#isFinished()) await this.#turn();
    } catch (error) {
      this.#fail(error);
    }
    // What has been sent is answered before the end, also before a bad one.
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
    this.results.end(this.#error);
    if (!this.#isExhausted) await this.#release();
  }

  /** Tells the caller's iteration that no more is wanted. One that is at work may itself wait for our end, so nobody waits for it. */
  async #release(): Promise<void> {
    const released = Promise.resolve(this.#chunks.return?.()).then(
      () => undefined,
      () => undefined,
    );
    if (this.#pulling === null) await released;
  }

  #isFinished(): boolean {
    return this.#isExhausted && this.#queue.length === 0 && this.#underway.size === 0;
  }

  /** Sends what may be sent, or sleeps until something changes. */
  async #turn(): Promise<void> {
    const { quota, pace } = this.#parts;
    const now = pace.now();
    const wait = quota.waitAt(now);
    const due = this.#queue.filter((sending) => sending.notBefore <= now);
    const chosen = wait === 0 ? this.#contention.choose(due, objectOf, BATCH_SIZE) : [];
    if (chosen.length > 0) {
      this.#launch(chosen);
      return;
    }
    if (wait === 0) this.#pull();
    await this.#bell.wait(this.#sleep(wait, now));
  }

  #sleep(wait: number | null, now: number): Promise<void> | null {
    const later = this.#queue.map((sending) => sending.notBefore - now).filter((left) => left > 0);
    const times = wait !== null && wait > 0 ? [...later, wait] : later;
    if (this.results.size > MOST_WAITING) times.push(LONGEST_SLEEP / 10);
    if (times.length === 0) return null;
    return this.#parts.pace.delay(Math.min(LONGEST_SLEEP, ...times));
  }

  /** Asks for the next chunk, without waiting: answers and repetitions go on meanwhile. */
  #pull(): void {
    if (this.#pulling !== null || this.#isExhausted) return;
    if (this.results.size > MOST_WAITING || this.#queue.length > MOST_QUEUED) return;
    const pulling = this.#chunks.next().then((pulled) => this.#take(pulled));
    const safe = pulling.catch((error: unknown) => this.#fail(error));
    this.#pulling = safe.finally(() => {
      this.#pulling = null;
      this.#bell.ring();
    });
  }

  #take(pulled: Pulled): void {
    if (pulled.done) {
      this.#isExhausted = true;
      return;
    }
    const now = this.#parts.pace.now();
    for (const write of pulled.value) {
      const task = new WriteTask(write, this.#parts.graph, this.#parts.pace);
      for (const step of task.steps)
        this.#queue.push({ task, step, firstAt: now, tries: 0, unexplained: 0, notBefore: now });
      if (task.steps.length === 0) this.#report(task);
    }
  }

  #launch(sendings: readonly Sending[]): void {
    const chosen = new Set(sendings);
    this.#queue = this.#queue.filter((sending) => !chosen.has(sending));
    this.#parts.quota.start(this.#parts.pace.now(), sendings.length);
    this.#track(this.#send(sendings));
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#underway.delete(tracked);
        this.#bell.ring();
      });
    this.#underway.add(tracked);
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.stop();
  }

  async #send(sendings: readonly Sending[]): Promise<void> {
    const { graph, quota, pace } = this.#parts;
    let quotaAnswer: QuotaAnswer = { writes: 0, level: null, pause: null };
    // As they are now: a creation that is done has an object by then.
    const objects = sendings.map(objectOf);
    this.#contention.start(objects);
    try {
      await this.#parts.requireRight();
      const requests = sendings.map((sending) => sending.step.request());
      const { whole, items } = await sendBatch(graph, requests);
      quotaAnswer = readQuota(graph, whole, items);
      if (whole.status !== 200) return this.#takeWhole(sendings, whole);
      this.#failuresInRow = 0;
      for (const [at, sending] of sendings.entries()) this.#track(this.#takeItem(sending, items[at] ?? null));
    } catch (thrown) {
      if (!(thrown instanceof NoAnswer)) throw thrown;
      this.#takeNoAnswer(sendings, thrown);
    } finally {
      quota.finish(pace.now(), quotaAnswer);
      this.#contention.finish(objects);
    }
  }

  /** The request as a whole was refused: 429 before anything was done, 5xx at an unknown place. */
  #takeWhole(sendings: readonly Sending[], whole: GraphAnswer): void {
    if (!isTransientStatus(whole.status)) throw refused('/$batch', whole);
    const wait = this.#parts.graph.retryAfter(whole.headers);
    if (whole.status === 429) {
      for (const sending of sendings) this.#later(sending, wait);
      return;
    }
    this.#countFailure(() => {
      const refusal = readRefusal(whole.status, whole.body);
      return `Microsoft Graph kept answering ${refusal.status} ${refusal.code}`;
    });
    for (const sending of sendings) this.#track(this.#clarify(sending, wait));
  }

  #takeNoAnswer(sendings: readonly Sending[], thrown: NoAnswer): void {
    this.#parts.log.warn({ cause: thrown.message }, 'a request to the tenant was not answered');
    this.#countFailure(() => `Microsoft Graph does not answer: ${thrown.message}`);
    for (const sending of sendings) {
      if (thrown.wasSent) this.#track(this.#clarify(sending));
      else this.#later(sending, null);
    }
  }

  #countFailure(describe: () => string): void {
    const now = this.#parts.pace.now();
    if (this.#failuresInRow === 0) this.#failingSince = now;
    this.#failuresInRow++;
    const isOutage = now - this.#failingSince >= SHORTEST_OUTAGE;
    if (this.#failuresInRow >= MOST_FAILURES && isOutage)
      throw new DirbridgeError('tenant-unreachable', `${describe()}.`);
  }

  async #takeItem(sending: Sending, answer: GraphAnswer | null): Promise<void> {
    const { task, step } = sending;
    if (answer === null) {
      if (sending.tries + 1 < MOST_TRIES) return this.#clarify(sending);
      return this.#follow(sending, await task.refused(step, LEFT_OUT));
    }
    const verdict = judge(step, answer);
    switch (verdict.verdict) {
      case 'done':
        return this.#follow(sending, await task.done(step, verdict.id));
      case 'again':
        return this.#takeAgain(sending, answer, verdict.isThrottled);
      case 'unclear':
        if (sending.tries + 1 >= MOST_TRIES) return this.#follow(sending, await task.refused(step, verdict.refusal));
        return this.#clarify(sending, this.#parts.graph.retryAfter(answer.headers));
      case 'split':
        return this.#follow(sending, task.split(step));
      case 'missing':
        return this.#takeMissing(sending, verdict.refusal);
      case 'refused':
        return this.#follow(sending, await task.refused(step, verdict.refusal));
    }
  }

  async #takeMissing(sending: Sending, refusal: GraphRefusal): Promise<void> {
    const { lag, pace } = this.#parts;
    const absence = await lag.judge(sending, refusal, pace.now());
    if (absence === 'real') return this.#follow(sending, await sending.task.missing(sending.step, refusal));
    const unexplained = sending.unexplained + (absence === 'unexplained' ? 1 : 0);
    this.#later({ ...sending, unexplained }, null);
  }

  /** Throttled: as often as it takes, the pauses are the tenant's. Otherwise in each other's way: not for ever. */
  async #takeAgain(sending: Sending, answer: GraphAnswer, isThrottled: boolean): Promise<void> {
    const wait = this.#parts.graph.retryAfter(answer.headers);
    const refusal = readRefusal(answer.status, answer.body);
    if (isConcurrencyRefusal(refusal)) this.#contention.note(objectOf(sending));
    if (isThrottled || sending.tries + 1 < MOST_TRIES) this.#later(sending, wait);
    else this.#follow(sending, await sending.task.refused(sending.step, refusal));
  }

  /** `wait`: what the tenant asked for, also of the look-ups. */
  async #clarify(sending: Sending, wait: number | null = null): Promise<void> {
    if (wait !== null) await this.#parts.pace.delay(wait);
    this.#follow(sending, await sending.task.unclear(sending.step), wait === null ? null : 0);
  }

  #follow(sending: Sending, next: Next, wait: number | null = null): void {
    const now = this.#parts.pace.now();
    const { task } = sending;
    if (next.next === 'send-again') this.#later(sending, wait);
    if (next.next === 'further') {
      for (const step of next.steps)
        this.#queue.push({ task, step, firstAt: now, tries: 0, unexplained: 0, notBefore: now });
    }
    this.#report(task);
    this.#bell.ring();
  }

  #later(sending: Sending, wait: number | null): void {
    const { pace } = this.#parts;
    const tries = sending.tries + 1;
    this.#queue.push({ ...sending, tries, notBefore: pace.now() + backOff(tries, wait, pace) });
    this.#bell.ring();
  }

  #report(task: WriteTask): void {
    const result = task.takeResult();
    if (result === null) return;
    if (result.outcome === 'done') this.#parts.lag.note(task, this.#parts.pace.now());
    this.results.push(result);
  }
}

function objectOf({ task }: Sending): string | null {
  return task.targetId;
}

const LEVEL = 'x-ms-throttle-limit-percentage';

/** What one answer tells about the quota: the fullest level of its items, and the longest pause that throttled ones ask for. */
function readQuota(graph: Graph, whole: GraphAnswer, items: readonly (GraphAnswer | null)[]): QuotaAnswer {
  const answers = items.filter((item) => item !== null);
  const told = (whole.status === 200 ? answers : [whole]).filter((item) => !isUnrelated(item));
  const levels = told.map((item) => Number(item.headers[LEVEL])).filter((level) => Number.isFinite(level));
  const throttled = told.filter((item) => item.status === 429);
  const pauses = throttled.map((item) => graph.retryAfter(item.headers) ?? DEFAULT_PAUSE);
  // A service that is not there for a whole request is not there for the next one either.
  const absence = whole.status === 200 ? null : graph.retryAfter(whole.headers);
  if (absence !== null) pauses.push(absence);
  return {
    writes: told.length,
    level: levels.length === 0 ? null : Math.max(...levels),
    pause: pauses.length === 0 ? null : Math.max(...pauses),
  };
}

const DEFAULT_PAUSE = 5000;

/** A failure that says nothing about how much has been written. */
function isUnrelated(answer: GraphAnswer): boolean {
  return answer.status >= 500;
}
