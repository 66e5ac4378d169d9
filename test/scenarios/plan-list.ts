import type { App } from '../../src/app.ts';
import type { PlanValue } from '../../src/model/plan.ts';

/** One operation as an expert writes it down. What does not apply is left out. */
export interface PlannedOperation {
  readonly action: string;
  readonly type: string;
  readonly name: string;
  /** By the tenant's own names, before and after; of a creation only after. */
  readonly changes?: Readonly<Record<string, PlanValue | readonly [PlanValue, PlanValue]>>;
  /** Names of members added and removed, sorted. */
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

const PAGE = 500;

/** All operations of a plan (the newest by default), in its order. Throws when one waits for a later one. */
export async function listPlan(app: App, id?: string): Promise<readonly PlannedOperation[]> {
  return app.readPlan(id, async (_head, pages) => {
    const listed: PlannedOperation[] = [];
    let after = 0;
    for (;;) {
      const page = await pages.operations(after, PAGE);
      for (const operation of page) {
        const late = operation.after.find((id) => Number(id) >= Number(operation.id));
        if (late !== undefined) throw new Error(`operation ${operation.id} (${operation.name}) waits for ${late}`);
        const names = async (adds: boolean): Promise<readonly string[]> =>
          (await pages.members(operation.id, adds, 0, 10_000)).map((one) => one.name).sort();
        const [add, remove] = [await names(true), await names(false)];
        const isCreation = operation.action === 'create';
        const changes = Object.fromEntries(
          operation.changes.map(({ native, from, to }) => [native, isCreation ? to : ([from, to] as const)]),
        );
        listed.push({
          action: operation.action,
          type: operation.type,
          name: operation.name,
          ...(operation.changes.length === 0 ? {} : { changes }),
          ...(add.length === 0 ? {} : { add }),
          ...(remove.length === 0 ? {} : { remove }),
        });
      }
      after = Number(page.at(-1)?.id ?? 0);
      if (page.length < PAGE) return listed;
    }
  });
}
