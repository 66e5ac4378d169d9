import { expect, it } from 'vitest';
import { SeededRandom } from '../lab/seeded-random.ts';
import { type CompanyLab, describeCompany } from './describe-company.ts';
import { RandomChanges } from './random-changes.ts';
import { comparablePicture } from './tenant-picture.ts';

const CHANGES = 300;

async function changeAtRandom(lab: CompanyLab, seed: number): Promise<void> {
  const { company } = lab;
  const random = new SeededRandom(seed, 1);
  const [root, outside] = [await company.makeOu(`Root ${seed}`), await company.makeOu(`Outside ${seed}`)];
  const changes = await RandomChanges.begin(company, seed, root, outside);
  const tenant = await lab.follow({ scope: { include: [root] } });
  try {
    for (let done = 0; done < CHANGES; ) {
      const result = await tenant.sync();
      const open = (await tenant.findings()).filter((one) => one.severity !== 'info');
      expect({ ...result, open }).toMatchObject({ outcome: 'done', failed: 0, open: [] });
      const few = 5 + random.below(6);
      for (let index = 0; index < few; index += 1, done += 1) await changes.change();
    }
    await tenant.sync();
    expect(await tenant.plan()).toEqual([]);
    const scratch = await lab.follow({ scope: { include: [root] } });
    await scratch.sync();
    expect(comparablePicture(await tenant.dump())).toEqual(comparablePicture(await scratch.dump()));
    expect(await tenant.plan(true)).toEqual([]);
    expect(await scratch.plan()).toEqual([]);
  } catch (error) {
    throw new Error(`seed ${seed}, after these changes:\n${changes.log.join('\n')}`, { cause: error });
  }
}

describeCompany('a tenant that followed three hundred random changes', (lab) => {
  it.each([20261, 77])('equals one that is filled from scratch (seed %i)', async (seed) => {
    await changeAtRandom(lab, seed);
  }, 300_000);
});
