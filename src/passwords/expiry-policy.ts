import type {
  CheckLine,
  PasswordFeatures,
  PasswordResult,
  PasswordTarget,
  PasswordWrite,
} from '../connectors/connector.ts';

/**
 * A tenant that is told, before the first password of a cycle, whether its own policy goes for synchronized passwords, where it does otherwise than the
 * configuration says. Whoever has written that down wants it so; without it nothing is asked and nothing is changed.
 */
export class WithExpiryPolicy implements PasswordTarget {
  readonly #target: PasswordTarget;
  readonly #isEnforced: boolean;
  #isTold = false;

  constructor(target: PasswordTarget, isEnforced: boolean) {
    this.#target = target;
    this.#isEnforced = isEnforced;
  }

  get passwordsPerWrite(): number {
    return this.#target.passwordsPerWrite;
  }

  async *check(): AsyncGenerator<CheckLine> {
    let isUsable = true;
    for await (const line of this.#target.check()) {
      isUsable &&= line.state !== 'error';
      yield line;
    }
    // What is wrong with the tenant stands in the lines before; to ask once more may take as long as they did.
    const features = isUsable ? await this.#target.readFeatures().catch(() => null) : null;
    if (features === null || features.hasCloudPolicy === this.#isEnforced) return;
    const [now, then] = this.#isEnforced ? ['never expire', 'expire'] : ['expire', 'never expire'];
    yield {
      what: 'expiry of passwords',
      state: 'warning',
      detail: `synchronized passwords ${now} in the tenant, and passwords.expiration says that they shall ${then}; the next cycle that sends one switches that in the tenant, for all that are sent from then on`,
    };
  }

  readFeatures(): Promise<PasswordFeatures> {
    return this.#target.readFeatures();
  }

  async write(writes: readonly PasswordWrite[]): Promise<readonly PasswordResult[]> {
    if (!this.#isTold) await this.#target.setCloudPolicy?.(this.#isEnforced);
    this.#isTold = true;
    return this.#target.write(writes);
  }
}
