import type { PasswordMark, PasswordMarkSource } from '../../connectors/connector.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Refusal } from './capture-server.ts';
import type { HandOver } from './hand-over-request.ts';
import type { HeldAccount, HeldPasswords } from './held-passwords.ts';

export interface DeskOptions {
  readonly held: HeldPasswords;
  /** By the name of the source. */
  readonly sources: ReadonlyMap<string, Pick<PasswordMarkSource, 'find'>>;
  /** The domain has taken a password that is held now: it is to be sent. Told of each one by itself. */
  readonly onTaken: () => void;
  readonly clock: DeskClock;
  readonly log: Log;
}

export interface DeskClock {
  now(): number;
  /** Waits so many milliseconds, or until the signal is given. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Nothing is held: somebody will wake us. */
const LONG = 60_000;
/** So long between two searches for what is held for too long, while others are looked at: each goes through all that is held. */
const EXPIRY_CHECK = 1000;

/**
 * Takes new passwords from domain controllers and finds out, by looking at the directory, which of them the domain has taken. A password goes further only after that: a script that
 * lets it pass knows nothing of what the domain still finds against it (its history, say).
 */
export class HandOverDesk {
  readonly #options: DeskOptions;
  #waiting: AbortController | null = null;
  #expiredAt = Number.NEGATIVE_INFINITY;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** At once and without a look at anything: the domain controller waits. */
  take(handOver: HandOver): Refusal | null {
    const source = this.#sourceOf(handOver.source);
    if (source === null) {
      this.#options.log.warn({ source: handOver.source }, 'a new password of a source that is not known was not taken');
      return 'unknown-source';
    }
    if (!this.#options.held.take(source, handOver)) return 'busy';
    this.#waiting?.abort();
    return null;
  }

  /** Looks until the signal is given. What is held then is overwritten. */
  async run(signal: AbortSignal): Promise<void> {
    const { held, clock } = this.#options;
    try {
      while (!signal.aborted) {
        await this.step();
        this.#waiting = new AbortController();
        const wait = Math.max(0, (held.nextAt() ?? clock.now() + LONG) - clock.now());
        await clock.wait(Math.min(wait, LONG), AbortSignal.any([signal, this.#waiting.signal]));
      }
    } finally {
      held.clear();
    }
  }

  /** One look at everybody who is due. A slow directory keeps nothing longer than it may be kept, and holds up nothing that was taken already. */
  async step(): Promise<void> {
    const { held, clock } = this.#options;
    for (const who of held.due()) {
      if (clock.now() - this.#expiredAt >= EXPIRY_CHECK) this.#expire();
      if (held.isDue(who)) await this.#look(who);
    }
    this.#expire();
  }

  async #look(who: HeldAccount): Promise<void> {
    const { held, log, onTaken } = this.#options;
    const mark = await this.#find(who);
    if (mark === undefined) {
      held.lookLater(who);
      return;
    }
    const { isTaken, refused } = held.look(who, mark);
    if (refused > 0)
      log.info(
        { ...who, passwords: refused },
        'a password was handed over that the domain did not take, or not as the last one; it was dropped',
      );
    if (!isTaken) return;
    log.debug({ ...who }, 'the domain has taken a new password');
    onTaken();
  }

  #expire(): void {
    const { held, clock, log } = this.#options;
    this.#expiredAt = clock.now();
    for (const who of held.expire())
      log.warn(
        { ...who },
        'a new password was not set in time: the tenant is away or refuses it, or the account is not synchronized. It was dropped; where the account is synchronized it waits for the next change',
      );
  }

  /** Undefined: it could not be asked. */
  async #find({ source, account }: HeldAccount): Promise<PasswordMark | null | undefined> {
    try {
      return (await this.#options.sources.get(source)?.find(account)) ?? null;
    } catch (thrown) {
      this.#options.log.warn(
        { source, account, reason: messageOf(thrown) },
        'whether a password was taken cannot be seen; tried again',
      );
      return undefined;
    }
  }

  #sourceOf(name: string): string | null {
    const { sources } = this.#options;
    if (name !== '') return sources.has(name) ? name : null;
    const [only] = sources.keys();
    return sources.size === 1 && only !== undefined ? only : null;
  }
}
