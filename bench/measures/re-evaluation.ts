import { join } from 'node:path';
import { type Figure, median, toMegabytes } from '../figure.ts';
import type { Measure } from '../measure.ts';

/** Each changes what every person of the metaverse holds, and nothing that goes to the tenant. */
const ROUNDS = 3;

/** A changed rule concerns every user: all are worked out again with their managers, compared with the tenant, and found as they should be. */
export const reEvaluation: Measure = {
  name: 're-evaluation',
  title: 'Every user worked out again after a rule has changed, directories in memory',
  needsServers: false,
  async run(context) {
    const users = context.sizes.memoryDirectories[1];
    context.note(`filling a tenant in memory with ${users} users`);
    const measured = await context.start({
      store: join(context.folder, 're-evaluation.db'),
      source: { kind: 'memory', size: { users, groups: 0, memberships: 0 } },
      target: { kind: 'memory' },
    });
    const first = await measured.cycle({ apply: true });
    if (first.operations < users * 0.9) throw new Error(`only ${first.operations} operations for ${users} users`);
    await measured.cycle({ apply: true });
    const times: { readonly sync: number; readonly plan: number; readonly cpu: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await measured.changeRule(`round ${round}`);
      const { operations, steps, cpuMilliseconds, report } = await measured.cycle({
        apply: false,
        profile: context.isProfiling,
      });
      if (report !== null) context.note(report);
      if (operations > 0) throw new Error(`${operations} operations after a rule changed nothing for the tenant`);
      const timeOf = (name: string): number => steps.find((one) => one.step === name)?.milliseconds ?? Number.NaN;
      times.push({ sync: timeOf('sync'), plan: timeOf('plan'), cpu: cpuMilliseconds });
    }
    const seconds = (value: (one: (typeof times)[number]) => number): number => median(times.map(value)) / 1000;
    const figures: readonly Figure[] = [
      { name: 'sync (median)', value: seconds((one) => one.sync), unit: 's' },
      { name: 'plan (median)', value: seconds((one) => one.plan), unit: 's' },
      { name: 'processor time of the cycle (median)', value: seconds((one) => one.cpu), unit: 's' },
      {
        name: `sync and plan, ${users} users (median)`,
        value: seconds((one) => one.sync + one.plan),
        unit: 's',
        ...context.limit('at most', 25),
      },
      { name: 'peak memory, both directories included', value: toMegabytes(await measured.peakMemory()), unit: 'MB' },
    ];
    return figures;
  },
};
