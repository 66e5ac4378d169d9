import { finding } from '../model/finding.ts';
import { ADMINISTRATORS_KNOWN, type EngineContext } from './context.ts';

const SUBJECT = 'administrators';

/** Reads who holds an administrator role in the tenant, for the guard that protects them. Answers how many; null when the tenant does not tell. */
export async function importAdministrators(context: EngineContext, run: string): Promise<number | null> {
  const { store, target, now } = context;
  const answer = (await target.readRoleHolders?.()) ?? { isKnown: true, holders: [] };
  const findings = answer.isKnown
    ? []
    : [
        finding('administrators-unknown', 'import', {
          cause: `The tenant does not tell who holds an administrator role (${answer.reason}). Until it does, changes to such accounts are held back for approval only where they are known from before.`,
        }),
      ];
  await store.transaction(async () => {
    await store.setMeta(ADMINISTRATORS_KNOWN, answer.isKnown ? 'yes' : 'no');
    // What was known before is better than nothing.
    if (answer.isKnown) await store.guards.replaceRoleHolders(answer.holders);
    await store.runs.replaceFindings('import', SUBJECT, findings, run, now().toISOString());
  });
  return answer.isKnown ? answer.holders.length : null;
}
