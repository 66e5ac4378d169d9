import { pbkdf2, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { PasswordLab } from '../../test/passwords/password-lab.ts';
import { type Figure, median } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';

const derive = promisify(pbkdf2);
/** As many at once as a cycle derives. */
const AT_ONCE = 16;
/** In which code is compiled. */
const WARM_UP = 1;
const ROUNDS = 5;

interface Cost {
  readonly wall: number;
  /** Processor time, which a busy machine lengthens less. */
  readonly work: number;
}

/**
 * A password cycle in which everybody has a new password, beside the derivations alone, in turns; then one without a change. Source and tenant are in memory and in this process: what it
 * costs to read from a domain controller and to send over HTTP comes on top.
 */
export const passwords: Measure = {
  name: 'passwords',
  title: 'Password cycles, directory and tenant in memory',
  needsServers: false,
  async run(context) {
    const { passwords: count } = context.sizes;
    const names = Array.from({ length: count }, (_, index) => `user${index}`);
    const lab = await PasswordLab.begin({ file: join(context.folder, 'passwords.db') });
    try {
      context.note(`synchronizing ${count} users with passwords`);
      for (const name of names) lab.hire(name, `Sommer-${name}`);
      await lab.sync();
      await lab.cycle();
      const alone: Cost[] = [];
      const cycles: Cost[] = [];
      for (let round = 0; round < WARM_UP + ROUNDS; round++) {
        context.note(`round ${round + 1} of ${WARM_UP + ROUNDS}`);
        for (const name of names) lab.setPassword(name, `Round-${round}-${name}`);
        const derived = await costOf(() => deriveAll(count));
        const cycle = await costOf(() => expectSent(lab, count));
        if (round < WARM_UP) continue;
        alone.push(derived);
        cycles.push(cycle);
      }
      const idle: Cost[] = [];
      for (let round = 0; round < ROUNDS; round++) idle.push(await costOf(() => expectSent(lab, 0)));
      await lab.store.transaction(() => lab.store.sync.raiseVersion());
      const judging = await costOf(() => expectSent(lab, 0));
      return describe(context, { alone, cycles, idle, judging });
    } finally {
      await lab.end();
    }
  },
};

async function expectSent(lab: PasswordLab, count: number): Promise<void> {
  const { sent } = await lab.cycle();
  if (sent !== count) throw new Error(`${sent} passwords were sent, and ${count} were set`);
}

async function deriveAll(count: number): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (begun++ < count) await derive(randomBytes(64), randomBytes(10), 1000, 32, 'sha256');
    }),
  );
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, work: (user + system) / 1000 };
}

function describe(
  context: MeasureContext,
  costs: {
    readonly alone: readonly Cost[];
    readonly cycles: readonly Cost[];
    readonly idle: readonly Cost[];
    readonly judging: Cost;
  },
): readonly Figure[] {
  const { passwords: count } = context.sizes;
  const [alone, cycle] = [median(costs.alone.map(wallOf)), median(costs.cycles.map(wallOf))];
  const [aloneWork, cycleWork] = [median(costs.alone.map(workOf)), median(costs.cycles.map(workOf))];
  return [
    { name: `${count} derivations alone (median)`, value: alone / 1000, unit: 's' },
    {
      name: `cycle with ${count} new passwords (median)`,
      value: cycle / 1000,
      unit: 's',
      ...context.limit('at most', 60),
    },
    { name: 'cycle / derivations alone', value: cycle / alone, unit: 'times', ...context.limit('at most', 1.5) },
    { name: 'the same in processor time', value: cycleWork / aloneWork, unit: 'times' },
    {
      name: 'processor time of a cycle without a change (median)',
      value: median(costs.idle.map(workOf)),
      unit: 'ms',
      ...context.limit('at most', 100),
    },
    { name: `cycle after a sync with a change, ${count} users`, value: costs.judging.wall, unit: 'ms' },
  ];
}

function wallOf({ wall }: Cost): number {
  return wall;
}

function workOf({ work }: Cost): number {
  return work;
}
