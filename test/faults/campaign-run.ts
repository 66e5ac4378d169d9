import { SeededRandom } from '../lab/seeded-random.ts';
import { BOUNDARIES, type Boundary, type Death } from './boundary.ts';
import { type Comparison, compareTenants, idsByAnchor } from './compare-tenants.ts';
import type { Way } from './options.ts';
import { pickFault, pickPasswordFault, pickPasswordOutage } from './random-faults.ts';
import { PRODUCTS, RandomLicences } from './random-licences.ts';
import type { RandomPasswords } from './random-passwords.ts';
import type { CycleEnd } from './subject-message.ts';
import type { CycleOutcome, Subjects } from './subject-process.ts';
import { type Directory, type TenantNature, World } from './world.ts';

/** A directory that a run changes and breaks. */
export interface DisturbedDirectory extends Directory {
  /** What was done, for the message of a failure. */
  readonly log: string[];
  change(): Promise<void>;
  /** Brings back who left the scope by the last call, and takes so many others out of it. */
  commute?(random: SeededRandom, leavers: number): Promise<void>;
  /** Anchors of everything in scope; null when that is not known. */
  anchorsInScope(): ReadonlySet<string> | null;
  /** What people sign in with; missing: nothing is known of it. */
  readonly passwords?: RandomPasswords;
  changePasswords?(): Promise<void>;
  /** Does something to the directory that the next cycle is to suffer; answers what, or null. */
  disturb(random: SeededRandom): Promise<string | null>;
  /** Everything works again. */
  calm(): Promise<void>;
}

export interface RunReport extends Comparison {
  readonly seed: number;
  /** How often each kind of fault struck, kills and faults of the directory included. */
  readonly struck: Readonly<Record<string, number>>;
  /** What should not have been, besides the differences: cycles that ended as none may end. */
  readonly problems: readonly string[];
  /** Changes and cycles in their order. */
  readonly log: readonly string[];
}

/** What a run is made of. */
export interface RunChoice {
  readonly seed: number;
  /** Replication delay of the tenant in milliseconds; null: the seed chooses. */
  readonly lag: number | null;
  readonly via: Way;
}

export function isGood(report: RunReport): boolean {
  return report.differences.length === 0 && report.problems.length === 0;
}

const CALM_CYCLES = 4;
const MOST_STATEMENTS = 1500;
const MOST_PASSWORD_STATEMENTS = 150;
/** Longer than any password waits that was refused. */
const LONGEST_PAUSE = 6 * 3_600_000;
const MOST_PASSES: Readonly<Partial<Record<Boundary, number>>> = {
  'at a statement': MOST_STATEMENTS,
  'at a statement about passwords': MOST_PASSWORD_STATEMENTS,
  'before passwords are sent': 2,
  'after passwords were sent': 2,
};
const LAGS = [0, 0, 0, 5_000, 60_000] as const;
const CLOCK_ERRORS = [-7_200_000, 600_000, 86_400_000, -86_400_000] as const;
/** 0 done, 1 findings, 3 stale, 4 the other side failed. Never 2 or 70. */
const PERMITTED_ENDS: readonly number[] = [0, 1, 3, 4];

/** One run: the same choice gives the same changes, faults and kills. */
export async function runOnce(
  choice: RunChoice,
  folder: string,
  subjects: Subjects,
  directory: DisturbedDirectory,
): Promise<RunReport> {
  const run = new CampaignRun(choice, folder, subjects, directory);
  return run.carryOut();
}

class CampaignRun {
  readonly #seed: number;
  readonly #lag: number | null;
  readonly #via: Way;
  readonly #folder: string;
  readonly #subjects: Subjects;
  readonly #directory: DisturbedDirectory;
  readonly #random: SeededRandom;
  readonly #licences: RandomLicences;
  /** A stream of its own, so that the others stay what they are for a seed. */
  readonly #travel: SeededRandom;
  readonly #service: SeededRandom;
  readonly #outages: SeededRandom;
  readonly #struck: Record<string, number> = {};
  readonly #problems: string[] = [];
  /** Ids of what has been in scope and in the tenant ever since. */
  readonly #kept = new Map<string, string>();

  constructor({ seed, lag, via }: RunChoice, folder: string, subjects: Subjects, directory: DisturbedDirectory) {
    this.#seed = seed;
    this.#lag = lag;
    this.#via = via;
    this.#folder = folder;
    this.#subjects = subjects;
    this.#directory = directory;
    this.#random = new SeededRandom(seed, 5);
    this.#licences = new RandomLicences(seed);
    this.#travel = new SeededRandom(seed, 13);
    this.#service = new SeededRandom(seed, 19);
    this.#outages = new SeededRandom(seed, 29);
  }

  async carryOut(): Promise<RunReport> {
    // Drawn in any case: a forced one leaves the rest of the run as it is.
    const drawn = this.#random.pick(LAGS);
    const nature = {
      // The service that takes synchronized objects answers for the one place where they are written.
      lag: this.#via === 'graph' ? (this.#lag ?? drawn) : 0,
      seed: this.#seed,
      via: this.#via,
      pageSize: this.#random.pick([4, 9, 200]),
      products: PRODUCTS,
      takesTemporaryPasswords: this.#outages.isLikely(0.5),
    };
    const world = await this.#start('tenant', nature);
    try {
      await this.#disturb(world, nature.lag);
      await this.#directory.calm();
      await this.#comeToRest(world);
      return await this.#report(world);
    } finally {
      await world.stop();
    }
  }

  #start(name: string, nature: TenantNature): Promise<World> {
    return World.start(this.#folder, `${name}-${this.#seed}`, this.#subjects, nature);
  }

  async #disturb(world: World, lag: number): Promise<void> {
    if (lag > 0) this.#count(`replication lag of ${lag / 1000} s`);
    const rounds = 2 + this.#random.below(3);
    for (let round = 0; round < rounds; round++) {
      await this.#assignLicences(world, lag);
      for (let left = 3 + this.#random.below(14); left > 0; left--) await this.#change();
      await this.#commute(4);
      await this.#directory.changePasswords?.();
      await this.#disturbedCycle(world);
      if (this.#random.isLikely(0.4)) await this.#disturbedCycle(world);
      if (this.#outages.isLikely(0.3)) await this.#cycleWithoutPasswords(world);
    }
    await this.#commute(0);
    await this.#directory.changePasswords?.();
    // Nothing is changed after this one, so that nothing else makes good what it loses.
    if (this.#outages.isLikely(0.6)) await this.#cycleWithoutPasswords(world, true);
    for (const [fault, count] of Object.entries(await world.struck())) this.#count(fault, count);
  }

  /** Before any fault is armed: it is not the administrator who is to meet them. */
  async #assignLicences(world: World, lag: number): Promise<void> {
    await world.control('faults', undefined, 'DELETE');
    const assigned = await this.#licences.assign(world, lag);
    if (assigned > 0) this.#log(`${assigned} licences assigned in the tenant`);
  }

  async #change(): Promise<void> {
    await this.#directory.change();
    this.#forgetLeavers();
  }

  async #commute(leavers: number): Promise<void> {
    await this.#directory.commute?.(this.#travel, leavers);
    this.#forgetLeavers();
  }

  #forgetLeavers(): void {
    const inScope = this.#directory.anchorsInScope();
    if (inScope) for (const anchor of [...this.#kept.keys()]) if (!inScope.has(anchor)) this.#kept.delete(anchor);
  }

  async #disturbedCycle(world: World): Promise<void> {
    const random = this.#random;
    const faults = Array.from({ length: 1 + random.below(4) }, () => pickFault(random, this.#via));
    if (this.#directory.passwords !== undefined && this.#service.isLikely(0.5))
      faults.push(pickPasswordFault(this.#service));
    await world.control('faults', undefined, 'DELETE');
    await world.control('faults', faults);
    const disturbance = random.isLikely(0.3) ? await this.#directory.disturb(random) : null;
    if (disturbance !== null) this.#count(disturbance);
    const clockError = random.isLikely(0.12) ? random.pick(CLOCK_ERRORS) : 0;
    if (clockError !== 0) this.#count('our clock is wrong');
    const death = random.isLikely(0.45) ? this.#pickDeath() : null;
    const full = random.isLikely(0.1);
    const outcome = await world.cycle(this.#directory, { full, death, clockError, isHurried: true });
    this.#judge(outcome, death, JSON.stringify({ faults, disturbance, clockError, full }));
    await this.#directory.calm();
    await this.#remember(world);
  }

  /**
   * The tenant is there for everything but the passwords that were changed: it goes away with the first of them, and is away until the cycle ends. `isSettled`: nothing else was due before, so that
   * the cycle reads to the end what was changed.
   */
  async #cycleWithoutPasswords(world: World, isSettled = false): Promise<void> {
    if (this.#directory.passwords === undefined) return;
    await world.control('faults', undefined, 'DELETE');
    if (isSettled) this.#judge(await world.cycle(this.#directory), null, 'before the tenant goes away');
    await this.#directory.changePasswords?.();
    const outage = pickPasswordOutage(this.#outages);
    await world.control('faults', [outage]);
    this.#count('the tenant goes away when passwords come');
    const outcome = await world.cycle(this.#directory, { isHurried: true });
    this.#judge(outcome, null, JSON.stringify({ outage }));
    await this.#remember(world);
  }

  #pickDeath(): Death {
    const at = this.#random.pick(BOUNDARIES as unknown as [(typeof BOUNDARIES)[number]]);
    return { at, time: 1 + this.#random.below(MOST_PASSES[at] ?? 4) };
  }

  #judge(outcome: CycleOutcome, death: Death | null, circumstances: string): void {
    if (outcome === null && death !== null) {
      this.#count(`killed ${death.at}`);
      this.#log(`cycle killed ${death.at} (${death.time}): ${circumstances}`);
    } else if (outcome !== null) {
      this.#log(`cycle ended ${describeEnd(outcome)}: ${circumstances}`);
      if (!PERMITTED_ENDS.includes(outcome.exitCode)) this.#problems.push(`a cycle ended ${describeEnd(outcome)}`);
    }
  }

  /** What the tenant has of what is in scope now. */
  async #remember(world: World): Promise<void> {
    const inScope = this.#directory.anchorsInScope();
    if (inScope === null) return;
    for (const anchor of [...this.#kept.keys()]) if (!inScope.has(anchor)) this.#kept.delete(anchor);
    for (const [anchor, id] of idsByAnchor(await world.dump()))
      if (inScope.has(anchor) && !this.#kept.has(anchor)) this.#kept.set(anchor, id);
  }

  /** Undisturbed cycles until there is nothing left to do: a restored user brings memberships back that the next cycle takes away. */
  async #comeToRest(world: World): Promise<void> {
    await world.control('faults', undefined, 'DELETE');
    for (let cycle = 0; cycle < CALM_CYCLES; cycle++) {
      world.pass(LONGEST_PAUSE);
      const end = await world.cycle(this.#directory);
      if (end === null) throw new Error('an undisturbed cycle was killed');
      this.#log(`calm cycle ended ${describeEnd(end)}`);
      if (end.exitCode !== 0) this.#problems.push(`an undisturbed cycle ended ${describeEnd(end)}`);
      if (end.operations + end.passwords === 0) break;
      if (cycle === CALM_CYCLES - 1) this.#problems.push('the tenant never came to rest');
    }
    world.pass(LONGEST_PAUSE);
    const full = await world.cycle(this.#directory, { full: true });
    if (full?.exitCode !== 0 || full.operations + full.passwords > 0)
      this.#problems.push(`a full cycle found something left to do: ${describeEnd(full)}; ${full?.planned.join('; ')}`);
  }

  async #report(world: World): Promise<RunReport> {
    const fresh = await this.#start('fresh', { lag: 0, seed: this.#seed + 1, pageSize: 200, via: this.#via });
    try {
      for (let cycle = 0; cycle < CALM_CYCLES; cycle++) {
        const end = await fresh.cycle(this.#directory);
        if (end?.operations === 0) break;
      }
      const found = await world.dump();
      const licences = this.#licences.differences(found);
      const passwords = (await this.#directory.passwords?.differences(world, found)) ?? [];
      const wrong = { licences, passwords };
      const { damage, differences } = compareTenants(found, await fresh.dump(), this.#kept, wrong);
      return {
        seed: this.#seed,
        struck: this.#struck,
        problems: this.#problems,
        log: this.#directory.log,
        damage,
        differences,
      };
    } finally {
      await fresh.stop();
    }
  }

  #count(fault: string, times = 1): void {
    this.#struck[fault] = (this.#struck[fault] ?? 0) + times;
  }

  #log(text: string): void {
    this.#directory.log.push(`-- ${text}`);
  }
}

function describeEnd(end: CycleEnd | null): string {
  if (end === null) return 'killed';
  const told = [end.message, ...end.findings].filter((text) => text !== null).join('; ');
  return `with exit code ${end.exitCode}, ${end.outcome}, ${end.operations} operations, ${end.passwords} passwords${told === '' ? '' : `: ${told}`}`;
}
