import { createMemoryPasswords, type MemoryPasswords } from '../../src/connectors/memory/password-source.ts';
import { guidToBytes } from '../../src/model/anchor.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';
import type { World } from './world.ts';

/** Small, so that a read is some pages. */
const PAGE = 5;
const [DISABLED, WRONG, MUST_CHANGE] = ['AADSTS50057', 'AADSTS50126', 'AADSTS50055'];

interface Known {
  readonly now: string;
  readonly isTemporary: boolean;
  /** What is not to let anybody in any more. */
  readonly before: string | null;
}

/** The passwords of a directory, which everybody changes at random, some to temporary ones, and what has to come of them in a tenant that takes those, too. */
export class RandomPasswords {
  readonly source: MemoryPasswords = createMemoryPasswords('corp', undefined, PAGE);
  readonly #random: SeededRandom;
  readonly #known = new Map<string, Known>();
  readonly #temporary: SeededRandom;
  #count = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 17);
    this.#temporary = new SeededRandom(seed, 23);
  }

  /** Gives everybody who is new a password, and some another one, a few of them twice. Answers what was done. */
  change(users: readonly { readonly anchor: string; readonly name: string }[]): readonly string[] {
    const done: string[] = [];
    for (const { anchor, name } of users) {
      const times = this.#known.has(anchor) ? this.#times() : 1;
      for (let left = times; left > 0; left--) this.#set(anchor);
      if (times > 0) done.push(`password of ${name} set, ${times} times`);
    }
    return done;
  }

  #times(): number {
    if (!this.#random.isLikely(0.3)) return 0;
    return this.#random.isLikely(0.2) ? 2 : 1;
  }

  #set(anchor: string): void {
    const password = `Office ${++this.#count} ${this.#random.below(1_000_000)}`;
    const isTemporary = this.#temporary.isLikely(0.2);
    this.source.setPassword(anchor, password, { mustChange: isTemporary });
    this.#known.set(anchor, { now: password, isTemporary, before: this.#known.get(anchor)?.now ?? null });
  }

  /** One sentence for each user of the tenant whom the office password does not let in, or an older one does. */
  async differences(world: World, { users }: TenantDump): Promise<readonly string[]> {
    const byAnchor = new Map([...this.#known].map(([anchor, known]) => [sourceAnchorOf(anchor), known]));
    const wrong: string[] = [];
    for (const user of users.filter((one) => one.deletedDateTime === undefined)) {
      const known = byAnchor.get(String(user['onPremisesImmutableId']));
      if (known === undefined) continue;
      const name = String(user['userPrincipalName']);
      const open = known.isTemporary ? MUST_CHANGE : 'ok';
      const expected = user['accountEnabled'] === false ? [DISABLED, WRONG] : [open];
      const answer = await world.signIn(name, known.now);
      if (!expected.includes(answer)) wrong.push(`${name} signs in with the office password: ${answer}`);
      const older = known.before === null ? WRONG : await world.signIn(name, known.before);
      if (older === 'ok' || older === MUST_CHANGE) wrong.push(`${name} signs in with an older password`);
    }
    return wrong;
  }
}

/** As the tenant has it. */
function sourceAnchorOf(anchor: string): string {
  return Buffer.from(guidToBytes(anchor) ?? []).toString('base64');
}
