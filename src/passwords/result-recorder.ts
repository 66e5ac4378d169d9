import type { PasswordResult, WriteFailure } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import type { PasswordAccount } from '../store/password-store.ts';
import type { Outgoing } from './outgoing.ts';
import type { PasswordContext } from './password-context.ts';
import { refusedFinding, tellOf } from './password-finding.ts';
import { retryAt } from './retry-time.ts';

export interface SentCounts {
  sent: number;
  blocked: number;
  failed: number;
  /** Not shown by the tenant yet. */
  gone: number;
}

/** Stores what the tenant answered. A refusal is a finding, and is tried again later and later. */
export class ResultRecorder {
  readonly #context: PasswordContext;
  readonly counts: SentCounts = { sent: 0, blocked: 0, failed: 0, gone: 0 };

  constructor(context: PasswordContext) {
    this.#context = context;
  }

  async record(batch: readonly Outgoing[], results: readonly PasswordResult[]): Promise<void> {
    const byAnchor = new Map(results.map((result) => [result.anchor, result]));
    const { store } = this.#context;
    await store.transaction(async () => {
      const accounts: PasswordAccount[] = [];
      for (const one of batch) {
        const result = byAnchor.get(one.sourceAnchor);
        if (result === undefined)
          throw new DirbridgeError('bug', `the tenant left the password of ${one.sourceAnchor} unanswered`);
        accounts.push(await this.#settle(one, result));
      }
      await store.passwords.save(accounts);
    });
  }

  /** Throws when somebody has asked us to stop: only where everything that was answered is stored, and nothing of it is given up. */
  showProgress(): void {
    this.#context.progress('passwords', this.counts.sent + this.counts.blocked, null);
  }

  async #settle(one: Outgoing, { outcome, failure }: PasswordResult): Promise<PasswordAccount> {
    if (outcome === 'done') return this.#done(one);
    if (one.giver.isFirst) await this.#context.store.passwords.awaitFirst([one.targetId]);
    // An account that had no password for long was asked for often, which is none of the tenant's refusals.
    const attempts = one.account.failure === null ? 1 : one.account.attempts + 1;
    const nextAt = retryAt(attempts, this.#context.now());
    const told = failure ?? { code: 'unknown', message: 'the tenant gave no reason' };
    this.#context.log.warn(
      { anchor: one.giver.anchor, outcome, code: told.code, attempts },
      'a password was not taken',
    );
    if (outcome === 'gone') {
      this.counts.gone++;
      await tellOf(this.#context, one.giver, []);
      return { ...one.account, state: 'waiting', reason: 'not-shown', attempts, nextAt, failure: told.message };
    }
    return this.#failed({ ...one.account, attempts, nextAt }, one, told);
  }

  async #failed(account: PasswordAccount, one: Outgoing, failure: WriteFailure): Promise<PasswordAccount> {
    this.counts.failed++;
    const name = await this.#context.judge.nameOf(account.space, account.anchor);
    await tellOf(this.#context, one.giver, [refusedFinding(name, failure)]);
    return { ...account, state: 'failing', reason: null, failure: `${failure.message} (${failure.code})` };
  }

  async #done(one: Outgoing): Promise<PasswordAccount> {
    const { account, giver, version, changedAt, targetId, sending } = one;
    if (sending.isBlocked) this.counts.blocked++;
    else this.counts.sent++;
    await tellOf(this.#context, one.giver, []);
    const at = this.#context.now().toISOString();
    this.#context.log.debug({ anchor: giver.anchor, version, target: targetId }, 'a password was taken');
    return {
      ...account,
      state: sending.isBlocked ? 'excluded' : 'synchronized',
      reason: sending.isBlocked ? 'expired' : null,
      waitingSince: null,
      attempts: 0,
      nextAt: null,
      failure: null,
      sent: {
        version,
        changedAt,
        target: targetId,
        since: giver.since,
        at,
        forced: sending.force,
        isBlocked: sending.isBlocked,
      },
    };
  }
}
