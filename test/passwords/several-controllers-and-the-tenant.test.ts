import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirbridgeError } from '../../src/errors.ts';
import { guid, user } from '../memory/memory-lab.ts';
import { MINUTE, PasswordLab } from './password-lab.ts';
import { Controller, SeveralControllers } from './two-controllers.ts';

const NAMES = ['ann', 'bob'] as const;
const AWAY = new DirbridgeError('tenant-unreachable', 'the tenant did not answer');

const IDS = ['aaaaaaaa-0000-0000-0000-000000000000', 'bbbbbbbb-0000-0000-0000-000000000000'] as const;
const side = fc.integer({ min: 0, max: 1 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), at: side, who: fc.constantFrom(...NAMES) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hear' as const), at: side }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), at: side }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('cycle' as const), isAway: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.constantFrom(...NAMES) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What chance seldom makes. */
const EXAMPLES: readonly (readonly Step[])[] = [
  // The second one has not heard of two changes, and makes one itself, which loses against them when it hears of them.
  [
    { kind: 'set', at: 0, who: 'ann' },
    { kind: 'set', at: 0, who: 'ann' },
    { kind: 'cycle', isAway: false },
    { kind: 'set', at: 1, who: 'ann' },
    { kind: 'answer', at: 1 },
    { kind: 'cycle', isAway: false },
  ],
  // Changed while nobody needs the password; who needs it then is asked of one that has not heard of the change.
  [
    { kind: 'leave', who: 'ann' },
    { kind: 'set', at: 0, who: 'ann' },
    { kind: 'cycle', isAway: false },
    { kind: 'leave', who: 'ann' },
    { kind: 'answer', at: 1 },
    { kind: 'cycle', isAway: false },
  ],
  // Told while the tenant is away; the one that knows it is gone when the tenant is back.
  [
    { kind: 'set', at: 0, who: 'ann' },
    { kind: 'cycle', isAway: true },
    { kind: 'answer', at: 1 },
    { kind: 'cycle', isAway: false },
    { kind: 'cycle', isAway: false },
  ],
];

class Domain {
  readonly lab: PasswordLab;
  readonly controllers = IDS.map((id) => new Controller(id));
  readonly source: SeveralControllers;
  /** Whoever is out of the scope for the moment. */
  readonly #away = new Set<string>();
  #count = 0;

  private constructor(lab: PasswordLab) {
    this.lab = lab;
    this.source = new SeveralControllers(this.at(0));
  }

  static async begin(): Promise<Domain> {
    const domain = new Domain(await PasswordLab.begin());
    for (const name of NAMES) {
      domain.lab.source.put(user(name));
      domain.at(0).setPassword(guid(name), `${name}-0`, domain.lab.clock.now);
    }
    domain.at(1).hearOf(domain.at(0));
    await domain.lab.sync();
    return domain;
  }

  at(side: number): Controller {
    const controller = this.controllers[side];
    if (controller === undefined) throw new RangeError(`there is no controller ${side}`);
    return controller;
  }

  async carryOut(one: Step): Promise<void> {
    this.lab.pass(1000);
    if (one.kind === 'set')
      this.at(one.at).setPassword(guid(one.who), `${one.who}-${++this.#count}`, this.lab.clock.now);
    else if (one.kind === 'hear') this.at(one.at).hearOf(this.at(1 - one.at));
    else if (one.kind === 'answer') this.source.answering = this.at(one.at);
    else if (one.kind === 'leave') await this.#toggle(one.who);
    else await this.cycle(one.isAway);
  }

  async #toggle(who: string): Promise<void> {
    if (this.#away.delete(who)) this.lab.source.put(user(who));
    else {
      this.#away.add(who);
      this.lab.source.remove(guid(who));
    }
    await this.lab.sync();
  }

  async cycle(isAway = false): Promise<void> {
    this.lab.target.breakDown(isAway ? AWAY : null);
    const sources = [{ name: 'corp', passwords: this.source }];
    const cycle = this.lab.cycleWith({ ...(await this.lab.context()), sources });
    await (isAway ? cycle.catch(() => undefined) : cycle);
    this.lab.target.breakDown(null);
  }

  /** Both have heard of everything, whoever was away is back, and what is asked for later and later has been asked for. */
  async settle(): Promise<void> {
    for (const who of [...this.#away]) await this.#toggle(who);
    for (const side of [0, 1, 0, 1]) this.at(side).hearOf(this.at(1 - side));
    for (let cycle = 0; cycle < 2; cycle++) {
      await this.cycle();
      this.lab.pass(6 * 60 * MINUTE);
    }
  }
}

describe('several domain controllers, of which now this one answers and now that one, hear of each other late:', () => {
  test('whatever they told, in the end the password of the domain opens the tenant, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array<Step>(step, { maxLength: 25 }), async (steps) => {
        const domain = await Domain.begin();
        try {
          for (const one of steps) await domain.carryOut(one);
          await domain.settle();
          for (const name of NAMES) {
            const right = domain.at(0).passwordOf(guid(name))?.password ?? '';
            expect([name, right, domain.lab.signIn(name, right)]).toEqual([name, right, 'welcome']);
            expect(await domain.lab.state(name)).toBe('synchronized');
          }
        } finally {
          await domain.lab.end();
        }
      }),
      { numRuns: 100, seed: 20_301, examples: EXAMPLES.map((steps) => [steps]) },
    );
  }, 120_000);
});
