import type { GuardVerdict, PlanCounts } from '../../model/plan.ts';
import { type EngineContext, TENANT } from '../context.ts';
import { judgeDeletions } from './deletions.ts';
import { judgeSourceSize } from './source-size.ts';

/** Asks every guard about a plan. A blocked one stops apply until an administrator approves the plan. */
export async function judgePlan(context: EngineContext, counts: PlanCounts): Promise<readonly GuardVerdict[]> {
  const managed = await context.store.plans.managedCounts();
  const verdicts = [...judgeDeletions(counts, managed, context.guards.deletions)];
  for (const space of await context.store.spaces.spaces()) {
    if (space.name === TENANT || !context.sources.some((source) => source.connector.name === space.name)) continue;
    verdicts.push(
      judgeSourceSize(
        space.name,
        space.baseline,
        await context.store.spaces.liveCounts(space.id),
        context.guards.sourceShrink.percent,
      ),
    );
  }
  return verdicts;
}
