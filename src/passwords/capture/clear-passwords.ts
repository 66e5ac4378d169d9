import type {
  CheckLine,
  ClearPasswordTarget,
  PasswordFeatures,
  PasswordResult,
  PasswordTarget,
  PasswordWrite,
  UndecidedPassword,
} from '../../connectors/connector.ts';

/** So many requests are underway at once. */
const AT_ONCE = 8;

/** A tenant in which passwords themselves are set, as the password cycle takes one: what it calls a credential is the password, in UTF-8. */
export class ClearPasswords implements PasswordTarget {
  readonly passwordsPerWrite = AT_ONCE;
  readonly #target: ClearPasswordTarget;
  readonly #mayForceChange: boolean;
  readonly #expires: boolean;
  /** It has answered for somebody of the last write. */
  #wasAnswering = false;

  constructor(
    target: ClearPasswordTarget,
    { mayForceChange, expires }: { readonly mayForceChange: boolean; readonly expires: boolean },
  ) {
    this.#target = target;
    this.#mayForceChange = mayForceChange;
    this.#expires = expires;
  }

  check(): AsyncIterable<CheckLine> {
    return this.#target.check();
  }

  async readFeatures(): Promise<PasswordFeatures> {
    return { isSyncEnabled: true, mayForceChange: this.#mayForceChange, hasCloudPolicy: this.#expires };
  }

  /** All of them are answered before any failure is thrown: the buffers are the caller's again then. */
  async write(writes: readonly PasswordWrite[]): Promise<readonly PasswordResult[]> {
    const settled = await Promise.allSettled(
      writes.map(({ anchor, targetId, credential, forceChange }) =>
        this.#target.set({ anchor, targetId, password: credential, forceChange, expires: this.#expires }),
      ),
    );
    const results = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    return this.#settleUndecided(writes, results);
  }

  /**
   * One user whom the tenant fails over holds up nobody: where it answers for others, or did so a moment before, or when it failed over this very user while it did, that is a refusal of this
   * user alone. Throws when nothing tells that it is not the tenant; of one that goes away in the middle the next write tells.
   */
  #settleUndecided(
    writes: readonly PasswordWrite[],
    results: readonly (PasswordResult | UndecidedPassword)[],
  ): readonly PasswordResult[] {
    const isAnswering = results.some(({ outcome }) => outcome !== 'undecided');
    const isOfUsers = isAnswering || this.#wasAnswering || writes.every(({ wasRefused }) => wasRefused === true);
    this.#wasAnswering = isAnswering;
    return results.map((result) => {
      if (result.outcome !== 'undecided') return result;
      const { anchor, failure, error } = result;
      if (!isOfUsers) throw error;
      return { anchor, outcome: 'failed', failure };
    });
  }
}
