import { guidToBytes } from '../../src/model/anchor.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';
import type { World } from './world.ts';

const [DISABLED, WRONG, MUST_CHANGE] = ['AADSTS50057', 'AADSTS50126', 'AADSTS50055'];

interface Known {
  readonly now: string;
  readonly isTemporary: boolean;
  /** What is not to let anybody in any more, unless the tenant was not to have what came after it. */
  readonly before: string | null;
  readonly wasTemporary: boolean;
}

/** Sets the password of a user by objectGUID, as an administrator of the directory does. */
export type SetOfficePassword = (anchor: string, password: string, mustChange: boolean) => void | Promise<void>;

/** The passwords of a directory, which everybody changes at random, some to temporary ones, and what has to come of them in a tenant, whether it takes those or not. */
export class RandomPasswords {
  readonly #setInOffice: SetOfficePassword;
  readonly #random: SeededRandom;
  readonly #known = new Map<string, Known>();
  readonly #temporary: SeededRandom;
  #count = 0;

  constructor(seed: number, setInOffice: SetOfficePassword) {
    this.#setInOffice = setInOffice;
    this.#random = new SeededRandom(seed, 17);
    this.#temporary = new SeededRandom(seed, 23);
  }

  /** Gives everybody who is new a password, and some another one, a few of them twice. Answers what was done. */
  async change(users: readonly { readonly anchor: string; readonly name: string }[]): Promise<readonly string[]> {
    const done: string[] = [];
    for (const { anchor, name } of users) {
      const times = this.#known.has(anchor) ? this.#times() : 1;
      for (let left = times; left > 0; left--) await this.#set(anchor);
      if (times > 0) done.push(`password of ${name} set, ${times} times`);
    }
    return done;
  }

  #times(): number {
    if (!this.#random.isLikely(0.3)) return 0;
    return this.#random.isLikely(0.2) ? 2 : 1;
  }

  async #set(anchor: string): Promise<void> {
    const password = `Office ${++this.#count} ${this.#random.below(1_000_000)}`;
    const isTemporary = this.#temporary.isLikely(0.2);
    await this.#setInOffice(anchor, password, isTemporary);
    const before = this.#known.get(anchor);
    const wasTemporary = before?.isTemporary ?? false;
    this.#known.set(anchor, { now: password, isTemporary, before: before?.now ?? null, wasTemporary });
  }

  /** One sentence for each user of the tenant whom the office password does not let in, or an older one does. */
  async differences(world: World, { users }: TenantDump): Promise<readonly string[]> {
    const byAnchor = new Map([...this.#known].map(([anchor, known]) => [sourceAnchorOf(anchor), known]));
    const wrong: string[] = [];
    for (const user of users.filter((one) => one.deletedDateTime === undefined)) {
      const known = byAnchor.get(String(user['onPremisesImmutableId']));
      if (known === undefined) continue;
      const name = String(user['userPrincipalName']);
      const isWithheld = known.isTemporary && !world.takesTemporaryPasswords;
      const answer = await world.signIn(name, known.now);
      if (!answersTo(known, isWithheld, user['accountEnabled'] !== false).includes(answer))
        wrong.push(`${name} signs in with the office password: ${answer}`);
      const older = known.before === null ? WRONG : await world.signIn(name, known.before);
      if (!answersToOlder(known, isWithheld).includes(older))
        wrong.push(`${name} signs in with an older password: ${older}`);
    }
    return wrong;
  }
}

/** A withheld one may yet have been the first of the user, which is sent; in no case may it do without the demand to change it. */
function answersTo({ isTemporary }: Known, isWithheld: boolean, isEnabled: boolean): readonly string[] {
  if (!isEnabled) return [DISABLED, WRONG];
  if (isWithheld) return [WRONG, MUST_CHANGE];
  return isTemporary ? [MUST_CHANGE] : ['ok'];
}

/** While one is withheld the tenant has what was sent before, whichever that was. */
function answersToOlder({ wasTemporary }: Known, isWithheld: boolean): readonly string[] {
  if (!isWithheld) return [WRONG, DISABLED];
  return wasTemporary ? [WRONG, DISABLED, MUST_CHANGE] : [WRONG, DISABLED, 'ok'];
}

/** As the tenant has it. */
function sourceAnchorOf(anchor: string): string {
  return Buffer.from(guidToBytes(anchor) ?? []).toString('base64');
}
