import type { App, CycleResult } from '../../app.ts';
import { DirbridgeError, EXIT_CODES } from '../../errors.ts';
import type { Session } from '../session.ts';
import { writeRunJson } from '../views/run-json.ts';
import { writeRunResult } from '../views/run-result.ts';
import { writeStandbyResult } from '../views/standby-page.ts';

/** Shows what a run did and sets the exit code: 3 when it was stopped, 1 when something failed or is wrong with an object, else 0. */
export async function finishRun(session: Session, app: App, result: CycleResult, isStaging: boolean): Promise<void> {
  const run = await app.run(result.run);
  if (run === null) throw new DirbridgeError('bug', `run ${result.run} was stored but cannot be found`);
  const findings = await app.countFindings();
  for (const line of followedLines(result)) session.note(line);
  session.endProgress();
  if (session.json) await writeRunJson(session.out, run, app, result.standby);
  else {
    const standsBy = result.standby?.isActive === false;
    await writeRunResult(session, { run, plan: result.plan, findings, isStaging, standsBy });
    if (result.standby !== undefined) await writeStandbyResult(session, result.standby);
  }
  if (result.outcome === 'blocked' || result.outcome === 'stale') session.exitCode = EXIT_CODES.guard;
  else session.exitCode = result.failed > 0 || findings.error > 0 ? 1 : 0;
}

/** What was taken over of the configuration of the server that writes. */
function followedLines({ followed = [], standby }: CycleResult): readonly string[] {
  if (followed.length === 0) return [];
  const names = followed.map(({ area, name, key }) =>
    [area === 'target' ? 'target' : name, key].filter((one) => one !== '').join(' '),
  );
  return [`The configuration of ${standby?.term?.server ?? 'the other server'} was taken over: ${names.join(', ')}.`];
}
