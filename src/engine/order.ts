import type { Store } from '../store/store.ts';

/**
 * Puts the operations of a plan into an order in which everything an operation waits for or refers to stands before it. Where creations refer to
 * each other in a circle (two groups that are members of each other), one reference moves into a follow-up operation at the end.
 */
export async function orderPlan(store: Store, plan: number): Promise<void> {
  const needs = await collectNeeds(store, plan);
  const base: number[] = [];
  for await (const page of store.plans.operationOrder(plan, false)) {
    for (const { id, level } of page) {
      base.push(id);
      if (level > 0) needs.set(id, [...(needs.get(id) ?? []), ...((await store.plans.operation(id))?.waits ?? [])]);
    }
  }
  const { order, circular } = sortOperations(base, needs);
  for (const { from, to } of circular) await store.plans.makeLate(plan, from, to);
  const late: number[] = [];
  for await (const page of store.plans.operationOrder(plan, true)) late.push(...page.map((one) => one.id));
  await store.plans.setPositions([...order, ...late]);
}

async function collectNeeds(store: Store, plan: number): Promise<Map<number, number[]>> {
  const needs = new Map<number, number[]>();
  for await (const page of store.plans.referencesAmongCreated(plan)) {
    for (const { from, to } of page) {
      const list = needs.get(from);
      if (list === undefined) needs.set(from, [to]);
      else list.push(to);
    }
  }
  return needs;
}

/** Depth first, without recursion: a chain of 100,000 managers must not overflow the stack. */
function sortOperations(
  base: readonly number[],
  needs: ReadonlyMap<number, readonly number[]>,
): { readonly order: readonly number[]; readonly circular: readonly { readonly from: number; readonly to: number }[] } {
  const order: number[] = [];
  const done = new Set<number>();
  const open = new Set<number>();
  const circular: { from: number; to: number }[] = [];
  for (const start of base) {
    if (done.has(start)) continue;
    const stack = [{ id: start, next: 0 }];
    open.add(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = needs.get(top.id)?.[top.next];
      if (need === undefined) {
        stack.pop();
        open.delete(top.id);
        done.add(top.id);
        order.push(top.id);
      } else {
        top.next++;
        if (open.has(need)) circular.push({ from: top.id, to: need });
        else if (!done.has(need)) {
          open.add(need);
          stack.push({ id: need, next: 0 });
        }
      }
    }
  }
  return { order, circular };
}
