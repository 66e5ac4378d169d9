import type { App, StandbyReport } from '../../app.ts';
import { ACTIONS } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import type { Output } from '../terminal/output.ts';
import { findingJson } from './finding-json.ts';
import { writeJsonList } from './json-list.ts';

/** A run that carried a plan out (or was stopped before), with the open findings. */
export async function writeRunJson(out: Output, run: Run, app: App, standby?: StandbyReport): Promise<void> {
  const { id, startedAt, endedAt, plan, outcome, message, failed, approvedBy } = run;
  const done = Object.fromEntries([...ACTIONS, 'license'].map((action) => [action, run.done[action] ?? 0]));
  const head = JSON.stringify({ id, startedAt, endedAt, plan, outcome, message, done, failed, approvedBy });
  await out.write(`{"run":${head},"findings":[`);
  await writeJsonList(out, (offset, limit) => app.findings(limit, offset), findingJson);
  await out.line(standby === undefined ? ']}' : `],"standby":${JSON.stringify(standby)}}`);
}
