import { join } from 'node:path';
import { type Figure, median, toMegabytes } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import type { MeasuredProcess } from '../measured/measured-process.ts';

/** Cycles that only compile code. */
const WARM_UP = 5;

/**
 * A cycle that finds no change, source and tenant both asked by their change feeds, in a small and a large directory in memory. The
 * two processes take turns.
 */
export const noOpCycle: Measure = {
  name: 'no-op',
  title: 'Cycle without any change, directories in memory',
  needsServers: false,
  async run(context) {
    const [small, large] = context.sizes.memoryDirectories;
    const processes = [await startFilled(context, small), await startFilled(context, large)] as const;
    const times = [[], []] as [number[], number[]];
    for (let number = 0; number < WARM_UP + context.sizes.memoryCycles; number++) {
      for (const index of [0, 1] as const) {
        const { milliseconds, operations } = await processes[index].cycle({ apply: true });
        if (operations > 0) throw new Error(`${operations} operations in a cycle without any change`);
        if (number >= WARM_UP) times[index].push(milliseconds);
      }
    }
    const peak = await processes[1].peakMemory();
    const [first, second] = [median(times[0]), median(times[1])];
    const figures: readonly Figure[] = [
      { name: `${small} users (median)`, value: first, unit: 'ms' },
      { name: `${large} users (median)`, value: second, unit: 'ms' },
      { name: 'large / small', value: second / first, unit: 'times', ...context.limit('at most', 1.5) },
      { name: 'peak memory, both directories in memory included', value: toMegabytes(peak), unit: 'MB' },
    ];
    return figures;
  },
};

/** A directory and a tenant that agree. */
async function startFilled(context: MeasureContext, users: number): Promise<MeasuredProcess> {
  context.note(`filling a tenant in memory with ${users} users`);
  const size = { users, groups: Math.ceil(users / 5), memberships: users * 10 };
  const measured = await context.start({
    store: join(context.folder, `no-op-${users}.db`),
    source: { kind: 'memory', size },
    target: { kind: 'memory' },
  });
  const first = await measured.cycle({ apply: true });
  if (first.operations < users * 0.9) throw new Error(`only ${first.operations} operations for ${users} users`);
  return measured;
}
