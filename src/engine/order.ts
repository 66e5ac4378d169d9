import type { Store } from '../store/store.ts';

/**
 * Puts the operations of a plan into an order in which everything an operation waits for or refers to stands before it. Where creations refer to
 * each other in a circle (two groups that are members of each other), one reference moves into a follow-up operation at the end.
 */
export async function orderPlan(store: Store, plan: number): Promise<void> {
  const needs = await collectNeeds(store, plan);
  const waits = new Map<number, readonly number[]>();
  const base: number[] = [];
  for await (const page of store.plans.operationOrder(plan, false)) {
    for (const { id, level } of page) {
      base.push(id);
      if (level > 0) waits.set(id, (await store.plans.operation(id))?.waits ?? []);
    }
  }
  const { order, circular } = sortOperations(base, needs, waits);
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

interface Reference {
  readonly from: number;
  readonly to: number;
}

/** References (`needs`) give way where they make a circle; what an operation waits for never does. */
function sortOperations(
  base: readonly number[],
  needs: Map<number, number[]>,
  waits: ReadonlyMap<number, readonly number[]>,
): { readonly order: readonly number[]; readonly circular: readonly Reference[] } {
  const circular: Reference[] = [];
  for (;;) {
    const sorted = sortOnce(base, needs, waits);
    circular.push(...sorted.circular);
    if (sorted.order !== null) return { order: sorted.order, circular };
    for (const { from, to } of sorted.circular)
      needs.set(
        from,
        (needs.get(from) ?? []).filter((one) => one !== to),
      );
  }
}

/**
 * Depth first, without recursion: a chain of 100,000 managers must not overflow the stack. Answers no order when a circle is closed by a wait:
 * then one of the references on its way is given up, and everything has to be sorted again.
 */
function sortOnce(
  base: readonly number[],
  needs: ReadonlyMap<number, readonly number[]>,
  waits: ReadonlyMap<number, readonly number[]>,
): { readonly order: readonly number[] | null; readonly circular: readonly Reference[] } {
  const order: number[] = [];
  const done = new Set<number>();
  const open = new Set<number>();
  const circular: Reference[] = [];
  for (const start of base) {
    if (done.has(start)) continue;
    const stack = [{ id: start, next: 0 }];
    open.add(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const references = needs.get(top.id) ?? [];
      const need = references[top.next] ?? waits.get(top.id)?.[top.next - references.length];
      if (need === undefined) {
        stack.pop();
        open.delete(top.id);
        done.add(top.id);
        order.push(top.id);
        continue;
      }
      const isReference = top.next < references.length;
      top.next++;
      if (open.has(need) && isReference) circular.push({ from: top.id, to: need });
      else if (open.has(need)) {
        const way = [...stack.slice(stack.findIndex((one) => one.id === need)).map((one) => one.id), need];
        const given = way
          .map((from, at) => ({ from, to: way[at + 1] ?? need }))
          .find(({ from, to }) => needs.get(from)?.includes(to) && !waits.get(from)?.includes(to));
        if (given !== undefined) return { order: null, circular: [...circular, given] };
      } else if (!done.has(need)) {
        open.add(need);
        stack.push({ id: need, next: 0 });
      }
    }
  }
  return { order, circular };
}
