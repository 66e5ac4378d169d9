import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { generatePopulation } from '../lab/population.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany } from './describe-company.ts';
import { RandomChanges } from './random-changes.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';
import { comparablePicture } from './tenant-picture.ts';
import { COMMAND_LINE } from './while-syncing.ts';

const SEED = 4711;
/** The line that the command line prints at the end of one step (the next step then runs; nothing: from the start of the process), and the longest wait after it. */
const MOMENTS = [
  ['', 700],
  ['import corp:', 60],
  ['import tenant:', 60],
  ['sync:', 60],
  ['plan:', 120],
  ['plan:', 400],
] as const;
const KILLS = 20;

interface Attempt {
  readonly isKilled: boolean;
  readonly stderr: string;
}

/** Runs `dirbridge sync` in a process of its own and kills it `wait` milliseconds after it has printed `moment`. */
async function syncAndKill(
  tenant: SynchronizedTenant,
  options: readonly string[],
  moment: string,
  wait: number,
): Promise<Attempt> {
  const args = [COMMAND_LINE, '--config', tenant.configFile, 'sync', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let stderr = '';
  const hasCome = new Promise<void>((resolve) => {
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
      if (moment !== '' && stderr.includes(moment)) resolve();
    });
    if (moment === '') resolve();
  });
  await Promise.race([hasCome.then(() => delay(wait)), exited]);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  return { isKilled: signal === 'SIGKILL', stderr };
}

describeCompany(
  'a sync that is killed at any moment',
  (lab) => {
    it('leaves a store that opens, and ends in the same tenant as one that was left alone', async () => {
      const { company } = lab;
      const root = `OU=Accounts,${company.domain.baseDn}`;
      const [inside, outside] = [await company.makeOu('Inside', root), await company.makeOu('Outside')];
      const changes = await RandomChanges.begin(company, SEED, inside, outside);
      const random = new SeededRandom(SEED, 2);
      const tenant = await lab.follow({
        scope: { include: [root] },
        source: { pageSize: 40 },
        emulator: { deltaPageSize: 25 },
      });
      // Every request takes its time, so that many moments lie between two of them.
      await tenant.fault({ match: 'POST /v1.0/$batch', times: 100_000, fault: 'slow', delay: 25 });
      const steps = new Set<string>();
      let kills = 0;
      for (let attempt = 0; kills < KILLS; attempt += 1) {
        const [moment, longest] = MOMENTS[attempt % MOMENTS.length] ?? MOMENTS[0];
        const wait = random.below(longest);
        const { isKilled, stderr } = await syncAndKill(tenant, random.isLikely(0.25) ? ['--full'] : [], moment, wait);
        if (isKilled) kills += 1;
        steps.add(stderr.match(/^[a-z ]+(?=:)/gm)?.at(-1) ?? 'start');
        if (kills > 0) await tenant.app('status').status().catch(isNoStoreYet);
        if (!isKilled) for (let index = 0; index < 8; index += 1) await changes.change();
      }
      expect(steps.size).toBeGreaterThan(2);
      await tenant.fault();
      const runs = await tenant.app('runs').runs(1000);
      const settled = runs.flatMap((run) => run.steps).reduce((sum, step) => sum + (step.counts['settled'] ?? 0), 0);
      // Some were killed with requests on their way.
      expect(settled).toBeGreaterThan(0);
      expect(runs.filter((run) => run.outcome === null).length).toBeGreaterThan(KILLS / 2);

      const last = await tenant.sync();
      expect(last).toMatchObject({ outcome: 'done', failed: 0 });
      expect(await tenant.plan()).toEqual([]);
      expect(await tenant.plan(true)).toEqual([]);
      const scratch = await lab.follow({ scope: { include: [root] } });
      await scratch.sync();
      expect(comparablePicture(await tenant.dump())).toEqual(comparablePicture(await scratch.dump()));

      const { users, groups } = await tenant.dump();
      expect(await tenant.countCreations()).toEqual({ users: users.length, groups: groups.length });
      const anchors = [
        ...users.map((user) => user['onPremisesImmutableId']),
        ...groups.map((group) => group['uniqueName']),
      ];
      expect(new Set(anchors).size).toBe(anchors.length);
    }, 300_000);
  },
  (baseDn) =>
    generatePopulation({ users: 120, groups: 30, badObjects: false, seed: SEED, baseDn, upnSuffix: UPN_SUFFIX }),
);

function isNoStoreYet(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('there is no store'))) throw error;
}
