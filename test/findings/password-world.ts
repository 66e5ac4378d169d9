import type { EngineContext } from '../../src/engine/context.ts';
import type { CycleResult } from '../../src/engine/run.ts';
import type { Finding, FindingCode } from '../../src/model/finding.ts';
import { PasswordLab, type PasswordLabOptions } from '../passwords/password-lab.ts';
import type { ProvokedWorld } from './provoked-world.ts';

/** A world with password cycles: a run is a sync cycle and a password cycle after it. */
export class PasswordWorld implements ProvokedWorld {
  readonly folder = 'no folder of ours';
  readonly passwords: PasswordLab;

  private constructor(passwords: PasswordLab) {
    this.passwords = passwords;
  }

  static async begin(options: PasswordLabOptions = {}): Promise<PasswordWorld> {
    return new PasswordWorld(await PasswordLab.begin(options));
  }

  get context(): EngineContext {
    return this.passwords.lab.context;
  }

  findings(code?: FindingCode): Promise<readonly Finding[]> {
    return this.passwords.lab.findings(code);
  }

  async run(options: { readonly full?: boolean } = {}): Promise<CycleResult> {
    const result = await this.passwords.sync(options);
    const { failed } = await this.passwords.cycle(options);
    return { ...result, failed: result.failed + failed };
  }

  end(): Promise<void> {
    return this.passwords.end();
  }
}
