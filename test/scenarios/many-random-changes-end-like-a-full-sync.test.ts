import { expect, it } from 'vitest';
import { SeededRandom } from '../lab/seeded-random.ts';
import { type CompanyLab, describeCompany } from './describe-company.ts';
import { RandomChanges } from './random-changes.ts';
import type { ScopeOptions } from './synchronized-tenant.ts';
import { comparablePicture } from './tenant-picture.ts';

const CHANGES = 300;

/** The scope of a tenant, written with the DNs of now: one that was resolved earlier follows its containers by itself. */
const SCOPES = {
  'one container': (root: string): ScopeOptions => ({ include: [root] }),
  'a container without one in it': (root: string, changes: RandomChanges): ScopeOptions => ({
    include: [root],
    exclude: [changes.firstContainer],
  }),
  'the members of a pilot group': (root: string, changes: RandomChanges): ScopeOptions => ({
    include: [root],
    groups: [changes.pilotGroup],
  }),
} as const;

async function changeAtRandom(lab: CompanyLab, scopeName: keyof typeof SCOPES, seed: number): Promise<void> {
  const { company } = lab;
  const random = new SeededRandom(seed, 1);
  const [root, outside] = [await company.makeOu(`Root ${seed}`), await company.makeOu(`Outside ${seed}`)];
  const changes = await RandomChanges.begin(company, seed, root, outside);
  if (scopeName === 'the members of a pilot group') await changes.fillPilotGroup();
  const tenant = await lab.follow({ scope: SCOPES[scopeName](root, changes) });
  try {
    for (let done = 0; done < CHANGES; ) {
      const result = await tenant.sync();
      const open = (await tenant.findings()).filter((one) => one.severity !== 'info');
      expect({ ...result, open }).toMatchObject({ outcome: 'done', failed: 0, open: [] });
      const few = 8 + random.below(8);
      for (let index = 0; index < few; index += 1, done += 1) await changes.change();
    }
    // A user who is restored brings memberships back that the next sync takes away.
    for (let round = 0; round < 2; round += 1) await tenant.sync();
    expect(await tenant.plan()).toEqual([]);
    const scratch = await lab.follow({ scope: SCOPES[scopeName](root, changes) });
    await scratch.sync();
    expect(comparablePicture(await tenant.dump())).toEqual(comparablePicture(await scratch.dump()));
    expect((await tenant.countCreations()).users).toBeGreaterThan(10);
    expect(await tenant.plan(true)).toEqual([]);
    expect(await scratch.plan()).toEqual([]);
  } catch (error) {
    throw new Error(`seed ${seed}, after these changes:\n${changes.log.join('\n')}`, { cause: error });
  }
}

describeCompany('a tenant that followed three hundred random changes', (lab) => {
  it.each([
    ['one container', 20261],
    ['a container without one in it', 77],
    ['the members of a pilot group', 4242],
  ] as const)(
    'equals one that is filled from scratch: %s (seed %i)',
    (scope, seed) => changeAtRandom(lab, scope, seed),
    300_000,
  );
});
