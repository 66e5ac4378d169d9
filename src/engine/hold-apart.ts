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
    cause: `${who} has taken the object apart from the tenant by hand. So nothing in the tenant is created, changed or deleted for it.`,
    ...(names.object === undefined
      ? {}
      : {
          remedy: `Nothing, if that is still meant. Else: dirbridge link ${quote(names.object.dn ?? names.object.name)} ${names.target === undefined ? 'OBJECT-OF-THE-TENANT' : quote(names.target.name)}`,
        }),
  });
  await store.runs.replaceFindings('sync', `m${mv}`, [told], run, now().toISOString());
}

function quote(name: string): string {
  return JSON.stringify(name);
}
