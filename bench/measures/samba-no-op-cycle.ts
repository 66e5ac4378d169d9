import { type Figure, median } from '../figure.ts';
import type { Measure } from '../measure.ts';
import { SambaRig } from '../samba-rig.ts';

const WARM_UP = 3;

/**
 * A cycle without any change on a real domain controller and an emulated tenant. Samba looks through its whole database at each DirSync
 * search; a bare client measures that time right before each cycle, and it is taken off.
 */
export const sambaNoOpCycle: Measure = {
  name: 'no-op-samba',
  title: 'Cycle without any change, Samba and an emulated tenant',
  needsServers: true,
  async run(context) {
    const [small, large] = context.sizes.sambaDirectories;
    const describe = (objects: number) => ({
      users: Math.ceil(objects * 0.9),
      groups: Math.floor(objects * 0.1),
      memberships: objects * 3,
    });
    const rigs: SambaRig[] = [];
    try {
      for (const [index, objects] of [small, large].entries())
        rigs.push(await SambaRig.start(context, index + 1, describe(objects)));
      const cycles = rigs.map((): { total: number; controller: number }[] => []);
      for (let number = 0; number < WARM_UP + context.sizes.sambaCycles; number++) {
        for (const [index, rig] of rigs.entries()) {
          const { milliseconds, controller, operations } = await rig.cycle();
          if (operations > 0) throw new Error(`${operations} operations in a cycle without any change`);
          if (number >= WARM_UP) cycles[index]?.push({ total: milliseconds, controller });
        }
      }
      const own = cycles.map((times) => median(times.map(({ total, controller }) => total - controller)));
      const figures = [small, large].flatMap((objects, index): readonly Figure[] => [
        {
          name: `${objects} objects, whole cycle`,
          value: median(cycles[index]?.map(({ total }) => total) ?? []),
          unit: 'ms',
        },
        {
          name: `${objects} objects, the controller's own time`,
          value: median(cycles[index]?.map(({ controller }) => controller) ?? []),
          unit: 'ms',
        },
        { name: `${objects} objects, without it`, value: own[index] ?? Number.NaN, unit: 'ms' },
      ]);
      const ratio = (own[1] ?? Number.NaN) / (own[0] ?? Number.NaN);
      return [
        ...figures,
        {
          name: 'large / small, without the controller',
          value: ratio,
          unit: 'times',
          ...context.limit('at most', 1.5),
        },
      ];
    } finally {
      for (const rig of rigs) await rig.stop();
    }
  },
};
