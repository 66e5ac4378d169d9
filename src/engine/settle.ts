import type { TargetWrite } from '../connectors/connector.ts';
import type { EngineContext } from './context.ts';
import { noteDeparture } from './note-departure.ts';
import { believeCreated } from './tenant-space.ts';
import { decodeWrite } from './writes.ts';

/**
 * Finds out what became of writes whose result we never stored because we were killed: a creation that did take effect is taken into the
 * tenant's space, so that it is never sent again. Has to come before anything else of a run.
 */
export async function settleIntents(context: EngineContext, run: string): Promise<number> {
  const { store, target } = context;
  const intents = await store.apply.openIntents();
  if (intents.length === 0) return 0;
  const byWrite = new Map(intents.map((intent) => [String(intent.id), intent]));
  const writes = intents.map((intent): TargetWrite => ({ ...decodeWrite(intent.payload), id: String(intent.id) }));
  for await (const settled of target.settle(writes)) {
    await store.transaction(async () => {
      for (const one of settled) {
        const intent = byWrite.get(one.id);
        if (intent === undefined) continue;
        const operation = await store.plans.operation(intent.operation);
        const write = writes.find((candidate) => candidate.id === one.id);
        if (one.outcome === 'done' && operation !== null && write?.action === 'create' && one.targetId !== undefined) {
          await believeCreated(context, operation, write.attributes, one.targetId);
          await store.apply.setOperationState(operation.id, 'done');
          context.log.info({ run, object: operation.name }, 'a creation that was interrupted had taken effect');
        } else if (one.outcome === 'done' && operation !== null && write?.action === 'delete') {
          const plan = await store.apply.plan(String(intent.plan));
          if (plan?.approvedBy === null) await noteDeparture(store, plan.id, operation, context.now().toISOString());
        }
      }
      await store.apply.removeIntents(settled.map((one) => Number(one.id)));
    });
  }
  // Writes that cannot be looked up are safe to repeat: the next plan finds out whether they are still needed.
  await store.apply.removeIntents(intents.map((intent) => intent.id));
  return intents.length;
}
