import type { SeededRandom } from '../lab/seeded-random.ts';
import { Company } from '../scenarios/company.ts';
import { grantReplication } from '../scenarios/office-passwords.ts';
import { RandomChanges } from '../scenarios/random-changes.ts';
import type { DisturbedDirectory } from './campaign-run.ts';
import { RandomPasswords } from './random-passwords.ts';
import type { SourceDescription } from './subject-message.ts';

/** One Samba domain; each run of a campaign has containers of its own in it. */
export class SambaDirectories {
  readonly #company: Company;

  private constructor(company: Company) {
    this.#company = company;
  }

  static async start(): Promise<SambaDirectories> {
    const company = await Company.start();
    await grantReplication(company);
    return new SambaDirectories(company);
  }

  async prepare(seed: number): Promise<DisturbedDirectory> {
    const root = await this.#company.makeOu(`Root ${seed}`);
    const outside = await this.#company.makeOu(`Outside ${seed}`);
    const changes = await RandomChanges.begin(this.#company, seed, root, outside);
    return new SambaDirectoryOfRun(this.#company, changes, root, seed);
  }

  stop(): Promise<void> {
    return this.#company.stop();
  }
}

class SambaDirectoryOfRun implements DisturbedDirectory {
  readonly source = null;
  readonly scope: string;
  readonly description: SourceDescription;
  readonly passwords: RandomPasswords;
  readonly #company: Company;
  readonly #changes: RandomChanges;
  #isDown = false;

  /** By objectGUID, as they are named now. */
  readonly #names = new Map<string, string>();

  constructor(company: Company, changes: RandomChanges, scope: string, seed: number) {
    const { domain, service } = company;
    this.#company = company;
    this.#changes = changes;
    this.scope = scope;
    const { user, password } = service;
    this.description = { kind: 'ad', server: domain.ldapsUrl, ca: domain.ca, user, password };
    this.passwords = new RandomPasswords(seed, (anchor, password, mustChange) =>
      this.#setPassword(this.#names.get(anchor) ?? '', password, mustChange),
    );
  }

  get log(): string[] {
    return this.#changes.log;
  }

  change(): Promise<void> {
    return this.#changes.change();
  }

  async changePasswords(): Promise<void> {
    const users: { anchor: string; name: string }[] = [];
    for (const name of this.#changes.users) users.push({ anchor: await this.#company.guidOf(name), name });
    for (const { anchor, name } of users) this.#names.set(anchor, name);
    this.log.push(...(await this.passwords.change(users)));
  }

  async #setPassword(dn: string, password: string, mustChange: boolean): Promise<void> {
    await this.#company.setBytes(dn, 'unicodePwd', Buffer.from(`"${password}"`, 'utf16le'));
    if (mustChange) await this.#company.set(dn, { pwdLastSet: '0' });
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
