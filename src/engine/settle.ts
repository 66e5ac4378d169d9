import type { SettledWrite, TargetWrite } from '../connectors/connector.ts';
import type { Intent } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import { isRemembered } from './doubtful-creations.ts';
import { noteDeparture } from './note-departure.ts';
import { believeFound } from './tenant-space.ts';
import { decodeWrite } from './writes.ts';

/**
 * Finds out what became of writes whose result we never stored because we were killed: a creation that did take effect is taken into the
 * tenant's space, so that it is never sent again. One that cannot be found stays open for a while, since a replica may lag behind: see
 * `doubtful-creations.ts`. Has to come before anything else of a run.
 */
export async function settleIntents(context: EngineContext, run: string): Promise<number> {
  const { store, target } = context;
  const intents = await store.apply.openIntents();
  if (intents.length === 0) return 0;
  const byWrite = new Map(intents.map((intent) => [String(intent.id), intent]));
  const writes = intents.map((intent): TargetWrite => ({ ...decodeWrite(intent.payload), id: String(intent.id) }));
  const toRemove = new Set(intents.map((intent) => intent.id));
  for await (const settled of target.settle(writes)) {
    await store.transaction(async () => {
      for (const one of settled) {
        const intent = byWrite.get(one.id);
        const isOpen = intent !== undefined && (await staysOpen(context, run, intent, one));
        if (isOpen) toRemove.delete(intent.id);
      }
    });
  }
  // Writes that cannot be looked up are safe to repeat: the next plan finds out whether they are still needed.
  await store.transaction(() => store.apply.removeIntents([...toRemove]));
  return intents.length;
}

/** Takes over what a creation has made. True when it is not known yet what it has, or when only the next import can tell. */
async function staysOpen(context: EngineContext, run: string, intent: Intent, settled: SettledWrite): Promise<boolean> {
  const { store } = context;
  const write = decodeWrite(intent.payload);
  if (write.action === 'delete' && settled.outcome === 'done') {
    await store.licences.noteAway(write.targetId);
    await countDeletion(context, intent);
  }
  if (write.action !== 'create') return false;
  const isYoung = isRemembered(intent.at, context.now());
  if (settled.outcome !== 'done' || settled.targetId === undefined) return isYoung;
  const operation = await store.plans.operation(intent.operation);
  const object = operation === null ? null : await store.sync.metaverse(operation.mv);
  // Whoever it was made for has left meanwhile: the import brings it, and finds that it is ours.
  if (operation === null || object?.anchor !== operation.anchor) return isYoung;
  if (object.tenant !== null) return false;
  // It may be an earlier sending that has made it, with what was wanted then.
  await believeFound(context, operation, settled.targetId);
  if (operation.type === 'user') await store.passwords.awaitFirst([settled.targetId]);
  const { mv, type, anchor, name } = operation;
  const what = { mv, type, anchor, name, targetId: settled.targetId, action: 'create', body: '[]' };
  await store.apply.log([{ run, plan: String(intent.plan), at: context.now().toISOString(), ...what }]);
  await store.apply.setOperationState(operation.id, 'done');
  context.log.info({ run, object: operation.name }, 'a creation that was interrupted had taken effect');
  return false;
}

/** A deletion that took effect counts for the guards, although its result was never stored. */
async function countDeletion({ store, now }: EngineContext, intent: Intent): Promise<void> {
  const operation = await store.plans.operation(intent.operation);
  const plan = await store.apply.plan(String(intent.plan));
  if (operation === null || plan === null || plan.approvedBy !== null) return;
  await noteDeparture(store, plan.id, operation, now().toISOString());
}
