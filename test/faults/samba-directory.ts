import type { SeededRandom } from '../lab/seeded-random.ts';
import { Company } from '../scenarios/company.ts';
import { RandomChanges } from '../scenarios/random-changes.ts';
import type { DisturbedDirectory } from './campaign-run.ts';
import type { SourceDescription } from './subject-message.ts';

/** One Samba domain; each run of a campaign has containers of its own in it. */
export class SambaDirectories {
  readonly #company: Company;

  private constructor(company: Company) {
    this.#company = company;
  }

  static async start(): Promise<SambaDirectories> {
    return new SambaDirectories(await Company.start());
  }

  async prepare(seed: number): Promise<DisturbedDirectory> {
    const root = await this.#company.makeOu(`Root ${seed}`);
    const outside = await this.#company.makeOu(`Outside ${seed}`);
    return new SambaDirectoryOfRun(this.#company, await RandomChanges.begin(this.#company, seed, root, outside), root);
  }

  stop(): Promise<void> {
    return this.#company.stop();
  }
}

class SambaDirectoryOfRun implements DisturbedDirectory {
  readonly source = null;
  readonly scope: string;
  readonly description: SourceDescription;
  readonly #company: Company;
  readonly #changes: RandomChanges;
  #isDown = false;

  constructor(company: Company, changes: RandomChanges, scope: string) {
    const { domain, service } = company;
    this.#company = company;
    this.#changes = changes;
    this.scope = scope;
    const { user, password } = service;
    this.description = { kind: 'ad', server: domain.ldapsUrl, ca: domain.ca, user, password };
  }

  get log(): string[] {
    return this.#changes.log;
  }

  change(): Promise<void> {
    return this.#changes.change();
  }

  anchorsInScope(): null {
    return null;
  }

  async disturb(random: SeededRandom): Promise<string | null> {
    if (random.isLikely(0.6)) return null;
    if (random.isLikely(0.5)) {
      await this.#company.restart();
      return 'the domain controller is started again';
    }
    await this.#company.domain.kill();
    this.#isDown = true;
    return 'the domain controller is away';
  }

  async calm(): Promise<void> {
    if (this.#isDown) await this.#company.restart();
    this.#isDown = false;
  }
}
