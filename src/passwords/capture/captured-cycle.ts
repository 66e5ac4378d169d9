import { type PasswordCycleOptions, runPasswordCycle } from '../cycle.ts';
import type { CycleRecord } from '../cycle-record.ts';
import type { PasswordContext } from '../password-context.ts';
import type { HeldPasswords } from './held-passwords.ts';
import { markHeld, releaseSent } from './mark-held.ts';

/** A password cycle that knows of passwords that were handed over. Also when it fails, what it did before counts. */
export async function runCapturedCycle(
  context: PasswordContext,
  held: HeldPasswords,
  options: PasswordCycleOptions = {},
): Promise<CycleRecord> {
  const { store, sources, now } = context;
  for (const { name } of sources) await markHeld(store, name, held, now());
  try {
    return await runPasswordCycle(context, options);
  } finally {
    for (const { name } of sources) await releaseSent(store, name, held);
  }
}
