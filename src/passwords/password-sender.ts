import { randomFillSync } from 'node:crypto';
import type { PasswordResult } from '../connectors/connector.ts';
import type { PasswordAccount } from '../store/password-store.ts';
import { deriveCredential } from './derive-credential.ts';
import type { Outgoing } from './outgoing.ts';
import type { PasswordContext } from './password-context.ts';
import { isNewerPassword } from './password-version.ts';
import type { ResultRecorder } from './result-recorder.ts';

/** So many are read ahead at most: memory holds no more than their credentials. */
const MOST_UNDERWAY = 1000;
/** So many are gathered before the oldest of them are sent, so that the order holds although they come in pages. */
const GATHERED = 500;
/** Enough that no thread waits while we store a page or a batch is sent; few enough that whoever else needs a thread has one within some milliseconds. */
const DERIVED_AT_ONCE = 64;

interface Underway extends Outgoing {
  hash: Uint8Array;
  credential: Uint8Array | null;
}

/**
 * Takes passwords in any order, derives their credentials on the thread pool while more are read, and sends them in batches, the oldest change first. What it is handed is its
 * own to overwrite. When the tenant cannot be used it takes no more, stores whoever was to be sent as waiting, and `flush` throws.
 */
export class PasswordSender {
  readonly #context: PasswordContext;
  readonly #recorder: ResultRecorder;
  readonly #queue: Underway[] = [];
  readonly #ready: Underway[] = [];
  /** The last one of each account: one that another has overtaken is not sent. */
  readonly #latest = new Map<string, Underway>();
  /** Those that the tenant could not be sent. */
  readonly #unsent: PasswordAccount[] = [];
  /** Users of the tenant whose first password has been on its way since the cycle began, whatever was decided before about the next one. */
  readonly #begun = new Set<string>();
  #deriving = 0;
  #inFlight = 0;
  #isSending = false;
  #isFlushing = false;
  #failure: { readonly error: unknown } | null = null;
  #moved = Promise.withResolvers<void>();

  constructor(context: PasswordContext, recorder: ResultRecorder) {
    this.#context = context;
    this.#recorder = recorder;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** Takes no more, as if the tenant had refused. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const one of this.#queue.splice(0)) this.#giveUp(one);
    for (const one of this.#ready.splice(0)) this.#giveUp(one);
    this.#move();
  }

  #giveUp(one: Underway): void {
    one.hash.fill(0);
    one.credential?.fill(0);
    if (this.#latest.get(keyOf(one)) === one) this.#unsent.push(one.account);
  }

  /** Waits while too many are underway. */
  async add(outgoing: Outgoing, hash: Uint8Array): Promise<void> {
    while (this.#underway >= MOST_UNDERWAY && !this.hasFailed) await this.#moved.promise;
    if (this.hasFailed) {
      hash.fill(0);
      this.#unsent.push(outgoing.account);
      return;
    }
    const latest = this.#latest.get(keyOf(outgoing));
    // A read that went on at another domain controller may tell of an older one after a newer.
    if (latest !== undefined && isNewerPassword(latest, outgoing) && !isNewerPassword(outgoing, latest)) {
      hash.fill(0);
      return;
    }
    const one: Underway = { ...outgoing, hash, credential: null };
    // Nobody knows a random one, and it looks like any other.
    if (one.sending.isBlocked) randomFillSync(hash);
    this.#latest.set(keyOf(one), one);
    this.#queue.push(one);
    this.#deriveMore();
  }

  /** Waits until everything has been answered and stored, or stands in the store as waiting. Throws what made the tenant unusable. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#sendMore();
    while (this.#underway > 0 && !(this.hasFailed && this.#inFlight + this.#deriving === 0)) await this.#moved.promise;
    this.#isFlushing = false;
    this.#latest.clear();
    await this.storeUnsent();
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Stores that these wait: the next cycle sends them, also when the directory tells of them no more. */
  async storeUnsent(): Promise<void> {
    const { store } = this.#context;
    const unsent = [...this.#unsent];
    if (unsent.length > 0) await store.transaction(() => store.passwords.save(unsent));
    this.#unsent.splice(0, unsent.length);
  }

  get #underway(): number {
    return this.#queue.length + this.#deriving + this.#ready.length + this.#inFlight;
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }

  #deriveMore(): void {
    while (this.#deriving < DERIVED_AT_ONCE) {
      const one = this.#queue.shift();
      if (one === undefined) return;
      this.#deriving++;
      void this.#derive(one);
    }
  }

  async #derive(one: Underway): Promise<void> {
    try {
      one.credential = await (this.#context.derive ?? deriveCredential)(one.hash);
      if (this.hasFailed) this.#giveUp(one);
      else this.#keepReady(one);
    } catch (error) {
      this.#giveUp(one);
      this.fail(error);
    } finally {
      one.hash.fill(0);
      this.#deriving--;
      this.#deriveMore();
      this.#sendMore();
      this.#move();
    }
  }

  /** Starts to send when enough are gathered, or nothing more comes. */
  #sendMore(): void {
    if (this.#isSending || !this.#mayTakeBatch()) return;
    this.#isSending = true;
    void this.#sendAll();
  }

  #mayTakeBatch(): boolean {
    if (this.#ready.length === 0 || this.hasFailed) return false;
    return this.#ready.length >= GATHERED || (this.#isFlushing && this.#deriving + this.#queue.length === 0);
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#mayTakeBatch()) await this.#sendBatch(this.#takeOldest());
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isSending = false;
      this.#move();
    }
  }

  /** In its place, the oldest change first. */
  #keepReady(one: Underway): void {
    let [from, to] = [0, this.#ready.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.#ready[middle];
      if (other !== undefined && isBefore(other, one)) from = middle + 1;
      else to = middle;
    }
    this.#ready.splice(from, 0, one);
  }

  #takeOldest(): readonly Underway[] {
    const batch: Underway[] = [];
    while (batch.length < this.#context.target.passwordsPerWrite) {
      const one = this.#ready.shift();
      if (one === undefined) break;
      if (this.#latest.get(keyOf(one)) !== one) one.credential?.fill(0);
      else if (one.giver.isFirst && one.sending.force && this.#begun.has(one.targetId)) this.#giveUp(one);
      else batch.push(one);
    }
    return batch;
  }

  async #sendBatch(batch: readonly Underway[]): Promise<void> {
    this.#inFlight = batch.length;
    try {
      const results = batch.length === 0 ? [] : await this.#write(batch);
      await this.#recorder.record(batch, results);
      for (const one of batch) if (this.#latest.get(keyOf(one)) === one) this.#latest.delete(keyOf(one));
      this.#recorder.showProgress();
    } catch (error) {
      for (const one of batch) this.#giveUp(one);
      throw error;
    } finally {
      this.#inFlight = 0;
      this.#move();
    }
  }

  async #write(batch: readonly Underway[]): Promise<readonly PasswordResult[]> {
    try {
      await this.#context.requireRight?.();
      await this.#beginFirst(batch);
      return await this.#context.target.write(
        batch.map(({ giver, sourceAnchor, targetId, credential, changedAt, sending, account }) => ({
          anchor: sourceAnchor,
          targetId,
          credential: credential ?? new Uint8Array(),
          changedAt,
          forceChange: sending.force,
          wasRefused: account.failure !== null,
          isOnce: giver.isFirst && sending.force,
        })),
      );
    } finally {
      for (const one of batch) one.credential?.fill(0);
    }
  }

  /** Before it is sent: should no answer come, the tenant may have it all the same. */
  async #beginFirst(batch: readonly Underway[]): Promise<void> {
    const { store } = this.#context;
    const first = batch.filter(({ giver }) => giver.isFirst).map(({ targetId }) => targetId);
    if (first.length > 0) await store.transaction(() => store.passwords.beginFirst(first));
    for (const targetId of first) this.#begun.add(targetId);
  }
}

function keyOf({ giver }: Outgoing): string {
  return `${giver.space}/${giver.anchor}`;
}

function isBefore(one: Underway, other: Underway): boolean {
  if (one.changedAt !== other.changedAt) return one.changedAt < other.changedAt;
  return one.giver.anchor < other.giver.anchor;
}
