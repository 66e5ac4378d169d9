import type { Connector } from '../../src/connectors/connector.ts';
import { createMemoryPasswords } from '../../src/connectors/memory/password-source.ts';
import type { SeededRandom } from '../lab/seeded-random.ts';
import type { DisturbedDirectory } from './campaign-run.ts';
import { overriding } from './deadly-store.ts';
import { RandomDirectory } from './random-directory.ts';
import { RandomPasswords } from './random-passwords.ts';
import type { SourceDescription } from './subject-message.ts';

/** Small, so that a read is some pages. */
const PASSWORD_PAGE = 5;

/** A directory in memory for a run of the campaign: thousands of objects a second, and every way to break a read. */
export class MemoryDirectoryOfRun implements DisturbedDirectory {
  readonly description: SourceDescription = { kind: 'memory' };
  readonly passwords: RandomPasswords;
  readonly #directory: RandomDirectory;
  readonly #inOffice = createMemoryPasswords('corp', undefined, PASSWORD_PAGE);

  constructor(seed: number) {
    this.#directory = new RandomDirectory(seed);
    this.passwords = new RandomPasswords(seed, (anchor, password, mustChange) =>
      this.#inOffice.setPassword(anchor, password, { mustChange }),
    );
  }

  get scope(): string {
    return this.#directory.scope;
  }

  get source(): Connector {
    return overriding<Connector>(this.#directory.source, { passwords: this.#inOffice });
  }

  get log(): string[] {
    return this.#directory.log;
  }

  async change(): Promise<void> {
    this.#directory.change();
  }

  async commute(random: SeededRandom, leavers: number): Promise<void> {
    this.#directory.commute(random, leavers);
  }

  async changePasswords(): Promise<void> {
    this.#directory.log.push(...(await this.passwords.change(this.#directory.users())));
  }

  anchorsInScope(): ReadonlySet<string> {
    return this.#directory.anchorsInScope();
  }

  async disturb(random: SeededRandom): Promise<string | null> {
    const { source } = this.#directory;
    switch (random.below(4)) {
      case 0:
        source.failNextRead(random.below(8));
        this.#inOffice.failNextRead(random.below(3));
        return 'the directory goes away in the middle';
      case 1:
        source.refuseWatermarks('the server does not know the one that the last import read');
        this.#inOffice.refuseWatermarks('the server does not know the one that the last cycle read');
        return 'another domain controller answers';
      case 2:
        this.#directory.backUp();
        return null;
      default:
        return this.#directory.restoreBackup() ? 'the directory is put back from a backup' : null;
    }
  }

  async calm(): Promise<void> {
    this.#directory.source.mend();
    this.#inOffice.mend();
  }
}
