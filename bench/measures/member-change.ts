import { join } from 'node:path';
import { type Figure, median } from '../figure.ts';
import type { Measure } from '../measure.ts';
import type { MeasuredProcess } from '../measured/measured-process.ts';
import type { RowCount } from '../measured/row-count.ts';
import { PAIR, type PairMember } from '../population.ts';

const WARM_UP = 5;
/** The rows that stand for memberships: one in each of the two spaces. */
const REFERENCES = 'reference';

/** One more member in a small and in a large group, turn by turn; the cycle reads the change and writes it to the tenant. */
export const memberChange: Measure = {
  name: 'member',
  title: 'One member changed in a small and a large group, directories in memory',
  needsServers: false,
  async run(context) {
    const { memoryGroups, memoryCycles } = context.sizes;
    const changes = 2 * (WARM_UP + memoryCycles + 1);
    const users = memoryGroups[1] + changes;
    context.note(`filling a tenant in memory with ${users} users and groups of ${memoryGroups.join(' and ')}`);
    const measured = await context.start({
      store: join(context.folder, 'member.db'),
      source: { kind: 'memory', size: { users, groups: 0, memberships: 0, groupPair: memoryGroups } },
      target: { kind: 'memory' },
    });
    await measured.cycle({ apply: true });
    await measured.cycle({ apply: true });
    const times: Readonly<Record<PairMember, number[]>> = { small: [], large: [] };
    const writes: number[] = [];
    for (let number = 0; number < WARM_UP + memoryCycles; number++) {
      for (const which of PAIR) {
        const { milliseconds, sent } = await changeOne(measured, which);
        writes.push(sent);
        if (number >= WARM_UP) times[which].push(milliseconds);
      }
    }
    const rows = { small: await countRows(measured, 'small'), large: await countRows(measured, 'large') };
    const [small, large] = [median(times.small), median(times.large)];
    const figures: readonly Figure[] = [
      { name: `group of ${memoryGroups[0]} (median)`, value: small, unit: 'ms' },
      { name: `group of ${memoryGroups[1]} (median)`, value: large, unit: 'ms' },
      { name: 'large / small', value: large / small, unit: 'times', ...context.limit('at most', 1.5) },
      {
        name: 'write requests for one change (most)',
        value: Math.max(...writes),
        unit: 'count',
        limit: { kind: 'exactly', value: 1 },
      },
      ...PAIR.map(
        (which): Figure => ({
          name: `membership rows written in both spaces, ${which} group`,
          value: rows[which].references,
          unit: 'count',
          limit: { kind: 'exactly', value: 2 },
        }),
      ),
      { name: 'rows written in all tables, small group', value: rows.small.all, unit: 'count' },
      {
        name: 'rows written in all tables, large group',
        value: rows.large.all,
        unit: 'count',
        limit: { kind: 'at most', value: rows.small.all },
      },
    ];
    return figures;
  },
};

async function changeOne(
  measured: MeasuredProcess,
  which: PairMember,
): Promise<{ readonly milliseconds: number; readonly sent: number }> {
  const before = (await measured.cycle({ apply: true })).writes;
  await measured.changeMember(which);
  const { milliseconds, operations, writes } = await measured.cycle({ apply: true });
  if (operations !== 1) throw new Error(`${operations} operations for one changed member`);
  return { milliseconds, sent: writes - before };
}

async function countRows(
  measured: MeasuredProcess,
  which: PairMember,
): Promise<{ readonly references: number; readonly all: number }> {
  await measured.cycle({ apply: true });
  await measured.changeMember(which);
  const counts = await measured.countRows({ apply: true });
  const sum = (rows: readonly RowCount[]): number =>
    rows.reduce((total, row) => total + row.inserted + row.updated + row.deleted, 0);
  return { references: sum(counts.filter((row) => row.table === REFERENCES)), all: sum(counts) };
}
