import { finding, type ObjectName } from '../model/finding.ts';
import { TOUCH } from '../store/store.ts';
import type { EngineContext } from './context.ts';

interface HeldApart {
  readonly names: { readonly object?: ObjectName; readonly target?: ObjectName };
  /** Who wants it so. */
  readonly who: string;
  readonly run: string;
}

/** Notes that nothing is to be done for an object in the tenant, because an administrator wants it so. */
export async function holdApart(
  { store, now }: EngineContext,
  mv: number,
  candidate: number,
  { names, who, run }: HeldApart,
): Promise<void> {
  await store.matches.note({ mv, candidate, way: 'hand', value: who, refused: 'held-apart' });
  await store.sync.touch(mv, TOUCH.attributes | TOUCH.references | TOUCH.referred);
  const told = finding('held-apart', 'sync', {
    object: names.object ?? null,
    otherObject: names.target ?? null,
    cause: `${who} keeps the object apart from the tenant, so nothing is created or changed for it.`,
  });
  await store.runs.replaceFindings('sync', `m${mv}`, [told], run, now().toISOString());
}
