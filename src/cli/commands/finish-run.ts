import type { App, CycleResult } from '../../app.ts';
import { DirbridgeError, EXIT_CODES } from '../../errors.ts';
import type { Session } from '../session.ts';
import { writeRunJson } from '../views/run-json.ts';
import { writeRunResult } from '../views/run-result.ts';

/** Shows what a run did and sets the exit code: 3 when it was stopped, 1 when something failed or is wrong with an object, else 0. */
export async function finishRun(session: Session, app: App, result: CycleResult, isStaging: boolean): Promise<void> {
  const run = await app.run(result.run);
  if (run === null) throw new DirbridgeError('bug', `run ${result.run} was stored but cannot be found`);
  const findings = await app.countFindings();
  session.endProgress();
  if (session.json) await writeRunJson(session.out, run, app);
  else await writeRunResult(session, { run, plan: result.plan, findings, isStaging });
  if (result.outcome === 'blocked' || result.outcome === 'stale') session.exitCode = EXIT_CODES.guard;
  else session.exitCode = result.failed > 0 || findings.error > 0 ? 1 : 0;
}
