import { join } from 'node:path';
import { startSlapd } from '../../test/lab/slapd.ts';
import { EmulatedTenant } from '../emulated-tenant.ts';
import { type Figure, toMegabytes } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import type { CycleMeasurement } from '../measured/rig.ts';
import { BASE_DN, generateEntries } from '../population.ts';

/** A whole directory against an empty tenant, with an empty store: from the start of the process to the stored plan. */
export const coldPlan: Measure = {
  name: 'cold-plan',
  title: 'Cold plan of a whole directory against an empty tenant',
  needsServers: true,
  async run(context) {
    const { users, groups, memberships } = context.sizes;
    context.note(`loading ${users} users, ${groups} groups and ${memberships} memberships into slapd`);
    const entries = generateEntries({ users, groups, memberships });
    const server = await startSlapd({ baseDn: BASE_DN, entries });
    const tenant = await EmulatedTenant.start(context.folder, 'off');
    try {
      const { url, ca, bindDn, password } = server;
      const startedAt = performance.now();
      const measured = await context.start({
        store: join(context.folder, 'cold-plan.db'),
        source: { kind: 'ad', server: url, ca, user: bindDn, password, include: [] },
        target: tenant.target,
      });
      const cycle = await measured.cycle({ apply: false, profile: context.isProfiling });

      const seconds = (performance.now() - startedAt) / 1000;
      if (cycle.report !== null) context.note(cycle.report);
      const peak = await measured.peakMemory();
      await measured.end();
      return describe(context, cycle, seconds, peak);
    } finally {
      await tenant.stop();
      await server.stop();
    }
  },
};

function describe(context: MeasureContext, cycle: CycleMeasurement, seconds: number, peak: number): readonly Figure[] {
  const { users, groups } = context.sizes;
  if (cycle.operations < (users + groups) * 0.9)
    throw new Error(`the plan has only ${cycle.operations} operations for ${users} users and ${groups} groups`);
  return [
    ...cycle.steps.map(({ step, milliseconds }): Figure => ({ name: step, value: milliseconds / 1000, unit: 's' })),
    { name: 'processor time', value: cycle.cpuMilliseconds / 1000, unit: 's' },
    { name: 'operations', value: cycle.operations, unit: 'count' },
    { name: 'memberships', value: cycle.memberships, unit: 'count' },
    { name: 'start to stored plan', value: seconds, unit: 's', ...context.limit('at most', 45) },
    { name: 'peak memory', value: toMegabytes(peak), unit: 'MB', ...context.limit('at most', 700) },
  ];
}
