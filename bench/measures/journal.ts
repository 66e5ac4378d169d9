import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmulatedTenant } from '../emulated-tenant.ts';
import { type Figure, median } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import type { TargetDescription } from '../measured/rig.ts';

const ROUNDS = 3;

/** What it costs that every write is recorded before it is sent: the same apply with and without these records, in turns. */
export const journal: Measure = {
  name: 'journal',
  title: 'Intents: their share of the apply time',
  needsServers: false,
  async run(context) {
    const withIntents: number[] = [];
    const without: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      withIntents.push(await applyOnce(context, `with-${round}`, true));
      without.push(await applyOnce(context, `without-${round}`, false));
    }
    return describe(context, median(withIntents), median(without));
  },
};

async function applyOnce(context: MeasureContext, name: string, hasJournal: boolean): Promise<number> {
  context.note(`writing ${context.sizes.journalUsers} users ${hasJournal ? 'with' : 'without'} intents`);
  const folder = join(context.folder, name);
  await mkdir(folder);
  const tenant = await EmulatedTenant.start(folder, 'off');
  try {
    return await measureApply(context, join(folder, 'store.db'), hasJournal, tenant.target);
  } finally {
    await tenant.stop();
  }
}

async function measureApply(
  context: MeasureContext,
  store: string,
  hasJournal: boolean,
  target: TargetDescription,
): Promise<number> {
  const { journalUsers: users } = context.sizes;
  const measured = await context.start({
    store,
    source: { kind: 'memory', size: { users, groups: 0, memberships: 0 } },
    target,
    hasJournal,
  });
  const { steps, operations } = await measured.cycle({ apply: true });
  await measured.end();
  const apply = steps.find((one) => one.step === 'apply');
  if (apply === undefined || operations < users) throw new Error(`only ${operations} of ${users} users were planned`);
  return apply.milliseconds;
}

function describe(context: MeasureContext, withIntents: number, without: number): readonly Figure[] {
  const { journalUsers: users } = context.sizes;
  const what = `apply of ${users} users to the emulated tenant`;
  return [
    { name: `${what}, with intents`, value: withIntents / 1000, unit: 's' },
    { name: `${what}, without intents`, value: without / 1000, unit: 's' },
    {
      name: 'share of the intents in the apply time',
      value: (100 * (withIntents - without)) / withIntents,
      unit: '%',
      ...context.limit('at most', 10),
    },
  ];
}
