import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmulatedTenant, type TenantStats } from '../emulated-tenant.ts';
import { type Figure, toMegabytes } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import { useOfQuota, type WriteSample } from '../write-quota.ts';

const SAMPLE_MS = 100;

/**
 * A first load of users into an empty tenant that throttles as documented, scaled up: how much of the write quota is used once it
 * limits us, and whether every user and manager is written, once.
 */
export const firstLoad: Measure = {
  name: 'first-load',
  title: 'First load of users into a throttling tenant',
  needsServers: false,
  async run(context) {
    const { firstLoadUsers: users, throttleFactor } = context.sizes;
    const tenant = await EmulatedTenant.start(context.folder, throttleFactor);
    try {
      context.note(`writing ${users} users at ${throttleFactor} times the documented quota`);
      const measured = await context.start({
        store: join(context.folder, 'first-load.db'),
        source: { kind: 'memory', size: { users, groups: 0, memberships: 0 } },
        target: tenant.target,
      });
      const samples: WriteSample[] = [];
      let isRunning = true;
      const watching = watch(tenant, samples, () => isRunning);
      const cycle = await measured.cycle({ apply: true }).finally(() => {
        isRunning = false;
      });
      await watching;
      const again = await measured.cycle({ apply: false });
      const peak = await measured.peakMemory();
      await measured.end();
      const loaded = { operations: cycle.operations, left: again.operations, peak };
      return describe(context, samples, await tenant.stats(), await countUsers(tenant), loaded);
    } finally {
      await tenant.stop();
    }
  },
};

async function watch(tenant: EmulatedTenant, samples: WriteSample[], isRunning: () => boolean): Promise<void> {
  while (isRunning()) {
    const { directoryWrites, throttled } = await tenant.stats();
    samples.push({ at: performance.now() / 1000, accepted: directoryWrites, refused: throttled });
    await delay(SAMPLE_MS);
  }
}

async function countUsers(tenant: EmulatedTenant): Promise<number> {
  const { users } = await tenant.dump();
  return Array.isArray(users) ? users.length : 0;
}

function describe(
  context: MeasureContext,
  samples: readonly WriteSample[],
  stats: TenantStats,
  held: number,
  loaded: { readonly operations: number; readonly left: number; readonly peak: number },
): readonly Figure[] {
  const { firstLoadUsers: users, throttleFactor } = context.sizes;
  const quota = useOfQuota(samples, throttleFactor);
  const count = (method: string, path: RegExp, status: number): number =>
    stats.requests
      .filter((row) => row.method === method && path.test(row.path) && row.status === status)
      .reduce((sum, row) => sum + row.count, 0);
  const created = count('POST', /\/users$/, 201);
  const managers = count('PUT', /\/manager\/\$ref$/, 204);
  const exactly = (value: number): Pick<Figure, 'limit'> => ({ limit: { kind: 'exactly', value } });
  return [
    { name: 'operations planned', value: loaded.operations, unit: 'count' },
    { name: 'users created', value: created, unit: 'count', ...exactly(users) },
    { name: 'users in the tenant', value: held, unit: 'count', ...exactly(users) },
    { name: 'managers set', value: managers, unit: 'count' },
    {
      name: 'writes beyond users and managers',
      value: stats.directoryWrites - created - managers,
      unit: 'count',
      ...exactly(0),
    },
    { name: 'operations left over', value: loaded.left, unit: 'count', ...exactly(0) },
    { name: 'refused (429)', value: stats.throttled, unit: 'count' },
    { name: 'steady part', value: quota.seconds, unit: 's' },
    { name: 'writes per second in the steady part', value: quota.accepted / quota.seconds, unit: '1/s' },
    { name: 'writes per second that the tenant allows', value: quota.drain, unit: '1/s' },
    { name: 'level of the quota at the start of the steady part', value: quota.levelBefore * 100, unit: '%' },
    { name: 'level of the quota at its end', value: quota.levelAfter * 100, unit: '%' },
    {
      name: 'write quota used in the steady part',
      value: quota.share * 100,
      unit: '%',
      ...context.limit('at least', 95),
    },
    { name: 'peak memory', value: toMegabytes(loaded.peak), unit: 'MB' },
  ];
}
