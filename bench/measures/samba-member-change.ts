import { type Figure, median } from '../figure.ts';
import type { Measure } from '../measure.ts';
import { PAIR, type PairMember } from '../population.ts';
import { SambaRig } from '../samba-rig.ts';

const WARM_UP = 3;

/** One more member in a small and in a large group of a real domain, turn by turn, read by DirSync and written to an emulated tenant. */
export const sambaMemberChange: Measure = {
  name: 'member-samba',
  title: 'One member changed in a small and a large group, Samba and an emulated tenant',
  needsServers: true,
  async run(context) {
    const { sambaGroups, sambaCycles } = context.sizes;
    const changes = 2 * (WARM_UP + sambaCycles);
    const size = { users: sambaGroups[1] + changes, groups: 0, memberships: 0, groupPair: sambaGroups };
    const rig = await SambaRig.start(context, 3, size);
    try {
      const times: Readonly<Record<PairMember, number[]>> = { small: [], large: [] };
      const own: Readonly<Record<PairMember, number[]>> = { small: [], large: [] };
      const writes: number[] = [];
      for (let number = 0; number < WARM_UP + sambaCycles; number++) {
        for (const which of PAIR) {
          await rig.cycle();
          const before = await rig.countWrites();
          await rig.changeMember(which);
          const { milliseconds, controller, operations } = await rig.cycle();
          if (operations !== 1) throw new Error(`${operations} operations for one changed member`);
          writes.push((await rig.countWrites()) - before);
          if (number < WARM_UP) continue;
          times[which].push(milliseconds);
          own[which].push(milliseconds - controller);
        }
      }
      const figures: readonly Figure[] = [
        { name: `group of ${sambaGroups[0]}, whole cycle`, value: median(times.small), unit: 'ms' },
        { name: `group of ${sambaGroups[1]}, whole cycle`, value: median(times.large), unit: 'ms' },
        { name: `group of ${sambaGroups[0]}, without the controller's own time`, value: median(own.small), unit: 'ms' },
        { name: `group of ${sambaGroups[1]}, without the controller's own time`, value: median(own.large), unit: 'ms' },
        { name: 'large / small, whole cycle', value: median(times.large) / median(times.small), unit: 'times' },
        {
          name: 'large / small, without the controller',
          value: median(own.large) / median(own.small),
          unit: 'times',
          ...context.limit('at most', 1.5),
        },
        {
          name: 'write requests for one change (most)',
          value: Math.max(...writes),
          unit: 'count',
          limit: { kind: 'exactly', value: 1 },
        },
      ];
      return figures;
    } finally {
      await rig.stop();
    }
  },
};
